// One libFuzzer binary for every room: `heapbump_fuzz --room=reserve CORPUS`. A broken promise aborts, so that libFuzzer keeps
// the input; scripts/fuzz turns a kept input into a regression file.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "exercise.h"
#include "mutator.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

std::string& room() {
  static std::string name = "reserve";
  return name;
}

bool is_module_room() { return room() != "manifest" && room() != "record"; }

}  // namespace

// What libFuzzer looks for.
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed);

int LLVMFuzzerInitialize(int* argc, char*** argv) {
  for (int i = 1; i < *argc; ++i) {
    if (std::strncmp((*argv)[i], "--room=", 7) == 0) room() = (*argv)[i] + 7;
    if (std::strcmp((*argv)[i], "--rooms") == 0) {
      for (const std::string& name : heapbump::exercise::rooms()) std::puts(name.c_str());
      std::exit(0);
    }
  }
  return 0;
}

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (const auto broken = heapbump::exercise::run(room(), std::as_bytes(std::span(data, size)))) {
    std::fprintf(stderr, "broken promise in %s: %s\n", room().c_str(), broken->c_str());
    std::abort();
  }
  return 0;
}

std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed) {
  // Half of the changes are blind: a structure-aware mutator alone never leaves the structure.
  if (!is_module_room() || seed % 2 == 0) return LLVMFuzzerMutate(data, size, max_size);
  return heapbump::fuzz::mutate_module(data, size, max_size, seed, LLVMFuzzerMutate);
}
