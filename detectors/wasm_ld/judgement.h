// What is said of one strategy: tail.cc and bump.cc judge them, detector.cc makes the finding of both.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analysis/program.h"
#include "analysis/roots.h"
#include "detectors/wasm_ld/flows.h"
#include "detectors/wasm_ld/models.h"
#include "heapbump/detect.h"
#include "wasm/data_image.h"
#include "wasm/module.h"

namespace heapbump::wasm_ld {

/// What both strategies are judged from.
struct Facts {
  const Module& module;
  Budget& budget;
  const CodeIndex& index;
  const std::vector<Allocator>& allocators;
  const NameSection& names;
  const Result<DataImage>& image;
  Flows& flows;
};

struct Judgement {
  bool sound = false;
  std::string_view rule;  ///< that refuses
  Code code = Code::kNoDetector;
  std::string why;
  std::optional<std::uint64_t> offset;
  std::optional<std::uint64_t> base;  ///< bump: where the heap starts
  std::optional<std::uint64_t> end;   ///< bump: where it ends, if relocations say so
  Confidence confidence = Confidence::weak;
  std::vector<Site> sites;
  std::vector<Evidence> evidence;
  std::vector<std::string> warnings;

  /// The first reason stays.
  void refuse(std::string_view by, Code why_not, std::string reason, std::optional<std::uint64_t> at = {}) {
    if (!why.empty()) return;
    rule = by;
    code = why_not;
    why = std::move(reason);
    offset = at;
  }
};

/// How far above the old minimum constant addresses are looked for: more than any region that is asked for.
inline constexpr std::uint64_t kTailPages = 256;

/// Errors: those of evaluate_flow and scan_roots.
[[nodiscard]] Result<Judgement> judge_tail(const Facts& facts);
[[nodiscard]] Result<Judgement> judge_bump(const Facts& facts);

/// Refuses where memory grows for something that no model knows. What that does with addresses elsewhere is
/// not known either: it may mask them, count by them, or continue memory below the declared minimum.
void check_allocator(const Facts& facts, Judgement& judgement);

/// An objection as reports say it.
[[nodiscard]] std::string describe(const Facts& facts, const Objection& objection);
/// Functions that return memory: those that were seen to, and the known allocators' own.
[[nodiscard]] std::set<std::uint32_t> allocating(const Facts& facts, const Reasoning& reasoning);
/// What an allocator's model lets the argument take for granted.
void take_model(const Allocator& allocator, Premises& premises);
/// Refuses for the first objection, if there is one.
void refuse_by_first(const Reasoning& reasoning, const Facts& facts, Judgement& judgement);
/// One line for each rule that accepted a use.
void add_rules(const Reasoning& reasoning, Judgement& judgement);

}  // namespace heapbump::wasm_ld
