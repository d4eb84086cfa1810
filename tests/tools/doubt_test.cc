// Wrong findings that a plan follows in good faith: what the static check sees in each strategy, and what
// only the run can.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "../unit/module_builder.h"
#include "heapbump/verify.h"
#include "run/prove.h"
#include "specimen.h"
#include "wasm/code.h"

namespace heapbump::test {
namespace {

constexpr int kLoop = 0x03, kIf = 0x04, kBlock = 0x02, kVoid = 0x40, kEnd = 0x0b, kBr = 0x0c, kBrIf = 0x0d,
              kDrop = 0x1a;
constexpr int kLoad = 0x28, kStore = 0x36, kMemorySize = 0x3f, kGeU = 0x4f, kShl = 0x74, kAdd = 0x6a;
constexpr std::uint32_t kPages = 2;  // of each program's memory

Verification checked(const Specimen& specimen) {
  auto result = verify_modules(specimen.original, specimen.reserved, specimen.manifest);
  EXPECT_TRUE(result.has_value());
  return result ? *std::move(result) : Verification{};
}

std::optional<Error> run_verdict(const Specimen& specimen) {
  run::ProofRequest request;
  request.limits.seconds = 60;
  const auto proof = run::prove(specimen.original, specimen.reserved, specimen.manifest, request);
  EXPECT_TRUE(proof.has_value());
  return proof ? proof->verdict : std::nullopt;
}

struct Word {
  std::int32_t address = 0;
  std::string bytes;
};

std::vector<std::byte> command(const Body& code, std::uint32_t locals, const std::vector<Word>& words = {},
                               std::int32_t stack = 65536, std::uint32_t pages = kPages) {
  ModuleBuilder m;
  const auto none = m.type({}, {});
  const auto start = m.function(none, locals, code);
  m.memory(pages).exported("memory", 2, 0).exported("_start", 0, start);
  m.global(stack, true);
  for (const Word& word : words) m.data(word.address, word.bytes);
  return m.build();
}

Finding finding(Strategy strategy) {
  Finding f;
  f.detector = "wrong";
  f.toolchain = {"wrong", "1", "tests"};
  f.confidence = Confidence::proven;
  f.strategies = {{strategy, true, "so it thinks"}};
  f.gap_begin = 100'000;
  f.gap_end = kPages * kPageSize;
  return f;
}

/// Every i32.const of that value is a heap start, so says the detector.
Finding bump_finding(const std::vector<std::byte>& program, std::int32_t heap) {
  Finding f = finding(Strategy::bump);
  f.heap_base = static_cast<std::uint64_t>(heap);
  f.sites = constants_as_heap_starts(program, heap);
  return f;
}

Request one_page() {
  Request request;
  request.placement = Placement::none;
  request.pages = 1;
  return request;
}

/// Stores into every page from `from` up to the end that it works out on the way.
Body fill_up_to(const Body& end, std::int32_t from) {
  Body c;
  c.i32_const(from).local_set(0).op({kBlock, kVoid, kLoop, kVoid}).local_get(0);
  for (const std::byte b : end.bytes()) c.op({static_cast<int>(b)});
  c.op({kGeU, kBrIf, 1}).local_get(0).i32_const(1).access(kStore);
  return c.local_get(0).i32_const(512).op({kAdd}).local_set(0).op({kBr, 0, kEnd, kEnd});
}

// The last two rows of docs/verify.md.

TEST(Doubt, AHeapStartThatIsNoneAndMovesConsistentlyIsFoundByTheRun) {
  // The heap is [70000, 130000); 100000 is an address that the program uses of its own, everywhere in the
  // same way.
  constexpr std::int32_t kNone = 100'000;
  Body code = fill_up_to(Body().i32_const(130'000), 70'000);
  code.i32_const(kNone).i32_const(77).access(kStore).i32_const(kNone).access(kLoad).op({kDrop});
  const auto program = command(code, 1);
  const Specimen specimen = reserve_as_found(program, bump_finding(program, kNone), one_page());
  EXPECT_TRUE(checked(specimen).ok()) << messages(checked(specimen));
  const auto verdict = run_verdict(specimen);
  ASSERT_TRUE(verdict.has_value());
  EXPECT_EQ(verdict->code, heapbump::Code::kRegionTouched);
}

TEST(Doubt, AnAllocatorThatAsksMemorySizeAndWasReservedByTailIsFoundByBoth) {
  const auto program = command(fill_up_to(Body().op({kMemorySize, 0}).i32_const(16).op({kShl}), 70'000), 1);
  const Specimen specimen = reserve_as_found(program, finding(Strategy::tail), one_page());
  EXPECT_NE(messages(checked(specimen)).find("may go different ways"), std::string::npos);
  const auto verdict = run_verdict(specimen);
  ASSERT_TRUE(verdict.has_value());
  EXPECT_EQ(verdict->code, heapbump::Code::kRegionTouched);
  // The same program with an end of its own is right by tail.
  const Specimen right = reserve_as_found(command(fill_up_to(Body().i32_const(131'072), 70'000), 1),
                                          finding(Strategy::tail), one_page());
  EXPECT_FALSE(run_verdict(right).has_value());
}

// What is required whatever the strategy: the rows that docs/verify.md says hold for tail and gap as well.

class RegionElsewhere : public testing::TestWithParam<Strategy> {
 protected:
  [[nodiscard]] std::int32_t inside() const { return GetParam() == Strategy::tail ? 140'000 : 110'000; }
  /// The gap is the memory's upper page, the tail the one above it.
  [[nodiscard]] Specimen reserved(const std::vector<std::byte>& program) const {
    Finding f = finding(GetParam());
    f.gap_begin = 65'536;
    return reserve_as_found(program, f, one_page());
  }
};

TEST_P(RegionElsewhere, AnAccessAtAConstantAddressInItIsAMismatch) {
  // On a path that is not taken, so that the run could not tell; or on none.
  const auto access = [&](std::int32_t address, bool never = false) {
    Body code;
    code.i32_const(0);
    if (!never) code.access(kLoad);
    code.op({kIf, kVoid}).i32_const(address).access(kLoad).op({kDrop, kEnd});
    return checked(reserved(command(code, 0)));
  };
  EXPECT_TRUE(access(inside(), true).ok()) << messages(access(inside(), true));
  EXPECT_TRUE(access(2048).ok()) << messages(access(2048));
  const Verification v = access(inside());
  ASSERT_FALSE(v.ok());
  EXPECT_NE(messages(v).find("reads or writes the region at a constant address"), std::string::npos)
      << messages(v);
}

TEST_P(RegionElsewhere, ABulkAccessAtAConstantAddressInItIsAMismatch) {
  constexpr int kFill = 11, kCopy = 10;
  const auto bulk = [&](int instruction, std::int32_t to, std::int32_t from, std::int32_t bytes) {
    Body code;
    code.i32_const(0)
        .access(kLoad)
        .op({kIf, kVoid})
        .i32_const(to)
        .i32_const(from)
        .i32_const(bytes)
        .op({0xfc, instruction, 0});
    if (instruction == kCopy) code.op({0});
    return checked(reserved(command(code.op({kEnd}), 0)));
  };
  EXPECT_TRUE(bulk(kFill, 2048, inside(), 64).ok()) << "a value, not an address";
  EXPECT_TRUE(bulk(kCopy, 2048, 4096, 64).ok());
  for (const Verification& v :
       {bulk(kFill, inside(), 0, 64), bulk(kCopy, inside(), 2048, 64), bulk(kCopy, 2048, inside(), 64)}) {
    ASSERT_FALSE(v.ok());
    EXPECT_NE(messages(v).find("reads or writes the region at a constant address"), std::string::npos)
        << messages(v);
  }
}

TEST_P(RegionElsewhere, AStackThatBeginsInItIsAMismatch) {
  // The plan refuses such a module, so its edits are put into one that it has not seen.
  const auto program = [](std::int32_t stack) {
    Body code;
    code.op({0x23, 0}).i32_const(16).op({0x6b, 0x24, 0});  // lowers the stack pointer
    return command(code, 0, {}, stack);
  };
  const Specimen right = reserved(program(65'536));
  EXPECT_TRUE(checked(right).ok()) << messages(checked(right));
  const Verification v = checked(reserve_like(right, program(inside())));
  ASSERT_FALSE(v.ok());
  EXPECT_NE(messages(v).find("the stack pointer begins inside the region"), std::string::npos) << messages(v);
}

INSTANTIATE_TEST_SUITE_P(Of, RegionElsewhere, testing::Values(Strategy::tail, Strategy::gap),
                         [](const auto& strategy) { return std::string(to_string(strategy.param)); });

TEST(Doubt, AConstantBelowTheStartMovesOnlyInSumsThatMoveAsTheHeapDoes) {
  constexpr std::int32_t kHeap = 100'000;
  constexpr int kSub = 0x6b;
  // local 0 = memory.size * 65536 - `taken`; *(kHeap - 52 + local 0) = 56, or is kept
  const auto moved = [](std::int32_t taken, bool keeps) {
    Body code;
    code.i32_const(kHeap).i32_const(1).access(kStore);
    if (keeps) code.i32_const(2000);
    code.op({kMemorySize, 0})
        .i32_const(16)
        .op({kShl})
        .i32_const(taken)
        .op({kSub})
        .i32_const(kHeap - 52)
        .op({kAdd});
    if (!keeps) code.i32_const(56);
    const auto program = command(code.access(kStore), 1);
    Finding found = bump_finding(program, kHeap);
    for (const Site& site : constants_as_heap_starts(program, kHeap - 52)) found.sites.push_back(site);
    std::ranges::sort(found.sites, {}, &Site::file_offset);
    return checked(reserve_as_found(program, found, one_page()));
  };
  // The sum moves as the heap does, wherever it goes.
  EXPECT_TRUE(moved(kHeap, false).ok()) << messages(moved(kHeap, false));
  EXPECT_TRUE(moved(kHeap, true).ok()) << messages(moved(kHeap, true));
  EXPECT_NE(messages(moved(2000, false)).find("different places"), std::string::npos);
}

/// Global 0 is set to the heap's start, which moves; `met` is compared with the same number, which does not.
Verification compared(const Body& met, std::int32_t first_global, bool all = false) {
  constexpr int kEq = 0x46;
  Body code;
  code.i32_const(100'000).op({0x24, 0});
  for (const std::byte b : met.bytes()) code.op({static_cast<int>(b)});
  const auto program = command(code.i32_const(100'000).op({kEq, kIf, kVoid, kEnd}), 1, {}, first_global);
  Finding found = bump_finding(program, 100'000);
  if (!all) found.sites.resize(1);
  return checked(reserve_as_found(program, found, one_page()));
}

TEST(Doubt, WhatMeetsTheOldStartIsAStackPointerOnlyIfItStartedThere) {
  const Body first_global = Body().op({0x23, 0});
  const Verification break_left = compared(first_global, 0);
  ASSERT_FALSE(break_left.ok());
  EXPECT_NE(messages(break_left).find("the old heap start, which did not move"), std::string::npos)
      << messages(break_left);
  EXPECT_TRUE(compared(first_global, 0, true).ok()) << messages(compared(first_global, 0, true));
  // The stack ends where the heap starts, and is checked against its end.
  const Verification stack_left = compared(first_global, 100'000);
  EXPECT_EQ(messages(stack_left).find("the old heap start, which did not move"), std::string::npos)
      << messages(stack_left);
}

TEST(Doubt, AGlobalThatIsSetToTheOldStartMustBeLoweredLikeAStackPointer) {
  const auto set = [](int opcode) {
    Body code;
    code.i32_const(100'000).i32_const(1).access(kStore);  // the heap's head
    code.i32_const(100'000).op({0x24, 0, 0x23, 0}).i32_const(16).op({opcode, 0x24, 0});
    code.op({0x23, 0}).i32_const(0).i32_const(4).op({0xfc, 11, 0});  // memory.fill
    const auto program = command(code, 0, {}, 65'536);
    Finding found = bump_finding(program, 100'000);
    found.sites.resize(1);
    return checked(reserve_as_found(program, found, one_page()));
  };
  constexpr int kSub = 0x6b;
  EXPECT_TRUE(set(kSub).ok()) << messages(set(kSub));
  EXPECT_NE(messages(set(kAdd)).find("the old heap start, which did not move"), std::string::npos)
      << messages(set(kAdd));
}

TEST(Doubt, AConstantThatIsAddedToAnAddressIsOneThatWasLeft) {
  Body code;
  code.i32_const(100'000).i32_const(1).access(kStore);
  code.local_get(0).access(kLoad).i32_const(100'000).op({kAdd}).access(kLoad).op({kDrop});
  const auto program = command(code, 1);
  Finding found = bump_finding(program, 100'000);
  found.sites.resize(1);
  const Verification v = checked(reserve_as_found(program, found, one_page()));
  EXPECT_NE(messages(v).find("the old heap start, which did not move"), std::string::npos) << messages(v);
}

TEST(Doubt, RoundingLeavesAnAddressAnAddress) {
  constexpr int kAnd = 0x71, kSub = 0x6b, kLoad8 = 0x2d;
  const auto by_constant = [](Body met) { return met.i32_const(15).op({kAdd}).i32_const(-16).op({kAnd}); };
  const auto at_run_time = [](Body met) {
    return met.i32_const(0).i32_const(8).access(kLoad).op({kSub, kAnd});
  };
  for (const Body& rounded :
       {by_constant(Body().local_get(0).access(kLoad)), at_run_time(Body().local_get(0).access(kLoad))}) {
    const Verification v = compared(rounded, 65'536);
    ASSERT_FALSE(v.ok());
    EXPECT_NE(messages(v).find("the old heap start, which did not move"), std::string::npos) << messages(v);
  }
  for (const Body& number : {by_constant(Body().local_get(0).access(kLoad8)),
                             Body().local_get(0).access(kLoad).i32_const(255).op({kAnd})})
    EXPECT_TRUE(compared(number, 65'536).ok()) << messages(compared(number, 65'536));
}

// Data words of the allocator that the detector overlooked.

/// The heap starts at `heap` in code; a second variable at 65600 holds it as well, of which the file has only
/// some bytes.
Verification second_word(std::int32_t heap, const Word& bytes) {
  Body code;
  code.i32_const(heap).i32_const(1).access(kStore);  // the heap's head
  code.i32_const(65'600).i32_const(65'600).access(kLoad).i32_const(8).op({kAdd}).access(
      kStore);  // the variable moves on
  const auto program = command(code, 0, {bytes}, 65'536, 4);
  return checked(reserve_as_found(program, bump_finding(program, heap), one_page()));
}

TEST(Verify, AWordWhoseZeroBytesWereTrimmedIsReadWhole) {
  using namespace std::string_literals;
  constexpr std::int32_t kRound = 0x20000;  // 00 00 02 00
  constexpr std::int32_t kLow = 0x20010;    // 10 00 02 00
  const std::pair<std::int32_t, Word> cut[] = {
      {kLow, {65'600, "\x10\0\x02\0"s}},                       // whole
      {kLow, {65'600, "\x10\0\x02"s}},                         // at its end
      {kRound, {65'602, "\x02\0\0\0"s}},                       // at its start
      {kRound, {65'602, "\x02"s}},                             // at both
      {kRound, {65'590, std::string(10, 'x') + "\0\0\x02"s}},  // behind another object's bytes
  };
  for (const auto& [heap, word] : cut) {
    const Verification v = second_word(heap, word);
    ASSERT_FALSE(v.ok()) << hex(static_cast<std::uint64_t>(heap)) << " in " << word.bytes.size() << " bytes";
    EXPECT_NE(messages(v).find("the old heap start, which did not move"), std::string::npos) << messages(v);
  }
  // Another number in the same place is nothing.
  for (const Word& word : {Word{65'602, "\x05"s}, Word{65'600, "\x10\0"s}}) {
    const Verification v = second_word(kLow, word);
    EXPECT_TRUE(v.ok()) << messages(v);
  }
}

}  // namespace
}  // namespace heapbump::test
