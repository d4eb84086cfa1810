// Uses the library as another program would: reads a module, detects its heap and reserves two pages.
#include <iostream>

#include "base/io.h"
#include "reserve/reserve.h"
#include "wasm/module.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const auto file = heapbump::read_file(argv[1]);
  if (!file) return 1;
  const auto module = heapbump::read_module(file->bytes.view());
  if (!module) {
    std::cout << module.error().message << '\n';
    return 3;
  }
  const auto reservation = heapbump::reserve(*module, heapbump::Request{});
  if (!reservation) {
    std::cout << reservation.error().message << '\n';
    return 5;
  }
  const auto output = reservation->output(module->file);
  std::cout << reservation->finding->toolchain.name << ' ' << output.size() << '\n';
  return output.size() == reservation->output_size && output.size() > module->file.size() ? 0 : 1;
}
