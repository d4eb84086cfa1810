// What every generated program starts with: the names that the features are written in, a printer of numbers
// and the entry. Freestanding, or over wasi-libc with -DLIBC.
//
// Invariant: nothing here allocates, reads memory.size or names the heap's start, so that all of that is the
// feature's.
typedef unsigned u32;
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned long long u64;
extern unsigned char __heap_base, __heap_end, __data_end;

#define NONE 0xffffffffu
#define PAGE 65536u
#define HB ((u32) & __heap_base)
#define DE ((u32) & __data_end)
#define MSIZE() ((u32)__builtin_wasm_memory_size(0))
#define MGROW(n) ((u32)__builtin_wasm_memory_grow(0, (n)))
#define LD(p) (*(u32*)(p))
#define ST(p, v) (*(u32*)(p) = (v))
#define LB(p) ((u32) * (u8*)(p))
#define SB(p, v) (*(u8*)(p) = (u8)(v))
#define FILL(p, v, n) __builtin_memset((void*)(p), (int)(v), (n))
#define COPY(d, s, n) __builtin_memcpy((void*)(d), (void*)(s), (n))
#ifdef INLINE
#define NI
#else
#define NI __attribute__((noinline))
#endif

__attribute__((import_module("wasi_snapshot_preview1"), import_name("fd_write"))) u32 host_write(u32,
                                                                                                 const void*,
                                                                                                 u32, u32*);
__attribute__((import_module("wasi_snapshot_preview1"), import_name("proc_exit"),
               noreturn)) void host_exit(u32);

static NI void PUT(u32 from, u32 size) {
  u32 vector[2] = {from, size};
  u32 wrote = 0;
  host_write(1, vector, 1, &wrote);
}
static NI void OUT(u32 value) {
  u8 text[12];
  u32 at = 11;
  text[11] = '\n';
  do {
    text[--at] = '0' + value % 10;
    value /= 10;
  } while (value != 0);
  PUT((u32)&text[at], 12 - at);
}
static u32 program(void);
#ifdef LIBC
#include <stdlib.h>
int main(void) {
  return (int)program();
}
#else
__attribute__((export_name("_start"))) void _start(void) {
  const u32 code = program();
  if (code != 0) host_exit(code);
}
#endif
