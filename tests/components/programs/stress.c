// A command that does to the adapter what a busy program does: arguments and environment, a long standard input echoed in
// large and in thousands of small writes, files, folders, clocks, random bytes, and the heap in use between all of them.
// Prints checksums and counts, never an address, a time or a random value.
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

extern char** environ;

static uint64_t sum = 1469598103934665603u;
static void mix(const void* bytes, size_t size) {
  for (size_t i = 0; i < size; i++) sum = (sum ^ ((const unsigned char*)bytes)[i]) * 1099511628211u;
}
static void fail(const char* what) {
  fprintf(stderr, "FAILED: %s\n", what);
  exit(9);
}

enum { kBlocks = 64 };
static unsigned char* blocks[kBlocks];
static size_t sizes[kBlocks];
static unsigned turn;
// Frees an old block, checking it first, and takes a new one; grows the memory now and then.
static void churn(void) {
  unsigned i = turn++ % kBlocks;
  for (size_t k = 0; k < sizes[i]; k += 97)
    if (blocks[i][k] != (unsigned char)i) fail("a heap block was overwritten");
  free(blocks[i]);
  sizes[i] = 100 + (turn * 7919u) % 30000;
  blocks[i] = malloc(sizes[i]);
  if (blocks[i] == NULL) fail("malloc");
  memset(blocks[i], (int)i, sizes[i]);
}

static void files(const char* folder) {
  DIR* dir = opendir(folder);
  if (dir == NULL) return;
  uint64_t names = 0;
  int count = 0;
  for (struct dirent* entry; (entry = readdir(dir)) != NULL;) {
    if (entry->d_name[0] == '.') continue;
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    struct stat status;
    if (stat(path, &status) != 0) fail("stat");
    int fd = open(path, O_RDONLY);
    if (fd < 0) fail("open");
    char buffer[300];
    uint64_t one = 0;
    for (ssize_t n; (n = read(fd, buffer, sizeof buffer)) > 0;)
      for (ssize_t k = 0; k < n; k++) one += (unsigned char)buffer[k];
    if (lseek(fd, 5, SEEK_SET) != 5 || read(fd, buffer, 3) != 3) fail("lseek");
    close(fd);
    for (const char* c = entry->d_name; *c; c++) names += (unsigned char)*c;
    names += one + (uint64_t)status.st_size;
    count++;
    churn();
  }
  closedir(dir);
  printf("files %d %llu\n", count, (unsigned long long)names);
}

int main(int argc, char** argv) {
  for (int i = 0; i < argc; i++) mix(argv[i], strlen(argv[i]));
  int variables = 0;
  for (char** e = environ; *e != NULL; e++, variables++) mix(*e, strlen(*e));
  printf("args %d environment %d %llx\n", argc, variables, (unsigned long long)sum);
  static char buffer[100000];
  uint64_t total = 0;
  int chunks = 0;
  for (ssize_t n; (n = read(0, buffer, sizeof buffer)) > 0; chunks++) {
    mix(buffer, (size_t)n);
    total += (uint64_t)n;
    for (ssize_t k = 0; k < n; k++) buffer[k] ^= 1;
    for (ssize_t at = 0; at < n;) {
      ssize_t wrote = write(1, buffer + at, (size_t)(n - at));
      if (wrote <= 0) fail("write");
      at += wrote;
    }
    churn();
  }
  printf("input %llu %llx\n", (unsigned long long)total, (unsigned long long)sum);
  fflush(stdout);
  const int writes = argc > 1 ? atoi(argv[1]) : 3000;
  for (int i = 0; i < writes; i++) {
    char line[32];
    int length = snprintf(line, sizeof line, "%d\n", i);
    if (write(1, line, (size_t)length) != length) fail("a small write");
    if (i % 16 == 0) churn();
    if (i % 64 == 0) {
      struct timespec now;
      if (clock_gettime(CLOCK_MONOTONIC, &now) != 0 || clock_gettime(CLOCK_REALTIME, &now) != 0) fail("clock_gettime");
      unsigned char random[200] = {0};
      if (getentropy(random, sizeof random) != 0) fail("getentropy");
      int zeros = 0;
      for (size_t k = 0; k < sizeof random; k++) zeros += random[k] == 0;
      if (zeros > 100) fail("random bytes are zero");
    }
  }
  for (int i = 0; i < 6; i++) files("/data");
  for (int i = 0; i < kBlocks * 2; i++) churn();
  puts("done");
  return 0;
}
