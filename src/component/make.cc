#include <algorithm>
#include <utility>

#include "adapters/released.h"
#include "base/sha256.h"
#include "component/apart.h"
#include "component/builtin_encoder.h"
#include "component/empty_call.h"
#include "component/encoder.h"
#include "component/face.h"
#include "component/foreign.h"
#include "component/kind.h"
#include "heapbump/component.h"
#include "reserve/reserve.h"
#include "wasm/outline.h"

namespace heapbump {
namespace {

/// "message; tail: reason; bump: reason", for a sentence after "because".
std::string in_words(const Error& error) {
  std::string words = error.message;
  for (const Error& cause : error.causes) {
    if (cause.message == error.message) continue;
    words += "; " + std::string(cause.strategy) + (cause.strategy.empty() ? "" : ": ") + cause.message;
  }
  return words;
}

class Maker {
 public:
  Maker(Bytes file, const ComponentRequest& request) : file_(file), request_(request) {}

  Result<MadeComponent> run();

 private:
  Status read_face();
  Status choose_encoder();
  Status choose_tools();
  Status relocate();
  Status relocate_with(const Module& module, Reservation reservation);
  Status put_apart();
  Status encode(Bytes module, bool may_be_builtin);
  Status check();
  [[nodiscard]] std::string why_not_relocated() const;
  [[nodiscard]] Bytes adapter() const {
    return request_.adapter.empty() ? released_->adapter : request_.adapter;
  }
  [[nodiscard]] bool is_builtin() const { return made_.encoder.kind == EncoderKind::builtin; }

