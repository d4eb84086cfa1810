#include "analysis/program.h"

#include <algorithm>
#include <bit>
#include <string_view>

#include "analysis/sorted_pairs.h"
#include "flow/known_operands.h"

namespace heapbump {
namespace {

/// Bytes of flows that are kept for the next question, beside those that somebody holds.
constexpr std::uint64_t kMostCached = std::uint64_t{8} << 20;
/// Values whose places are kept, and places of one: together less than a megabyte.
constexpr std::size_t kMostValuesKept = 64, kMostPlacesKept = 256;

using Entry = std::pair<std::uint32_t, std::uint32_t>;

bool is_wide(Immediate immediate) {
  return immediate == Immediate::f32 || immediate == Immediate::f64 || immediate == Immediate::v128;
}

std::vector<std::uint32_t> functions_in(const std::vector<std::vector<Entry>>& parts, std::uint32_t first,
                                        std::uint32_t last) {
  std::vector<std::uint32_t> functions;
  for (const std::vector<Entry>& entries : parts)
    for (auto at = std::ranges::lower_bound(entries, Entry{first, 0});
         at != entries.end() && at->first <= last; ++at)
      functions.push_back(at->second);
  if (first == last) return functions;  // sorted already
  std::ranges::sort(functions);
  const auto repeated = std::ranges::unique(functions);
  functions.erase(repeated.begin(), repeated.end());
  return functions;
}

}  // namespace

std::vector<std::uint32_t> CodeIndex::mentions(std::uint32_t first, std::uint32_t last) const {
  return functions_in(mentions_, first, last);
}

std::vector<std::uint32_t> CodeIndex::numbers(std::uint32_t first, std::uint32_t last) const {
  return functions_in(numbers_, first, last);
}

std::vector<std::uint32_t> CodeIndex::wide_numbers(std::uint32_t first, std::uint32_t last) const {
  return functions_in(wide_, first, last);
}

std::vector<std::uint32_t> CodeIndex::accesses(std::uint32_t first, std::uint32_t last) const {
  return functions_in(accesses_, first, last);
}

std::vector<std::uint32_t> CodeIndex::callers(std::uint32_t function) const {
  return functions_in(calls_, function, function);
}

std::vector<std::uint32_t> CodeIndex::readers_of_global(std::uint32_t global) const {
  return functions_in(reads_, global, global);
}

std::vector<std::uint32_t> CodeIndex::writers_of_global(std::uint32_t global) const {
  return functions_in(writes_, global, global);
}

std::vector<std::uint32_t> CodeIndex::users_of_global(std::uint32_t global) const {
  std::vector<std::uint32_t> functions;
  std::ranges::set_union(readers_of_global(global), writers_of_global(global), std::back_inserter(functions));
  return functions;
}

/// The pass over the code. Each function's own part of a list is kept free of repeats while it is made, so
/// that a list is bounded by the distinct things that functions mention, not by how often they do.
class IndexBuilder {
 public:
  IndexBuilder(const Module& module, Budget& budget, CodeIndex::Parts parts)
      : module_(module), budget_(budget), parts_(parts) {}

  Result<std::unique_ptr<CodeIndex>> run() {
    index_->address_taken_.resize(module_.functions.size());
    for (std::uint32_t i = 0; i < module_.bodies.size(); ++i) HEAPBUMP_CHECK(read(i));
    for (List& list : lists_) end_part(list);
    mark_escaping();
    return std::move(index_);
  }

 private:
  /// One list, whose last part is being made, with where the function's own entries begin there and how long
  /// that part may get before they are freed of repeats again.
  struct List {
    CodeIndex::List* parts;
    std::vector<Entry> entries = {};
    std::size_t ended = 0;  ///< entries of the parts before
    std::size_t begin = 0;
    std::size_t full = 0;
  };

  Status read(std::uint32_t body);
  void look_at(const BriefInstruction& instruction);
  void note_number(const BriefInstruction& instruction);
  Status note_odd_constant(const BriefInstruction& instruction);
  void take_address(std::int64_t function) {
    if (static_cast<std::uint64_t>(function) < index_->address_taken_.size())
      index_->address_taken_[static_cast<std::size_t>(function)] = true;
  }
  void add(std::size_t list, std::uint64_t what) {
    List& to = lists_[list];
    to.entries.emplace_back(static_cast<std::uint32_t>(what), function_);
    if (to.entries.size() < to.full) return;
    squeeze(to);
    if (auto status = hold_lists([](const List& l) { return l.full; }); !status) held_enough_ = status;
  }
  void add_wide(std::uint32_t value) {
    if (value >= CodeIndex::kLeastMentioned) add(kWide, value);
  }
  void squeeze(List& list);
  static void end_part(List& list);
  Status hold_lists(std::size_t (*size)(const List&));
  void take_address_in(const ConstExpr& init);
  void mark_escaping();

