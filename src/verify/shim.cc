// The shim, from verify's own description of it: what may be in the module besides the original's
// functions, globals, exports and types, and which instructions exactly.
#include <algorithm>
#include <vector>

#include "base/shown.h"
#include "verify/context.h"
#include "wasm/code.h"

namespace heapbump::verify {
namespace {

/// The shim's instructions, one pair each. Trap unless the request is (0, 0, at most 8, 65536) and slots are
/// left; then answer with the high page of a pair before the low one, and count.
std::vector<std::byte> expected_body(std::uint64_t base, std::uint64_t slots, std::uint32_t counter) {
  enum Form : std::uint8_t { plain, index, constant };
  struct Step {
    std::uint32_t opcode;
    Form form;
    std::uint64_t value;
  };
  const Step steps[] = {
      {op::local_get, index, 0},        {op::local_get, index, 1},        {op::i32_or, plain, 0},
      {op::local_get, index, 3},        {op::i32_const, constant, 65536}, {op::i32_xor, plain, 0},
      {op::i32_or, plain, 0},           {op::local_get, index, 2},        {op::i32_const, constant, 8},
      {op::i32_gt_u, plain, 0},         {op::i32_or, plain, 0},           {op::global_get, index, counter},
      {op::i32_const, constant, slots}, {op::i32_ge_u, plain, 0},         {op::i32_or, plain, 0},
      {op::if_, index, 0x40},           {op::unreachable, plain, 0},      {op::end, plain, 0},
      {op::global_get, index, counter}, {op::i32_const, constant, 1},     {op::i32_xor, plain, 0},
      {op::i32_const, constant, 16},    {op::i32_shl, plain, 0},          {op::i32_const, constant, base},
      {op::i32_add, plain, 0},          {op::global_get, index, counter}, {op::i32_const, constant, 1},
      {op::i32_add, plain, 0},          {op::global_set, index, counter}, {op::end, plain, 0},
  };
  Writer body;
  body.u8(0);
  for (const Step& step : steps) {
    body.u8(static_cast<std::uint8_t>(step.opcode));
    if (step.form == index) body.uleb(step.value);
    if (step.form == constant) body.sleb(static_cast<std::int32_t>(static_cast<std::uint32_t>(step.value)));
  }
  return Writer(body).take();
}

class Checker {
 public:
  explicit Checker(Context& context)
      : c_(context), function_(static_cast<std::uint32_t>(c_.original.functions.size())) {}

  void run() {
    const bool has_shim = c_.manifest().placement == Placement::shim;
    count("functions", c_.original.functions.size() + has_shim, c_.reserved.functions.size());
    count("globals", c_.original.globals.size() + has_shim, c_.reserved.globals.size());
    count("exports", c_.original.exports.size() + has_shim, c_.reserved.exports.size());
    const bool has_type = std::ranges::find(c_.original.types, type()) != c_.original.types.end();
    count("types", c_.original.types.size() + (has_shim && !has_type), c_.reserved.types.size());
    if (!has_shim || !counts_right_) return;
    check_entries();
    check_body();
    check_slots();
  }

 private:
  static FunctionType type() {
    return {{ValueType::i32, ValueType::i32, ValueType::i32, ValueType::i32}, {ValueType::i32}};
  }
  std::uint64_t record_offset() const { return c_.reserved.custom_section(kRecordSection)->offset; }

  void count(std::string_view what, std::size_t expected, std::size_t found) {
    if (expected == found) return;
    counts_right_ = false;
    c_.mismatch(record_offset(),
                "the module has another number of " + std::string(what) +
                    " than the original and the placement allow",
                std::to_string(expected), std::to_string(found));
  }

  void check_entries() {
    const Module& module = c_.reserved;
    if (c_.manifest().function_index != function_)
      c_.mismatch(record_offset(), "the manifest names another function as the shim",
                  std::to_string(function_), std::to_string(c_.manifest().function_index.value_or(0)));
    if (module.function_type(function_) != type())
      c_.mismatch(module.body(function_)->file_offset, "the shim has another type");
    const Global& counter = module.globals.back();
    if (!counter.is_mutable || counter.type != ValueType::i32 || counter.init.value != 0)
      c_.mismatch(counter.init.file_offset, "the shim's counter is not a mutable i32 that begins at 0");
    const Export& added = module.exports.back();
    if (added.name != kShimExport || added.kind != ExternalKind::function || added.index != function_)
      c_.mismatch(added.file_offset, "the added export is not the shim's",
                  std::string(kShimExport) + " of function " + std::to_string(function_),
                  std::string(shown(added.name)) + " of index " + std::to_string(added.index));
  }

  void check_body() {
    const FunctionBody& body = *c_.reserved.body(function_);
    const auto counter = static_cast<std::uint32_t>(c_.original.globals.size());
    const std::vector<std::byte> expected =
        expected_body(c_.manifest().region.base, c_.manifest().slots.size(), counter);
    const Bytes found = c_.reserved.bytes_at(body.file_offset, body.size);
    const auto differs = std::ranges::mismatch(expected, found);
    if (differs.in1 == expected.end() && differs.in2 == found.end()) return;
    const auto at = static_cast<std::size_t>(differs.in2 - found.begin());
    c_.mismatch(body.file_offset + at, "the shim is not the expected function",
                show(Bytes(expected).subspan(at)), show(found.subspan(at)));
  }

  /// What the expected body gives out must be what the manifest promises.
  void check_slots() {
    const Manifest& m = c_.manifest();
    if (m.slots.empty() || m.slots.size() % 2 != 0)
      return c_.mismatch(record_offset(), "a shim needs two slots for each adapter", "an even number",
                         std::to_string(m.slots.size()));
    for (std::uint32_t request = 0; request < m.slots.size(); ++request) {
      const Slot* slot = m.slot(request / 2, request % 2 == 0 ? SlotName::stack : SlotName::state);
      const std::uint64_t given = m.region.base + (std::uint64_t{request ^ 1U} << 16U);
      if (slot == nullptr || slot->base != given)
        c_.mismatch(record_offset(), "the shim gives out another address than the manifest's slot",
                    slot == nullptr ? "a slot" : hex(slot->base), hex(given));
    }
  }

  Context& c_;
  std::uint32_t function_;
  bool counts_right_ = true;
};

}  // namespace

void check_shim(Context& context) {
  Checker(context).run();
}

}  // namespace heapbump::verify
