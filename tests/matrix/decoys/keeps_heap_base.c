// Keeps &__heap_base, and addresses near it, in static tables, and compares blocks and objects with them.
#include "common.h"
extern unsigned char __heap_base, __data_end;

static unsigned char* volatile const bounds[] = {&__data_end, &__heap_base, &__heap_base + 8, &__heap_base + 65536};
static unsigned char object[100];
static unsigned char* volatile kept = &__heap_base;

int main(void) {
  printf("heap %08x\n", use_heap());
  unsigned char* block = malloc(500);
  printf("object below: %d, block above: %d\n", object < bounds[1], block > bounds[1]);
  printf("differences %d %d\n", (int)(bounds[2] - bounds[1]), (int)(bounds[3] - bounds[1]));
  printf("same: %d\n", kept == bounds[1]);
  free(block);
  printf("heap %08x\n", use_heap());
  return 0;
}
