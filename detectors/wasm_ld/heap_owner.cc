#include "detectors/wasm_ld/heap_owner.h"

#include <algorithm>

#include "analysis/address_use.h"
#include "detectors/wasm_ld/heap_candidates.h"
#include "detectors/wasm_ld/heap_constants.h"
#include "detectors/wasm_ld/heap_limits.h"
#include "detectors/wasm_ld/stack_bounds.h"
#include "wasm/data_image.h"

namespace heapbump {
namespace {

constexpr std::uint64_t kReadSpan = 64;    ///< an access this far below a word may reach it by its offset
constexpr std::uint64_t kNearSpan = 4096;  ///< times 16: how long an object that ends at the heap may be
constexpr std::size_t kMaxWords = 16;      ///< words of data equal to the start

class OwnerSearch {
 public:
  OwnerSearch(const Module& module, Budget& budget, const Survey& survey, const GrowthReport& growth,
              const NameSection& names)
      : module_(module), budget_(budget), survey_(survey), growth_(growth), names_(names) {}

  Result<HeapOwner> run();

 private:
  bool choose(const HeapCandidates& found);
  Status explain_data(const DataImage& image, bool addressed);
  Status explain_globals();
  void check_layout();
  [[nodiscard]] std::string place(std::uint32_t function, std::uint64_t offset) const {
    return describe_place(names_, function, offset);
  }
  void refuse(Code code, std::string why, std::optional<std::uint64_t> offset = {}) {
    if (owner_.refusal) return;
    owner_.refusal = code;
    owner_.why = std::move(why);
    owner_.offset = offset;
  }

  const Module& module_;
  Budget& budget_;
  const Survey& survey_;
  const GrowthReport& growth_;
  const NameSection& names_;
  HeapOwner owner_;
  int signals_ = 0;
};

/// Settles on one start, or says why there is none.
bool OwnerSearch::choose(const HeapCandidates& found) {
  std::optional<std::uint64_t> symbol;
  if (const Export* exported = module_.find_export("__heap_base", ExternalKind::global)) {
    const Global& global = module_.globals[exported->index];
    if (!global.imported && !global.is_mutable && global.type == ValueType::i32 && global.init.value)
      symbol = static_cast<std::uint32_t>(*global.init.value);
  }
  if (symbol) {
    owner_.evidence.push_back({"symbol", "the export __heap_base says " + hex(*symbol)});
    ++signals_;
  }
  if (found.candidates.empty()) {
    owner_.heap_base = symbol;
    if (found.saved)
      refuse(Code::kSnapshot, "the heap is measured from " + hex(found.saved->base) + " in " +
                                  place(found.saved->function, found.saved->offset) +
                                  ", where data lies: it was already in use when this module was saved");
    refuse(Code::kNoDetector, symbol
                                  ? "the heap's start is known, but no allocator that starts there was found"
                                  : "no allocator was found that starts at a constant address");
    return false;
  }
  const HeapCandidate& first = found.candidates.front();
  for (const HeapCandidate& other : found.candidates) {
    if (other.base == first.base) continue;
    refuse(Code::kAmbiguous,
           "two heap starts are possible: " + hex(first.base) + " in " + place(first.function, first.offset) +
               " and " + hex(other.base) + " in " + place(other.function, other.offset),
           other.offset);
    return false;
  }
  if (symbol && *symbol != first.base && align_up(*symbol, 16) != first.base) {
    refuse(Code::kAmbiguous,
           "the export __heap_base says " + hex(*symbol) + ", but the allocator starts at " + hex(first.base),
           first.offset);
    return false;
  }
  owner_.heap_base = first.base;
  owner_.evidence.push_back({"allocator", "the heap is measured from " + hex(first.base) + " in " +
                                              place(first.function, first.offset)});
  ++signals_;
  return true;
}

/// Words in the data that hold the heap's start. A break moves. One that follows the address of static data
/// and that no code reads by its address is where an object ends, which is then of zeros alone. Any other may
/// be a second place the allocator starts from, and so may all if code does no more with the start than hand
/// it on (not `addressed`).
Status OwnerSearch::explain_data(const DataImage& image, bool addressed) {
  const std::uint64_t base = *owner_.heap_base;
  std::vector<std::uint64_t> known;  // words that are explained
  for (const Site& site : owner_.sites)
    if (site.kind == OccurrenceKind::data_word32) known.push_back(site.address);
  std::ranges::sort(known);
  std::vector<std::uint64_t> words;  // the others, as far as they can be followed, and one more
  image.for_each_word32([&](std::uint64_t address, std::uint32_t value) {
    if (value == base && words.size() <= kMaxWords && !std::ranges::binary_search(known, address))
      words.push_back(address);
  });
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i == kMaxWords) {
      refuse(Code::kWorkLimit, "more words of static data equal the heap's start than can be followed");
      return {};
    }
    const std::uint64_t address = words[i];
    // Tools that trim zeros cut words at both ends of a segment.
    std::uint64_t held = address;
    while (!image.file_offset(held)) ++held;
    Site site{{.kind = OccurrenceKind::data_word32,
               .file_offset = *image.file_offset(held),
               .width = 4,
               .address = static_cast<std::uint32_t>(address),
               .function = {},
               .value = static_cast<std::int64_t>(base)},
              Role::unrelated,
              0,
              "where the static object before it ends"};
    const std::uint64_t before = address >= 4 ? image.load32(address - 4) : 0;
    bool end_pointer = addressed && before >= image.end() && before < base && base - before <= kNearSpan * 16;
    HEAPBUMP_TRY(const Survey reads,
                 survey_code(module_, {address > kReadSpan ? address - kReadSpan : 0, address + 4}, budget_));
    HEAPBUMP_TRY(const auto uses, classify_hits(module_, reads.hits, budget_));
    constexpr std::int64_t kWidest = 8;  // of an access that takes the word along, as a copy of a pair does
    const auto at = static_cast<std::int64_t>(address);
    for (const AddressUse& use : uses) {
      const bool reaches =
          use.kind == AddressUse::Kind::address && use.target + kWidest > at && use.target < at + 4;
      const bool names = use.constant != kNoNode && static_cast<std::uint32_t>(use.hit.value) == address;
      if (reaches || names) end_pointer = false;
    }
    if (!end_pointer) {
      site.why = "a word of static data that may be the heap's start";
      refuse(
          Code::kUnexplained,
          "the data word at " + hex(address) + " equals the heap's start; whether it is one cannot be told",
          site.file_offset);
    }
    owner_.sites.push_back(std::move(site));
    if (owner_.refusal) return {};
  }
  return {};
}

