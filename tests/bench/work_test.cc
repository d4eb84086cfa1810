// What `reserve` with its proof does to the fixtures, in counts and not in time: modules read, bodies and
// bytes decoded, flows built, bytes hashed and copied. The numbers are in work.tsv; a rise by more than an
// eighth fails. BLESS=1 records what is seen.
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

/// The lines of a record, each split at its tabs.
std::vector<std::vector<std::string>> rows(const std::string& text) {
  std::vector<std::vector<std::string>> found;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream cells(line);
    found.emplace_back();
    for (std::string cell; std::getline(cells, cell, '\t');) found.back().push_back(cell);
  }
  return found;
}

TEST(Work, is_no_more_than_was_recorded) {
  constexpr std::uint64_t kRoom = 8;  // an eighth: a new rule may look at one function more
  std::string seen = std::string(kHead) + "\n";
  for (const char* name : kNames) seen += work_on(name) + "\n";
  if (std::getenv("BLESS") != nullptr) std::ofstream(kRecorded) << seen;
  std::ifstream in(kRecorded);
  const auto recorded = rows(std::string((std::istreambuf_iterator<char>(in)), {})), now = rows(seen);
  ASSERT_EQ(now.size(), recorded.size());
  for (std::size_t row = 1; row < now.size(); ++row) {
    ASSERT_EQ(now[row].size(), recorded[row].size());
    ASSERT_EQ(now[row][0], recorded[row][0]);
    for (std::size_t i = 1; i < now[row].size(); ++i) {
      const std::uint64_t count = std::stoull(now[row][i]), before = std::stoull(recorded[row][i]);
      EXPECT_LE(count, before + before / kRoom)
          << now[0][i] << " of " << now[row][0] << " has risen; BLESS=1 records it";
    }
  }
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
