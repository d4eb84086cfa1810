#include "reserve/plan.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "adapters/shim.h"
#include "record/record.h"
#include "reserve/own_realloc.h"
#include "reserve/undo.h"
#include "wasm/data_image.h"

namespace heapbump {
namespace {

constexpr std::uint64_t kMaxPages = 65536;

// How a strategy lays the region out, before any edit is made.
struct Layout {
  Region region;
  std::uint64_t grow_pages = 0;  // what the declared minimum rises by
  std::uint64_t bump = 0;        // bytes the heap start moves up by
};

// The first reason as the error, with all of them where there are several.
std::unexpected<Error> refuse_for(std::vector<Error> reasons) {
  Error first = reasons.front();
  if (reasons.size() > 1) first.causes = std::move(reasons);
  return std::unexpected(std::move(first));
}

// The strategies to try, in order: the one asked for, or all that are sound.
Result<std::vector<Strategy>> choose_strategies(const Finding& finding, const Request& request) {
  if (request.strategy) {
    const StrategyVerdict* verdict = finding.verdict(*request.strategy);
    if (verdict == nullptr || !verdict->sound) {
      return std::unexpected(
          Error{.code = Code::kStrategyUnsound,
                .message = "strategy " + std::string(to_string(*request.strategy)) +
                           " is not sound for this module: " +
                           (verdict != nullptr ? verdict->why : "the detector knows no way to it"),
                .offset = verdict != nullptr ? offset_in(verdict->why) : std::nullopt,
                .strategy = to_string(*request.strategy)});
    }
    return std::vector{*request.strategy};
  }
  std::vector<Strategy> sound;
  Error none{Code::kStrategyUnsound, "no strategy is sound for this module"};
  for (const StrategyVerdict& verdict : finding.strategies) {
    if (verdict.sound) sound.push_back(verdict.strategy);
    none.causes.push_back({.code = Code::kStrategyUnsound,
                           .message = verdict.why,
                           .offset = offset_in(verdict.why),
                           .strategy = to_string(verdict.strategy)});
  }
  if (sound.empty()) return std::unexpected(std::move(none));
  return sound;
}

// Where the strategy puts a region of so many pages.
Result<Layout> place_region(const Module& module, const Finding& finding, Strategy strategy,
                            std::uint64_t pages) {
  Layout layout;
  layout.region.pages = pages;
  layout.region.size = pages * kPageSize;
  switch (strategy) {
    case Strategy::bump: {
      if (!finding.heap_base) return fail(Code::kInternal, "a bump was called sound without a heap start");
      const std::uint64_t base = *finding.heap_base;
      layout.region.base = align_up(std::max(base, finding.bump_region_floor), kSlotAlignment);
      // Where the heap start is not aligned, the slots end beyond it by a few bytes: one page more. The bump
      // stays a multiple of 64 KiB so that every alignment computed from the heap start, also one folded
      // away, stays right.
      layout.grow_pages = (layout.region.end() - base + kPageSize - 1) / kPageSize;
      layout.bump = layout.grow_pages * kPageSize;
      break;
    }
    case Strategy::tail:
      if (pages > finding.tail_pages)
        return fail(Code::kStrategyUnsound, "tail is shown for at most " +
                                                std::to_string(finding.tail_pages) + " pages, " +
                                                std::to_string(pages) + " are asked for");
      layout.region.base = module.memory_bytes();
      layout.grow_pages = pages;
      break;
    case Strategy::gap:
      layout.region.base = align_up(finding.gap_begin, kSlotAlignment);
      if (layout.region.base > finding.gap_end || layout.region.size > finding.gap_end - layout.region.base) {
        return fail(Code::kSlots, "the gap that the module never touches has " +
                                      std::to_string(finding.gap_end - finding.gap_begin) + " bytes, " +
                                      std::to_string(layout.region.size) + " are asked for");
      }
      break;
  }
  return layout;
}

Status check_memory(const Module& module, const Layout& layout) {
  if (layout.region.base == 0)
    return fail_at(Code::kSlots, module.memories.front().min.file_offset,
                   "the region would begin at address 0, which an adapter takes for no address at all");
  if (module.memories.front().min.value + layout.grow_pages > kMaxPages)
    return fail_at(Code::kMemoryLimit, module.memories.front().min.file_offset,
                   "the memory would have more than 65536 pages");
  if (layout.region.end() > (module.memories.front().min.value + layout.grow_pages) * kPageSize)
    return fail(Code::kOverlap, "the region would end above the memory's declared minimum");
  return {};
}

// The region may hold no data, and no variable may begin in it.
Status check_free(const Module& module, const Layout& layout) {
  for (const DataSegment& segment : module.data) {
    if (segment.mode != DataSegment::Mode::active || segment.size == 0) continue;
    const auto address = segment.address();
    if (!address)
      return fail_at(Code::kOverlap, segment.file_offset, "a data segment's address is not a constant");
    if (*address < layout.region.end() && layout.region.base < *address + segment.size)
      return fail_at(Code::kOverlap, segment.file_offset, "a data segment lies where the region would be");
  }
  // A stack would grow down into the region from there. Which global is the stack pointer is not asked: none
  // may.
  for (const Global& global : module.globals) {
    if (global.imported || !global.is_mutable || global.type != ValueType::i32 || !global.init.value)
      continue;
    const auto start = static_cast<std::uint32_t>(*global.init.value);
    if (start > layout.region.base && start <= layout.region.end())
      return fail_at(Code::kOverlap, global.init.immediate_offset,
                     "a variable global, perhaps the stack pointer, begins inside the region");
  }
  return {};
}

Result<Layout> lay_out(const Module& module, const Finding& finding, Strategy strategy, std::uint64_t pages) {
  HEAPBUMP_TRY(Layout layout, place_region(module, finding, strategy, pages));
  HEAPBUMP_CHECK(check_memory(module, layout));
  HEAPBUMP_CHECK(check_free(module, layout));
  return layout;
}

// The first strategy that has room for so many pages (a gap is as large as it is); where none has, the first
// one's reason. Anything else in the way, such as data inside the region, puts the finding itself in doubt:
// no other way is tried then.
Result<std::pair<Strategy, Layout>> lay_out_first(const Module& module, const Finding& finding,
                                                  const std::vector<Strategy>& strategies,
                                                  std::uint64_t pages) {
  std::vector<Error> reasons;
  for (const Strategy strategy : strategies) {
    Result<Layout> layout = lay_out(module, finding, strategy, pages);
    if (layout) return std::pair{strategy, *layout};
    const bool lacks_room =
        layout.error().code == Code::kSlots || layout.error().code == Code::kStrategyUnsound;
    reasons.push_back(std::move(layout).error());
    reasons.back().strategy = to_string(strategy);
    if (!lacks_room) break;
  }
  return refuse_for(std::move(reasons));
}

Status move_site(EditBuilder& builder, const Site& site, std::int64_t bump,
                 const std::optional<DataImage>& image) {
  const std::int64_t value = site.value + site.moves * bump;
  const std::string reason =
      std::string(to_string(site.role)) + " moves by " + std::to_string(site.moves * bump) + ": " + site.why;
  // Addresses at 2 GiB and above are written as negative i32 constants.
  const auto as_i32 = [&] {
    return static_cast<std::int64_t>(static_cast<std::int32_t>(static_cast<std::uint32_t>(value)));
  };
  switch (site.kind) {
    case OccurrenceKind::i32_const:
      return builder.replace_in_place(site.file_offset, site.width, as_i32(), true, 32, reason);
    case OccurrenceKind::i64_const:
      return builder.replace_in_place(site.file_offset, site.width, value, true, 64, reason);
    case OccurrenceKind::memarg_offset:
      return builder.replace_in_place(site.file_offset, site.width, value, false, 32, reason);
    case OccurrenceKind::global_init: {
      const unsigned width = std::max(site.width, sleb_width(as_i32()));
      builder.replace(site.file_offset, site.width, encode_sleb(as_i32(), width), reason);
      return {};
    }
    case OccurrenceKind::data_word32:
    case OccurrenceKind::data_word64:
      if (!image)
        return fail(Code::kInternal, "a data word is to be moved, but the data image is not certain");
      return image->edit_word(builder, site.address, site.kind == OccurrenceKind::data_word32 ? 4 : 8,
                              static_cast<std::uint64_t>(value), reason);
  }
  return {};
}

Status move_heap(EditBuilder& builder, const Module& module, const Finding& finding, std::uint64_t bump) {
  std::optional<DataImage> image;
  if (auto made = DataImage::make(module)) image = *std::move(made);
  for (const Site& site : finding.sites) {
    if (site.moves != 0) HEAPBUMP_CHECK(move_site(builder, site, static_cast<std::int64_t>(bump), image));
  }
  return {};
}

// What the last doubling that fits below the old maximum comes to when it starts from `pages` more: each size
// that the heap had is then reached again, with the region on top.
std::uint64_t doubled_maximum(std::uint64_t min, std::uint64_t max, std::uint64_t pages) {
  if (min == 0) return max + pages;
  std::uint64_t factor = 1;
  while (min * factor * 2 <= max) factor *= 2;
  return std::max(max + pages, (min + pages) * factor);
}

// Pages that let the heap reach as far above the region as it did before. Whatever it aligns on its way, a
// shift by a multiple of the alignment shifts all that follows by as much, and a smaller one by no more.
std::uint64_t maximum_needed(const Memory& memory, const Finding& finding, std::uint64_t pages) {
  if (finding.grows_by_doubling) return doubled_maximum(memory.min.value, memory.max->value, pages);
  return memory.max->value + align_up(pages * kPageSize, finding.growth_alignment) / kPageSize;
}

void raise_memory(EditBuilder& builder, const Module& module, std::uint64_t pages, const Finding& finding,
                  Plan& plan) {
  const Memory& memory = module.memories.front();
  Manifest& manifest = plan.manifest;
  manifest.memory_min_before = memory.min.value;
  manifest.memory_min_after = memory.min.value + pages;
  if (memory.max) {
    // The maximum rises with the minimum, so that the program can still grow by as much as before.
    manifest.memory_max_before = memory.max->value;
    const std::uint64_t needed = maximum_needed(memory, finding, pages);
    manifest.memory_max_after = std::min(kMaxPages, needed);
    if (needed > kMaxPages)
      plan.warnings.push_back(
          "the memory's maximum cannot rise by all that the region needs: beyond 65536 pages the heap can no "
          "longer grow by as much as before");
  }
  if (pages == 0) return;
  builder.replace_uleb(memory.min.file_offset, memory.min.width, manifest.memory_min_after,
                       "declared minimum of the memory, in pages");
  if (memory.max)
    builder.replace_uleb(memory.max->file_offset, memory.max->width, *manifest.memory_max_after,
                         "declared maximum of the memory, in pages");
}

bool code_moves(const Module& module, const EditList& edits) {
  const Section* code = module.section(SectionId::code);
  if (code == nullptr) return false;
  return std::ranges::any_of(edits, [&](const Edit& edit) {
    return edit.offset >= code->payload_offset && edit.end() < code->end() &&
           edit.old_bytes.size() != edit.new_bytes.size();
  });
}

std::uint64_t pages_needed(const Request& request, Placement placement) {
  // `none` has no slots of its own; whoever uses the region decides.
  return placement == Placement::none
             ? request.pages
             : std::max<std::uint64_t>(request.pages, 2 * std::uint64_t{request.adapters});
}

}  // namespace

Result<std::optional<Plan>> plan_without_finding(const Module& module, const Request& request) {
  HEAPBUMP_TRY(const std::optional<Record> record, read_record(module));
  if (record) {
    HEAPBUMP_CHECK(undo(module));  // only an unchanged module may count as reserved
    const Manifest& m = record->manifest;
    const bool same = (!request.placement || *request.placement == m.placement) &&
                      (!request.strategy || *request.strategy == m.strategy) &&
                      pages_needed(request, m.placement) <= m.region.pages &&
                      (m.placement == Placement::none || 2 * std::size_t{request.adapters} <= m.slots.size());
    if (!same) {
      return fail_at(Code::kReserveAgain, module.custom_section(kRecordSection)->offset,
                     "the module is already reserved with other settings; undo it first, then reserve again");
    }
    Plan plan;
    plan.outcome = Plan::Outcome::already;
    plan.note = "the module is already reserved; nothing was changed";
    plan.strategy = m.strategy;
    plan.placement = m.placement;
    plan.manifest = m;
    return std::optional(std::move(plan));
  }
  const Export* own = nullptr;
  if (!request.placement) {
    Budget budget(module.file.size());
    HEAPBUMP_TRY(own, own_realloc(module, budget));
  }
  if (own != nullptr) {
    Plan plan;
    plan.outcome = Plan::Outcome::not_needed;
    plan.note = "the module exports `" + std::string(own->name) +
                "`, which a stock adapter takes its memory from; nothing needs to be reserved (--placement "
                "shim reserves all the same)";
    return std::optional(std::move(plan));
  }
  return std::optional<Plan>{};
}

Result<Plan> make_plan(const Module& module, const Finding& finding, const Request& request) {
  HEAPBUMP_CHECK(check_supported_memory(module));
  if (!finding.refusals.empty()) return refuse_for(finding.refusals);
  if (finding.confidence < request.min_confidence) {
    return fail(Code::kLowConfidence, "the finding is " + std::string(to_string(finding.confidence)) + ", " +
                                          std::string(to_string(request.min_confidence)) + " is asked for");
  }
  Plan plan;
  plan.placement = request.placement.value_or(Placement::shim);
  HEAPBUMP_TRY(const std::vector<Strategy> strategies, choose_strategies(finding, request));
  const std::uint64_t pages = pages_needed(request, plan.placement);
  if (pages == 0 || pages > kMaxPages)
    return fail(Code::kMemoryLimit, "between 1 and 65536 pages can be reserved");
  HEAPBUMP_TRY(const auto chosen, lay_out_first(module, finding, strategies, pages));
  plan.strategy = chosen.first;
  const Layout& layout = chosen.second;

  Manifest& manifest = plan.manifest;
  manifest.toolchain = finding.toolchain;
  manifest.strategy = plan.strategy;
  manifest.region = layout.region;
  manifest.heap_base_before = finding.heap_base;
  manifest.heap_base_after = finding.heap_base;
  if (manifest.heap_base_after) *manifest.heap_base_after += layout.bump;
  manifest.placement = plan.placement;
  if (plan.placement != Placement::none) manifest.slots = make_slots(layout.region, request.adapters);

  EditBuilder builder(module, request.allow_moved_code);
  if (layout.bump != 0) HEAPBUMP_CHECK(move_heap(builder, module, finding, layout.bump));
  raise_memory(builder, module, layout.grow_pages, finding, plan);
  if (plan.placement == Placement::shim) {
    HEAPBUMP_TRY(const Shim shim, add_shim(builder, module, layout.region, request.adapters));
    manifest.function_index = shim.function_index;
    manifest.export_name = kShimExport;
  }
  HEAPBUMP_TRY(plan.edits, std::move(builder).finish());
  plan.code_offsets_preserved = !code_moves(module, plan.edits);

  if (!module.imports_preview1())
    plan.warnings.push_back(
        "the module does not import wasi_snapshot_preview1, so no adapter will ask for the region");
  const Export* memory = module.find_export("memory", ExternalKind::memory);
  if (memory == nullptr && module.imports_preview1())
    plan.warnings.push_back(
        "the module does not export its memory as \"memory\", which wit-component demands");
  return plan;
}

}  // namespace heapbump