Status OwnerSearch::explain_globals() {
  const std::uint64_t base = *owner_.heap_base;
  constexpr std::uint64_t kSiteBytes = 512;  // here, in the finding and in the report
  std::vector<std::uint64_t> known;
  for (const Site& site : owner_.sites) known.push_back(site.file_offset);
  std::ranges::sort(known);
  std::vector<bool> symbols(module_.globals.size());
  for (const Export& e : module_.exports)
    if (e.kind == ExternalKind::global && (e.name == "__heap_base" || e.name == "__heap_end"))
      symbols[e.index] = true;
  for (std::uint32_t i = 0; i < module_.globals.size(); ++i) {
    const Global& global = module_.globals[i];
    if (global.imported || !global.init.value || static_cast<std::uint32_t>(*global.init.value) < base ||
        static_cast<std::uint32_t>(*global.init.value) > module_.memory_bytes())
      continue;
    if (std::ranges::binary_search(known, global.init.immediate_offset)) continue;
    HEAPBUMP_CHECK(budget_.hold(kSiteBytes));
    Site site{initial_value(global), Role::unrelated, 0, {}};
    if (symbols[i] && !global.is_mutable && global.type == ValueType::i32) {
      site.role = static_cast<std::uint32_t>(*global.init.value) == base ? Role::heap_start : Role::heap_end;
      site.moves = 1;
      site.why = "the exported symbol, which hosts read; it must stay true";
    } else if (global.is_mutable) {
      site.role = Role::stack_top;
      site.why = "the initial stack pointer: the stack ends where the heap starts, and does not move";
      if (i != 0) {
        refuse(Code::kUnexplained,
               "global " + std::to_string(i) +
                   " starts with a value in the heap and is not known to be the stack pointer",
               global.init.immediate_offset);
      }
    } else {
      site.why = "an immutable global with a value in the heap's range";
      refuse(Code::kUnexplained, "global " + std::to_string(i) + " holds a value in the heap's range",
             global.init.immediate_offset);
    }
    owner_.sites.push_back(std::move(site));
  }
  return {};
}

