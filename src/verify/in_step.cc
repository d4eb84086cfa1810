// The program around the functions that are walked in step: which of them are walked, what they hand each
// other, and the words and globals that are followed. Rounds: all functions known so far are walked to a
// fixed point from nothing, so that the order does not matter; what they turn out to hand on is searched for,
// and the next round has more functions. The last round, which finds nothing new, is the one that counts.
#include "verify/in_step.h"

#include <algorithm>
#include <deque>
#include <memory>

#include "verify/search.h"
#include "wasm/code.h"
#include "wasm/data_image.h"

namespace heapbump::verify {
namespace {

constexpr int kMostRounds = 16;
constexpr std::size_t kMostContexts = 8;       // sets of arguments that one function is walked with
constexpr std::uint64_t kFarHeap = 1U << 28U;  // how far above memory's end a fixed heap may reach
constexpr unsigned kPageBits = 16;
constexpr unsigned kAddressBits = 29;    // coarser alignments than that are none
constexpr std::uint64_t kBeside = 64;    // bytes from the heap's start
constexpr std::size_t kMostBeside = 64;  // words like that which are followed; more are a table of numbers
constexpr std::size_t kNoInstance = SIZE_MAX;
constexpr unsigned kMostVisits = 64;  // of one function with one set of arguments in one round

/// A function with one set of arguments, and what it gives back for them.
struct Instance {
  std::uint32_t function = 0;
  std::vector<Relation> arguments, results;
  std::set<std::size_t> readers;     ///< instances that call it
  std::vector<std::size_t> callees;  ///< that it called last
  std::vector<Departure> departures;
  unsigned visits = 0;
  bool queued = false;
};

/// A word of memory at a constant address, or a global.
struct Place {
  Relation content;
  std::set<std::size_t> readers;
};

class Program final : public Surroundings {
 public:
  explicit Program(Context& context);
  void run();

  [[nodiscard]] Relation immediate(std::uint64_t reserved_offset, std::int64_t value) const override;
  [[nodiscard]] Relation parameter(std::uint32_t function, std::uint32_t index) override;
  [[nodiscard]] Relation result(const Effect& call, std::span<const Relation> arguments,
                                std::uint32_t index) override;
  [[nodiscard]] Relation global(std::uint32_t index) override;
  [[nodiscard]] Relation word(std::uint32_t address) override;
  std::optional<std::uint32_t> call(const Effect& call, std::span<const Relation> arguments) override;
  [[nodiscard]] bool give_back(std::uint32_t function, std::uint32_t index, const Relation& value) override;
  [[nodiscard]] bool set_global(std::uint32_t index, const Relation& value) override;
  [[nodiscard]] bool set_word(std::uint32_t address, const Relation& value) override;

 private:
  void find_stack();
  [[nodiscard]] bool is_stack_top(const Relation& value) const;
  [[nodiscard]] bool is_lowered(std::uint32_t global) const;
  void roots();
  void words_near_start();
  [[nodiscard]] std::string describe(const Instance& instance) const;
  void round();
  [[nodiscard]] std::vector<std::size_t> live() const;
  void walk(std::size_t instance);
  const Flow* flow_of(std::uint32_t function);
  bool search_on();
  void add_function(std::uint32_t function);
  std::size_t find_instance(std::uint32_t function, const std::vector<Relation>& arguments);
  std::size_t make_instance(std::uint32_t function, const std::vector<Relation>& arguments);
  void enqueue(std::size_t instance);
  void enqueue(const std::set<std::size_t>& instances);
  void put(Place& place, const Relation& value);
  [[nodiscard]] bool worth_following(const Relation& value) const;
  [[nodiscard]] Relation initial(std::uint32_t address) const;
  [[nodiscard]] bool called_from_outside(std::uint32_t function) const;
  [[nodiscard]] Relation argument(const Relation& value) const;
  [[nodiscard]] std::optional<std::vector<Relation>> arguments_for(std::uint32_t callee,
                                                                   std::span<const Relation> values) const;

