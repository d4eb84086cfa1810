#include "verify/in_step.h"

#include <algorithm>

#include "verify/step_program.h"
#include "wasm/code.h"

namespace heapbump::verify {
namespace {

constexpr int kMostRounds = 16;
constexpr unsigned kPageBits = 16;
constexpr unsigned kAddressBits = 29;    // coarser alignments than that are none
constexpr std::size_t kMostBeside = 64;  // words like that which are followed; more are a table of numbers
constexpr std::uint64_t kMostKept = 16 << 20;  // bytes of values kept in case they are asked for again
constexpr unsigned kMostVisits = 64;           // of one function with one set of arguments in one round

/// An instruction of one index: whether it is there, and its index.
std::optional<std::uint32_t> indexed(Cursor& cursor, std::uint8_t opcode) {
  const auto found = cursor.read_u8("");
  if (!found || *found != opcode) return std::nullopt;
  const auto index = cursor.read_uleb32("");
  return index ? std::optional(index->value) : std::nullopt;
}

/// `i32.const N, i32.sub` with a positive N, or `i32.add` with a negative one; in unoptimised code both
/// operands are kept in locals first: `local.set a, i32.const N, local.set b, local.get a, local.get b`.
bool takes_room(Cursor cursor) {
  const auto next = [&] { return cursor.rest().empty() ? 0 : u8(cursor.rest()[0]); };
  std::optional<std::uint32_t> pointer, size;
  if (next() == op::local_set) pointer = indexed(cursor, op::local_set);
  const auto opcode = cursor.read_u8("");
  const auto amount = cursor.read_sleb32("");
  if (!opcode || *opcode != op::i32_const || !amount) return false;
  if (pointer) {
    size = indexed(cursor, op::local_set);
    if (!size || indexed(cursor, op::local_get) != pointer || indexed(cursor, op::local_get) != size)
      return false;
  }
  const auto sum = cursor.read_u8("");
  return sum && *sum == (amount->value > 0 ? op::i32_sub : op::i32_add);
}

}  // namespace

Program::Program(Context& context) : c_(context) {
  const Manifest& m = c_.manifest();
  move_.end = c_.original.memory_bytes();
  move_.by_tail = m.strategy != Strategy::bump;
  move_.start = move_.by_tail ? move_.end : c_.heap_symbol;
  move_.distance = static_cast<std::int64_t>(move_.by_tail ? m.region.pages * kPageSize : c_.moved_by());
  move_.pages = move_.distance / static_cast<std::int64_t>(kPageSize);
  const Memory& before = c_.original.memories.front();
  const Memory& after = c_.reserved.memories.front();
  if (before.max && after.max) {
    const auto pages = static_cast<std::uint64_t>(move_.pages);
    move_.may_double = after.max->value >= last_doubling(before, pages);
  }
  move_.region_base = m.region.base;
  move_.region_end = m.region.end();
  move_.data_end = c_.original.data_end();
  move_.data_begin = 1024;
  for (const DataSegment& segment : c_.original.data)
    if (const auto at = segment.address()) move_.data_begin = std::min(move_.data_begin, *at);
  if (auto image = DataImage::make(c_.original)) before_ = *std::move(image);
  if (auto image = DataImage::make(c_.reserved)) after_ = *std::move(image);
  for (const std::uint32_t function : c_.reserved.element_functions)
    if (outside_.insert(function).second) tables_[c_.reserved.function_type(function)].push_back(function);
  for (const Export& exported : c_.reserved.exports)
    if (exported.kind == ExternalKind::function) outside_.insert(exported.index);
  const auto is_table = [](const auto& entry) { return entry.kind == ExternalKind::table; };
  hosts_reach_table_ = std::ranges::any_of(c_.reserved.exports, is_table) ||
                       std::ranges::any_of(c_.reserved.imports, is_table);
  const Export* base = c_.original.find_export("__heap_base", ExternalKind::global);
  if (base != nullptr && base->index < c_.original.globals.size())
    if (const auto value = c_.original.globals[base->index].init.value)
      said_base_ = static_cast<std::uint32_t>(*value);
  find_stack();
}

/// Linkers make the stack pointer the first mutable i32 global, and it starts at the stack's top.
void Program::find_stack() {
  for (std::uint32_t i = 0; i < c_.original.globals.size(); ++i) {
    const Global& global = c_.original.globals[i];
    if (global.imported || !global.is_mutable || global.type != ValueType::i32) continue;
    if (global.init.value.value_or(0) != 0 && is_lowered(i)) stack_ = i;
    break;
  }
  if (!stack_ || std::ranges::find(c_.changed_globals, *stack_) == c_.changed_globals.end()) return;
  c_.mismatch(c_.reserved.globals[*stack_].init.immediate_offset, "the stack pointer's initial value moved");
}

/// Whether some function takes room below it.
bool Program::is_lowered(std::uint32_t global) const {
  constexpr std::size_t kLongest = 48;  // bytes of the instructions that show it
  const Section* section = c_.reserved.section(SectionId::code);
  if (section == nullptr || !c_.spend((section->end() - section->content_offset) / kPassedPerUnit))
    return false;
  const Bytes code = c_.reserved.content(*section);
  PagesPassed passed(&c_.pages);
  for (std::size_t i = 0; i < code.size(); ++i) {
    passed.at(i);
    if (code[i] != std::byte{op::global_get}) continue;
    Cursor cursor(code.subspan(i + 1, std::min(code.size() - i - 1, kLongest)), 0);
    const auto index = cursor.read_uleb32("");
    if (index && index->value == global && takes_room(cursor)) return true;
  }
  return false;
}

void Program::run() {
  roots();
  for (int i = 0; i < kMostRounds && !c_.gave_up; ++i) {
    round();
    if (search_on()) continue;
    moved_words();
    std::set<std::pair<std::uint64_t, std::string>> said;
    for (const std::size_t index : live())
      for (const Departure& departure : instances_[index].departures)
        if (said.emplace(departure.offset, departure.what).second)
          c_.not_alike(departure.offset, departure.what + describe(instances_[index]), departure.found);
    return;
  }
  if (!c_.gave_up) c_.give_up();
}

/// A word of data that moved is a variable of the program's, which code reads at its own address. One that is
/// only reached by an index or a pointer is an entry of a table, whose numbers look like addresses by chance.
void Program::moved_words() {
  for (const ChangedByte& byte : c_.data_bytes) {
    const auto word = words_.find(static_cast<std::uint32_t>(byte.address) & ~3U);
    if (word == words_.end() || word->second.readers.empty())
      return c_.not_alike(byte.reserved_offset, "a data word moved that no code reads at its own address: " +
                                                    hex(byte.address & ~3ULL));
  }
}

/// Words of data beside the old heap start that did not move: of what is before the heap, or a site that
/// was missed.
void Program::words_near_start() {
  if (move_.by_tail || !before_ || !c_.spend(before_->bytes() / kPassedPerUnit)) return;
  std::vector<std::uint32_t> near;
  before_->for_each_word32([&](std::uint64_t address, std::uint64_t value) {
    const auto word = static_cast<std::uint32_t>(address);
    // With the word before it, which says where a range begins that ends there.
    if (value == move_.start) followed_words_.insert({word - std::min(word, 4U), word});
    if (value + kBeside >= move_.start && value < move_.start + kBeside && near.size() <= kMostBeside)
      near.push_back(word);
  });
  if (near.size() <= kMostBeside) followed_words_.insert(near.begin(), near.end());
}

/// " (function 12 with argument 1 moved by 131072)"
std::string Program::describe(const Instance& instance) const {
  std::string text = " (function " + std::to_string(instance.function);
  for (std::size_t i = 0; i < instance.arguments.size(); ++i)
    if (!instance.arguments[i].opaque())
      text.append(", argument ")
          .append(std::to_string(i))
          .append(" ")
          .append(to_string(instance.arguments[i]));
  return text + ")";
}

/// What the two modules cannot be alike in by themselves: what changed, what sees the memory's size, and what
/// names the heap's start or the region.
void Program::roots() {
  for (const ChangedImmediate& change : c_.immediates) add_function(change.function);
  for (const ChangedByte& byte : c_.data_bytes)
    followed_words_.insert(static_cast<std::uint32_t>(byte.address) & ~3U);
  for (const std::uint32_t global : c_.changed_globals) followed_globals_.insert(global);
  const Region& region = c_.manifest().region;
  wanted_.memory_size = true;
  wanted_.constants.emplace_back(region.base, region.end());
  if (!move_.by_tail) wanted_.constants.emplace_back(move_.start, move_.end);
  if (move_.by_tail) {
    for (std::uint64_t at = align_up(move_.data_end, kPageSize); at < move_.end; at += kPageSize)
      if (at != 0) wanted_.constants.emplace_back(at, at + 1);
    if (said_base_) wanted_.constants.emplace_back(*said_base_, *said_base_ + kBeside);
  }
  for (unsigned bits = kPageBits + 1; bits < kAddressBits; ++bits)
    wanted_.constants.emplace_back((std::uint64_t{1} << 32) - (std::uint64_t{1} << bits),
                                   (std::uint64_t{1} << 32) - (std::uint64_t{1} << bits) + 1);
  words_near_start();
  wanted_.words = followed_words_;
  wanted_.globals = followed_globals_;
  search_on();
}

void Program::round() {
  words_.clear();
  globals_.clear();
  queue_.clear();
  instances_.clear();
  by_function_.clear();
  for (const std::uint32_t function : functions_)
    make_instance(function, std::vector(c_.reserved.function_type(function).params.size(), opaque_value()));
  roots_ = instances_.size();
  // Words and globals hold nothing at first, so that nobody works with zeros that are set before they are
  // read; then those that nobody sets hold what they begin with.
  for (const bool begun : {false, true}) {
    begun_ = begun;
    for (const auto* places : {&words_, &globals_})
      for (const auto& [index, place] : *places)
        if (begun && place.content.kind == Kind::none) enqueue(place.readers);
    while (!queue_.empty() && !c_.gave_up) {
      const std::size_t next = queue_.front();
      queue_.pop_front();
      instances_[next].queued = false;
      walk(next);
    }
  }
}

/// The instances that still count: those of the roots, and what they call. The arguments of others were
/// passed before all was known.
std::vector<std::size_t> Program::live() const {
  std::vector<std::size_t> found(roots_);
  std::vector<bool> seen(instances_.size());
  for (std::size_t i = 0; i < roots_; ++i) found[i] = i, seen[i] = true;
  for (std::size_t i = 0; i < found.size(); ++i)
    for (const std::size_t callee : instances_[found[i]].callees)
      if (!seen[callee]) seen[callee] = true, found.push_back(callee);
  return found;
}

const Flow* Program::flow_of(std::uint32_t function) {
  const auto known = flows_.find(function);
  if (known != flows_.end()) return known->second->block_count == 0 ? nullptr : known->second.get();
  std::unique_ptr<Flow>& flow = flows_[function];
  FlowLimits limits;
  limits.frame_slots = true;
  const std::uint64_t held = c_.budget.held();
  c_.pages.add(c_.reserved.body(function)->size);
  auto evaluated = evaluate_flow(c_.reserved, function, c_.budget, limits);
  kept_ += c_.budget.held() - held;
  if (!evaluated)
    c_.not_alike(
        evaluated.error().offset.value_or(0),
        "function " + std::to_string(function) + " cannot be followed: " + evaluated.error().message);
  const bool followed = evaluated.has_value();
  flow = std::make_unique<Flow>(followed ? *std::move(evaluated) : Flow{});
  return followed ? flow.get() : nullptr;
}

void Program::walk(std::size_t index) {
  if (kept_ > kMostKept) {  // between walks nobody holds a flow
    flows_.clear();
    kept_ = 0;
  }
  const Flow* flow = flow_of(instances_[index].function);
  if (flow == nullptr) return;
  if (++instances_[index].visits > kMostVisits) return c_.give_up();
  walking_ = index;
  instances_[index].callees.clear();
  Walk walk(c_.reserved, *flow, move_, *this);
  walk.run();
  instances_[index].departures = walk.departures();
  for (std::uint64_t i = 0; i < walk.passes(); ++i)
    if (!c_.spend_walk(*flow)) return;
}

/// Searches for what the last round found worth following. False if that was nothing, or results alone whose
/// callers are all walked.
bool Program::search_on() {
  if (wanted_.empty()) return false;
  const Wanted wanted = std::exchange(wanted_, {});
  followed_words_.insert(wanted.words.begin(), wanted.words.end());
  const std::size_t known = functions_.size();
  for (const std::uint32_t function : search(c_, wanted)) add_function(function);
  return functions_.size() != known || !wanted.words.empty() || !wanted.globals.empty();
}

void Program::add_function(std::uint32_t function) {
  if (c_.manifest().function_index == function || c_.reserved.body(function) == nullptr) return;
  functions_.insert(function);
}

std::size_t Program::find_instance(std::uint32_t function, const std::vector<Relation>& arguments) {
  for (const std::size_t index : by_function_[function])
    if (instances_[index].arguments == arguments) return index;
  return kNoInstance;
}

/// The function with those arguments; none if it has too many sets of them.
std::size_t Program::make_instance(std::uint32_t function, const std::vector<Relation>& arguments) {
  const std::size_t known = find_instance(function, arguments);
  if (known != kNoInstance || by_function_[function].size() == kMostContexts) return known;
  Instance& instance = instances_.emplace_back();
  instance.function = function;
  instance.arguments = arguments;
  instance.results.resize(c_.reserved.function_type(function).results.size());
  by_function_[function].push_back(instances_.size() - 1);
  enqueue(instances_.size() - 1);
  return instances_.size() - 1;
}

void Program::enqueue(std::size_t index) {
  if (std::exchange(instances_[index].queued, true)) return;
  queue_.push_back(index);
}

void Program::enqueue(const std::set<std::size_t>& instances) {
  for (const std::size_t instance : instances) enqueue(instance);
}

/// Whether it is, or was made of, a constant in the part of memory that moves which did not.
bool Program::lies_in_old_heap(const Relation& value) {
  return value.unmoved || (value.equal() && value.sort == Sort::beyond);
}

void Program::put(Place& place, const Relation& value) {
  Relation now = join(move_, place.content, value);
  now.unmoved = place.content.unmoved || lies_in_old_heap(value);
  if (now == place.content) return;
  place.content = now;
  enqueue(place.readers);
}

/// What a place holds that begins with `initial`.
Relation Program::content(const Place& place, const Relation& initial) const {
  Relation found = join(move_, initial, place.content);
  found.unmoved = place.content.unmoved || lies_in_old_heap(initial);
  return found;
}

void check_in_step(Context& context) {
  if (context.bound_alone) {
    // The runtime reads the table through a pointer, and what it makes of the bound is its own affair.
    context.note(
        "the last bound of a table of sections moved alone; what the runtime does with it was not evaluated");
    return;
  }
  Program(context).run();
}

}  // namespace heapbump::verify
