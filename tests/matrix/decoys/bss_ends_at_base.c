// The last object of .bss ends exactly where the heap starts, and code walks to its end: a pointer that equals the
// heap's start and belongs to the object. decoys.mjs links it last and makes sure of it.
#include "common.h"

__attribute__((aligned(16))) unsigned char last_object[4096];

__attribute__((noinline)) static uint32_t walk(const unsigned char* from, const unsigned char* to) {
  uint32_t sum = 0;
  while (from != to) sum = sum * 31 + *from++;
  return sum;
}

__attribute__((noinline)) static void fill(void) {
  for (unsigned char* at = last_object; at < last_object + sizeof last_object; at++) *at = (unsigned char)random_next();
}

__attribute__((noinline)) static uint32_t backwards(void) {
  uint32_t sum = 0;
  for (const unsigned char* at = last_object + sizeof last_object; at != last_object;) sum = sum * 17 + *--at;
  return sum;
}

int main(void) {
  fill();
  const uint32_t before = walk(last_object, last_object + sizeof last_object);
  printf("object %08x %08x\n", before, backwards());
  printf("heap %08x\n", use_heap());
  printf("object kept: %d %08x\n", before == walk(last_object, last_object + sizeof last_object), backwards());
  memset(last_object, 7, sizeof last_object);
  printf("heap %08x\n", use_heap());
  printf("object %08x %u\n", backwards(), last_object[sizeof last_object - 1]);
  return 0;
}
