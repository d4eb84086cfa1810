// Lets the n-th request for memory fail, for many n, and asks for a component each time: the answer must be a
// result that says so, whatever was being done, and the library must work again afterwards.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <new>
#include <string>

#include "heapbump.h"

namespace {

long long left = -1;  // requests until one fails; below zero: none does
bool failed = false;

void* allocate(std::size_t size) {
  if (left >= 0 && left-- == 0) {
    failed = true;
    throw std::bad_alloc();
  }
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) {
  return allocate(size);
}
void* operator new[](std::size_t size) {
  return allocate(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace {

std::string component_of(const heapbump_result* result) {
  const heapbump_bytes bytes = heapbump_result_get(result, HEAPBUMP_COMPONENT);
  return bytes.data == nullptr ? std::string()
                               : std::string(static_cast<const char*>(bytes.data), bytes.size);
}

}  // namespace

int main() {
  std::ifstream file(std::string(HEAPBUMP_FIXTURES) + "/kinds/as-minimal.wasm", std::ios::binary);
  const std::string module{std::istreambuf_iterator<char>(file), {}};
  heapbump_result* whole = heapbump_component(module.data(), module.size(), nullptr);
  const std::string expected = component_of(whole);
  heapbump_result_free(whole);
  if (expected.empty()) return 1;
  long long tried = 0;
  long long refused = 0;
  // Each of the first three hundred, then ever fewer.
  for (long long n = 0;; n += n < 300 ? 1 : n / 20) {
    failed = false;
    left = n;
    heapbump_result* result = heapbump_component(module.data(), module.size(), nullptr);
    left = -1;
    ++tried;
    const bool says_so =
        std::strcmp(heapbump_result_code(result), "HB0104") == 0 && heapbump_result_exit_code(result) == 1;
    // Where the standard library does without the memory (std::stable_sort), the answer is the whole one.
    const bool did_without = heapbump_result_exit_code(result) == 0 && component_of(result) == expected;
    heapbump_result_free(result);
    if (!says_so && !did_without) {
      std::printf("request %lld failed, and the answer says nothing of it\n", n);
      return 1;
    }
    if (says_so) ++refused;
    if (!failed) break;
  }
  std::printf("%lld requests failed, %lld times that was the answer\n", tried - 1, refused);
  return refused > 100 ? 0 : 1;
}