  static constexpr std::size_t kRepeats = 4096;
  static constexpr std::size_t kPart = std::size_t{1} << 16;  // entries; a function's are in one part
  static constexpr std::size_t kMentioned = 0, kCalled = 1, kRead = 2, kWritten = 3, kNumber = 4, kWide = 5,
                               kAccess = 6;

  const Module& module_;
  Budget& budget_;
  const CodeIndex::Parts parts_;
  std::unique_ptr<CodeIndex> index_ = std::make_unique<CodeIndex>();
  List lists_[7] = {{&index_->mentions_}, {&index_->calls_}, {&index_->reads_},   {&index_->writes_},
                    {&index_->numbers_},  {&index_->wide_},  {&index_->accesses_}};
  KnownOperands operands_;
  std::uint64_t held_ = 0;  ///< bytes
  Status held_enough_;      ///< for the lists, as far as they have come
  std::uint32_t function_ = 0;
  /// Of the function that is read.
  struct Seen {
    bool size = false;
    bool growth = false;
    bool indirect = false;
    bool more_than_calls = false;
    std::uint64_t short_calls = 0;
  } seen_;
};

/// Holds the memory that the lists take, as much again for a list that grows by being copied.
Status IndexBuilder::hold_lists(std::size_t (*size)(const List&)) {
  std::uint64_t entries = 0;
  for (const List& list : lists_)
    if (list.ended + list.entries.size() != 0) entries += list.ended + size(list);
  const std::uint64_t bytes = 2 * entries * sizeof(Entry);
  if (bytes <= held_) return {};
  HEAPBUMP_CHECK(budget_.hold(bytes - held_));
  held_ = bytes;
  return {};
}

void IndexBuilder::squeeze(List& list) {
  if (list.entries.size() < list.begin + 2) return;
  const auto begin = list.entries.begin() + static_cast<std::ptrdiff_t>(list.begin);
  std::sort(begin, list.entries.end());
  list.entries.erase(std::unique(begin, list.entries.end()), list.entries.end());
  const std::size_t size = list.entries.size();
  list.full = size + std::max(kRepeats, size - list.begin);
}

/// Between functions: what has been listed becomes a part of its own size.
void IndexBuilder::end_part(List& list) {
  if (list.entries.empty()) return;
  sort_by_number(list.entries);
  list.parts->emplace_back(list.entries.begin(), list.entries.end());
  list.ended += list.entries.size();
  list.entries.clear();
}

/// An integer constant or an access's offset.
inline void IndexBuilder::note_number(const BriefInstruction& instruction) {
  const auto low = static_cast<std::uint32_t>(instruction.value);
  if ((parts_ & CodeIndex::kNumbers) != 0 && instruction.immediate != Immediate::i64) add(kNumber, low);
  const auto high = static_cast<std::uint32_t>(static_cast<std::uint64_t>(instruction.value) >> 32);
  if ((parts_ & CodeIndex::kRoots) != 0 && instruction.immediate == Immediate::i64) {
    add_wide(low);
    add_wide(high);
  }
  if ((parts_ & CodeIndex::kMentions) == 0) return;
  if (low >= CodeIndex::kLeastMentioned) add(kMentioned, low);
  // A 64-bit constant can hold two words.
  if (instruction.immediate == Immediate::i64 && high >= CodeIndex::kLeastMentioned) add(kMentioned, high);
}

inline void IndexBuilder::look_at(const BriefInstruction& instruction) {
  if (instruction.opcode == op::local_get || instruction.opcode == op::end) return;
  seen_.more_than_calls |= instruction.opcode != op::call && instruction.opcode != op::return_;
  switch (instruction.immediate) {
    case Immediate::none:
      return;
    case Immediate::i32:
    case Immediate::i64:
    case Immediate::memarg:
    case Immediate::memarg_lane:
      return note_number(instruction);
    case Immediate::index: {
      const auto index = static_cast<std::uint64_t>(instruction.value);
      const bool globals = (parts_ & CodeIndex::kGlobals) != 0;
      if (instruction.opcode == op::call || instruction.opcode == op::return_call) {
        ++(instruction.immediate_width == 5 ? index_->padded_calls_ : seen_.short_calls);
        if ((parts_ & CodeIndex::kCalls) != 0) add(kCalled, index);
      }
      if (globals && instruction.opcode == op::global_get) add(kRead, index);
      if (globals && instruction.opcode == op::global_set) add(kWritten, index);
      if (instruction.opcode == op::ref_func) take_address(instruction.value);
      seen_.size |= instruction.opcode == op::memory_size;
      seen_.growth |= instruction.opcode == op::memory_grow;
      return;
    }
    case Immediate::index_pair:
      seen_.indirect |=
          instruction.opcode == op::call_indirect || instruction.opcode == op::return_call_indirect;
      return;
    default:
      return;
  }
}

/// Keeps the constant if it could be an address: see OddConstant.
Status IndexBuilder::note_odd_constant(const BriefInstruction& instruction) {
  const bool vector = instruction.opcode == op::v128_const;
  if (!vector && instruction.opcode != op::f32_const && instruction.opcode != op::f64_const) return {};
  const Bytes bytes = module_.bytes_at(instruction.immediate_offset, instruction.immediate_width);
  const auto add_odd = [&](std::uint32_t value) -> Status {
    if (value < CodeIndex::kLeastMentioned) return {};
    if ((parts_ & CodeIndex::kRoots) != 0) add_wide(value);
    if ((parts_ & CodeIndex::kOddConstants) == 0) return {};
    HEAPBUMP_CHECK(budget_.hold(2 * sizeof(OddConstant)));
    index_->odd_constants_.push_back({value, function_, instruction.immediate_offset, vector});
    return {};
  };
  if (vector) {
    for (std::size_t lane = 0; lane + 4 <= bytes.size(); lane += 4)
      HEAPBUMP_CHECK(add_odd(load_u32(bytes.subspan(lane))));
    return {};
  }
  const double number = instruction.opcode == op::f32_const
                            ? static_cast<double>(std::bit_cast<float>(load_u32(bytes)))
                            : std::bit_cast<double>(load_u64(bytes));
  if (!(number >= 0 && number <= UINT32_MAX)) return {};
  const auto whole = static_cast<std::uint32_t>(number);
  return static_cast<double>(whole) == number ? add_odd(whole) : Status{};
}

Status IndexBuilder::read(std::uint32_t body) {
  function_ = module_.imported_functions + body;
  seen_ = {};
  std::size_t before = 0;
  for (List& list : lists_) {
    if (list.entries.size() >= kPart) end_part(list);
    list.begin = list.entries.size();
    list.full = list.begin + kRepeats;
    before += list.ended + list.begin;
  }
  const bool roots = (parts_ & CodeIndex::kRoots) != 0;
  const bool wide = (parts_ & (CodeIndex::kRoots | CodeIndex::kOddConstants)) != 0;
  operands_.forget();
  InstructionReader reader(module_, module_.bodies[body], budget_);
  reader.each([&](const BriefInstruction& instruction) {
    look_at(instruction);
    if (wide && is_wide(instruction.immediate) && held_enough_) held_enough_ = note_odd_constant(instruction);
    if (roots)
      operands_.step(instruction, [&](std::uint64_t address) {
        if (address >= CodeIndex::kLeastMentioned) add(kAccess, std::min<std::uint64_t>(address, UINT32_MAX));
      });
    return held_enough_.has_value();
  });
  if (!held_enough_) return held_enough_;
  if (reader.error()) return std::unexpected(*reader.error());
  std::size_t after = 0;
  for (List& list : lists_) {
    squeeze(list);
    after += list.ended + list.entries.size();
  }
  HEAPBUMP_CHECK(hold_lists([](const List& l) { return l.entries.size(); }));
  if (seen_.size) index_->size_functions_.push_back(function_);
  if (seen_.growth) index_->grow_functions_.push_back(function_);
  if (seen_.indirect) index_->indirect_callers_.push_back(function_);
  if (seen_.more_than_calls) index_->short_calls_ += seen_.short_calls;
  return budget_.charge(2 * (after - before));  // sorting
}

/// A global may start as `ref.func`, which declares the function by itself: no element segment names it then.
void IndexBuilder::take_address_in(const ConstExpr& init) {
  Cursor cursor(module_.bytes_at(init.file_offset, init.size), init.file_offset);
  const auto opcode = cursor.read_u8("opcode");
  if (!opcode || *opcode != op::ref_func) return;
  if (const auto function = cursor.read_uleb32("function index")) take_address(function->value);
}

void IndexBuilder::mark_escaping() {
  for (const std::uint32_t function : module_.element_functions) take_address(function);
  for (const Global& global : module_.globals) take_address_in(global.init);
  index_->escaping_ = index_->address_taken_;
  const auto escapes = [&](std::uint32_t function) {
    if (function < index_->escaping_.size()) index_->escaping_[function] = true;
  };
  for (const Export& item : module_.exports)
    if (item.kind == ExternalKind::function) escapes(item.index);
  if (module_.start) escapes(*module_.start);
}

WholeProgram::WholeProgram(const Module& module, Budget& budget) : module_(module), budget_(budget) {
  budget_.set_reclaim([this] { return forget_flows(); });
}

WholeProgram::~WholeProgram() {
  budget_.set_reclaim(nullptr);
}

Result<const CodeIndex*> WholeProgram::index(CodeIndex::Parts parts) {
  if (index_ && (parts & ~parts_) == 0) return index_.get();
  // Parts that were not thought of before cost a pass of their own; nobody may be left with a dangling index.
  parts_ |= parts;
  HEAPBUMP_TRY(auto made, IndexBuilder(module_, budget_, parts_).run());
  if (index_)
    *index_ = std::move(*made);
  else
    index_ = std::move(made);
  return index_.get();
}

Result<std::span<const std::uint32_t>> WholeProgram::size_functions() {
  if (index_) return index_->size_functions();
  if (size_functions_) return std::span<const std::uint32_t>(*size_functions_);
  auto functions = std::make_unique<std::vector<std::uint32_t>>();
  Instruction instruction;
  for (std::uint32_t i = 0; i < module_.bodies.size(); ++i) {
    const FunctionBody& body = module_.bodies[i];
    const std::string_view text = as_text(module_.bytes_at(body.file_offset, body.size));
    if (!may_hold_on_memory(text, op::memory_size)) continue;
    InstructionReader reader(module_, body, budget_);
    bool found = false;
    while (reader.next(instruction)) found |= instruction.opcode == op::memory_size;
    if (reader.error()) return std::unexpected(*reader.error());
    if (found) functions->push_back(module_.imported_functions + i);
  }
  size_functions_ = std::move(functions);
  return std::span<const std::uint32_t>(*size_functions_);
}

Result<std::vector<Occurrence>> WholeProgram::constants(std::int64_t value) {
  if (const auto known = constants_.find(value); known != constants_.end()) return known->second;
  HEAPBUMP_TRY(auto found, find_constants(module_, value, budget_));
  if (found.size() <= kMostPlacesKept && constants_.size() < kMostValuesKept)
    constants_.emplace(value, found);
  return found;
}

Result<FlowPointer> WholeProgram::flow(std::uint32_t function, bool frame_slots) {
  const std::pair key{function, frame_slots};
  if (const auto known = flow_at_.find(key); known != flow_at_.end()) {
    flows_.splice(flows_.begin(), flows_, known->second);
    return flows_.front().flow;
  }
  HEAPBUMP_TRY(auto evaluated, evaluate_flow(module_, function, budget_, {.frame_slots = frame_slots}));
  auto flow = std::make_shared<const Flow>(std::move(evaluated));
  flows_.push_front({key, flow});
  flow_at_.emplace(key, flows_.begin());
  cached_bytes_ += flow->bytes();
  while (cached_bytes_ > kMostCached && flows_.size() > 1) forget_oldest_flow();
  return flow;
}

void WholeProgram::forget_oldest_flow() {
  cached_bytes_ -= flows_.back().flow->bytes();
  flow_at_.erase(flows_.back().key);
  flows_.pop_back();
}

bool WholeProgram::forget_flows() {
  const bool any = !flows_.empty();
  flows_.clear();
  flow_at_.clear();
  cached_bytes_ = 0;
  return any;
}

}  // namespace heapbump
