// Writes the stand-in that serves all of preview1, as scripts/adapters gives it to the stock encoder:
//   heapbump_stand_in command|reactor OUTPUT
#include "component/stand_in.h"

#include <fstream>
#include <iostream>
#include <string_view>

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: heapbump_stand_in command|reactor OUTPUT\n";
    return 2;
  }
  const auto bytes =
      heapbump::make_stand_in(heapbump::all_services(), std::string_view(argv[1]) == "command");
  std::ofstream(argv[2], std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}
