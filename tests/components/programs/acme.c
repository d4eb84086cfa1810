// A command that uses the made-up interface of tests/components/acme, described in acme.witx.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ACME(name) __attribute__((import_module("acme_host"), import_name(#name)))
struct point {
  uint8_t tag;
  int32_t x;
  double y;
};
struct options {
  const char* prefix;
  uint32_t prefix_len;
  uint8_t* answer;
  size_t answer_len;
  struct point* point;
  uint32_t written;
};
struct piece {
  const void* bytes;
  size_t size;
};
ACME(say) int32_t say(const char* text, size_t size);
ACME(add) int32_t add(const uint64_t* values, size_t count, uint64_t* sum);
ACME(reverse) int32_t reverse(const char* text, size_t size, char* buffer, size_t room, size_t* written);
ACME(divide) int32_t divide(uint64_t a, uint32_t b, uint64_t* quotient, uint32_t* rest);
ACME(scale) int32_t scale(struct point* point, double by);
ACME(join) int32_t join(const struct piece* pieces, size_t count, char* buffer, size_t room, size_t* size);
ACME(act) int32_t act(uint64_t wanted, struct options* options);
ACME(next) int32_t next(int32_t counter, uint64_t* value);

static void show_options(const char* what, int32_t error, const struct options* o, const uint8_t* answer) {
  printf("%s: %d, written %u, answer %u, kept %d\n", what, error, (unsigned)o->written, answer[0], o->answer == answer);
}

int main(void) {
  const char text[] = "over the bridge";
  printf("say: %d\n", say(text, strlen(text)));
  say("", 0);

  const uint64_t values[] = {1, 1ull << 40, 7};
  uint64_t sum = 99;
  int32_t error = add(values, 3, &sum);
  printf("add: %d %llu\n", error, (unsigned long long)sum);
  sum = 99;
  error = add(values, 0, &sum);
  printf("add nothing: %d %llu\n", error, (unsigned long long)sum);

  const size_t large = 300000;
  char* big = malloc(large);
  char* back = malloc(large + 8);
  if (big == NULL || back == NULL) abort();
  for (size_t i = 0; i < large; i++) big[i] = (char)('a' + i % 26);
  memset(back, '.', large + 8);
  size_t written = 0;
  error = reverse(big, large, back + 4, large, &written);
  printf("reverse: %d %zu %.8s %.4s\n", error, written, back, back + large + 4);
  error = reverse(text, strlen(text), back, 3, &written);
  printf("reverse without room: %d, wants %zu, %.4s\n", error, written, back);
  error = reverse(text, strlen(text), back, 100, NULL);
  printf("reverse without a length: %d %.15s\n", error, back);

  uint64_t quotient = 0;
  uint32_t rest = 0;
  error = divide(1000000000007ull, 10, &quotient, &rest);
  printf("divide: %d %llu %u\n", error, (unsigned long long)quotient, (unsigned)rest);
  printf("divide by nothing: %d\n", divide(1, 0, &quotient, &rest));

  struct point point = {7, 21, 1.5};
  const int32_t x = scale(&point, 2);
  printf("scale: %d %d %d %.2f\n", x, point.tag, point.x, point.y);

  const struct piece pieces[] = {{"one, ", 5}, {NULL, 0}, {big, 26}, {" and the last", 13}};
  memset(back, 0, 100);
  error = join(pieces, 4, back, 100, &written);
  printf("join: %d %zu %s\n", error, written, back);
  printf("join without room: %d\n", join(pieces, 4, back, 10, &written));

  uint8_t answer[2] = {0, 0};
  struct options options = {"the prefix", 10, answer, 2, &point, 0};
  error = act(3, &options);
  show_options("act", error, &options, answer);
  printf("point: %d %.2f\n", point.x, point.y);
  // Only the point is asked for: what the other fields hold is nobody's business.
  options.prefix = (const char*)0xfffffff0u;
  options.prefix_len = 0x7fffffff;
  options.answer_len = 0xffffffffu;
  error = act(2, &options);
  show_options("act on the point", error, &options, answer);
  printf("point: %d %.2f\n", point.x, point.y);
  options.answer_len = 0;
  options.prefix = text;
  options.prefix_len = 4;
  show_options("act without room", act(1, &options), &options, answer);

  uint64_t value = 0;
  for (int32_t i = 0; i < 5; i++) next(i % 2, &value);
  error = next(0, &value);
  printf("next: %d %llu, %d\n", error, (unsigned long long)value, next(100, &value));
  free(back);
  free(big);
  return 0;
}
