// Big Go's detector on modules made up for the purpose: the structure, the code that reads it, and each way to be wrong.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "detectors/registry.h"
#include "heapbump/data_image.h"
#include "heapbump/detect.h"
#include "heapbump/reserve.h"
#include "heapbump/undo.h"
#include "module_builder.h"

namespace heapbump {
namespace {

constexpr std::uint32_t kModuleData = 0x20000;
constexpr std::uint32_t kHeader = 0x21000;
constexpr std::uint32_t kPointer = 0x22000;  // a variable that points at the structure
constexpr std::uint32_t kBloc = 0x30010;     // in the bss
constexpr std::uint32_t kDataStart = 0x20000, kDataEnd = 0x22100;

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

  // As Go's linker writes them: runs of eight zeros and more are left out, so one program is several segments.
  [[nodiscard]] std::vector<std::byte> build() const {
    std::vector<std::byte> image(kDataEnd - kDataStart);
    const auto put = [&](std::uint32_t address, std::uint64_t value) {
      for (unsigned i = 0; i < 8; ++i) image[address - kDataStart + i] = static_cast<std::byte>(value >> (8 * i));
    };
    fill(put);
    for (const auto& [address, value] : overrides) put(address, value);

    test::ModuleBuilder builder;
    builder.memory(pages);
    const auto entry = builder.type({}, {});
    builder.import("wasi_snapshot_preview1", "sched_yield", builder.type({}, {test::kI32}));
    builder.function(entry, 1, init_code());
    builder.function(entry, 1, allocate_code());
    builder.exported("memory", 2, 0);
    std::size_t begin = 0;
    while (begin < image.size()) {
      while (begin < image.size() && image[begin] == std::byte{0}) ++begin;
      std::size_t stop = begin, zeros = 0;
      while (stop < image.size() && zeros < 8) zeros = image[stop++] == std::byte{0} ? zeros + 1 : 0;
      if (begin < stop - zeros)
        builder.data(static_cast<std::int32_t>(kDataStart + begin), as_text(Bytes(image).subspan(begin, stop - zeros - begin)));
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
    std::vector<std::uint64_t> sections = {0, 0x20, kDataStart, 0x20800, 0x20800, 0x23000, 0x23000, 0x30000, 0x30000, end};
    if (magic == 0xfffffff1) sections.insert(sections.end(), {end, end});
    sections.push_back(end);
    for (std::size_t i = 0; i < sections.size(); ++i) put(minpc + 16 + static_cast<std::uint32_t>(i) * 8, sections[i]);
    put(kPointer, kModuleData);
  }

  static test::Code& load(test::Code& code, std::int64_t address) { return code.i64_const(address).op({0xa7, 0x29, 3, 0}); }

  [[nodiscard]] test::Code init_code() const {
    test::Code code;
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

  [[nodiscard]] test::Code allocate_code() const {
    test::Code code;
    if (asks_for_size) code.op({0x3f, 0, 0x1a});
    if (era == Era::breaks) load(code, kBloc).op({0xa7, 0x28, 2, 0, 0x1a});  // an address is made from it
    if (era == Era::gap) load(code, kBloc).i64_const(7).op({0x51, 0x1a});    // it is only compared
    return code;
  }
};

// The flow engine wants locals of the right type; the builder declares i32, so the local is declared i64 by hand.
std::vector<std::byte> with_i64_locals(std::vector<std::byte> module) {
  for (std::size_t i = 0; i + 2 < module.size(); ++i) {
    if (module[i] == std::byte{1} && module[i + 1] == std::byte{1} && module[i + 2] == std::byte{0x7f} && i > 60) module[i + 2] = std::byte{0x7e};
  }
  return module;
}

struct Found {
  std::vector<std::byte> file;
  Module module;
  Result<std::optional<Finding>> finding;
};

std::unique_ptr<Found> find(const Program& program) {
  auto found = std::make_unique<Found>(with_i64_locals(program.build()), Module{}, std::optional<Finding>{});
  auto module = read_module(found->file);
  EXPECT_TRUE(module) << (module ? "" : module.error().message);
  found->module = *std::move(module);
  found->finding = detect_go(found->module);
  EXPECT_TRUE(found->finding) << (found->finding ? "" : found->finding.error().message);
  return found;
}

bool refused(const Found& found, Code code) {
  return *found.finding && !(**found.finding).refusals.empty() && (**found.finding).refusals.front().code == code;
}

TEST(Go, TakesTheBreakFromTheRoundedEndWord) {
  const auto found = find({});
  ASSERT_TRUE(*found->finding);
  const Finding& f = **found->finding;
  ASSERT_TRUE(f.refusals.empty()) << f.refusals.front().message;
  EXPECT_EQ(f.confidence, Confidence::proven);
  EXPECT_EQ(f.heap_base, 0x40000u);
  EXPECT_TRUE(f.verdict(Strategy::bump)->sound);
  EXPECT_FALSE(f.verdict(Strategy::tail)->sound);
  EXPECT_FALSE(f.verdict(Strategy::gap)->sound);
  EXPECT_EQ(std::ranges::count_if(f.sites, [](const Site& s) { return s.moves != 0; }), 1);
}

TEST(Go, EveryLayoutHasItsEndWordWhereItsMagicSays) {
  for (const std::uint32_t magic : {0xfffffffbu, 0xfffffffau, 0xfffffff0u, 0xfffffff1u}) {
    Program program;
    program.magic = magic;
    program.era = Era::through_pointer;
    const auto found = find(program);
    ASSERT_TRUE(*found->finding) << std::hex << magic;
    const Finding& f = **found->finding;
    ASSERT_TRUE(f.refusals.empty()) << f.refusals.front().message;
    EXPECT_EQ(f.heap_base, 0x3fab0u);
    const auto moved = std::ranges::find_if(f.sites, [](const Site& s) { return s.moves != 0; });
    ASSERT_NE(moved, f.sites.end());
    EXPECT_EQ(moved->address, program.end_address());
  }
}

TEST(Go, SparesTheBytesThatTheOldestEntryWritesAboveEnd) {
  Program program;
  program.magic = 0xfffffffb;
  program.era = Era::through_pointer;
  const auto found = find(program);
  const auto plan = make_plan(found->module, **found->finding, {});
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_GE(plan->manifest.region.base, program.end + 16);
  EXPECT_LE(plan->manifest.region.end(), *plan->manifest.heap_base_after);
}

TEST(Go, AGapIsProvenWhereTheBreakIsOnlyCompared) {
  Program program;
  program.era = Era::gap;
  program.asks_for_size = false;
  const auto found = find(program);
  const Finding& f = **found->finding;
  ASSERT_TRUE(f.refusals.empty()) << f.refusals.front().message;
  EXPECT_TRUE(f.verdict(Strategy::gap)->sound);
  const auto plan = make_plan(found->module, f, {});
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->strategy, Strategy::gap);
  EXPECT_EQ(plan->manifest.memory_min_after, plan->manifest.memory_min_before);
  EXPECT_GE(plan->manifest.region.base, program.end);
}

TEST(Go, AnEraThatNoVersionHasIsRefused) {
  Program reads_without_size;
  reads_without_size.asks_for_size = false;
  EXPECT_TRUE(refused(*find(reads_without_size), Code::kLayoutMismatch));
  Program compares_with_size;
  compares_with_size.era = Era::gap;
  EXPECT_TRUE(refused(*find(compares_with_size), Code::kLayoutMismatch));
}

TEST(Go, EachFieldThatDoesNotCheckOutRefuses) {
  const std::uint32_t sections = kModuleData + 176;
  const std::map<std::uint32_t, std::uint64_t> broken = {
      {kModuleData + 168, 0x10000000},     // maxpc = minpc
      {kModuleData + 136, 4},              // ftab's length
      {kModuleData + 8, kHeader + 1},      // funcnametab
      {kModuleData + 40, 0xfffffff},       // cutab's length
      {sections + 4 * 8, 0x20000},         // data below enoptrdata
      {sections + 12 * 8, 0x2ffff},        // end below enoptrbss
  };
  for (const auto& [address, value] : broken) {
    Program program;
    program.overrides[address] = value;
    EXPECT_TRUE(refused(*find(program), Code::kLayoutMismatch)) << hex(address);
  }
}

TEST(Go, AnEndBeyondTheDeclaredMemoryRefuses) {
  Program program;
  program.pages = 3;
  EXPECT_TRUE(refused(*find(program), Code::kLayoutMismatch));
}

TEST(Go, TwoStructuresThatCheckOutAreAmbiguous) {
  Program program;
  Program other;
  const auto once = program.build();
  // The same structure again, at another address in the data: copy it by overrides.
  auto module = read_module(once);
  const auto image = DataImage::make(*module);
  for (std::uint32_t offset = 0; offset < 288; offset += 8)
    other.overrides[kModuleData + 0x400 + offset] = image->load64(kModuleData + offset);
  EXPECT_TRUE(refused(*find(other), Code::kAmbiguous));
}

TEST(Go, AModuleWithoutAnyOfThisIsNotGo) {
  test::ModuleBuilder builder;
  builder.memory(2);
  builder.function(builder.type({}, {}), 0, test::Code());
  const auto file = builder.build();
  const auto module = read_module(file);
  EXPECT_FALSE(*detect_go(*module));
}

// The bump carries into a byte that the linker left out with the zeros behind it: the segment is lengthened.
TEST(Go, AnEndWordThatLiesPartlyInNoSegmentIsStillMoved) {
  Program program;
  program.pages = 512;
  program.end = 0xfffab0;  // three bytes; 0x20000 more makes it four
  const auto file = with_i64_locals(program.build());
  const auto module = read_module(file);
  ASSERT_TRUE(module);
  const auto image = DataImage::make(*module);
  ASSERT_TRUE(image);
  const std::uint32_t word = program.end_address();
  ASSERT_TRUE(image->file_offset(word));
  ASSERT_FALSE(image->file_offset(word + 3)) << "the case this test is for: byte 3 is in no segment";
  const auto reservation = reserve(*module, {});
  ASSERT_TRUE(reservation) << reservation.error().message;
  const auto output = reservation->output(file);
  const auto after = read_module(output);
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_EQ(after->data.size(), module->data.size());
  EXPECT_EQ(DataImage::make(*after)->load64(word), program.end + 0x20000);
  EXPECT_EQ(DataImage::make(*after)->load64(word - 8), program.end) << "its neighbour holds the same number and stays";
  EXPECT_EQ(*undo(*after), file);
}

}  // namespace
}  // namespace heapbump