  Context& c_;
  Move move_;
  std::optional<DataImage> before_, after_;
  std::optional<std::uint32_t> stack_;
  std::set<std::uint32_t> outside_;    ///< functions that a table or the host calls
  std::set<std::uint32_t> functions_;  ///< that are walked whatever is passed to them
  std::map<std::uint32_t, std::unique_ptr<Flow>> flows_;
  std::deque<Instance> instances_;
  std::map<std::uint32_t, std::vector<std::size_t>> by_function_;
  std::map<std::uint32_t, Place> words_, globals_;
  std::set<std::uint32_t> followed_words_, followed_globals_, followed_results_;
  Wanted wanted_;
  std::deque<std::size_t> queue_;
  std::size_t walking_ = 0, roots_ = 0;
  bool begun_ = false;  ///< whether words and globals that nobody set hold what they begin with
};

Program::Program(Context& context) : c_(context) {
  const Manifest& m = c_.manifest();
  move_.end = c_.original.memory_bytes();
  move_.by_tail = m.strategy != Strategy::bump;
  move_.start = move_.by_tail ? move_.end : c_.heap_symbol;
  move_.distance = static_cast<std::int64_t>(move_.by_tail ? m.region.pages * kPageSize : c_.moved_by());
  move_.pages = move_.distance / static_cast<std::int64_t>(kPageSize);
  move_.data_end = c_.original.data_end();
  move_.data_begin = 1024;
  for (const DataSegment& segment : c_.original.data)
    if (const auto at = segment.address()) move_.data_begin = std::min(move_.data_begin, *at);
  if (auto image = DataImage::make(c_.original)) before_ = *std::move(image);
  if (auto image = DataImage::make(c_.reserved)) after_ = *std::move(image);
  for (const std::uint32_t function : c_.reserved.element_functions) outside_.insert(function);
  for (const Export& exported : c_.reserved.exports)
    if (exported.kind == ExternalKind::function) outside_.insert(exported.index);
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

/// Whether some function takes room below it: global.get, a positive i32.const, i32.sub.
bool Program::is_lowered(std::uint32_t global) const {
  const Section* section = c_.reserved.section(SectionId::code);
  if (section == nullptr || !c_.spend((section->end() - section->content_offset) / kPassedPerUnit))
    return false;
  const Bytes code = c_.reserved.content(*section);
  for (std::size_t i = 0; i < code.size(); ++i) {
    if (code[i] != std::byte{op::global_get}) continue;
    Cursor cursor(code.subspan(i + 1, std::min<std::size_t>(code.size() - i - 1, 16)), 0);
    const auto index = cursor.read_uleb32("");
    if (!index || index->value != global) continue;
    const auto opcode = cursor.read_u8("");
    const auto amount = cursor.read_sleb32("");
    const auto sum = cursor.read_u8("");
    if (sum && amount && *opcode == op::i32_const && *sum == (amount->value > 0 ? op::i32_sub : op::i32_add))
      return true;
  }
  return false;
}

void Program::run() {
  if (move_.distance == 0) return;
  roots();
  for (int i = 0; i < kMostRounds && !c_.gave_up; ++i) {
    round();
    if (search_on()) continue;
    std::set<std::pair<std::uint64_t, std::string>> said;
    for (const std::size_t index : live())
      for (const Departure& departure : instances_[index].departures)
        if (said.emplace(departure.offset, departure.what).second)
          c_.mismatch(departure.offset, departure.what + describe(instances_[index]), "", departure.found);
    return;
  }
  if (!c_.gave_up) c_.give_up();
}

/// Words of data beside the old heap start that did not move: of what stands before the heap, or a site that
/// was missed.
void Program::words_near_start() {
  if (move_.by_tail || !before_ || !c_.spend(before_->bytes() / kPassedPerUnit)) return;
  std::vector<std::uint32_t> near;
  before_->for_each_word32([&](std::uint64_t address, std::uint64_t value) {
    if (value + kBeside >= move_.start && value < move_.start + kBeside && near.size() <= kMostBeside)
      near.push_back(static_cast<std::uint32_t>(address));
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
  std::unique_ptr<Flow>& flow = flows_[function];
  if (flow) return flow->block_count == 0 ? nullptr : flow.get();
  FlowLimits limits;
  limits.frame_slots = true;
  auto evaluated = evaluate_flow(c_.reserved, function, limits);
  if (!evaluated)
    c_.mismatch(evaluated.error().offset.value_or(0),
                "function " + std::to_string(function) + " cannot be followed: " + evaluated.error().message);
  flow = std::make_unique<Flow>(evaluated ? *std::move(evaluated) : Flow{});
  return evaluated ? flow.get() : nullptr;
}

void Program::walk(std::size_t index) {
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

/// Searches for what the last round found worth following. False if that was nothing.
bool Program::search_on() {
  if (wanted_.empty()) return false;
  const Wanted wanted = std::exchange(wanted_, {});
  for (const Found& hit : search(c_, wanted)) add_function(hit.function);
  return true;
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

void Program::put(Place& place, const Relation& value) {
  const Relation now = join(move_, place.content, value);
  if (now == place.content) return;
  place.content = now;
  enqueue(place.readers);
}

/// Moved, strange, or where a fixed heap may end.
bool Program::worth_following(const Relation& value) const {
  if (value.kind == Kind::none || value.opaque()) return false;
  if (!value.equal() || value.sort == Sort::start) return true;
  return value.sort == Sort::beyond && value.constant &&
         (static_cast<std::uint64_t>(value.value) & 0xffff'ffff) < move_.end + kFarHeap;
}

bool Program::called_from_outside(std::uint32_t function) const {
  return outside_.contains(function) || c_.reserved.start == function;
}

Relation Program::immediate(std::uint64_t reserved_offset, std::int64_t value) const {
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
  if (call.kind == EffectKind::call_indirect || c_.reserved.body(callee) == nullptr) return opaque_value();
  const auto passed = arguments_for(callee, arguments);
  if (!passed) return opaque_value();
  const std::size_t instance = find_instance(callee, *passed);
  // One that is not there yet is made by `call`, which then brings its caller back.
  if (instance == kNoInstance)
    return by_function_[callee].size() < kMostContexts ? Relation{} : opaque_value();
  instances_[instance].readers.insert(walking_);
  return instances_[instance].results[index];
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
  return begun_ || place.content.kind != Kind::none ? join(move_, init, place.content) : Relation{};
}

Relation Program::initial(std::uint32_t address) const {
  if (!before_ || !after_) return opaque_value();
  const auto word = [&](const DataImage& image) { return static_cast<std::int32_t>(image.load32(address)); };
  return constant_value(move_, word(*before_), word(*after_));
}

Relation Program::word(std::uint32_t address) {
  if (!followed_words_.contains(address)) return opaque_value();
  Place& place = words_[address];
  place.readers.insert(walking_);
  if (!begun_ && place.content.kind == Kind::none) return {};
  return join(move_, initial(address), place.content);
}

/// An argument as far as what becomes of it may depend on it: of equal ones, not which; of those that moved
/// on some paths alone nothing, since what the paths have in common is not known.
Relation Program::argument(const Relation& value) const {
  if (value.kind == Kind::none || (value.kind == Kind::either && !value.marks)) return opaque_value();
  if (value.opaque()) return opaque_value();
  Relation result = value;
  if (value.equal() && value.sort < Sort::beyond) {
    Relation equal = equal_value(value.sort);
    equal.in_static = value.in_static;
    equal.low_heap = value.low_heap;
    return equal;
  }
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

std::optional<std::uint32_t> Program::call(const Effect& call, std::span<const Relation> arguments) {
  const auto callee = static_cast<std::uint32_t>(call.value);
  bool followed = false;
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
  const Relation now = join(move_, result, value);
  if (now != result) {
    result = now;
    enqueue(instance.readers);
  }
  if (!worth_following(value)) return true;
  if (called_from_outside(index) && !plain(move_, value)) return false;
  if (functions_.contains(index) && followed_results_.insert(index).second) wanted_.callees.insert(index);
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
  put(words_[address], value);
  if (worth_following(value) && followed_words_.insert(address).second) wanted_.words.insert(address);
  return true;
}

}  // namespace

void check_in_step(Context& context) {
  Program(context).run();
}

}  // namespace heapbump::verify
