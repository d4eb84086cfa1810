// Makes, writes, renames, links, cuts, lists and removes files and folders below /data, and prints what it finds: sizes, names
// and sums, never a time, an inode or an order of the host's.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { kFolders = 12, kFiles = 25, kLarge = 300000 };

static void must(int ok, const char* what, const char* name) {
  if (ok) return;
  fprintf(stderr, "FAILED: %s %s: %s\n", what, name, strerror(errno));
  exit(9);
}

static char* path(int folder, int file, const char* prefix) {
  static char names[4][300];
  static int turn;
  char* name = names[turn++ % 4];
  if (file < 0) {
    snprintf(name, sizeof names[0], "/data/folder-%d", folder);
  } else {
    snprintf(name, sizeof names[0], "/data/folder-%d/%s-with-a-name-of-%d-characters-%.*d", folder, prefix, file, file * 3 % 80 + 1, file);
  }
  return name;
}

static unsigned char byte_at(int folder, int file, size_t at) { return (unsigned char)(folder * 31 + file * 7 + at % 251); }

// Writes a file in pieces of several lengths, by one buffer and by several, forward and at places.
static void make(int folder, int file) {
  const size_t size = file % 10 == 3 ? kLarge : (size_t)(file * 97 + folder);
  char* bytes = malloc(size + 1);
  for (size_t i = 0; i < size; i++) bytes[i] = (char)byte_at(folder, file, i);
  const char* name = path(folder, file, "new");
  int fd = open(name, O_RDWR | O_CREAT | O_EXCL, 0666);
  must(fd >= 0, "open", name);
  for (size_t at = 0; at < size / 2;) {
    size_t half = (size / 2 - at + 1) / 2;
    struct iovec parts[3] = {{bytes + at, half}, {bytes, 0}, {bytes + at + half, size / 2 - at - half}};
    ssize_t wrote = writev(fd, parts, 3);
    must(wrote > 0, "writev", name);
    at += (size_t)wrote;
  }
  for (size_t at = size / 2; at < size;) {
    ssize_t wrote = pwrite(fd, bytes + at, size - at, (off_t)at);
    must(wrote > 0, "pwrite", name);
    at += (size_t)wrote;
  }
  must(fsync(fd) == 0 && fdatasync(fd) == 0, "fsync", name);
  if (size > 20) {
    char some[20];
    must(pread(fd, some, 20, (off_t)(size - 20)) == 20 && memcmp(some, bytes + size - 20, 20) == 0, "pread", name);
    must(lseek(fd, -10, SEEK_END) == (off_t)(size - 10) && read(fd, some, 20) == 10, "lseek", name);
  }
  if (file % 5 == 2) must(ftruncate(fd, (off_t)(size / 3)) == 0, "ftruncate", name);
  if (file % 5 == 4) must(ftruncate(fd, (off_t)(size + 70000)) == 0, "ftruncate", name);
  struct stat status;
  must(fstat(fd, &status) == 0, "fstat", name);
  printf("%s %lld\n", name, (long long)status.st_size);
  must(close(fd) == 0, "close", name);
  free(bytes);
}

static void list(int folder) {
  DIR* dir = opendir(path(folder, -1, ""));
  must(dir != NULL, "opendir", path(folder, -1, ""));
  uint64_t sum = 0;
  int count = 0;
  for (struct dirent* entry; (entry = readdir(dir)) != NULL; count++) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    uint64_t name = 0;
    for (const char* c = entry->d_name; *c; c++) name = name * 31 + (unsigned char)*c;
    char whole[600];
    snprintf(whole, sizeof whole, "%s/%s", path(folder, -1, ""), entry->d_name);
    struct stat status;
    must(stat(whole, &status) == 0, "stat", whole);
    sum += name + (uint64_t)status.st_size * 3;
    FILE* file = S_ISREG(status.st_mode) ? fopen(whole, "rb") : NULL;
    for (int c; file != NULL && (c = getc(file)) != EOF;) sum += (uint64_t)c;
    if (file != NULL) fclose(file);
  }
  closedir(dir);
  printf("folder %d: %d entries, %llu\n", folder, count, (unsigned long long)sum);
}

int main(void) {
  for (int folder = 0; folder < kFolders; folder++) {
    must(mkdir(path(folder, -1, ""), 0777) == 0, "mkdir", path(folder, -1, ""));
    must(mkdir(path(folder, -1, ""), 0777) != 0 && errno == EEXIST, "mkdir of what is there", "");
    for (int file = 0; file < kFiles; file++) make(folder, file);
  }
  for (int folder = 0; folder < kFolders; folder++) {
    for (int file = 0; file < kFiles; file++) {
      const char* name = path(folder, file, "new");
      if (file % 4 == 0) {
        const char* other = path((folder + 1) % kFolders, file, "moved");
        must(rename(name, other) == 0, "rename", name);
        must(access(name, F_OK) != 0 && errno == ENOENT, "access to what is gone", name);
      } else if (file % 4 == 1) {
        must(unlink(name) == 0, "unlink", name);
      } else if (file % 4 == 2) {
        char target[200];
        snprintf(target, sizeof target, "%s", strrchr(name, '/') + 1);
        const char* alias = path(folder, file, "alias");
        must(symlink(target, alias) == 0, "symlink", alias);
        char back[300];
        ssize_t length = readlink(alias, back, sizeof back);
        must(length == (ssize_t)strlen(target) && memcmp(back, target, (size_t)length) == 0, "readlink", alias);
        must(readlink(alias, back, 5) == 5 && memcmp(back, target, 5) == 0, "readlink of five bytes", alias);
      }
    }
    must(rmdir(path(folder, -1, "")) != 0 && errno == ENOTEMPTY, "rmdir of what is not empty", "");
  }
  must(mkdir("/data/empty", 0777) == 0 && rmdir("/data/empty") == 0, "rmdir", "/data/empty");
  must(open("/data/no/such/file", O_RDONLY) < 0 && errno == ENOENT, "open of what is not there", "");
  for (int folder = 0; folder < kFolders; folder++) list(folder);
  puts("done");
  return 0;
}
