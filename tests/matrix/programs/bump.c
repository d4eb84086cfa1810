// Allocators of the kind that people write by hand over &__heap_base. STYLE says which; each defines the whole malloc family,
// so that it replaces the C library's. None ever gives memory back, but for the block allocated last.
//   1  the next address is a static variable that starts as &__heap_base (a word of the data section)
//   2  the next address starts as zero and is set at the first call; memory.size is asked at each call
//   3  an arena: base and size, size = memory.size * 65536 - &__heap_base, asked once, then grown by what is missing
//   4  the end is the linker's &__heap_end, asked for by address; later pages by memory.grow
#include <stddef.h>
#include <stdint.h>
#include <string.h>

extern unsigned char __heap_base;
#if STYLE == 4
extern unsigned char __heap_end;
#endif

enum { kPage = 65536, kHeader = 16 };

static int grow(uintptr_t bytes) { return __builtin_wasm_memory_grow(0, (bytes + kPage - 1) / kPage) != (size_t)-1; }

#if STYLE == 1
static unsigned char* next = &__heap_base;
static unsigned char* take(size_t size) {
  unsigned char* at = (unsigned char*)(((uintptr_t)next + 15) & ~(uintptr_t)15);
  const uintptr_t end = __builtin_wasm_memory_size(0) * kPage;
  if ((uintptr_t)at + size > end && !grow((uintptr_t)at + size - end)) return NULL;
  next = at + size;
  return at;
}
#elif STYLE == 2
static uintptr_t next;
static unsigned char* take(size_t size) {
  if (next == 0) next = ((uintptr_t)&__heap_base + 15) & ~(uintptr_t)15;
  const uintptr_t at = next;
  next += (size + 15) & ~(size_t)15;
  while (next > __builtin_wasm_memory_size(0) * kPage) {
    if (!grow(kPage)) return NULL;
  }
  return (unsigned char*)at;
}
#elif STYLE == 3
static uintptr_t used, room;
static unsigned char* take(size_t size) {
  if (room == 0) room = __builtin_wasm_memory_size(0) * kPage - (uintptr_t)&__heap_base;
  size = (size + 15) & ~(size_t)15;
  if (used + size > room) {
    const uintptr_t pages = (used + size - room + kPage - 1) / kPage;
    if (__builtin_wasm_memory_grow(0, pages) == (size_t)-1) return NULL;
    room = __builtin_wasm_memory_size(0) * kPage - (uintptr_t)&__heap_base;
  }
  unsigned char* at = &__heap_base + used;
  used += size;
  return at;
}
#elif STYLE == 4
static unsigned char* next;
static unsigned char* end;
static unsigned char* take(size_t size) {
  if (next == NULL) {
    next = &__heap_base;
    end = &__heap_end;
  }
  size = (size + 15) & ~(size_t)15;
  if (size > (size_t)(end - next)) {
    const size_t pages = (size + kPage - 1) / kPage;
    const size_t from = __builtin_wasm_memory_grow(0, pages);
    if (from == (size_t)-1) return NULL;
    next = (unsigned char*)(from * kPage);
    end = next + pages * kPage;
  }
  unsigned char* at = next;
  next += size;
  return at;
}
#else
#error "STYLE is 1 to 4"
#endif

void* malloc(size_t size) {
  unsigned char* at = take(kHeader + size);
  if (at == NULL) return NULL;
  memcpy(at, &size, sizeof size);
  return at + kHeader;
}

void free(void* at) { (void)at; }

void* calloc(size_t count, size_t size) {
  if (size != 0 && count > SIZE_MAX / size) return NULL;
  unsigned char* at = malloc(count * size);
  if (at != NULL) memset(at, 0, count * size);
  return at;
}

void* realloc(void* old, size_t size) {
  if (old == NULL) return malloc(size);
  size_t had;
  memcpy(&had, (unsigned char*)old - kHeader, sizeof had);
  if (size <= had) return old;
  void* at = malloc(size);
  if (at != NULL) memcpy(at, old, had);
  return at;
}

void* aligned_alloc(size_t alignment, size_t size) {
  unsigned char* at = malloc(size + alignment);
  if (at == NULL) return NULL;
  unsigned char* aligned = (unsigned char*)(((uintptr_t)at + alignment) & ~(uintptr_t)(alignment - 1));
  memcpy(aligned - kHeader, &size, sizeof size);
  return aligned;
}

int posix_memalign(void** out, size_t alignment, size_t size) {
  *out = aligned_alloc(alignment, size);
  return *out == NULL ? 12 : 0;
}
