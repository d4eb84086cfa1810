#include "audit/judge.h"

#include <algorithm>
#include <utility>

#include "audit/details.h"
#include "base/names.h"
#include "component/face.h"
#include "component/kind.h"
#include "component/program.h"
#include "heapbump/component.h"
#include "record/record.h"
#include "report/report.h"
#include "reserve/reserve.h"
#include "run/prove.h"
#include "wasm/component.h"
#include "wasm/outline.h"

namespace heapbump::audit {
namespace {

class ModuleJudge {
 public:
  ModuleJudge(Bytes file, const Policy& policy) : file_(file), policy_(policy) {
    out_.details = empty_details();
  }

  Judgement run();

 private:
  void settle(Verdict verdict, Reason reason) {
    out_.verdict = verdict;
    out_.reason = std::move(reason);
  }
  void settle(const Error& error) { settle(verdict_of(error), reason_of(error)); }
  bool imports(std::string_view module) const {
    return std::ranges::any_of(outline_.imports, [&](const OutlineImport& i) { return i.module == module; });
  }
  [[nodiscard]] bool exports_function(std::string_view name) const {
    return outline_.find_export(name, ExternalKind::function) != nullptr;
  }
  bool settle_by_face();
  void judge_reserved();
  void judge_program();
  void judge_unmade();
  void judge_relocation_alone(bool has_wit);
  void judge_component();
  void take(MadeComponent made);
  void settle_untried(Obstacle obstacle);
  void settle_apart(const MadeComponent& made);
  void add_reserved_module();
  Status prove(const Module& module, const Reservation& reservation);
  Result<Reservation> relocate(const Module& module);

