// One run of one module: the deterministic host behind the engine's seam, the pattern in the region, the
// limits.
#include <cstring>
#include <map>

#include "run/engine.h"
#include "run/preview1.h"
#include "run/wabt_engine.h"

namespace heapbump::run {
namespace {

class Session final : public WabtHost {
 public:
  Session(const Job& job, const Sink& sink) : job_(job), sink_(sink), host_(job.host) {
    for (const Stub& stub : job.stubs) stubs_.emplace(full_name(stub.module, stub.name), &stub);
  }

  Outcome run() {
    const MemoryRange watched =
        job_.canary ? MemoryRange{job_.canary->base, job_.canary->size} : MemoryRange{};
    const WabtJob wabt_job{job_.module.data(), job_.module.size(), job_.invoke, job_.limits.instructions,
                           watched};
    const WabtResult result = run_wabt_interpreter(wabt_job, *this);
    outcome_.instructions = result.instructions;
    if (!decided_) {
      static constexpr End kEnds[] = {End::returned, End::unsupported, End::trapped,
                                      End::limit,    End::unsupported, End::region_read};
      decide(kEnds[static_cast<std::size_t>(result.end)], result.message);
    }
    if (outcome_.end == End::region_read && !touched_) {
      outcome_.touched_at = result.read.base;
      outcome_.touched_count = result.read.size;
    }
    if (touched_ && outcome_.end != End::region_touched) {
      outcome_.end = End::region_touched;
      outcome_.message = "found when the program had ended";
    }
    return outcome_;
  }

  int link(const std::string& module, const std::string& name, const std::string& params,
           const std::string& results) override {
    const HostFunction* function = module == kPreview1Module ? find_host_function(name) : nullptr;
    if (function != nullptr && !has_type(*function, params, results)) {
      decide(End::unsupported, "imports " + name + " with a type that is not preview1's");
      return -1;
    }
    const Stub* stub = nullptr;
    if (const auto found = stubs_.find(full_name(module, name)); function == nullptr && found != stubs_.end())
      stub = has_type(*found->second, params, results) ? found->second : nullptr;
    imports_.push_back({function, stub, full_name(module, name)});
    return static_cast<int>(imports_.size()) - 1;
  }

  void instantiated(MemoryView memory) override {
    if (!job_.canary) return;
    pattern_.resize(job_.canary->size);
    const bool zeros = job_.canary->seed == kZeros;
    for (std::size_t i = 0; i < pattern_.size(); ++i)
      pattern_[i] = zeros ? std::uint8_t{0} : canary_byte(job_.canary->seed, i);
    const auto place = region(memory);
    if (place) std::memcpy(place->data(), pattern_.data(), pattern_.size());
    if (!place) touch(job_.canary->base, pattern_.size());
  }

  bool call(int number, const std::vector<Number>& arguments, MemoryView memory,
            std::vector<std::uint64_t>& results) override {
    const Import& import = imports_[static_cast<std::size_t>(number)];
    if (!intact(memory)) return stop(End::region_touched, "found at the call of " + import.name);
    if (import.function == nullptr && import.stub == nullptr)
      return stop(End::unsupported,
                  "calls " + import.name + ", which the host does not have and no --stub answers");
    Event event;
    const auto next = import.stub != nullptr ? answer(import, arguments, results, event)
                                             : ask(*import.function, arguments, memory, results, event);
    output_bytes_ += event.bytes.size() + event.detail.size();
    sink_.event(std::move(event));
    if (next == Preview1::Next::exit) {
      outcome_.exit_code = host_.exit_code();
      return stop(End::exited, "");
    }
    if (output_bytes_ > job_.limits.output_bytes) return stop(End::limit, "the program writes too much");
    if (++calls_ > job_.limits.host_calls) return stop(End::limit, "the program makes too many host calls");
    return true;
  }

  void returned(const std::string& label, const std::vector<Number>& results) override {
    sink_.event({.call = "return of " + label, .detail = "", .result = 0, .bytes = shown(results)});
  }

  void progress(std::uint64_t instructions) override { sink_.progress(instructions); }

  void finished(MemoryView memory) override {
    outcome_.pages = static_cast<std::uint32_t>(memory.size / kPageSize);
    if (!intact(memory)) touched_ = true;
  }

 private:
  struct Import {
    const HostFunction* function;
    const Stub* stub;  ///< where the host does not have it; both null: linked, but its call ends the run
    std::string name;
  };

  static std::string full_name(const std::string& module, const std::string& name) {
    return module + "." + name;
  }

  Preview1::Next ask(const HostFunction& function, const std::vector<Number>& arguments, MemoryView memory,
                     std::vector<std::uint64_t>& results, Event& event) {
    std::vector<std::uint64_t> bits;
    for (const Number& argument : arguments) bits.push_back(argument.bits);
    const auto next =
        host_.call(function, bits, {reinterpret_cast<std::byte*>(memory.data), memory.size}, event);
    if (!results.empty()) results.front() = event.result;
    return next;
  }

  /// What a stub is given is compared like text that is written, since an argument may be an address.
  static Preview1::Next answer(const Import& import, const std::vector<Number>& arguments,
                               std::vector<std::uint64_t>& results, Event& event) {
    event.call = import.name;
    event.bytes = shown(arguments);
    for (std::size_t i = 0; i < results.size(); ++i) results[i] = import.stub->results[i].bits;
    return Preview1::Next::go_on;
  }

  static bool has_type(const Stub& stub, const std::string& params, const std::string& results) {
    std::string given;
    for (const Number& result : stub.results) given += result.type;
    return params == stub.parameters && results == given;
  }

  static bool has_type(const HostFunction& function, const std::string& params, const std::string& results) {
    std::string expected(function.params);
    for (char& c : expected) c = c == 'I' ? 'I' : 'i';
    return params == expected && results == (function.has_result ? "i" : "");
  }

  void decide(End end, std::string message) {
    decided_ = true;
    outcome_.end = end;
    outcome_.message = std::move(message);
  }
  bool stop(End end, std::string message) {
    decide(end, std::move(message));
    return false;
  }
  void touch(std::uint64_t at, std::uint64_t count) {
    touched_ = true;
    outcome_.touched_at = at;
    outcome_.touched_count = count;
  }

  std::optional<std::span<std::byte>> region(MemoryView memory) const {
    const std::span bytes(reinterpret_cast<std::byte*>(memory.data), memory.size);
    return Guest(bytes).range(job_.canary->base, job_.canary->size);
  }

  bool intact(MemoryView memory) {
    if (pattern_.empty()) return true;
    if (touched_) return false;
    const auto place = region(memory);
    if (place && std::memcmp(place->data(), pattern_.data(), pattern_.size()) == 0) return true;
    std::uint64_t first = 0;
    std::uint64_t count = 0;
    for (std::size_t i = 0; place && i < pattern_.size(); ++i)
      if (std::to_integer<std::uint8_t>((*place)[i]) != pattern_[i] && count++ == 0) first = i;
    touch(job_.canary->base + first, count);
    return false;
  }

  const Job& job_;
  const Sink& sink_;
  Preview1 host_;
  std::map<std::string, const Stub*> stubs_;
  std::vector<Import> imports_;
  std::vector<std::uint8_t> pattern_;
  Outcome outcome_;
  std::uint64_t output_bytes_ = 0;
  std::uint64_t calls_ = 0;
  bool decided_ = false;
  bool touched_ = false;
};

}  // namespace

Outcome run_in_wabt(const Job& job, const Sink& sink) {
  return Session(job, sink).run();
}

}  // namespace heapbump::run
