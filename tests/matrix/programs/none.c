// No allocator at all: static memory, the stack, and the environment read into fixed buffers. Imports preview1 directly,
// since wasi-libc's start code and stdio would bring malloc along.
#include <stdint.h>

#define IMPORT(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(name)))
typedef struct {
  const void* at;
  uint32_t size;
} Piece;
IMPORT("fd_write") uint32_t fd_write(uint32_t fd, const Piece* pieces, uint32_t count, uint32_t* written);
IMPORT("fd_read") uint32_t fd_read(uint32_t fd, const Piece* pieces, uint32_t count, uint32_t* got);
IMPORT("environ_sizes_get") uint32_t environ_sizes_get(uint32_t* count, uint32_t* size);
IMPORT("environ_get") uint32_t environ_get(char** environment, char* buffer);
IMPORT("proc_exit") _Noreturn void proc_exit(uint32_t code);

static unsigned char table[50000];
static char* environment[64];
static char buffer[8192];
static const uint32_t primes[] = {2, 3, 5, 7, 11, 13, 17, 19, 23, 29};

static void print(const char* name, uint32_t value) {
  char line[64];
  uint32_t length = 0;
  while (*name != 0) line[length++] = *name++;
  line[length++] = ' ';
  for (int shift = 28; shift >= 0; shift -= 4) line[length++] = "0123456789abcdef"[(value >> shift) & 15];
  line[length++] = '\n';
  const Piece piece = {line, length};
  uint32_t written;
  fd_write(1, &piece, 1, &written);
}

static uint32_t deep(uint32_t depth, uint32_t seed) {
  volatile uint32_t frame[64];
  for (int i = 0; i < 64; i++) frame[i] = seed * 31 + (uint32_t)i;
  uint32_t sum = depth == 0 ? seed : deep(depth - 1, frame[depth % 64]);
  for (int i = 0; i < 64; i++) sum = sum * 33 + frame[i];
  return sum;
}

void _start(void) {
  uint32_t sum = 7;
  for (uint32_t round = 0; round < 20; round++) {
    for (uint32_t i = 0; i < sizeof table; i++) {
      table[i] = (unsigned char)(table[i] + i * primes[(i + round) % 10]);
      sum = sum * 31 + table[i];
    }
  }
  print("table", sum);
  print("stack", deep(150, sum));
  uint32_t count = 0, size = 0;
  if (environ_sizes_get(&count, &size) == 0 && count <= 64 && size <= sizeof buffer) {
    environ_get(environment, buffer);
    for (uint32_t i = 0; i < size; i++) sum = sum * 31 + (unsigned char)buffer[i];
  }
  print("environment", sum);
  for (;;) {
    const Piece piece = {buffer, sizeof buffer};
    uint32_t got = 0;
    if (fd_read(0, &piece, 1, &got) != 0 || got == 0) break;
    for (uint32_t i = 0; i < got; i++) sum = sum * 31 + (unsigned char)buffer[i];
  }
  print("stdin", sum);
  proc_exit(4);
}
