// What `reserve` with its proof does to the fixtures, in counts and not in time: modules read, bodies and
// bytes decoded, flows built, bytes hashed and copied. The numbers are in work.tsv; a rise fails, and so does
// a fall that was not recorded. BLESS=1 records what is seen.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

#include "base/work_counts.h"
#include "heapbump/reserve.h"
#include "reserve/reserve.h"
#include "verify/verify.h"

namespace heapbump {
namespace {

const std::string kFixtures = HEAPBUMP_SOURCE_DIR "/tests/fixtures/";
const std::string kRecorded = HEAPBUMP_SOURCE_DIR "/tests/bench/work.tsv";
constexpr std::string_view kHead = "fixture\tmodules\tbodies\tbytes\tflows\thashed\tcopied";
constexpr auto kNames = std::to_array<const char*>({
    "go/busy-go1.21.wasm",
    "go/busy-go1.26.wasm",
    "tinygo/busy-leaking-asyncify.wasm",
    "tinygo/stress-conservative.wasm",
    "allocators/snapshot-libc-2025.wasm",
    "allocators/wee.wasm",
    "kinds/as-minimal.wasm",
});

std::vector<std::uint64_t> counts() {
  const WorkCounts& c = work_counts;
  return {c.modules_read, c.bodies_decoded, c.bytes_decoded, c.flows_built, c.bytes_hashed, c.bytes_copied};
}

/// `reserve` and its proof; what was refused has taken the detectors' work all the same.
void reserve_and_prove(Bytes file) {
  const auto module = read_module(file);
  ASSERT_TRUE(module) << module.error().message;
  const auto reservation = reserve(*module, {});
  if (!reservation) return;
  const auto output = reservation->output(module->file);
  const auto verified = verify_modules(
      *module, output, {reservation->input_sha256, reservation->output_sha256}, reservation->plan.manifest);
  ASSERT_TRUE(verified) << verified.error().message;
  EXPECT_TRUE(verified->ok()) << to_string(verified->mismatches.front());
}

/// One line: the fixture, and what was counted for it.
std::string work_on(const std::string& name) {
  std::ifstream in(kFixtures + name, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  EXPECT_FALSE(text.empty()) << name;
  const std::vector<std::uint64_t> before = counts();
  reserve_and_prove(as_bytes(text));
  const std::vector<std::uint64_t> after = counts();
  std::string line = name;
  for (std::size_t i = 0; i < after.size(); ++i) line += "\t" + std::to_string(after[i] - before[i]);
  return line;
}

TEST(Work, is_what_was_recorded) {
  std::string seen = std::string(kHead) + "\n";
  for (const char* name : kNames) seen += work_on(name) + "\n";
  if (std::getenv("BLESS") != nullptr) std::ofstream(kRecorded) << seen;
  std::ifstream in(kRecorded);
  const std::string recorded((std::istreambuf_iterator<char>(in)), {});
  EXPECT_EQ(seen, recorded) << "more work than recorded is a loss of speed; less is recorded with BLESS=1";
}

/// The bounds that hold whatever a detector does.
TEST(Work, reads_each_file_once_and_hashes_it_once) {
  constexpr std::uint64_t kRecordHashes = 200'000;  // the record hashes itself, when it is written and read
  std::ifstream in(kFixtures + kNames[0], std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  std::istringstream line(work_on(kNames[0]));
  std::string name;
  std::uint64_t modules = 0, bodies = 0, bytes = 0, flows = 0, hashed = 0;
  line >> name >> modules >> bodies >> bytes >> flows >> hashed;
  EXPECT_EQ(modules, 2U) << "the original and the reserved module";
  EXPECT_LE(hashed, 2 * text.size() + kRecordHashes);
}

}  // namespace
}  // namespace heapbump
