// The least that a tool like `reserve` can do: map IN, hash it, hash what is written (here the same bytes),
// write OUT by a temporary file and a rename. What heapbump takes is told as a multiple of this.
//
//   heapbump_floor IN OUT
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "base/sha256.h"

int main(int count, char** arguments) {
  if (count != 3) return 2;
  const int in = ::open(arguments[1], O_RDONLY | O_CLOEXEC);
  struct stat info{};
  if (in < 0 || ::fstat(in, &info) != 0) return 1;
  const auto size = static_cast<std::size_t>(info.st_size);
  void* const mapped = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, in, 0);
  if (mapped == MAP_FAILED) return 1;
  const heapbump::Bytes bytes(static_cast<const std::byte*>(mapped), size);
  const std::string before = heapbump::sha256_hex(bytes);
  const std::string temporary = std::string(arguments[2]) + ".tmp";
  const int out = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (out < 0) return 1;
  for (std::size_t done = 0; done < size;) {
    const ssize_t wrote = ::write(out, bytes.data() + done, size - done);
    if (wrote <= 0) return 1;
    done += static_cast<std::size_t>(wrote);
  }
  const std::string after = heapbump::sha256_hex(bytes);
  if (::close(out) != 0 || ::rename(temporary.c_str(), arguments[2]) != 0) return 1;
  return before == after ? 0 : 1;
}
