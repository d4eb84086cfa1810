// A command that is served by two adapters: the C library's calls go to wasi_snapshot_preview1, its own to wasi_unstable, and
// the heap is in use between all of them.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct vector {
  const char* bytes;
  size_t size;
};
#define OTHER(name) __attribute__((import_module("wasi_unstable"), import_name(#name)))
OTHER(fd_write) int32_t other_write(int32_t fd, const struct vector* pieces, size_t count, size_t* written);
OTHER(environ_sizes_get) int32_t other_environ_sizes(size_t* count, size_t* size);
OTHER(environ_get) int32_t other_environ(char** pointers, char* bytes);
OTHER(random_get) int32_t other_random(void* bytes, size_t size);

static void say(const char* text) {
  const struct vector piece = {text, strlen(text)};
  size_t written = 0;
  if (other_write(1, &piece, 1, &written) != 0 || written != piece.size) abort();
}

int main(void) {
  unsigned char* blocks[40] = {0};
  for (unsigned round = 0; round < 60; round++) {
    const unsigned i = round % 40;
    const size_t size = 500 + (round * 7919u) % 20000;
    free(blocks[i]);
    blocks[i] = malloc(size);
    if (blocks[i] == NULL) abort();
    unsigned char random[64];
    if (other_random(random, sizeof random) != 0) abort();
    memset(blocks[i], (int)i, size);
    size_t count = 0, bytes = 0;
    if (other_environ_sizes(&count, &bytes) != 0) abort();
    char** pointers = malloc(count * sizeof *pointers);
    char* text = malloc(bytes);
    if (pointers == NULL || text == NULL || other_environ(pointers, text) != 0) abort();
    size_t lengths = 0;
    for (size_t k = 0; k < count; k++) lengths += strlen(pointers[k]);
    printf("%u: %zu variables, %zu bytes, HOME is %s\n", round, count, lengths, getenv("HOME"));
    fflush(stdout);
    char line[100];
    snprintf(line, sizeof line, "said by the other: %u %zu\n", round, size);
    say(line);
    free(pointers);
    free(text);
  }
  for (unsigned i = 0; i < 40; i++)
    if (blocks[i][100] != i) abort();
  say("done\n");
  return 0;
}
