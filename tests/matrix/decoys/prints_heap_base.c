// Prints &__heap_base, before and after using the heap. The address may be another one; everything else may not.
#include "common.h"
extern unsigned char __heap_base;

int main(void) {
  printf("base %p\n", (void*)&__heap_base);
  printf("heap %08x\n", use_heap());
  void* block = malloc(10);
  printf("in the heap: %d\n", (unsigned char*)block >= &__heap_base);
  printf("not in the data: %d\n", (unsigned char*)"text" < &__heap_base);
  free(block);
  printf("base %p\n", (void*)&__heap_base);
  return 0;
}
