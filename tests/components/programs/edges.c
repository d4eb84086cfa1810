// Calls of preview1 at their edges, straight from the imports: no buffers, empty ones, buffers at the memory's end, in memory
// that has just grown, inside each other, paths and requests of any length. Prints what every call says.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint32_t u32;
typedef uint64_t u64;
#define IMPORT(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name))) u32 call_##name
IMPORT(args_get)(u32, u32);
IMPORT(args_sizes_get)(u32, u32);
IMPORT(fd_close)(u32);
IMPORT(fd_pread)(u32, u32, u32, u64, u32);
IMPORT(fd_pwrite)(u32, u32, u32, u64, u32);
IMPORT(fd_read)(u32, u32, u32, u32);
IMPORT(fd_readdir)(u32, u32, u32, u64, u32);
IMPORT(fd_write)(u32, u32, u32, u32);
IMPORT(path_filestat_get)(u32, u32, u32, u32, u32);
IMPORT(path_open)(u32, u32, u32, u32, u32, u64, u64, u32, u32);
IMPORT(path_readlink)(u32, u32, u32, u32, u32, u32);
IMPORT(path_symlink)(u32, u32, u32, u32, u32);
IMPORT(poll_oneoff)(u32, u32, u32, u32);
IMPORT(random_get)(u32, u32);

enum { kFolder = 3, kPage = 65536, kRead = 2, kWrite = 64 };
struct buffer { u32 at, size; };
struct subscription { u64 userdata; u64 tag; u32 id, pad; u64 timeout, precision; u64 flags; };
struct event { u64 userdata; uint16_t error; uint8_t type; uint8_t pad[21]; };

static char big[300000];
static struct buffer buffers[3];
static u32 result = 0xeeeeeeee;

static u32 at(const void* pointer) { return (u32)(uintptr_t)pointer; }
static char* to(u32 address) { return (char*)(uintptr_t)address; }
static u32 end_of_memory(void) { return (u32)__builtin_wasm_memory_size(0) * kPage; }
static void say(const char* what, u32 error) {
  printf("%s: %u", what, error);
  if (error == 0) printf(", %u", result);
  puts("");
  fflush(stdout);
  result = 0xeeeeeeee;
}
static u32 open_at(const char* name, u32 how, u64 rights) {
  u32 fd = 0;
  if (call_path_open(kFolder, 1, at(name), strlen(name), how, rights, 0, 0, at(&fd)) != 0) puts("cannot open");
  return fd;
}

static void without_bytes(u32 fd) {
  for (u32 count = 0; count <= 3; count += 3) {
    memset(buffers, 0, sizeof buffers);
    printf("descriptor %u, %u buffers\n", fd, count);
    say("write", call_fd_write(fd, at(buffers), count, at(&result)));
    if (fd > 2) {  // hosts differ in what they say of reading nothing from a stream
      say("read", call_fd_read(fd, at(buffers), count, at(&result)));
      say("pread", call_fd_pread(fd, at(buffers), count, 5, at(&result)));
      say("pwrite", call_fd_pwrite(fd, at(buffers), count, 5, at(&result)));
    }
  }
}

static void descriptors(void) {
  static const u32 list[] = {1, 2, 99, 0xffffffff};
  for (u32 i = 0; i < sizeof list / sizeof list[0]; i++) without_bytes(list[i]);
  u32 fd = open_at("empty", 1, kRead | kWrite);
  without_bytes(fd);
  say("close", call_fd_close(fd));
  without_bytes(fd);
}

static void ends(void) {
  u32 end = end_of_memory();
  memcpy(to(end - 4), "end\n", 4);
  buffers[0] = (struct buffer){end - 4, 4};
  say("text at the end", call_fd_write(1, at(buffers), 1, at(&result)));
  buffers[0].at = at("abc\n");
  memcpy(to(end - 8), buffers, 8);
  say("vector at the end", call_fd_write(1, end - 8, 1, at(&result)));
  say("result at the end", call_fd_write(1, at(buffers), 1, end - 4));
  say("no bytes behind the end", call_random_get(end, 0));
  u32 count = 0, size = 0;
  call_args_sizes_get(at(&count), at(&size));
  say("pointers at the end", call_args_get(end - 4 * count, at(big)));
  say("strings at the end", call_args_get(at(big), end - size));
  puts(*(char**)big == to(end - size) ? to(end - size) : "elsewhere");
}

static void grown(void) {
  for (u32 pages = 1; pages < 12; pages++) {
    u32 from = end_of_memory();
    if (__builtin_wasm_memory_grow(0, pages) == (size_t)-1) puts("it does not grow");
    char* text = to(from + pages * kPage - 20);
    struct buffer* one = (struct buffer*)to(from);
    *one = (struct buffer){at(text), (u32)snprintf(text, 20, "grown by %u\n", pages)};
    call_fd_write(1, at(one), 1, from + kPage - 4);
    printf("%u\n", *(u32*)to(from + kPage - 4));
    fflush(stdout);
  }
}

