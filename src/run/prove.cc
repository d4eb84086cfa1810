#include "run/prove.h"

#include <algorithm>
#include <map>

namespace heapbump::run {
namespace {

// Fresh zeros first, as every run but these has them: a program that takes the region for its own may work as
// long as it finds zeros there, or fail only then. Then two patterns that share no byte position by design:
// what a program reads from the region differs between the runs.
constexpr std::uint64_t kPatterns[] = {kZeros, 0x68656170, 0x62756d70};

/// Where addresses of the heap may differ. Where no heap start is known, or only grown memory moved, that is
/// memory above the old minimum: a smaller number is the same number in both modules.
HeapRange heap_of(const Trace& trace, std::optional<std::uint64_t> begin, const Manifest& manifest) {
  const std::uint64_t old_end = manifest.memory_min_before * kPageSize;
  const bool moved = begin && manifest.strategy == Strategy::bump;
  return {moved ? *begin : old_end, trace.outcome.pages * kPageSize};
}

bool meaningful(End end) {
  return end == End::returned || end == End::exited || end == End::trapped;
}

std::optional<Error> judge(const Proof& proof) {
  const auto error = [](Code code, std::string message) {
    return Error{code, std::move(message), std::nullopt};
  };
  const auto where = [&](std::size_t i) {
    return "the " + proof.labels[i] + ": " + to_string(proof.traces[i].outcome);
  };
  for (std::size_t i = 0; i < proof.traces.size(); ++i) {
    const Outcome& outcome = proof.traces[i].outcome;
    if (outcome.end == End::region_touched)
      return error(Code::kRegionTouched, "the program wrote to the reserved region, " +
                                             std::to_string(outcome.touched_count) + " bytes from " +
                                             hex(outcome.touched_at) + " on (" + outcome.message + ")");
    if (outcome.end == End::region_read)
      return error(Code::kRegionTouched, "the program read the reserved region, " +
                                             std::to_string(outcome.touched_count) + " bytes from " +
                                             hex(outcome.touched_at) + " on");
  }
  for (std::size_t i = 0; i < proof.comparisons.size(); ++i) {
    const Comparison& comparison = proof.comparisons[i];
    if (comparison.equal()) continue;
    const Outcome& outcome = proof.traces[i + 1].outcome;
    // A run that was cut short says nothing about what it would have done next.
    const Difference& first = comparison.differences.front();
    if (!meaningful(proof.traces[0].outcome.end) || (!meaningful(outcome.end) && first.what == "end"))
      return error(Code::kRunFailed, where(meaningful(proof.traces[0].outcome.end) ? i + 1 : 0));
    return error(Code::kRunDiffers, "the " + proof.labels[i + 1] + " behaves differently at host call " +
                                        std::to_string(first.event) + " (" + first.what + "): expected " +
                                        first.expected + ", found " + first.found);
  }
  for (std::size_t i = 0; i < proof.traces.size(); ++i)
    if (!meaningful(proof.traces[i].outcome.end)) return error(Code::kRunFailed, where(i));
  return std::nullopt;
}

std::vector<std::size_t> count_stub_calls(const std::vector<Stub>& stubs, const Trace& trace) {
  std::map<std::string, std::size_t> calls;
  for (const Event& event : trace.events) ++calls[event.call];
  std::vector<std::size_t> counts;
  for (const Stub& stub : stubs) {
    const auto found = calls.find(stub.module + "." + stub.name);
    counts.push_back(found == calls.end() ? 0 : found->second);
  }
  return counts;
}

/// "0", "1,2.5"; empty where it gives nothing.
std::string answer_of(const Stub& stub) {
  std::string text;
  for (const Number& result : stub.results) text.append(text.empty() ? "" : ",").append(to_string(result));
  return text;
}

}  // namespace

std::string to_string(const Stub& stub) {
  const std::string answer = answer_of(stub);
  return stub.module + "." + stub.name + (answer.empty() ? "" : "=" + answer);
}

std::string_view to_string(EngineKind engine) {
  return engine == EngineKind::wabt ? "wabt" : "node";
}

Result<Proof> prove(Bytes original, Bytes reserved, const Manifest& manifest, const ProofRequest& request) {
  Proof proof;
  HEAPBUMP_TRY(proof.calls, resolve_calls(original, request.calls));
  Job job{"original",   original,           request.host,     request.limits,
          std::nullopt, proof.calls.invoke, proof.calls.stubs};
  std::vector<Job> jobs{job};
  job.module = reserved;
  for (const std::uint64_t seed : kPatterns) {
    job.label = seed == kZeros ? "reserved module with zeros"
                               : "reserved module with pattern " + std::to_string(jobs.size() - 1);
    job.canary = Canary{static_cast<std::uint32_t>(manifest.region.base),
                        static_cast<std::uint32_t>(manifest.region.size), seed};
    jobs.push_back(job);
  }
  for (const Job& each : jobs) proof.labels.push_back(each.label);
  HEAPBUMP_TRY(proof.traces, run_jobs(jobs, request.engine, request.progress));
  proof.stub_calls = count_stub_calls(proof.calls.stubs, proof.traces[0]);
  const HeapRange original_heap = heap_of(proof.traces[0], manifest.heap_base_before, manifest);
  for (std::size_t i = 1; i < proof.traces.size(); ++i)
    proof.comparisons.push_back(compare_traces(proof.traces[0], original_heap, proof.traces[i],
                                               heap_of(proof.traces[i], manifest.heap_base_after, manifest)));
  proof.verdict = judge(proof);
  return proof;
}

Json to_json(const Proof& proof, EngineKind engine) {
  Json runs = Json::array();
  for (std::size_t i = 0; i < proof.traces.size(); ++i) {
    const Outcome& outcome = proof.traces[i].outcome;
    Json run = Json::object({{"run", proof.labels[i]},
                             {"end", to_string(outcome)},
                             {"host_calls", std::uint64_t{proof.traces[i].events.size()}},
                             {"memory_pages", std::uint64_t{outcome.pages}}});
    if (engine == EngineKind::wabt) run["instructions"] = outcome.instructions;
    if (i > 0) {
      Json differences = Json::list(proof.comparisons[i - 1].differences, [&](const Difference& d) {
        return Json::object({{"host_call", std::uint64_t{d.event}},
                             {"what", d.what},
                             {"expected", d.expected},
                             {"found", d.found}});
      });
      Json addresses = Json::list(proof.comparisons[i - 1].addresses, [&](const AddressDifference& a) {
        return Json::object(
            {{"host_call", std::uint64_t{a.event}}, {"original", a.original}, {"reserved", a.reserved}});
      });
      run["differences"] = std::move(differences);
      run["heap_addresses_printed"] = std::move(addresses);
    }
    runs.push_back(std::move(run));
  }
  Json document =
      Json::object({{"engine", to_string(engine)}, {"passed", !proof.verdict}, {"runs", std::move(runs)}});
  document["invoked"] = Json::list(proof.calls.invoke, [&](const Invocation& call) { return call.label; });
  Json stubs = Json::array();
  for (std::size_t i = 0; i < proof.calls.stubs.size(); ++i) {
    const Stub& stub = proof.calls.stubs[i];
    stubs.push_back(Json::object({{"module", stub.module},
                                  {"name", stub.name},
                                  {"answer", answer_of(stub)},
                                  {"calls", std::uint64_t{proof.stub_calls[i]}}}));
  }
  document["stubs"] = std::move(stubs);
  if (proof.verdict)
    document["verdict"] =
        Json::object({{"code", code_info(proof.verdict->code).name}, {"message", proof.verdict->message}});
  return document;
}

}  // namespace heapbump::run
