// A component: whether heapbump made it, and if not, what each core module in it would need.
#include <algorithm>
#include <utility>

#include "audit/judge.h"
#include "base/sha256.h"
#include "heapbump/check.h"
#include "wasm/component.h"

namespace heapbump::audit {
namespace {

constexpr std::size_t kMostJudged = 32, kMostListed = 100;
constexpr int kDeepest = 16;  // as read_component has it

void collect(const Component& component, std::vector<const EmbeddedModule*>& out, int depth = 0) {
  for (const EmbeddedModule& module : component.modules)
    if (module.embedded) out.push_back(&module);
  if (depth == kDeepest) return;
  for (const Component& inner : component.components) collect(inner, out, depth + 1);
}

struct Inner {
  std::size_t programs = 0;     // that import preview1 and were not reserved
  std::size_t own_realloc = 0;  // of those, with a realloc of their own
};

bool imports_wasi(const Json& details) {
  return std::ranges::any_of(*details.find("imports")->as_array(), [](const Json& import) {
    const std::string& name = *import.find("module")->as_string();
    return name == "wasi_snapshot_preview1" || name == "wasi_unstable";
  });
}

Json describe(const EmbeddedModule& module, const Judgement* judged) {
  Json out = Json::object({{"file_offset", module.file_offset},
                           {"size", std::uint64_t{module.bytes.size()}},
                           {"sha256", sha256_hex(module.bytes)},
                           {"verdict", Json()},
                           {"reason", Json()},
                           {"message", Json()},
                           {"toolchain", Json()},
                           {"imports", Json::array()}});
  if (judged == nullptr) return out;
  out["verdict"] = to_string(judged->verdict);
  out["reason"] = judged->reason.id;
  out["message"] = judged->reason.message;
  out["toolchain"] = *judged->details.find("toolchain");
  out["imports"] = *judged->details.find("imports");
  return out;
}

Inner judge_inner(const std::vector<const EmbeddedModule*>& modules, const Policy& policy, Json& details) {
  Policy shallow = policy;
  shallow.prove = Prove::none;
  shallow.make = Make::nothing;
  Inner inner;
  Json list = Json::array();
  for (std::size_t i = 0; i < std::min(modules.size(), kMostListed); ++i) {
    if (i >= kMostJudged) {
      list.push_back(describe(*modules[i], nullptr));
      continue;
    }
    const Judgement judged = judge_module(modules[i]->bytes, shallow);
    list.push_back(describe(*modules[i], &judged));
    if (judged.verdict == Verdict::already || !imports_wasi(judged.details)) continue;
    ++inner.programs;
    if (judged.verdict == Verdict::not_needed) ++inner.own_realloc;
  }
  details["modules"] = std::move(list);
  details["modules_total"] = std::uint64_t{modules.size()};
  return inner;
}

}  // namespace

Judgement judge_component(Bytes file, const Policy& policy) {
  Judgement out;
  out.details = empty_details();
  out.details["kind"] = "component";
  const auto settle = [&out](Verdict verdict, Reason reason) {
    out.verdict = verdict;
    out.reason = std::move(reason);
    return std::move(out);
  };
  const auto component = read_component(file);
  if (!component) return settle(verdict_of(component.error()), reason_of(component.error()));
  std::vector<const EmbeddedModule*> modules;
  collect(*component, modules);
  const Inner inner = judge_inner(modules, policy, out.details);
  const auto check = check_component(file, nullptr);
  if (check && check->passed()) return settle(Verdict::already, reason_of("component-checked"));
  if (check) {
    const Error* fault = check->first_fault();
    return settle(Verdict::refused,
                  fault != nullptr ? reason_of(*fault) : reason_of(Error{Code::kCheckFailed, "", {}}));
  }
  if (check.error().code != Code::kNotReserved)
    return settle(verdict_of(check.error()), reason_of(check.error()));
  if (modules.size() > kMostJudged)
    return settle(Verdict::refused,
                  {"component-unreserved", "it holds more core modules than are looked at"});
  if (inner.programs == 0) return settle(Verdict::not_needed, reason_of("component-native"));
  if (inner.own_realloc == inner.programs)
    return settle(Verdict::not_needed, reason_of("component-own-realloc"));
  return settle(Verdict::refused, reason_of("component-unreserved"));
}

}  // namespace heapbump::audit
