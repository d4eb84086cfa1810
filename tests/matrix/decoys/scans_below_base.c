// Scans all static data up to the heap's start for addresses of blocks, as a conservative collector does, and reads the
// stack from its own frame: moving the scan's end would make it read the region.
#include "common.h"
extern unsigned char __heap_base, __global_base;

static void* kept[50];

__attribute__((noinline)) static unsigned found(void) {
  unsigned count = 0;
  unsigned words = 0;
  for (uintptr_t* at = (uintptr_t*)(((uintptr_t)&__global_base + 3) & ~(uintptr_t)3); (unsigned char*)(at + 1) <= &__heap_base; at++) {
    words++;
    for (int i = 0; i < 50; i++) {
      if (kept[i] != NULL && *at == (uintptr_t)kept[i]) count++;
    }
  }
  printf("words scanned: %u\n", words);
  return count;
}

int main(void) {
  for (int i = 0; i < 50; i++) kept[i] = malloc(100 + (size_t)i);
  printf("found at least all: %d\n", found() >= 50);
  printf("heap %08x\n", use_heap());
  printf("found at least all: %d\n", found() >= 50);
  return 0;
}
