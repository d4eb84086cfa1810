// The form of a rule: the order of a table decides, falling off its end refuses, and an error is never an
// answer.
#include "analysis/rule.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "detectors/registry.h"

namespace heapbump {
namespace {

struct Number {
  int value = 0;
};
struct Asked {
  int times = 0;
};

Result<Ruling> is_even(const Number& number, Asked& asked) {
  ++asked.times;
  return number.value % 2 == 0 ? move_with_heap("even") : undecided();
}
Result<Ruling> is_four(const Number& number, Asked& asked) {
  ++asked.times;
  return number.value == 4 ? stay(Role::unrelated, "four") : undecided();
}
Result<Ruling> is_bad(const Number& number, Asked&) {
  if (number.value == 7) return fail(Code::kWorkLimit, "seven");
  return number.value == 9 ? refuse("nine", Code::kSnapshot, 90) : undecided();
}

constexpr auto kDecisions = std::to_array<DecisionRule<Number, Asked>>({
    {{"t.even", "", "", ""}, is_even},
    {{"t.four", "", "", ""}, is_four},
    {{"t.bad", "", "", ""}, is_bad},
});

TEST(Rule, TheFirstRuleThatAppliesDecides) {
  Asked asked;
  const auto decided = decide(kDecisions, Number{4}, asked, "unexplained");
  ASSERT_TRUE(decided);
  EXPECT_EQ(decided->rule, "t.even");
  EXPECT_EQ(decided->ruling.decision, Decision::move);
  EXPECT_EQ(decided->ruling.role, Role::heap_start);
  EXPECT_EQ(asked.times, 1);
}

TEST(Rule, FallingOffTheEndRefusesWithoutARule) {
  Asked asked;
  const auto decided = decide(kDecisions, Number{1}, asked, "unexplained");
  ASSERT_TRUE(decided);
  EXPECT_EQ(decided->rule, "");
  EXPECT_EQ(decided->ruling.decision, Decision::refuse);
  EXPECT_EQ(decided->error("1: ").message, "1: unexplained");
  EXPECT_EQ(decided->error().code, Code::kUnexplained);
}

TEST(Rule, ARefusalKeepsItsRuleCodeAndPlace) {
  Asked asked;
  const auto decided = decide(kDecisions, Number{9}, asked, "unexplained");
  ASSERT_TRUE(decided);
  const Error error = decided->error();
  EXPECT_EQ(error.rule, "t.bad");
  EXPECT_EQ(error.code, Code::kSnapshot);
  EXPECT_EQ(error.offset, 90u);
}

TEST(Rule, AnErrorOfARuleIsNoDecision) {
  Asked asked;
  const auto decided = decide(kDecisions, Number{7}, asked, "unexplained");
  ASSERT_FALSE(decided);
  EXPECT_EQ(decided.error().code, Code::kWorkLimit);
}

Check below_ten(const Number& number, const Asked&) {
  return number.value < 10 ? holds({"below ten"}) : fails("ten or more");
}
Check odd_if_large(const Number& number, const Asked&) {
  if (number.value < 5) return not_applicable();
  return number.value % 2 != 0 ? holds() : fails("even");
}

constexpr auto kChecks = std::to_array<CheckRule<Number, const Asked>>({
    {{"t.below-ten", "", "", ""}, below_ten},
    {{"t.odd-if-large", "", "", ""}, odd_if_large},
});

TEST(Rule, EveryCheckHasToHoldAndTheFirstFailureIsNamed) {
  const Asked asked;
  std::vector<Evidence> evidence;
  EXPECT_FALSE(first_failure(kChecks, Number{2}, asked, "field", evidence));
  ASSERT_EQ(evidence.size(), 1u);
  EXPECT_EQ(evidence[0].signal, "field");
  EXPECT_EQ(evidence[0].detail, "below ten");
  EXPECT_EQ(evidence[0].rule, "t.below-ten");
  EXPECT_FALSE(first_failure(kChecks, Number{7}, asked, "field", evidence));
  const auto even = first_failure(kChecks, Number{6}, asked, "field", evidence);
  ASSERT_TRUE(even);
  EXPECT_EQ(even->rule, "t.odd-if-large");
  EXPECT_EQ(even->wrong, "even");
  EXPECT_EQ(first_failure(kChecks, Number{12}, asked, "field", evidence)->rule, "t.below-ten");
}

TEST(Rule, EveryListedRuleSaysWhatItIsAndItsIdIsTheDetectorsAndItsOwn) {
  std::vector<std::string_view> ids;
  for (const ListedRule& rule : all_rules()) {
    const std::string_view id = rule.info->id;
    EXPECT_TRUE(id.starts_with(std::string(rule.detector->name) + ".")) << id;
    EXPECT_EQ(id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-"), std::string_view::npos) << id;
    EXPECT_EQ(std::ranges::count(ids, id), 0) << id;
    ids.push_back(id);
    for (const std::string_view text : {rule.info->summary, rule.info->sound, rule.info->source})
      EXPECT_FALSE(text.empty()) << id;
    EXPECT_TRUE(rule.info->summary.ends_with('.')) << id;
    EXPECT_TRUE(rule.info->sound.ends_with('.')) << id;
  }
  EXPECT_FALSE(ids.empty());
}

}  // namespace
}  // namespace heapbump
