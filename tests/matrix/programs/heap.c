// Uses the heap the way that breaks a wrongly placed region: small and large blocks, growth under them, memory that
// must read as zero, the environment, files and standard input between. Prints checksums, never an address.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef NO_ENVIRONMENT
extern char** environ;
#endif

static uint32_t state = 12345;
static uint32_t next(void) {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

static uint64_t sum = 1469598103934665603u;
static void mix(uint64_t value) { sum = (sum ^ value) * 1099511628211u; }
static void mix_bytes(const unsigned char* bytes, size_t size) {
  for (size_t i = 0; i < size; i += 1 + size / 64) mix(bytes[i]);
  if (size != 0) mix(bytes[size - 1]);
}

static void fail(const char* what) {
  printf("FAILED: %s\n", what);
  exit(9);
}

enum { kSlots = 192 };
static struct {
  unsigned char* at;
  size_t size;
  unsigned char fill;
} slots[kSlots];

static void check(int i) {
  const unsigned char* at = slots[i].at;
  for (size_t k = 0; k < slots[i].size; k++) {
    if (at[k] != (unsigned char)(slots[i].fill + k)) fail("a block lost its contents");
  }
}

static void fill(int i, size_t from) {
  for (size_t k = from; k < slots[i].size; k++) slots[i].at[k] = (unsigned char)(slots[i].fill + k);
}

static size_t some_size(void) {
  const uint32_t kind = next() % 100;
  if (kind < 60) return 1 + next() % 200;
  if (kind < 90) return 200 + next() % 4000;
  if (kind < 98) return 4000 + next() % 30000;
  return 30000 + next() % 150000;
}

static void churn(int rounds) {
  for (int round = 0; round < rounds; round++) {
    const int i = (int)(next() % kSlots);
    if (slots[i].at == NULL) {
      slots[i].size = some_size();
      slots[i].fill = (unsigned char)next();
      const uint32_t how = next() % 4;
      if (how == 0) {
        slots[i].at = calloc(slots[i].size, 1);
        if (slots[i].at == NULL) fail("calloc");
        for (size_t k = 0; k < slots[i].size; k++) {
          if (slots[i].at[k] != 0) fail("calloc's memory is not zero");
        }
      } else if (how == 1) {
        const size_t alignment = (size_t)16 << (next() % 6);
        slots[i].size = (slots[i].size + alignment - 1) & ~(alignment - 1);
        slots[i].at = aligned_alloc(alignment, slots[i].size);
        if (slots[i].at == NULL || (uintptr_t)slots[i].at % alignment != 0) fail("aligned_alloc");
      } else {
        slots[i].at = malloc(slots[i].size);
        if (slots[i].at == NULL) fail("malloc");
      }
      fill(i, 0);
    } else if (next() % 3 == 0) {
      const size_t size = some_size();
      const size_t kept = size < slots[i].size ? size : slots[i].size;
      unsigned char* moved = realloc(slots[i].at, size);
      if (moved == NULL) fail("realloc");
      slots[i].at = moved;
      slots[i].size = size;
      fill(i, kept);
      check(i);
    } else {
      check(i);
      mix_bytes(slots[i].at, slots[i].size);
      free(slots[i].at);
      slots[i].at = NULL;
    }
  }
  for (int i = 0; i < kSlots; i++) {
    if (slots[i].at != NULL) check(i);
  }
  printf("churn %016llx\n", (unsigned long long)sum);
}

// Pages that the program takes for itself. OWN_PAGES=0 for allocators that take all below memory.size as theirs.
#ifndef OWN_PAGES
#define OWN_PAGES 1
#endif
static void own_pages(void) {
  if (!OWN_PAGES) return;
  const size_t before = __builtin_wasm_memory_grow(0, 2);
  if (before == (size_t)-1) fail("memory.grow");
  unsigned char* pages = (unsigned char*)(before * 65536);
  for (size_t k = 0; k < 131072; k++) {
    if (pages[k] != 0) fail("a new page is not zero");
  }
  memset(pages, 0xA5, 131072);
  churn(150);
  for (size_t k = 0; k < 131072; k++) {
    if (pages[k] != 0xA5) fail("the program's own pages were written");
  }
  printf("own pages kept\n");
}

static void large_blocks(void) {
  unsigned char* blocks[4];
  for (int i = 0; i < 4; i++) {
    const size_t size = 300000 + (size_t)i * 170001;
    blocks[i] = malloc(size);
    if (blocks[i] == NULL) fail("a large malloc");
    memset(blocks[i], i + 1, size);
  }
  blocks[1] = realloc(blocks[1], 1500000);
  if (blocks[1] == NULL) fail("a large realloc");
  for (size_t k = 0; k < 470001; k++) {
    if (blocks[1][k] != 2) fail("a large block lost its contents");
  }
  for (int i = 0; i < 4; i++) {
    mix_bytes(blocks[i], 300000);
    free(blocks[i]);
  }
  printf("large %016llx\n", (unsigned long long)sum);
}

static void surroundings(void) {
  const char* value = getenv("MATRIX");
  printf("MATRIX=%s\n", value == NULL ? "(unset)" : value);
#ifndef NO_ENVIRONMENT
  for (char** entry = environ; *entry != NULL; entry++) mix_bytes((const unsigned char*)*entry, strlen(*entry));
#endif
  FILE* file = fopen("/data/text.txt", "r");
  if (file == NULL) {
    printf("no file\n");
  } else {
    char* line = NULL;
    size_t room = 0;
    ssize_t length;
    int lines = 0;
    while ((length = getline(&line, &room, file)) > 0) {
      lines++;
      mix_bytes((const unsigned char*)line, (size_t)length);
      churn(3);
    }
    free(line);
    fclose(file);
    printf("file of %d lines %016llx\n", lines, (unsigned long long)sum);
  }
  char* text = NULL;
  size_t size = 0;
  for (;;) {
    text = realloc(text, size + 1000);
    const ssize_t got = read(0, text + size, 1000);
    if (got <= 0) break;
    size += (size_t)got;
  }
  mix_bytes((const unsigned char*)text, size);
  free(text);
  printf("stdin of %zu bytes %016llx\n", size, (unsigned long long)sum);
}

int main(int argc, char** argv) {
  for (int i = 0; i < argc; i++) mix_bytes((const unsigned char*)argv[i], strlen(argv[i]));
  churn(300);
  surroundings();
  churn(400);
  large_blocks();
  own_pages();
  churn(500);
  surroundings();
  for (int i = 0; i < kSlots; i++) {
    if (slots[i].at != NULL) check(i);
    free(slots[i].at);
    slots[i].at = NULL;
  }
  large_blocks();
  churn(300);
  printf("done %016llx\n", (unsigned long long)sum);
  return 3;
}
