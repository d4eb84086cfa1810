// One libFuzzer binary for every room: `heapbump_fuzz --room=reserve CORPUS`; `--room=reader+undo` gives each
// input to both, so that rooms with the same kind of input share what they learn. A broken promise aborts, so
// that libFuzzer keeps the input.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

#include "exercise.h"
#include "mutator.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

std::vector<std::string>& rooms() {
  static std::vector<std::string> names = {"reserve"};
  return names;
}

bool read_modules() {
  return std::ranges::all_of(rooms(), heapbump::exercise::reads_modules);
}

void choose_rooms(std::string_view joined) {
  const std::vector<std::string> known = heapbump::exercise::rooms();
  rooms().clear();
  for (const auto part : std::views::split(joined, '+')) {
    rooms().emplace_back(part.begin(), part.end());
    if (std::ranges::find(known, rooms().back()) == known.end()) {
      std::fprintf(stderr, "there is no room %s\n", rooms().back().c_str());
      std::exit(2);
    }
  }
}

}  // namespace

// What libFuzzer looks for.
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed);

int LLVMFuzzerInitialize(int* argc, char*** argv) {
  for (int i = 1; i < *argc; ++i) {
    if (std::strncmp((*argv)[i], "--room=", 7) == 0) choose_rooms((*argv)[i] + 7);
    if (std::strcmp((*argv)[i], "--rooms") == 0) {
      for (const std::string& name : heapbump::exercise::rooms()) std::puts(name.c_str());
      std::exit(0);
    }
  }
  return 0;
}

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const std::string& room : rooms()) {
    if (const auto broken = heapbump::exercise::run(room, std::as_bytes(std::span(data, size)))) {
      std::fprintf(stderr, "broken promise in %s: %s\n", room.c_str(), broken->c_str());
      std::abort();
    }
  }
  return 0;
}

std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                    unsigned seed) {
  // Half of the changes are blind: a structure-aware mutator alone never leaves the structure.
  if (!read_modules() || seed % 2 == 0) return LLVMFuzzerMutate(data, size, max_size);
  return heapbump::fuzz::mutate_module(data, size, max_size, seed, LLVMFuzzerMutate);
}