  Bytes file_;
  const Policy& policy_;
  Outline outline_;
  Judgement out_;
};

Request to_request(const Policy& policy) {
  Request request;
  request.min_confidence = policy.min_confidence;
  return request;
}

// What the names at the module's face settle; true if nothing is left to ask.
bool ModuleJudge::settle_by_face() {
  const Status kind = expect_main_module(file_);
  if (!kind && kind.error().code != Code::kAdapterGiven) {
    settle(kind.error());
    return true;
  }
  if (!kind || imports("__main_module__")) {
    settle(Verdict::not_wasi, reason_of("adapter"));
    return true;
  }
  const bool wasi = imports(kPreview1) || imports(kPreview0);
  // A command that calls nothing of its host is one all the same.
  if (wasi || (outline_.imports.empty() && exports_function("_start"))) return false;
  settle(Verdict::not_wasi, reason_of("no-wasi-imports"));
  return true;
}

void ModuleJudge::judge_reserved() {
  const auto module = read_module(file_);
  if (!module) return settle(module.error());
  const auto reservation = heapbump::reserve(*module, to_request(policy_));
  if (!reservation) return settle(reservation.error());
  add_reservation(out_.details, *module, *reservation, to_request(policy_));
  settle(Verdict::already, reason_of("reserved-before"));
  if (policy_.make != Make::component || !imports(kPreview1)) return;
  ComponentRequest request;
  request.encoder = policy_.encoder;
  const auto made = make_component(file_, request);
  if (!made) return settle(made.error());
  out_.details["component"] = describe_making(*made);
  out_.made = Made{made->component, component_manifest(*made)};
}

Status ModuleJudge::prove(const Module& module, const Reservation& reservation) {
  if (policy_.prove == Prove::none || reservation.plan.outcome != Plan::Outcome::reserve) return {};
  const std::vector<std::byte> output = reservation.output(module.file);
  HEAPBUMP_TRY(const Manifest manifest, prove_reservation(module, reservation, output));
  if (policy_.prove != Prove::run) return {};
  run::ProofRequest request;
  request.host.arguments = {"program.wasm"};
  constexpr std::uint64_t kInstructions = 2'000'000'000;
  constexpr std::uint32_t kSeconds = 60;
  request.limits.instructions = kInstructions;
  request.limits.seconds = kSeconds;
  HEAPBUMP_TRY(const run::Proof proof, run::prove(module.file, output, manifest, request));
  if (proof.verdict) return std::unexpected(*proof.verdict);
  return {};
}

Result<Reservation> ModuleJudge::relocate(const Module& module) {
  std::optional<Finding> found;
  Result<Reservation> reservation = heapbump::reserve(module, to_request(policy_), &found);
  Status proved;
  if (reservation) {
    add_reservation(out_.details, module, *reservation, to_request(policy_));
    proved = prove(module, *reservation);
  } else {
    add_finding(out_.details, module, found ? &*found : nullptr);
  }
  if (!proved) return std::unexpected(proved.error());
  return reservation;
}

std::string_view region_reason(const Reservation& reservation) {
  switch (reservation.plan.strategy) {
    case Strategy::bump:
      return "region-bump";
    case Strategy::tail:
      return "region-tail";
    case Strategy::gap:
      return "region-gap";
  }
  std::unreachable();
}

// Without a component: because it was asked for, or because only another encoder could make one.
void ModuleJudge::judge_relocation_alone(bool has_wit) {
  const auto module = read_module(file_);
  const auto reservation = module ? relocate(*module) : std::unexpected(module.error());
  if (!reservation) {
    if (has_wit) return settle(reservation.error());
    return settle(Verdict::apart, reason_of(reservation.error()));
  }
  if (reservation->plan.outcome == Plan::Outcome::not_needed)
    return settle(Verdict::not_needed, reason_of("own-realloc"));
  settle(Verdict::relocated, reason_of(has_wit ? "wit-exports" : region_reason(*reservation)));
  if (policy_.make == Make::reserved)
    out_.made = Made{reservation->output(file_), manifest_json(*reservation, *module)};
}

void ModuleJudge::settle_untried(Obstacle obstacle) {
  switch (obstacle) {
    case Obstacle::preview0:
      return settle(Verdict::preview0, reason_of("preview0"));
    case Obstacle::start_function:
      return settle(Verdict::apart, reason_of("start-function"));
    case Obstacle::reactor:
      return settle(Verdict::apart, reason_of("reactor"));
  }
}

void ModuleJudge::settle_apart(const MadeComponent& made) {
  const auto obstacles = obstacles_to_relocation(outline_);
  if (!imports(kPreview0) && made.not_relocated && exports_function("cabi_realloc") &&
      made.not_relocated->code == Code::kStrategyUnsound && !made.finding)
    return settle(Verdict::not_needed, reason_of("own-realloc"));
  if (!obstacles.empty()) return settle_untried(obstacles.front());
  settle(Verdict::apart, reason_of(*made.not_relocated));
}

void ModuleJudge::take(MadeComponent made) {
  out_.details["component"] = describe_making(made);
  if (policy_.make == Make::component) out_.made = Made{made.component, component_manifest(made)};
  if (made.strategy == "apart") {
    out_.details["strategy"] = "apart";
    return settle_apart(made);
  }
  settle(made.strategy == "none" ? Verdict::not_needed : Verdict::relocated,
         reason_of(made.strategy == "none" ? std::string_view("own-realloc")
                                           : region_reason(*made.reservation)));
  if (policy_.make == Make::reserved && made.strategy != "none")
    out_.made = Made{std::move(made.module), manifest_with_record(*made.reservation)};
}

// A module that no component is relocated from may still be reserved for a host that links modules itself;
// but such a host has preview1, and not the interface before it.
void ModuleJudge::add_reserved_module() {
  const auto obstacles = obstacles_to_relocation(outline_);
  if (obstacles.empty() || obstacles.front() == Obstacle::preview0) return;
  const auto module = read_module(file_);
  if (!module) return;
  const auto reservation = relocate(*module);
  if (!reservation || reservation->plan.outcome != Plan::Outcome::reserve) return;
  out_.made = Made{reservation->output(file_), manifest_json(*reservation, *module)};
}

void ModuleJudge::judge_component() {
  ComponentRequest request;
  request.min_confidence = policy_.min_confidence;
  request.encoder = policy_.encoder;
  Result<MadeComponent> made = make_component(file_, request);
  if (!made) return settle(made.error());
  const auto module = read_module(file_);
  if (module && made->reservation) {
    add_reservation(out_.details, *module, *made->reservation, to_request(policy_));
    // `component` has verified it; the run is left.
    const Status ran = policy_.prove == Prove::run ? prove(*module, *made->reservation) : Status{};
    if (!ran) {
      request.may_relocate = false;
      made = make_component(file_, request);
      if (!made) return settle(made.error());
      made->not_relocated = ran.error();
    }
  } else if (module) {
    add_finding(out_.details, *module, made->finding ? &*made->finding : nullptr);
  }
  const bool apart = made->not_relocated.has_value();
  take(*std::move(made));
  if (apart && policy_.make == Make::reserved) add_reserved_module();
}

// As `component` would decide, without making one.
void ModuleJudge::judge_unmade() {
  const auto program = read_program(outline_);
  if (!program) return settle(program.error());
  const auto obstacles = obstacles_to_relocation(outline_);
  if (obstacles.empty()) return judge_relocation_alone(false);
  settle_untried(obstacles.front());
  if (policy_.make == Make::reserved) add_reserved_module();
}

void ModuleJudge::judge_program() {
  const bool has_wit = outline_.has_custom("component-type");
  if (has_wit && (policy_.encoder == "builtin" || policy_.prove == Prove::none))
    return judge_relocation_alone(true);
  if (policy_.prove == Prove::none && policy_.make != Make::component) return judge_unmade();
  judge_component();
}

Judgement ModuleJudge::run() {
  auto outline = read_outline(file_);
  if (!outline) {
    settle(outline.error());
    return std::move(out_);
  }
  outline_ = *std::move(outline);
  add_face(out_.details, outline_);
  const bool reserved = std::ranges::any_of(outline_.sections, [](const Section& s) {
    return s.id == SectionId::custom && s.name == kRecordSection;
  });
  if (reserved)
    judge_reserved();
  else if (!settle_by_face())
    judge_program();
  return std::move(out_);
}

}  // namespace

std::string_view to_string(Prove value) {
  return name_of<Prove::run>(value, {"none", "static", "run"});
}

std::string_view to_string(Make value) {
  return name_of<Make::component>(value, {"nothing", "reserved", "component"});
}

Json to_json(const Policy& policy) {
  return Json::object({{"prove", to_string(policy.prove)},
                       {"make", to_string(policy.make)},
                       {"min_confidence", to_string(policy.min_confidence)},
                       {"encoder", policy.encoder_version},
                       {"max_size", policy.max_size}});
}

Judgement judge_module(Bytes file, const Policy& policy) {
  return ModuleJudge(file, policy).run();
}

Judgement judge(Bytes file, const Policy& policy) {
  return is_component(file) ? audit::judge_component(file, policy) : judge_module(file, policy);
}

}  // namespace heapbump::audit
