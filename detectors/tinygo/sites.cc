#include "detectors/tinygo/sites.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "detectors/tinygo/roles.h"

namespace heapbump::tinygo {
namespace {

constexpr std::uint64_t kSiteBytes =
    2048;  // of what is kept of one occurrence here, in the finding and in the report
constexpr std::uint32_t kNear = 64;  // bytes around the heap base in which the compiler folds offsets
// Constants up to so far above the heap base are looked at: more than any region that is asked for in
// practice.
constexpr std::uint32_t kWindow = 64 * static_cast<std::uint32_t>(kPageSize);

Role role_of(Use use) {
  switch (use) {
    case Use::heap_start:
      return Role::heap_start;
    case Use::gc_root_end:
      return Role::gc_root_end;
    default:
      return Role::unrelated;
  }
}

class Collector {
 public:
  Collector(Program& program, const Runtime& runtime, const DataImage& image, std::uint32_t base,
            std::optional<std::uint32_t> global_base)
      : program_(program),
        runtime_(runtime),
        image_(image),
        base_(base),
        global_base_(global_base),
        roles_(program, runtime, image, base, global_base) {
    for (const Term& term : runtime.folded) folded_.emplace(term.value, term.sign);
  }

  Occurrences run() {
    code();
    root_length();
    words();
    globals();
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
  void add(Site site, const Verdict& verdict, int moves, std::int64_t distance);
  [[nodiscard]] Site site_of(Value value) const;

  Program& program_;
  const Runtime& runtime_;
  const DataImage& image_;
  const std::uint32_t base_;
  const std::optional<std::uint32_t> global_base_;
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
    found_.refusals.push_back(
        {Code::kUnexplained,
         described(distance) + " stands here and its use is not explained: " + verdict.why,
         site.file_offset});
  }
  site.role = role_of(verdict.use);
  site.moves = verdict.use == Use::heap_start ? moves : 0;
  site.why = (verdict.use == Use::unknown ? "not explained: " : "") + verdict.why;
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
  if (distance < -static_cast<std::int32_t>(kNear) || distance > static_cast<std::int32_t>(kNear)) return;
  // The constant may be shared with other code; then it cannot be both.
  for (const User& user : value.users()) {
    const bool sums = !user.is_effect && op::is_i32_sum(value.flow->nodes[user.index].opcode);
    const bool sized =
        sums && std::ranges::any_of(program_.sum({value.flow, user.index}).terms,
                                    [&](const Term& term) { return runtime_.is_end(program_, term.value); });
    if (!sized)
      return add(site_of(value), {Use::unknown, "it is part of the metadata's size and of something else"}, 0,
                 distance);
  }
  add(site_of(value),
      {Use::heap_start,
       "folded into the metadata's size: it is taken from the heap's end and the rest divided"},
      sign < 0 ? 1 : -1, distance);
}

void Collector::constant(Value value) {
  const auto number = static_cast<std::uint32_t>(value.node().value);
  const std::int64_t above = std::int64_t{number} - base_;
  const std::int64_t negated = std::int64_t{0u - number} - base_;
  const std::int64_t near = kNear;
  if (const auto term = folded_.find(value); term != folded_.end() && above != 0 && negated != 0)
    return folded(value, term->second);
  if (above >= 0 && above <= near) {
    add(site_of(value), roles_.near({value, 1, static_cast<std::int32_t>(above)}), 1, above);
  } else if (negated >= -near && negated <= near) {
    add(site_of(value), roles_.near({value, -1, static_cast<std::int32_t>(negated)}), -1, negated);
  } else if (above < 0 && above >= -near) {
    // Mostly the last objects' addresses: listed only if it turns out to be more.
    const Verdict verdict = roles_.below(value, static_cast<std::int32_t>(above));
    if (verdict.use != Use::unrelated) add(site_of(value), verdict, 1, above);
  } else if (above > 0 && above <= kWindow) {
    add(site_of(value), roles_.far(value), 0, above);
  }
}

/// No address is 64 bits wide, but two words can be stored at once and an extended one folded.
void Collector::wide_constant(Value value) {
  const auto bits = static_cast<std::uint64_t>(value.node().value);
  if (bits != base_ && static_cast<std::uint32_t>(bits) != base_ &&
      static_cast<std::uint32_t>(bits >> 32) != base_)
    return;
  for (const User& user : value.users()) {
    const bool stored = user.is_effect && value.flow->effects[user.index].kind == EffectKind::store;
    const bool narrowed = !user.is_effect && value.flow->nodes[user.index].opcode == op::i32_wrap_i64;
    if (stored || narrowed)
      return add(site_of(value),
                 {Use::unknown, "a 64-bit constant that holds it is stored or narrowed to an address"}, 0, 0);
  }
  add(site_of(value),
      {Use::unrelated, "a 64-bit number: addresses have 32 bits and it is neither stored nor narrowed"}, 0,
      0);
}

void Collector::access(const Flow& flow, const Effect& effect) {
  if (effect.kind != EffectKind::load && effect.kind != EffectKind::store &&
      effect.kind != EffectKind::atomic)
    return;
  const std::int64_t above = effect.value - base_;
  if (above < 0 || above > kWindow) return;
  Site site{flow.occurrence(effect), Role::unrelated, 0, {}};
  const auto address = program_.address(flow, effect);
  if (address && *address >= base_ && *address - base_ < kNear)
    add(std::move(site), {Use::heap_start, "the heap's first bytes are accessed by their address"}, 1, above);
  else if (address && *address >= base_)
    add(std::move(site), {Use::unknown, "memory is accessed at a fixed address inside the heap"}, 0, above);
  else if (above <= kNear)
    add(std::move(site), {Use::unknown, "memory is accessed at this offset from an unknown address"}, 0,
        above);
  else
    add(std::move(site), {Use::unrelated, "the offset of a field from a pointer"}, 0, above);
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
      if (roles_.is_root_length({flow, id}))
        add(site_of({flow, id}),
            {Use::gc_root_end, "passed beside __global_base: the length up to the heap base"}, 0, 0);
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
    for (const Occurrence& dead : flow->dead) {
      if (static_cast<std::uint32_t>(dead.value) != base_) continue;
      add({dead, Role::unrelated, 0, {}}, {Use::unrelated, "no path leads to it"}, 0, 0);
    }
  }
}

void Collector::words() {
  std::uint64_t next = 0;
  for (const DataImage::Piece& piece : image_.pieces()) {
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
    if (!program_.hold(kSiteBytes)) return;
    const auto exported = [&](std::string_view name) {
      return std::ranges::binary_search(names, std::pair{index, name});
    };
    Site site{initial_value(global), Role::unrelated, 0, {}};
    if (global.is_mutable) {
      site.role = Role::stack_top;
      site.why = "the initial value of a variable, not the heap's start";
      found_.sites.push_back(std::move(site));
    } else if (exported("__heap_base")) {
      found_.has_symbol = true;
      add(std::move(site), {Use::heap_start, "exported as __heap_base for the host to read"}, 1, 0);
    } else if (exported("__data_end") || exported("__stack_high")) {
      add(std::move(site), {Use::object_end, "exported as the end of what stands below the heap"}, 0, 0);
    } else {
      add(std::move(site), {Use::unknown, "a constant global holds it and no known name says what for"}, 0,
          0);
    }
  }
}

}  // namespace

