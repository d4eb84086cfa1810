#include "detectors/tinygo/sites.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "detectors/tinygo/memory_rules.h"
#include "detectors/tinygo/roles.h"

namespace heapbump::tinygo {
namespace {

constexpr std::uint64_t kSiteBytes =
    2048;  // of what is kept of one occurrence here, in the finding and in the report
// Constants up to so far above the heap base are looked at: more than any region that is asked for in
// practice.
constexpr std::uint32_t kWindow = 64 * static_cast<std::uint32_t>(kPageSize);

Role role_of(Use use) {
  switch (use) {
    case Use::heap_start:
      return Role::heap_start;
    case Use::gc_root_end:
      return Role::gc_root_end;
    case Use::stack_top:
      return Role::stack_top;
    default:
      return Role::unrelated;
  }
}

class Collector {
 public:
  Collector(Program& program, const Runtime& runtime, const DataImage& image, std::uint32_t base,
            std::optional<std::uint32_t> global_base)
      : program_(program),
        image_(image),
        base_(base),
        global_base_(global_base),
        shapes_(program, runtime, image, base, global_base),
        roles_(shapes_) {
    for (const Term& term : runtime.folded) folded_.emplace(term.value, term.sign);
  }

  Occurrences run() {
    code();
    root_length();
    words();
    globals();
    odd_constants();
    MemoryFindings memory = judge_memory_uses(shapes_);
    std::ranges::move(memory.refusals, std::back_inserter(found_.refusals));
    found_.evidence = std::move(memory.evidence);
    std::ranges::sort(found_.sites, {}, &Site::file_offset);
    return std::move(found_);
  }

 private:
  void code();
  void root_length();
  void constant(Value value);
  void wide_constant(Value value);
  void access(const Flow& flow, const Effect& effect);
  void folded(Value value, int sign);
  void words();
  void globals();
  void odd_constants();
  void dead_code(const Flow& flow);
  void add(Site site, const Verdict& verdict, int moves, std::int64_t distance);
  /// The same for the verdict of a table, which is unexplained if no rule decides.
  void add(Site site, const std::optional<Verdict>& verdict, std::string_view otherwise, int moves,
           std::int64_t distance) {
    add(std::move(site), verdict.value_or(Verdict{Use::unknown, std::string(otherwise), {}}), moves,
        distance);
  }
  [[nodiscard]] Site site_of(Value value) const;

