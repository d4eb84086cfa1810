// What functions that are walked in step hand each other: arguments, results, globals, words of memory.
#include <algorithm>

#include "verify/page_pool.h"
#include "verify/step_program.h"

namespace heapbump::verify {
namespace {

constexpr std::uint64_t kFarHeap = 1U << 28U;  // how far above memory's end a fixed heap may reach

}  // namespace

/// Where a heap in the declared memory may begin: at a page, or where the module says that its heap does.
bool Program::may_begin_low_heap(std::int64_t value) const {
  const auto at = static_cast<std::uint64_t>(value);
  if (at < move_.data_end || at >= move_.end) return false;
  return at % kPageSize == 0 || (said_base_ && at >= *said_base_ && at < *said_base_ + kBeside);
}

/// Moved, strange, or where a fixed heap may end or begin.
bool Program::worth_following(const Relation& value) const {
  if (value.kind == Kind::none || value.opaque()) return false;
  if (move_.by_tail && value.equal() && value.low_heap && value.constant)
    return may_begin_low_heap(value.value);
  if (!value.equal() || value.sort == Sort::start) return true;
  return value.sort == Sort::beyond && value.constant &&
         (static_cast<std::uint64_t>(value.value) & 0xffff'ffff) < move_.end + kFarHeap;
}

bool Program::called_from_outside(std::uint32_t function) const {
  return outside_.contains(function) || c_.reserved.start == function;
}

Relation Program::immediate(std::uint64_t reserved_offset, std::int64_t value) const {
  if (c_.immediates.empty() || reserved_offset < c_.immediates.front().reserved_offset ||
      reserved_offset > c_.immediates.back().reserved_offset)
    return constant_value(move_, value, value);
  const auto change =
      std::ranges::lower_bound(c_.immediates, reserved_offset, {}, &ChangedImmediate::reserved_offset);
  if (change != c_.immediates.end() && change->reserved_offset == reserved_offset)
    return constant_value(move_, change->old_value, change->new_value);
  return constant_value(move_, value, value);
}

Relation Program::parameter(std::uint32_t, std::uint32_t index) {
  return instances_[walking_].arguments[index];
}

Relation Program::result(const Effect& call, std::span<const Relation> arguments, std::uint32_t index) {
  const auto callee = static_cast<std::uint32_t>(call.value);
  if (call.kind == EffectKind::call_indirect) return table_result(callee, index);
  if (c_.reserved.body(callee) == nullptr) return opaque_value();
  const auto passed = arguments_for(callee, arguments);
  if (!passed) return opaque_value();
  const std::size_t instance = find_instance(callee, *passed);
  // One that is not there yet is made by `call`, which then brings its caller back.
  if (instance == kNoInstance)
    return by_function_[callee].size() < kMostContexts ? Relation{} : opaque_value();
  instances_[instance].readers.insert(walking_);
  return given(instances_[instance].results[index]);
}

/// A result that is an address which moved on some paths, and on others one from memory.
Relation Program::given(Relation result) {
  result.given = result.opaque() && (result.heap || result.given);
  if (result.given) result.heap = false;
  return result;
}

/// What functions of that type give back that tables hold: nothing is known where one of them is not walked,
/// and that is the most. An allocator that is called through a pointer is often the only one.
Relation Program::table_result(std::uint32_t type, std::uint32_t index) {
  const std::vector<std::uint32_t>* functions = in_tables_of(type);
  if (functions == nullptr) return opaque_value();
  const std::vector<Relation> arguments(c_.reserved.types[type].params.size(), opaque_value());
  Relation joined;
  for (const std::uint32_t function : *functions) {
    const std::size_t instance = find_instance(function, arguments);
    if (instance == kNoInstance) return opaque_value();
    instances_[instance].readers.insert(walking_);
    joined = join(move_, joined, given(instances_[instance].results[index]));
  }
  return joined.kind == Kind::none && begun_ ? opaque_value() : joined;  // nothing yet, or nothing ever
}

/// The functions of a type that tables hold, if all of them are walked and no host may add others.
const std::vector<std::uint32_t>* Program::in_tables_of(std::uint32_t type) {
  const auto known = tables_.find(c_.reserved.types[type]);
  if (hosts_reach_table_ || known == tables_.end() || !c_.spend(known->second.size() / kPassedPerUnit))
    return nullptr;
  const auto walked = [&](std::uint32_t function) { return functions_.contains(function); };
  return std::ranges::all_of(known->second, walked) ? &known->second : nullptr;
}

Relation Program::global(std::uint32_t index) {
  const Global& after = c_.reserved.globals[index];
  if (after.imported || (after.type != ValueType::i32 && after.type != ValueType::i64)) return opaque_value();
  const bool there = index < c_.original.globals.size() && after.init.value;
  const Relation init = there
                            ? constant_value(move_, *c_.original.globals[index].init.value, *after.init.value)
                            : opaque_value();
  if (!after.is_mutable) return init;
  if (stack_ == index) return equal_value(Sort::stack);
  if (!followed_globals_.contains(index)) return opaque_value();
  Place& place = globals_[index];
  place.readers.insert(walking_);
  return begun_ || place.content.kind != Kind::none ? content(place, init) : Relation{};
}

Relation Program::initial(std::uint32_t address) const {
  if (!before_ || !after_) return opaque_value();
  const auto word = [&](const DataImage& image) { return static_cast<std::int32_t>(image.load32(address)); };
  return constant_value(move_, word(*before_), word(*after_));
}

/// Whether a word of data holds what would be an address of the heap, and the same in both modules.
bool Program::begins_as_address(std::uint32_t address) const {
  const Relation begins = initial(address);
  return begins.equal() && begins.sort == Sort::beyond && worth_following(begins);
}

Relation Program::word(std::uint32_t address) {
  if (!followed_words_.contains(address)) {
    if (begins_as_address(address)) wanted_.words.insert(address);  // followed from the next round on
    return opaque_value();
  }
  Place& place = words_[address];
  place.readers.insert(walking_);
  if (!begun_ && place.content.kind == Kind::none) return {};
  return content(place, initial(address));
}

/// An argument as far as what becomes of it may depend on it: of equal ones, not which; of those that moved
/// on some paths alone nothing, since what the paths have in common is not known.
Relation Program::argument(const Relation& value) const {
  if (value.kind == Kind::none || (value.kind == Kind::either && !value.marks)) return opaque_value();
  if (value.opaque()) return opaque_value();
  // An address that was counted from the heap's start by what is not known is one like those from memory.
  if (value.moved() && value.delta == move_.distance && value.counted) return opaque_value();
  Relation result = value;
  if (value.equal() && value.sort < Sort::beyond) {
    Relation equal = equal_value(value.sort);
    equal.in_static = value.in_static;
    equal.low_heap = value.low_heap;
    return equal;
  }
  result.unmoved = false;
  if (value.equal()) return result;
  if (value.constant && static_cast<std::uint64_t>(value.value) >= move_.start) result.constant = false;
  if (!result.constant) result.value = 0;
  if (result.at_least >= move_.start) result.at_least = move_.start;
  return result;
}

/// What the callee is walked with; nothing if it is not followed.
std::optional<std::vector<Relation>> Program::arguments_for(std::uint32_t callee,
                                                            std::span<const Relation> values) const {
  if (c_.manifest().function_index == callee) return std::nullopt;
  std::vector<Relation> arguments;
  bool follows = false;
  for (const Relation& value : values) {
    arguments.push_back(value.unknown() ? opaque_value() : argument(value));
    follows = follows || worth_following(arguments.back());
  }
  if (!follows && !functions_.contains(callee)) return std::nullopt;
  if (!follows) arguments.assign(values.size(), opaque_value());
  return arguments;
}

/// A call that gives pages back to Zig's allocator (page_pool.h).
bool Program::gives_back(std::uint32_t callee, std::span<const Relation> arguments) {
  const auto is_page = [&](const Relation& value) {
    return value.page || value.opaque() || (value.moved() && value.delta == move_.pages);
  };
  if (!may_give_back_pages(c_.reserved, callee)) return false;
  if (!std::ranges::all_of(arguments, is_page)) return false;
  const Flow* flow = flow_of(callee);
  return flow != nullptr && gives_back_pages(c_.reserved, *flow);
}

/// The type indices that calls through a table may name a function by; none if it is in none, or nothing is
/// known of such a call's result.
std::set<std::uint32_t> Program::table_types(std::uint32_t function) {
  const FunctionType& type = c_.reserved.function_type(function);
  std::set<std::uint32_t> found;
  for (std::uint32_t i = 0; i < c_.reserved.types.size(); ++i) {
    if (c_.reserved.types[i] != type) continue;
    const std::vector<std::uint32_t>* functions = in_tables_of(i);
    if (functions != nullptr && std::ranges::find(*functions, function) != functions->end()) found.insert(i);
  }
  return found;
}

std::optional<std::uint32_t> Program::call(const Effect& call, std::span<const Relation> arguments) {
  const auto callee = static_cast<std::uint32_t>(call.value);
  bool followed = false;
  if (call.kind == EffectKind::call && gives_back(callee, arguments)) return std::nullopt;
  if (call.kind == EffectKind::call && c_.reserved.body(callee) != nullptr) {
    if (const auto passed = arguments_for(callee, arguments)) {
      const std::size_t instance = make_instance(callee, *passed);
      followed = instance != kNoInstance;
      if (followed) {
        instances_[instance].readers.insert(walking_);
        instances_[walking_].callees.push_back(instance);
      }
    }
  }
  for (std::uint32_t i = 0; i < arguments.size(); ++i)
    if (arguments[i].unknown() || (!followed && !plain(move_, arguments[i]))) return i;
  return std::nullopt;
}

bool Program::give_back(std::uint32_t index, std::uint32_t which, const Relation& value) {
  if (value.unknown()) return false;
  Instance& instance = instances_[walking_];
  Relation& result = instance.results[which];
  Relation now = join(move_, result, value);
  if (now != result) {
    result = now;
    enqueue(instance.readers);
  }
  if (!worth_following(value) && !given(value).given) return true;
  if (called_from_outside(index) && !plain(move_, value)) return false;
  if (functions_.contains(index) && followed_results_.insert(index).second) {
    wanted_.callees.insert(index);
    wanted_.table_calls.merge(table_types(index));
  }
  return true;
}

bool Program::set_global(std::uint32_t index, const Relation& value) {
  if (stack_ == index) return value.kind == Kind::none || value.opaque() || value.equal();
  if (value.unknown()) return false;
  if (!c_.reserved.globals[index].is_mutable || c_.reserved.globals[index].imported)
    return plain(move_, value);
  put(globals_[index], value);
  if (worth_following(value) && followed_globals_.insert(index).second) wanted_.globals.insert(index);
  return true;
}

/// A stack that ends where the heap starts has its bounds kept as well, by C libraries with threads.
bool Program::is_stack_top(const Relation& value) const {
  return stack_ && value.constant && c_.original.globals[*stack_].init.value == value.value;
}

bool Program::set_word(std::uint32_t address, const Relation& value) {
  if (value.unknown() || (value.equal() && value.sort == Sort::start && !is_stack_top(value))) return false;
  // Code may read the word through a pointer as well, where it counts as one of those from memory.
  if (!value.equal() && !plain(move_, value)) return false;
  put(words_[address], value);
  if (worth_following(value) && followed_words_.insert(address).second) wanted_.words.insert(address);
  return true;
}

}  // namespace heapbump::verify