Occurrences collect_occurrences(Program& program, const Runtime& runtime, const DataImage& image,
                                std::uint32_t base, std::optional<std::uint32_t> global_base) {
  return Collector(program, runtime, image, base, global_base).run();
}

Verdict Roles::far(Value constant) {
  std::string seen_as;
  std::vector<Value> pending = spread(constant);
  if (pending.empty()) return {Use::unknown, "there is too much between it and its uses to follow"};
  for (std::size_t i = 0; i < pending.size(); ++i) {
    for (const User& user : pending[i].users()) {
      if (user.is_effect) {
        const Effect& effect = pending[i].flow->effects[user.index];
        const bool accesses = effect.kind == EffectKind::load || effect.kind == EffectKind::store ||
                              effect.kind == EffectKind::atomic || effect.kind == EffectKind::bulk;
        const bool fixed = accesses && program_.constant(pending[i]).value_or(0) >= base_;
        if (fixed && (user.position == 0 || (user.position == 1 && effect.opcode == op::memory_copy)))
          return {Use::unknown, "memory is accessed at a fixed address inside the heap"};
        if (effect.kind == EffectKind::store && user.position == 1) {
          const auto word = program_.address(*pending[i].flow, effect);
          if (word && (runtime_.start_words.contains(*word) || runtime_.pointer_words.contains(*word) ||
                       runtime_.metadata_words.contains(*word) || runtime_.end_words.contains(*word)))
            return {Use::unknown, "it is stored in a variable of the heap"};
        }
        seen_as = effect.kind == EffectKind::store ? "stored as a value" : "passed on as a value";
        continue;
      }
      const Value used_by{pending[i].flow, user.index};
      const Node& node = used_by.node();
      if (node.kind != NodeKind::binary) continue;
      if (op::is_i32_sum(node.opcode)) {
        const Sum sum = program_.sum(used_by);
        for (const Term& term : sum.terms) {
          if (runtime_.kind(program_, term.value) != HeapKind::none)
            return {Use::unknown, "it is added to, or taken from, a bound of the heap"};
          // A scaled index has no address of its own, so the constant would be one.
          if (is_block_offset(term.value) &&
              (is_accessed(used_by) || runtime_.heap_functions.contains(used_by.flow->function)))
            return {Use::unknown, "an array that begins at it, inside the heap, is indexed"};
        }
        if (sum.terms.empty() && std::ranges::find(pending, used_by) == pending.end())
          pending.push_back(used_by);
        seen_as = "a summand";
      } else if (op::compares_two_i32(node.opcode)) {
        const Value other = used_by.operand(1 - user.position);
        if (runtime_.kind(program_, other) != HeapKind::none)
          return {Use::unknown, "it is compared with a bound of the heap"};
        if (is_heap_pointer(other))
          return {Use::unknown, "a pointer that is also checked against the heap's end is compared with it"};
        seen_as = "compared with a number";
      } else {
        seen_as = "an operand of other arithmetic";
      }
    }
  }
  return {Use::unrelated,
          "a number above the heap base that is no address and never meets the heap's bounds: " +
              (seen_as.empty() ? std::string("unused") : seen_as)};
}

