// Numbers of the program's own that equal the heap's start, lie 8 and 12 above it, are its negative, or lie inside the
// region: as factors, seeds, limits, comparisons, arguments and returned values. None is an address; none may change.
#include "common.h"

__attribute__((noinline)) static uint32_t seeded(uint32_t seed) { return seed * 2654435761u; }
__attribute__((noinline)) static uint32_t constant(int which) {
  switch (which) {
    case 0: return HB;
    case 1: return HB + 8;
    case 2: return HB + 12;
    case 3: return (uint32_t)-HB;
    case 4: return HB + 4096;
    case 5: return HB + 100000;
    default: return 17;
  }
}

int main(int argc, char** argv) {
  (void)argv;
  uint32_t sum = use_heap();
  printf("heap %08x\n", sum);
  uint32_t x = random_next();
  for (int i = 0; i < 7; i++) printf("constant %d: %u\n", i, constant(i));
  printf("seeded %u %u %u\n", seeded(HB), seeded(HB + 8), seeded((uint32_t)-HB));
  printf("compared %d %d %d\n", x > HB, x < HB + 8, (uint32_t)argc == HB);
  printf("calculated %u %u %u %u\n", x - HB, x + HB + 8, x * (HB + 65536), x % (HB + 12));
  printf("printed %u %u %d\n", HB, HB + 8, -HB);
  uint32_t rounds = 0;
  for (uint32_t i = 0; i < HB; i += 7) rounds += i ^ HB;
  printf("rounds %u\n", rounds);
  printf("heap %08x\n", use_heap());
  return 0;
}
