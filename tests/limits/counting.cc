#include "counting.h"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::size_t> held = 0, most = 0, base = 0, calls = 0;

void* take(std::size_t size) {
  void* const p = std::malloc(size);
  if (p == nullptr) throw std::bad_alloc();
  const std::size_t now = held += malloc_usable_size(p);
  if (now > most) most = now;
  ++calls;
  return p;
}

void give(void* p) {
  if (p != nullptr) held -= malloc_usable_size(p);
  std::free(p);
}

}  // namespace

void* operator new(std::size_t size) {
  return take(size);
}
void* operator new[](std::size_t size) {
  return take(size);
}
void operator delete(void* p) noexcept {
  give(p);
}
void operator delete[](void* p) noexcept {
  give(p);
}
void operator delete(void* p, std::size_t) noexcept {
  give(p);
}
void operator delete[](void* p, std::size_t) noexcept {
  give(p);
}

namespace heapbump::counting {

std::size_t held_now() {
  return held;
}
void start() {
  base = held.load();
  most = held.load();
  calls = 0;
}
std::size_t peak() {
  return most - base;
}
std::size_t allocations() {
  return calls;
}

}  // namespace heapbump::counting