Verdict Roles::below(Value constant, std::int32_t offset) {
  for (const Value at : spread(constant))
    for (const User& user : at.users()) {
      if (user.is_effect) continue;
      const Value used_by{at.flow, user.index};
      const Node& node = used_by.node();
      if (node.kind != NodeKind::binary) continue;
      const bool compares = op::compares_two_i32(node.opcode);
      const Value other = used_by.operand(1 - user.position);
      if (compares && runtime_.kind(program_, other) != HeapKind::none)
        return {Use::unknown, "an address just below the heap base is compared with a bound of the heap"};
      if (compares && offset == -1 && is_heap_pointer(other))
        return {
            Use::heap_start,
            "a pointer that is also checked against the heap's end is compared with the last byte below it"};
      if (!op::is_i32_sum(node.opcode)) continue;
      for (const Term& term : program_.sum(used_by).terms)
        if (runtime_.kind(program_, term.value) != HeapKind::none)
          return {Use::unknown, "an address just below the heap base is taken from a bound of the heap"};
    }
  return {Use::unrelated, "the address of an object"};
}

Verdict Roles::word(std::uint32_t address) {
  if (runtime_.start_words.contains(address))
    return {Use::heap_start, "the variable heapStart begins with it"};
  if (runtime_.pointer_words.contains(address))
    return {Use::heap_start, "the variable heapptr begins with it"};
  seen_.clear();
  Verdicts verdicts;
  bool read = false;
  for (const std::uint32_t function : program_.mentions(address)) {
    const Flow* flow = program_.flow(function);
    if (flow == nullptr) continue;
    for (NodeId id = 0; id < flow->nodes.size(); ++id) {
      if (flow->nodes[id].kind != NodeKind::load || program_.loaded_word({flow, id}) != address) continue;
      read = true;
      follow({{flow, id}, 1, 0}, 0, verdicts);
    }
    for_each_word_store(
        program_, std::vector{function}, [&](const Flow& in, const Effect& effect, std::uint32_t at) {
          if (at == address && program_.constant(stored_value(in, effect)) == base_)
            verdicts.push_back({Use::heap_start, "a variable that begins with it and is set to it again"});
        });
  }
  // __global_base beside it: the runtime's globalsStart and globalsEnd.
  if (global_base_ && address >= 4 && image_.load32(address - 4) == *global_base_)
    return {Use::gc_root_end, "the word before it holds __global_base"};
  if (verdicts.empty() && !read)
    return {Use::unknown, "a data word holds it that no code reads by its address"};
  return settle(verdicts);
}

}  // namespace heapbump::tinygo
