// A Go program made up for tests: the runtime's structure as Go's linker lays it out, and the code that reads
// it, in the three ways that Go's versions have. Each member is one thing that a test can make otherwise.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "module_builder.h"

namespace heapbump::test::go_program {

inline constexpr std::uint32_t kModuleData = 0x20000;
inline constexpr std::uint32_t kHeader = 0x21000;
inline constexpr std::uint32_t kPointer = 0x22000;  // a variable that points at the structure
inline constexpr std::uint32_t kBloc = 0x30010;     // in the bss
inline constexpr std::uint32_t kDataStart = 0x20000, kDataEnd = 0x22100;

enum class Era { through_pointer, gap, breaks };

// The image of a Go program's data, word by word.
class Program {
 public:
  Era era = Era::breaks;
  std::uint32_t magic = 0xfffffff1;
  std::uint64_t end = 0x3fab0;
  std::uint32_t pages = 64;
  bool asks_for_size = true;
  std::map<std::uint32_t, std::uint64_t> overrides;  // address -> word

  // As Go's linker writes them: runs of eight zeros and more are left out, so one program is several
  // segments.
  [[nodiscard]] std::vector<std::byte> build() const {
    std::vector<std::byte> image(kDataEnd - kDataStart);
    const auto put = [&](std::uint32_t address, std::uint64_t value) {
      for (unsigned i = 0; i < 8; ++i)
        image[address - kDataStart + i] = static_cast<std::byte>(value >> (8 * i));
    };
    fill(put);
    for (const auto& [address, value] : overrides) put(address, value);

    ModuleBuilder builder;
    builder.memory(pages);
    const auto entry = builder.type({}, {});
    builder.import("wasi_snapshot_preview1", "sched_yield", builder.type({}, {kI32}));
    builder.function(entry, 1, init_code());
    builder.function(entry, 1, allocate_code());
    builder.exported("memory", 2, 0);
    std::size_t begin = 0;
    while (begin < image.size()) {
      while (begin < image.size() && image[begin] == std::byte{0}) ++begin;
      std::size_t stop = begin, zeros = 0;
      while (stop < image.size() && zeros < 8) zeros = image[stop++] == std::byte{0} ? zeros + 1 : 0;
      if (begin < stop - zeros)
        builder.data(static_cast<std::int32_t>(kDataStart + begin),
                     as_text(Bytes(image).subspan(begin, stop - zeros - begin)));
      begin = stop;
    }
    return builder.build();
  }

  [[nodiscard]] std::uint32_t end_address() const {
    return kModuleData + (magic == 0xfffffff1 ? 272u : magic == 0xfffffffb ? 176u : 256u);
  }

 private:
  template <typename Put>
  void fill(Put put) const {
    const bool old = magic == 0xfffffffb;
    put(kHeader, std::uint64_t{0x08010000} << 32 | magic);
    put(kHeader + 8, 2);  // functions
    put(kModuleData, kHeader);
    std::uint32_t ftab = kHeader + 16;
    if (old) {
      put(kModuleData + 8, 64);
      put(kModuleData + 16, 64);
    } else {
      const std::uint32_t tables = magic == 0xfffffffa ? 24 : 32;
      for (std::uint32_t i = 0; i < 5; ++i) {
        put(kHeader + tables + i * 8, 0x60 + i * 16);
        const std::uint32_t slice = std::array{8u, 32u, 56u, 80u, 104u}[i];
        put(kModuleData + slice, kHeader + 0x60 + i * 16);
        put(kModuleData + slice + 8, 16);
        put(kModuleData + slice + 16, 16);
      }
      ftab = kHeader + 0x60 + 4 * 16;
    }
    const std::uint32_t at = kModuleData + (old ? 24 : 128);
    put(at, ftab);
    put(at + 8, 3);
    put(at + 16, 3);
    const std::uint32_t minpc = kModuleData + (old ? 80 : 160);
    put(minpc, 0x10000000);
    put(minpc + 8, 0x10020001);
    std::vector<std::uint64_t> sections = {0,       0x20,    kDataStart, 0x20800, 0x20800,
                                           0x23000, 0x23000, 0x30000,    0x30000, end};
    if (magic == 0xfffffff1) sections.insert(sections.end(), {end, end});
    sections.push_back(end);
    for (std::size_t i = 0; i < sections.size(); ++i)
      put(minpc + 16 + static_cast<std::uint32_t>(i) * 8, sections[i]);
    put(kPointer, kModuleData);
  }

  static Body& load(Body& code, std::int64_t address) {
    return code.i64_const(address).op({0xa7, 0x29, 3, 0});
  }

  [[nodiscard]] Body init_code() const {
    Body code;
    if (era == Era::through_pointer) {
      load(code, kPointer).op({0xa7, 0x29, 3}).uleb(end_address() - kModuleData).op({0x1a});
      return code;
    }
    // As the compiler emits it, with the value in a local (i32 here, wrapped and extended).
    load(code, end_address()).i64_const(65535).op({0x7c}).i64_const(-65536).op({0x83, 0x21, 0});
    for (const std::uint32_t variable : {kBloc, kBloc + 8})
      code.i64_const(variable).op({0xa7, 0x20, 0, 0x37, 3, 0});
    return code;
  }

  [[nodiscard]] Body allocate_code() const {
    Body code;
    if (asks_for_size) code.op({0x3f, 0, 0x1a});
    if (era == Era::breaks) load(code, kBloc).op({0xa7, 0x28, 2, 0, 0x1a});  // an address is made from it
    if (era == Era::gap) load(code, kBloc).i64_const(7).op({0x51, 0x1a});    // it is only compared
    return code;
  }
};

// The flow engine wants locals of the right type; the builder declares i32, so the local is declared i64 by
// hand.
inline std::vector<std::byte> with_i64_locals(std::vector<std::byte> module) {
  for (std::size_t i = 0; i + 2 < module.size(); ++i) {
    if (module[i] == std::byte{1} && module[i + 1] == std::byte{1} && module[i + 2] == std::byte{0x7f} &&
        i > 60)
      module[i + 2] = std::byte{0x7e};
  }
  return module;
}

}  // namespace heapbump::test::go_program