/// wasm-ld's identities: static data, then (or before it) the stack, then the heap, rounded up to 16 bytes,
/// and the memory's minimum is the next page.
void OwnerSearch::check_layout() {
  const std::uint64_t base = *owner_.heap_base;
  std::optional<std::uint64_t> stack;
  if (const auto global = stack_pointer(module_))
    stack = static_cast<std::uint32_t>(*module_.globals[*global].init.value);
  std::uint64_t data_begin = UINT64_MAX;
  for (const DataSegment& segment : module_.data)
    if (const auto address = segment.address()) data_begin = std::min(data_begin, *address);
  if (stack && *stack == base) {
    owner_.evidence.push_back(
        {"layout",
         "the stack pointer starts at the heap's start: the stack lies between the data and the heap"});
    ++signals_;
  } else if (stack && *stack <= data_begin && base % 16 == 0) {
    owner_.evidence.push_back({"layout", "the stack comes first, then static data up to " +
                                             hex(module_.data_end()) + ", then the heap"});
    ++signals_;
  }
  if (module_.memory_bytes() - base < kPageSize) {
    owner_.evidence.push_back(
        {"layout", "the declared minimum is the first page boundary above the heap's start"});
    ++signals_;
  }
}

Result<HeapOwner> OwnerSearch::run() {
  const auto image = DataImage::make(module_);
  if (!image) {
    refuse(image.error().code, image.error().message, image.error().offset);
    return std::move(owner_);
  }
  HEAPBUMP_TRY(HeapCandidates found,
               find_heap_candidates(module_, budget_, survey_, growth_, names_, *image));
  if (found.given_up) refuse(Code::kWorkLimit, *found.given_up);
  if (!choose(found)) return std::move(owner_);
  if (image->end() > *owner_.heap_base)
    refuse(Code::kSnapshot,
           "data lies above the heap's start: the heap was already in use when this module was saved");
  const auto stack = stack_pointer(module_);
  if (stack && std::ranges::find(found.breaks, module_.globals[*stack].init.immediate_offset,
                                 &Site::file_offset) != found.breaks.end())
    refuse(Code::kUnexplained,
           "the allocator's break starts in global " + std::to_string(*stack) +
               ", where linkers keep the stack pointer; whether " + "it is that as well cannot be told",
           module_.globals[*stack].init.immediate_offset);
  owner_.sites = std::move(found.breaks);
  HEAPBUMP_TRY(HeapConstants constants,
               explain_heap_constants(module_, budget_, survey_, growth_, names_, *owner_.heap_base, found));
  const bool owned = constants.owned || !owner_.sites.empty();
  std::ranges::move(constants.sites, std::back_inserter(owner_.sites));
  std::ranges::move(constants.evidence, std::back_inserter(owner_.evidence));
  if (constants.refusal)
    refuse(constants.refusal->code, std::move(constants.refusal->message), constants.refusal->offset);
  const bool addressed = constants.addressed || constants.dlmalloc || !found.places.empty();
  if (!owner_.refusal) HEAPBUMP_CHECK(explain_data(*image, addressed));
  if (!owner_.refusal && !found.places.empty()) {
    HEAPBUMP_TRY(auto limit, find_fixed_limit(module_, budget_, growth_, names_, *image, *owner_.heap_base,
                                              found.places, owner_.sites));
    if (limit) refuse(limit->code, std::move(limit->message), limit->offset);
  }
  HEAPBUMP_CHECK(explain_globals());
  check_layout();
  owner_.confidence = constants.dlmalloc ? Confidence::proven
                      : signals_ >= 2    ? Confidence::strong
                                         : Confidence::weak;
  if (owner_.refusal) return std::move(owner_);
  if (!owned) {
    refuse(Code::kUnexplained,
           "a size is measured from " + hex(*owner_.heap_base) + ", but nothing takes its memory from there");
    return std::move(owner_);
  }
  owner_.sound = true;
  owner_.why = "the allocator that owns the memory from " + hex(*owner_.heap_base) +
               " was found, and every constant in its range is explained";
  return std::move(owner_);
}

}  // namespace

Result<HeapOwner> find_heap_owner(const Module& module, Budget& budget, const Survey& survey,
                                  const GrowthReport& growth, const NameSection& names) {
  return OwnerSearch(module, budget, survey, growth, names).run();
}

}  // namespace heapbump
