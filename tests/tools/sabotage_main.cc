// sabotage                                      lists the ways
// sabotage WAY ORIGINAL RESERVED OUT [NUMBER]   writes the broken module; exit 3 if there is no such place in
// it
#include <cstdlib>
#include <iostream>

#include "base/io.h"
#include "sabotage.h"

int main(int argc, char** argv) {
  using namespace heapbump;
  if (argc < 5) {
    for (const test::Way& way : test::sabotage_ways()) std::cout << way.name << "\t" << way.what << "\n";
    return argc == 1 ? 0 : 2;
  }
  const auto original = read_file(argv[2]);
  const auto reserved = read_file(argv[3]);
  if (!original || !reserved) return 1;
  const std::size_t number = argc > 5 ? std::strtoull(argv[5], nullptr, 10) : 0;
  const auto broken = test::sabotage(argv[1], original->bytes.view(), reserved->bytes.view(), number);
  if (!broken) {
    std::cerr << broken.error().message << "\n";
    return 1;
  }
  if (!*broken) return 3;
  return write_file(argv[4], {Bytes(**broken)}, {}) ? 0 : 1;
}