static void overlaps(void) {
  buffers[0] = (struct buffer){at(big), 16};
  say("the count in the buffer", call_fd_read(0, at(buffers), 1, at(big) + 4));
  for (int i = 0; i < 20; i++) printf(" %02x", (unsigned char)big[i]);
  buffers[0] = (struct buffer){at(buffers), 16};
  say("\nthe vector is the buffer", call_fd_read(0, at(buffers), 1, at(&result)));
  for (int i = 0; i < 16; i++) printf(" %02x", ((unsigned char*)buffers)[i]);
  buffers[0] = (struct buffer){at("abc\n"), 4};
  say("\nthe count is the vector", call_fd_write(1, at(buffers), 1, at(buffers)));
  printf("%u\n", buffers[0].at);
}

static void waits(void) {
  enum { kMany = 2000 };
  static struct subscription wanted[kMany];
  static struct event events[kMany];
  say("for nothing", call_poll_oneoff(at(wanted), at(events), 0, at(&result)));
  for (u32 i = 0; i < kMany; i++)
    wanted[i] = (struct subscription){.userdata = i, .id = 1, .timeout = i % 2 ? 1 : 3600000000000};
  u32 error = call_poll_oneoff(at(wanted), at(events), kMany, at(&result));
  printf("for many: %u, %d\n", error, result >= 1 && result <= kMany && events[0].userdata % 2 == 1);
  wanted[0] = (struct subscription){.userdata = 77, .tag = 1, .id = 99};
  say("for a closed descriptor", call_poll_oneoff(at(wanted), at(events), 1, at(&result)));
}

static void paths(void) {
  enum { kLength = 70000 };
  static char path[kLength];
  memset(path, 'a', kLength);
  say("70,000 letters", call_path_filestat_get(kFolder, 0, at(path), kLength, at(big)));
  say("300 letters", call_path_filestat_get(kFolder, 0, at(path), 300, at(big)));
  say("none", call_path_filestat_get(kFolder, 0, at(path), 0, at(big)));
  for (u32 i = 0; i < kLength; i += 2) memcpy(path + i, "./", 2);
  say("2,000 steps", call_path_filestat_get(kFolder, 0, at(path), 4000, at(big)));
  say("a link", call_path_symlink(at(path), 3000, kFolder, at("link"), 4));
  for (u32 size = 0; size <= 3000; size += 1500)
    say("of the link", call_path_readlink(kFolder, at("link"), 4, at(big), size, at(&result)));
  static const char* outside[] = {"..", "/", "a/../..", "link/.."};
  for (int i = 0; i < 4; i++)
    say(outside[i], call_path_filestat_get(kFolder, 1, at(outside[i]), strlen(outside[i]), at(big)));
  path[3] = 0;
  say("a zero", call_path_filestat_get(kFolder, 0, at(path), 10, at(big)));
}

static void folders(void) {
  for (u32 size = 64; size < 2000; size += size / 3) {
    u64 cookie = 0;
    u32 entries = 0, letters = 0;
    for (int rounds = 0; rounds < 100; rounds++) {
      memset(big, 0x55, sizeof big);
      u32 error = call_fd_readdir(kFolder, at(big), size, cookie, at(&result)), used = 0;
      if (error != 0 || result > size) break;
      for (u32 i = result; i < sizeof big; i++)
        if (big[i] != 0x55) puts("written behind what was read");
      while (used + 24 <= result && used + 24 + *(u32*)(big + used + 16) <= result) {
        cookie = *(u64*)(big + used);
        letters += *(u32*)(big + used + 16);
        used += 24 + *(u32*)(big + used + 16);
        entries++;
      }
      if (result < size) break;
    }
    printf("by %u bytes: %u entries, %u letters\n", size, entries, letters);
  }
}

static void much(void) {
  enum { kMuch = 10000000 };
  unsigned char* bytes = calloc(kMuch + 2, 1);
  u32 seen[256] = {0};
  u32 error = call_random_get(at(bytes) + 1, kMuch);
  for (u32 i = 1; i <= kMuch; i++) seen[bytes[i]]++;
  int even = 1;
  for (int i = 0; i < 256; i++) even &= seen[i] > kMuch / 300 && seen[i] < kMuch / 200;
  printf("random: %u, even %d, before and behind %d %d\n", error, even, bytes[0], bytes[kMuch + 1]);
  fflush(stdout);
  free(bytes);
}

int main(int argc, char** argv) {
  descriptors();
  ends();
  overlaps();
  waits();
  if (argc > 1 && strcmp(argv[1], "paths") == 0) {  // on which the hosts do not agree
    paths();
    folders();
  }
  much();
  grown();
  return 0;
}