  Bytes file_;
  const ComponentRequest& request_;
  Outline outline_;
  Result<Program> program_ = Program{};
  std::vector<DescribedCall> described_;
  bool has_wit_ = false;
  bool has_start_ = false;  // it exports `_start`
  const adapters::Released* released_ = nullptr;
  std::optional<Finding> found_;  // in a module that is not relocated
  MadeComponent made_;
};

// What is in the way is reported before any work is done.
Status Maker::read_face() {
  HEAPBUMP_CHECK(expect_main_module(file_));
  HEAPBUMP_TRY(outline_, read_outline(file_));
  has_wit_ = outline_.has_custom("component-type");
  if (!has_wit_ || !request_.adapters.empty()) {
    HEAPBUMP_TRY(described_, described_imports(outline_, request_));
  }
  program_ = read_program(outline_, described_);
  // Without a description there is still the other way: relocated, the adapters share the module's memory.
  const bool may_be_relocated =
      has_wit_ || (request_.may_relocate && !request_.adapters.empty() && request_.description == nullptr);
  if (!program_ && !may_be_relocated) return std::unexpected(program_.error());
  has_start_ = outline_.find_export("_start", ExternalKind::function) != nullptr;
  made_.input_sha256 = sha256_hex(file_);
  made_.input_size = file_.size();
  return {};
}

/// Whether an adapter calls the program's `_start`, and so gives a component that can be run.
bool calls_start(const Outline& adapter) {
  return std::ranges::any_of(adapter.imports, [](const OutlineImport& import) {
    return import.kind == ExternalKind::function && import.name == "_start";
  });
}

// An adapter that is not shipped has to be read by a stock encoder.
Status Maker::choose_encoder() {
  const bool stock = !request_.adapter.empty() || !request_.adapters.empty();
  HEAPBUMP_TRY(made_.encoder, find_encoder(request_.encoder));
  if (!stock || !is_builtin()) return {};
  if (request_.encoder == "auto") {
    if (auto jco = find_encoder("jco")) {
      made_.encoder = *std::move(jco);
      return {};
    }
  }
  return fail(Code::kNoEncoder,
              "another adapter than the shipped ones needs an encoder that reads it, and " +
                  std::string(request_.encoder == "auto"
                                  ? "neither wasm-tools nor jco is on PATH; name its file with --encoder PATH"
                                  : "the built-in one does not; use --encoder wasm-tools or jco"));
}

Status Maker::choose_tools() {
  HEAPBUMP_CHECK(choose_encoder());
  const std::string flavor = !request_.flavor.empty()  ? request_.flavor
                             : has_wit_ && !has_start_ ? "reactor"
                                                       : "command";
  released_ = adapters::find_released(flavor);
  if (released_ == nullptr) return fail(Code::kInternal, "no adapter `" + flavor + "` is shipped");
  HEAPBUMP_TRY(const Outline adapter, read_outline(this->adapter()));
  made_.is_command = calls_start(adapter);
  const bool has_main = has_start_ || (program_ && program_->kind == ProgramKind::start_alone);
  if (has_main && !made_.is_command)
    return fail(Code::kUsage,
                "the module is a command, and this adapter would never start it; use --adapter command");
  for (const NamedAdapter& item : request_.adapters)
    made_.adapters.push_back({item.serves, sha256_hex(item.bytes)});
  if (!request_.adapter.empty()) {
    made_.adapter_sha256 = sha256_hex(request_.adapter);
    return {};
  }
  made_.adapter_flavor = released_->flavor;
  made_.adapter_release = released_->release;
  made_.adapter_sha256 = released_->sha256;
  return {};
}

/// Why this module is not even tried; empty where nothing speaks against it.
std::string Maker::why_not_relocated() const {
  if (has_wit_) return "";
  const std::vector<Obstacle> obstacles = obstacles_to_relocation(outline_);
  return obstacles.empty() ? "" : std::string(sentence(obstacles.front()));
}

Status Maker::encode(Bytes module, bool may_be_builtin) {
  if (is_builtin() && may_be_builtin) {
    HEAPBUMP_TRY(made_.component, encode_builtin(*released_, module));
    return {};
  }
  std::vector<AdapterFile> adapters{{std::string(kPreview1), adapter()}};
  for (const NamedAdapter& item : request_.adapters) adapters.push_back({item.serves, item.bytes});
  HEAPBUMP_TRY(made_.component, encode_with(made_.encoder, module, adapters));
  return {};
}

Status Maker::relocate() {
  if (has_wit_ && is_builtin()) return std::unexpected(program_.error());
  if (const std::string reason = why_not_relocated(); !reason.empty())
    return fail(Code::kStrategyUnsound, reason);
  HEAPBUMP_TRY(const Module module, read_module(file_));
  if (!has_wit_ && request_.may_stand_apart) {
    Budget budget(file_.size());
    if (const auto offset = find_call_without_buffers(module, budget))
      return fail_at(Code::kStrategyUnsound, *offset,
                     "it calls preview1 with no buffer at all, and in its memory the adapter would answer "
                     "that without looking at the descriptor");
  }
  Request request;
  request.strategy = request_.strategy;
  request.min_confidence = request_.min_confidence;
  request.adapters = 1 + static_cast<std::uint32_t>(request_.adapters.size());
  HEAPBUMP_TRY(Reservation reservation, reserve(module, request, &found_));
  return relocate_with(module, std::move(reservation));
}

Status Maker::relocate_with(const Module& module, Reservation reservation) {
  const bool none_needed = reservation.plan.outcome == Plan::Outcome::not_needed;
  // A realloc of its own says nothing about the adapter's stack and State living well beside the heap; only a
  // module whose exports need it has no other way.
  if (none_needed && !has_wit_) return fail(Code::kStrategyUnsound, reservation.plan.note);
  made_.module = reservation.output(file_);
  if (reservation.plan.outcome == Plan::Outcome::reserve) {
    HEAPBUMP_CHECK(prove_reservation(module, reservation, made_.module));
  }
  HEAPBUMP_CHECK(encode(made_.module, !has_wit_));
  made_.strategy = none_needed ? "none" : to_string(reservation.plan.strategy);
  if (none_needed || !reservation.finding) {
    made_.why = reservation.plan.note;
  } else {
    made_.why = "what is known of its heap is " + std::string(to_string(reservation.finding->confidence)) +
                ", toolchain " + reservation.plan.manifest.toolchain.name;
  }
  made_.warnings = reservation.plan.warnings;
  made_.reservation = std::move(reservation);
  return check();
}

Status Maker::put_apart() {
  ApartRecord record;
  record.program_sha256 = made_.input_sha256;
  record.program_size = made_.input_size;
  record.scope = is_builtin() ? StandInScope::all : StandInScope::program;
  record.command = made_.is_command;
  record.adapter_sha256 = made_.adapter_sha256;
  record.encoder = is_builtin() ? "builtin, " + std::string(released_->encoder) : made_.encoder.version;
  record.edits = program_->edits;
  record.adapters = made_.adapters;
  if (!described_.empty()) record.description_sha256 = request_.description->sha256;
  record.described = described_;
  ApartModules modules = make_apart_modules(file_, *program_, record);
  if (is_builtin()) {
    const Bytes shipped = released_->stand_in_component;
    HEAPBUMP_TRY(made_.component, append_apart(shipped, modules, *program_, record));
  } else {
    HEAPBUMP_CHECK(encode(modules.stand_in, false));
    HEAPBUMP_TRY(made_.component, append_apart(made_.component, modules, *program_, record));
  }
  made_.module = std::move(modules.program);
  made_.strategy = "apart";
  made_.apart = std::move(record);
  return check();
}

Status Maker::check() {
  if (made_.strategy == "none") return {};
  HEAPBUMP_TRY(made_.check, check_component(made_.component, nullptr, request_.description.get()));
  if (made_.check->passed()) return {};
  const Error* fault = made_.check->first_fault();
  return fail(Code::kCheckFailed,
              "the component that was made does not pass: " + (fault == nullptr ? "" : fault->message));
}

Result<MadeComponent> Maker::run() {
  HEAPBUMP_CHECK(read_face());
  HEAPBUMP_CHECK(choose_tools());
  if (request_.may_relocate) {
    const MadeComponent before = made_;
    const Status relocated = relocate();
    if (relocated) return std::move(made_);
    if (has_wit_ || !request_.may_stand_apart) return std::unexpected(relocated.error());
    made_ = before;
    made_.why = in_words(relocated.error());
    made_.not_relocated = relocated.error();
    made_.finding = std::move(found_);
  } else {
    made_.why = "it was asked for";
  }
  if (!program_ && request_.may_relocate)
    return fail(program_.error().code, "it cannot be relocated (" + made_.why +
                                           "), and beside the module an adapter can only serve functions of "
                                           "which --describe FILE.witx says what they do with memory");
  if (!program_) return std::unexpected(program_.error());
  HEAPBUMP_CHECK(put_apart());
  if (!made_.is_command)
    made_.warnings.emplace_back(
        "the module is a reactor without WIT exports: the component runs its `_initialize` and exports "
        "nothing");
  return std::move(made_);
}

}  // namespace

Result<MadeComponent> make_component(Bytes file, const ComponentRequest& request) {
  return Maker(file, request).run();
}

}  // namespace heapbump
