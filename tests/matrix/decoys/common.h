// What the decoys share: a heap that is used, and numbers printed so that a change in any of them shows.
#pragma once
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The heap's start as the linker placed it, found out by a first link (see decoys.mjs); 0x11110 in that first
// link.
#ifndef HB
#define HB 0x11110
#endif

static uint32_t random_state = 77777;
static uint32_t random_next(void) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 17;
  random_state ^= random_state << 5;
  return random_state;
}

// Fills and checks a few hundred blocks, so that the heap covers all of its first pages.
static uint32_t use_heap(void) {
  enum { kBlocks = 200 };
  unsigned char* blocks[kBlocks];
  size_t sizes[kBlocks];
  uint32_t sum = 5381;
  for (int round = 0; round < 3; round++) {
    for (int i = 0; i < kBlocks; i++) {
      sizes[i] = 1 + random_next() % 3000;
      blocks[i] = malloc(sizes[i]);
      memset(blocks[i], i + round, sizes[i]);
    }
    for (int i = 0; i < kBlocks; i++) {
      for (size_t k = 0; k < sizes[i]; k++) {
        if (blocks[i][k] != (unsigned char)(i + round)) {
          printf("FAILED: block %d lost its contents\n", i);
          exit(9);
        }
      }
      sum = sum * 33 + blocks[i][sizes[i] / 2];
      if (i % 5 != 0) free(blocks[i]);
    }
  }
  return sum;
}
