// Which check catches which way to break a reserved module: the table that docs/verify.md shows. A way that
// the static check is said to catch must be caught in every place it can be done; the run must catch the
// others.
#include "sabotage.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "heapbump/verify.h"
#include "run/prove.h"
#include "specimen.h"

namespace heapbump::test {
namespace {

const Specimen& specimen() {
  static const Specimen made = make_specimen();
  return made;
}

bool caught_statically(const std::vector<std::byte>& broken) {
  const auto verification = verify_modules(specimen().original, broken, std::nullopt);
  return verification && !verification->ok();
}

/// The region is where the untouched manifest says.
bool caught_by_run(const std::vector<std::byte>& broken) {
  run::ProofRequest request;
  request.limits.seconds = 60;
  const auto proof = run::prove(specimen().original, broken, specimen().manifest, request);
  return proof && proof->verdict.has_value();
}

struct Row {
  const char* way;
  bool statically;
  bool by_run;  ///< at least in one of the places
};

constexpr Row kTable[] = {
    {"site-left", true, true},
    {"all-sites-left", true, true},
    {"site-too-far", true, true},
    {"unrelated-moved", true, true},
    {"minimum-not-raised", true, true},
    {"root-end-moved", true, true},
    {"stack-pointer-moved", true, false},
    {"shim-third-call", true, false},
    {"shim-slot-outside", true, false},
    {"shim-size-unchecked", true, false},
    {"segment-in-region", true, false},
    {"region-shifted", true, false},
    {"record-dropped", true, false},
    {"stripped", true, false},
    {"section-appended", true, false},
    {"export-renamed", true, true},
    {"wasm-opt", true, false},
};

TEST(Sabotage, TheTableHasEveryWay) {
  std::map<std::string, int> rows;
  for (const Row& row : kTable) ++rows[row.way];
  for (const Way& way : sabotage_ways()) {
    if (way.name == "bit-flipped") continue;
    EXPECT_EQ(rows[std::string(way.name)], 1) << way.name;
  }
}

TEST(Sabotage, TheUntouchedModulePassesBothChecks) {
  EXPECT_FALSE(caught_statically(specimen().reserved));
  EXPECT_FALSE(caught_by_run(specimen().reserved));
}

class SabotageRow : public testing::TestWithParam<Row> {};

TEST_P(SabotageRow, IsCaughtAsTheTableSays) {
  const Row& row = GetParam();
  std::size_t places = 0;
  std::size_t run_caught = 0;
  for (; places < 40; ++places) {
    const auto broken = sabotage(row.way, specimen().original, specimen().reserved, places);
    ASSERT_TRUE(broken.has_value()) << broken.error().message;
    if (!*broken) break;
    EXPECT_EQ(caught_statically(**broken), row.statically) << row.way << " at place " << places;
    if (places < 8) run_caught += caught_by_run(**broken);
  }
  // A specimen without other custom sections has nothing to strip; everything else must be possible.
  EXPECT_TRUE(places > 0 || std::string_view(row.way) == "stripped");
  if (places == 0) return;
  EXPECT_TRUE(std::string_view(row.way) != "wasm-opt" || places == 3)
      << "wasm-opt must run with and without passes";
  EXPECT_EQ(run_caught > 0, row.by_run) << row.way;
}

INSTANTIATE_TEST_SUITE_P(Table, SabotageRow, testing::ValuesIn(kTable), [](const auto& row) {
  std::string name = row.param.way;
  std::erase(name, '-');
  return name;
});

TEST(Sabotage, NoBitOfTheReservedModuleCanBeFlippedUnnoticed) {
  const std::size_t bits = specimen().reserved.size() * 8;
  for (std::size_t bit = 0; bit < bits; ++bit) {
    const auto broken = sabotage("bit-flipped", specimen().original, specimen().reserved, bit);
    ASSERT_TRUE(broken && *broken);
    EXPECT_TRUE(caught_statically(**broken)) << "bit " << bit;
  }
}

TEST(Sabotage, NoBitOfTheOriginalCanBeFlippedUnnoticed) {
  std::vector<std::byte> original = specimen().original;
  for (std::size_t bit = 0; bit < original.size() * 8; ++bit) {
    original[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    const auto verification = verify_modules(original, specimen().reserved, std::nullopt);
    EXPECT_TRUE(!verification || !verification->ok()) << "bit " << bit;
    original[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
  }
}

}  // namespace
}  // namespace heapbump::test