  Program& program_;
  const DataImage& image_;
  const std::uint32_t base_;
  const std::optional<std::uint32_t> global_base_;
  Shapes shapes_;
  Roles roles_;
  std::map<Value, int> folded_;  ///< Runtime::folded, with the first sign of each
  Occurrences found_;
};

std::string described(std::int64_t distance) {
  if (distance == 0) return "the heap base";
  return "the heap base " + std::string(distance < 0 ? "- " : "+ ") +
         std::to_string(distance < 0 ? -distance : distance);
}

void Collector::add(Site site, const Verdict& verdict, int moves, std::int64_t distance) {
  if (!program_.hold(kSiteBytes)) return;  // program_.error() ends the detection
  if (verdict.use == Use::unknown) {
    found_.refusals.push_back({Code::kUnexplained,
                               described(distance) + " is here and its use is not explained: " + verdict.why,
                               site.file_offset, verdict.rule});
  }
  site.role = role_of(verdict.use);
  site.moves = verdict.use == Use::heap_start ? moves : 0;
  site.why = (verdict.use == Use::unknown ? "not explained: " : "") + verdict.why;
  site.rule = verdict.rule;
  found_.has_gc_root_end |= verdict.use == Use::gc_root_end;
  found_.sites.push_back(std::move(site));
}

Site Collector::site_of(Value value) const {
  return {value.flow->occurrence(value.node()), Role::unrelated, 0, {}};
}

void Collector::folded(Value value, int sign) {
  const auto number = static_cast<std::uint32_t>(value.node().value);
  const auto distance = static_cast<std::int32_t>((sign < 0 ? number : 0u - number) - base_);
  if (distance == 0) return;  // the heap base itself is followed like any other
  if (distance < -kNear || distance > kNear) return;
  add(site_of(value), judge_folded(value, shapes_), "it is part of the metadata's size and of something else",
      sign < 0 ? 1 : -1, distance);
}

void Collector::constant(Value value) {
  const auto number = static_cast<std::uint32_t>(value.node().value);
  const std::int64_t above = std::int64_t{number} - base_;
  const std::int64_t negated = std::int64_t{0u - number} - base_;
  constexpr std::int64_t near = kNear;
  if (const auto term = folded_.find(value); term != folded_.end() && above != 0 && negated != 0)
    return folded(value, term->second);
  if (above >= 0 && above <= near) {
    add(site_of(value), roles_.near({value, 1, static_cast<std::int32_t>(above)}), 1, above);
  } else if (negated >= -near && negated <= near) {
    add(site_of(value), roles_.near({value, -1, static_cast<std::int32_t>(negated)}), -1, negated);
  } else if (above < 0 && above >= -near) {
    add(site_of(value), roles_.below(value, static_cast<std::int32_t>(above)), 1, above);
  } else if (above > 0 && above <= kWindow) {
    add(site_of(value), roles_.far(value), 0, above);
  }
}

/// No address is 64 bits wide, but two words can be stored at once and an extended one folded.
void Collector::wide_constant(Value value) {
  const auto bits = static_cast<std::uint64_t>(value.node().value);
  const auto is_near = [&](std::uint64_t number) {
    return number - (base_ - kNear) <= std::uint64_t{2} * kNear;
  };
  if (!is_near(bits) && !is_near(bits & UINT32_MAX) && !is_near(bits >> 32)) return;
  add(site_of(value), judge_wide(value, shapes_),
      "a 64-bit constant that holds it is stored or narrowed to an address", 0, 0);
}

void Collector::access(const Flow& flow, const Effect& effect) {
  if (effect.kind != EffectKind::load && effect.kind != EffectKind::store &&
      effect.kind != EffectKind::atomic)
    return;
  const std::int64_t above = effect.value - base_;
  if (above < 0 || above > kWindow) return;
  Site site{flow.occurrence(effect), Role::unrelated, 0, {}};
  add(std::move(site), judge_access({flow, effect}, shapes_), "memory is accessed at this offset", 1, above);
}

/// Newer collectors scan (start, length) instead of (start, end): the length stands for the roots' end.
void Collector::root_length() {
  if (!global_base_) return;
  const std::uint32_t length = base_ - *global_base_;
  for (const std::uint32_t function : program_.mentions(length)) {
    const Flow* flow = program_.flow(function);
    if (flow == nullptr) continue;
    for (NodeId id = 0; id < flow->nodes.size(); ++id) {
      const Node& node = flow->nodes[id];
      if (node.opcode != op::i32_const || static_cast<std::uint32_t>(node.value) != length) continue;
      if (const auto verdict = judge_length({flow, id}, shapes_)) add(site_of({flow, id}), *verdict, 0, 0);
    }
  }
}

void Collector::code() {
  const std::uint32_t low = base_ - kNear;
  std::vector<std::uint32_t> functions = program_.mentions(low, base_ + kWindow);
  const auto negated = program_.mentions(0u - (base_ + kNear), 0u - low);
  functions.insert(functions.end(), negated.begin(), negated.end());
  std::ranges::sort(functions);
  const auto repeated = std::ranges::unique(functions);
  functions.erase(repeated.begin(), repeated.end());
  for (const std::uint32_t function : functions) {
    const Flow* flow = program_.flow(function);
    if (flow == nullptr) continue;  // program_.error() ends the detection
    for (NodeId id = 0; id < flow->nodes.size(); ++id) {
      if (flow->nodes[id].kind != NodeKind::constant || flow->nodes[id].width == 0) continue;
      if (flow->nodes[id].opcode == op::i32_const)
        constant({flow, id});
      else
        wide_constant({flow, id});
    }
    for (const Effect& effect : flow->effects) access(*flow, effect);
    dead_code(*flow);
  }
}

void Collector::dead_code(const Flow& flow) {
  for (const Occurrence& dead : flow.dead) {
    if (static_cast<std::uint32_t>(dead.value) != base_) continue;
    add({dead, Role::unrelated, 0, {}}, tinygo::dead_code(), 0, 0);
  }
}

void Collector::words() {
  std::uint64_t next = 0;
  for (const DataImage::Piece piece : image_.pieces()) {
    for (std::uint64_t at = std::max(next, piece.address & ~std::uint64_t{3}); at < piece.end(); at += 4) {
      next = at + 4;
      if (image_.load32(at) != base_) continue;
      if (program_.error()) return;
      const auto address = static_cast<std::uint32_t>(at);
      Site site;
      site.kind = OccurrenceKind::data_word32;
      site.address = address;
      site.width = 4;
      // The word may begin in a gap; its first byte in the file stands for it.
      site.file_offset = piece.file_offset + (at < piece.address ? 0 : at - piece.address);
      site.value = base_;
      add(std::move(site), roles_.word(address), 1, 0);
    }
  }
}

void Collector::globals() {
  const Module& module = program_.module();
  std::vector<std::pair<std::uint32_t, std::string_view>> names;
  for (const Export& item : module.exports)
    if (item.kind == ExternalKind::global &&
        (item.name == "__heap_base" || item.name == "__data_end" || item.name == "__stack_high"))
      names.emplace_back(item.index, item.name);
  std::ranges::sort(names);
  for (std::uint32_t index = 0; index < module.globals.size(); ++index) {
    const Global& global = module.globals[index];
    if (global.imported || global.type != ValueType::i32 || !global.init.value) continue;
    const auto value = static_cast<std::uint32_t>(*global.init.value);
    if (value != base_) continue;
    if (program_.error()) return;
    const auto exported = [&](std::string_view name) {
      return std::ranges::binary_search(names, std::pair{index, name});
    };
    Site site{initial_value(global), Role::unrelated, 0, {}};
    const GlobalValue subject{global, exported("__heap_base"),
                              exported("__data_end") || exported("__stack_high")};
    found_.has_symbol |= subject.exported_as_base && !global.is_mutable;
    add(std::move(site), judge_global(subject, shapes_),
        "a constant global holds it and no known name says what for", 1, 0);
  }
}

/// They have no site, since no edit of them is known.
void Collector::odd_constants() {
  for (const OddConstant& constant : program_.odd_constants()) {
    const std::int64_t above = std::int64_t{constant.value} - base_;
    if (above < -kNear || above > kNear || !program_.hold(kSiteBytes)) continue;
    const Verdict verdict = tinygo::odd_constant(constant.vector);
    found_.refusals.push_back({Code::kUnexplained,
                               described(above) + " is here and its use is not explained: " + verdict.why,
                               constant.file_offset, verdict.rule});
  }
}

}  // namespace

Occurrences collect_occurrences(Program& program, const Runtime& runtime, const DataImage& image,
                                std::uint32_t base, std::optional<std::uint32_t> global_base) {
  return Collector(program, runtime, image, base, global_base).run();
}

}  // namespace heapbump::tinygo
