// A short fuzz run for the suite, without clang and without a build of its own: the same seeds, mutator and
// promises as the fuzzers, with random numbers in place of coverage. Deterministic: a failure is found again
// by the same command.
//
//   heapbump_fuzz_smoke SEEDS EXECUTIONS [ROOM...]
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

#include "exercise.h"
#include "mutator.h"

namespace {

std::mt19937& generator() {
  static std::mt19937 random(1);
  return random;
}

std::size_t blind(std::uint8_t* data, std::size_t size, std::size_t max_size) {
  std::mt19937& random = generator();
  if (size == 0) return 0;
  const std::size_t at = random() % size;
  switch (random() % 4) {
    case 0:
      data[at] = static_cast<std::uint8_t>(random());
      break;
    case 1:
      data[at] ^= static_cast<std::uint8_t>(1u << random() % 8);
      break;
    case 2:
      std::copy(data + at + 1, data + size, data + at);
      return size - 1;
    default:
      if (size == max_size) break;
      std::copy_backward(data + at, data + size, data + size + 1);
      return size + 1;
  }
  return size;
}

std::vector<std::uint8_t> read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  std::vector<std::string> rooms(argv + 3, argv + argc);
  if (rooms.empty()) rooms = heapbump::exercise::rooms();
  const unsigned long executions = std::strtoul(argv[2], nullptr, 10);
  int status = 0;
  for (const std::string& room : rooms) {
    std::vector<std::filesystem::path> names;
    for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(argv[1]) / room))
      names.push_back(entry.path());
    std::ranges::sort(names);
    std::vector<std::vector<std::uint8_t>> seeds;
    for (const auto& name : names) seeds.push_back(read(name));
    if (seeds.empty()) return 2;
    unsigned long done = 0;
    bool kept = true;
    for (; done < executions && kept; ++done) {
      std::vector<std::uint8_t> data = seeds[done % seeds.size()];
      const std::size_t max_size = data.size() + 4096;
      std::size_t size = data.size();
      data.resize(max_size);
      const bool knows = heapbump::exercise::reads_modules(room) && generator()() % 2 == 0;
      size = knows ? heapbump::fuzz::mutate_module(data.data(), size, max_size,
                                                   static_cast<unsigned>(generator()()), blind)
                   : blind(data.data(), size, max_size);
      data.resize(size);
      if (const auto broken = heapbump::exercise::run(room, std::as_bytes(std::span(data)))) {
        kept = false;
        const std::string name = "broken-" + room;
        std::ofstream(name, std::ios::binary)
            .write(reinterpret_cast<const char*>(data.data()), static_cast<std::streamsize>(data.size()));
        std::printf("%s: broken promise: %s; the input is in %s\n", room.c_str(), broken->c_str(),
                    name.c_str());
        status = 1;
      }
    }
    std::printf("%s: %lu executions\n", room.c_str(), done);
  }
  return status;
}
