// A reactor: keeps a list on the heap between calls, and writes to standard output.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
  struct entry* next;
  uint32_t size;
  unsigned char bytes[];
};
static struct entry* kept;
static uint32_t count;

__attribute__((export_name("total"))) uint64_t total(void) {
  uint64_t sum = 0;
  for (struct entry* e = kept; e != NULL; e = e->next)
    for (uint32_t i = 0; i < e->size; i++) sum += e->bytes[i];
  return sum;
}

__attribute__((export_name("add"))) uint64_t add(uint32_t n) {
  for (uint32_t i = 0; i < n; i++) {
    uint32_t size = 200 + ++count % 3000;
    struct entry* e = malloc(sizeof *e + size);
    if (e == NULL) abort();
    e->next = kept;
    e->size = size;
    memset(e->bytes, (int)(count & 0xff), size);
    kept = e;
  }
  const char* home = getenv("HOME");
  printf("added %u to %s\n", n, home == NULL ? "nobody" : home);
  fflush(stdout);
  return total();
}
