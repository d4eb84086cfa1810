#include "component/check_apart.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "adapters/tenancy.h"
#include "base/sha256.h"
#include "base/shown.h"
#include "component/apart.h"
#include "component/stand_in.h"
#include "wasm/outline.h"

namespace heapbump {
namespace {

/// The module as it was before the edits on record; nothing if their new bytes are not there.
std::optional<std::vector<std::byte>> without_edits(Bytes embedded, const EditList& edits) {
  Writer out;
  std::uint64_t original = 0;  // offsets in the two files
  std::size_t at = 0;
  for (const Edit& edit : edits) {
    if (edit.offset < original || edit.offset - original > embedded.size() - at) return std::nullopt;
    const auto kept = static_cast<std::size_t>(edit.offset - original);
    out.bytes(embedded.subspan(at, kept));
    at += kept;
    if (edit.new_bytes.size() > embedded.size() - at ||
        !std::ranges::equal(embedded.subspan(at, edit.new_bytes.size()), edit.new_bytes))
      return std::nullopt;
    at += edit.new_bytes.size();
    out.bytes(edit.old_bytes);
    original = edit.end();
  }
  out.bytes(embedded.subspan(at));
  return out.take();
}

/// Names of the five modules, in the order of apart_arguments and the stand-in last.
constexpr std::array<std::string_view, 5> kParts = {"shim", "program", "bridge", "fixup", "stand-in"};
constexpr std::size_t kProgram = 1, kStandIn = 4;

class ApartChecker {
 public:
  ApartChecker(const Component& component, Budget& budget, const Description* description, CheckedApart& out)
      : component_(component), budget_(budget), description_(description), out_(out) {
    for (const CoreInstance& instance : component.instances) items_ += 1 + instance.exports.size();
  }

  Status run();

 private:
  bool find_program();
  void check_description(const Description& description);
  void find_parts(const Program& program);
  void check_arguments(const Program& program);
  Status check_memory();
  Status check_tenants();
  Status check_tenant(std::uint32_t instance, const Module& module);
  [[nodiscard]] bool is_part(std::uint32_t instance) const {
    return std::ranges::find(parts_, std::optional(instance)) != parts_.end();
  }
  void fault(std::string message, std::optional<std::uint64_t> offset = std::nullopt) {
    out_.faults.push_back({Code::kCheckFailed, std::move(message), offset});
  }

  const Component& component_;
  Budget& budget_;
  const Description* description_;
  CheckedApart& out_;
  std::uint64_t items_ = 0;  // what following one name to its origin may have to look through
  std::vector<std::byte> original_;
  std::array<std::optional<std::uint32_t>, kParts.size()> parts_;  // instances
};

// By its size first, so that each byte of the component is hashed at most once.
bool ApartChecker::find_program() {
  const ApartRecord& record = out_.record;
  std::set<std::uint64_t> seen;
  for (const EmbeddedModule& module : component_.modules) {
    if (!module.embedded || !seen.insert(module.file_offset).second) continue;
    auto original = without_edits(module.bytes, record.edits);
    if (!original || original->size() != record.program_size) continue;
    if (sha256_hex(*original) != record.program_sha256) continue;
    original_ = *std::move(original);
    out_.file_offset = module.file_offset;
    out_.size = module.bytes.size();
    return true;
  }
  fault("no core module in it is the one on record, SHA-256 " + record.program_sha256.substr(0, 12));
  return false;
}

// The bridge is made again from the rows on record; whether those are right, the description alone can say.
void ApartChecker::check_description(const Description& description) {
  for (const DescribedCall& call : out_.record.described) {
    const DescribedFunction* function = description.find(call.module, call.name);
    if (function == nullptr || !function->refusal.empty() || function->call != call)
      fault("the description does not say of `" + std::string(shown(call.module)) + "` `" +
            std::string(shown(call.name)) + "` what the record in the component says");
  }
}

void ApartChecker::find_parts(const Program& program) {
  const ApartModules made = make_apart_modules(original_, program, out_.record);
  const std::array<const std::vector<std::byte>*, kParts.size()> expected = {
      &made.shim, &made.program, &made.bridge, &made.fixup, &made.stand_in};
  for (std::uint32_t i = 0; i < component_.instances.size(); ++i) {
    const CoreInstance& instance = component_.instances[i];
    if (!instance.module || !component_.modules[*instance.module].embedded) continue;
    for (std::size_t part = 0; part < kParts.size(); ++part) {
      if (!std::ranges::equal(component_.modules[*instance.module].bytes, *expected[part])) continue;
      if (parts_[part])
        fault("the " + std::string(kParts[part]) + " is instantiated twice", instance.file_offset);
      parts_[part] = i;
    }
  }
  for (std::size_t part = 0; part < kParts.size(); ++part) {
    if (!parts_[part])
      fault("no instance of it is of the " + std::string(kParts[part]) +
            " that heapbump makes for this program");
  }
}

void ApartChecker::check_arguments(const Program& program) {
  const auto expected = apart_arguments(program);
  for (std::size_t part = 0; part < expected.size(); ++part) {
    const CoreInstance& instance = component_.instances[*parts_[part]];
    const bool same =
        std::ranges::equal(instance.arguments, expected[part],
                           [&](const CoreInstanceArgument& found, const ApartArgument& wanted) {
                             return found.name == wanted.name && found.instance == *parts_[wanted.instance];
                           });
    if (!same)
      fault("the " + std::string(kParts[part]) + " is not given the instances that it must be given",
            instance.file_offset);
  }
}

// The program's memory may be named by the bridge's import and by nothing else; the stand-in's accessors as
// well.
Status ApartChecker::check_memory() {
  HEAPBUMP_CHECK(
      budget_.charge((component_.memories.size() + component_.functions.size()) * items_ / kPassedPerUnit));
  const std::uint32_t program = *parts_[kProgram], stand_in = *parts_[kStandIn];
  for (const CoreItem& item : component_.memories) {
    if (!item.instance) continue;
    const auto origin = component_.origin(*item.instance, item.name, ExternalKind::memory);
    if (origin && origin->instance == program)
      fault("the program's memory is given to something besides the bridge");
  }
  for (const CoreItem& item : component_.functions) {
    if (!item.instance) continue;
    const auto origin = component_.origin(*item.instance, item.name, ExternalKind::function);
    if (origin && origin->instance == stand_in && origin->name.starts_with("heapbump."))
      fault("the stand-in's function `" + std::string(origin->name) +
            "` is given to something besides the bridge");
  }
  for (std::uint32_t i = 0; i < component_.instances.size(); ++i) {
    if (is_part(i)) continue;
    for (const CoreInstanceArgument& argument : component_.instances[i].arguments) {
      if (argument.instance == program || argument.instance == stand_in)
        fault("core instance " + std::to_string(i) + " is given all that the " +
                  (argument.instance == program ? "program" : "stand-in") + " exports",
              component_.instances[i].file_offset);
    }
  }
  return {};
}

Status ApartChecker::check_tenants() {
  std::uint32_t requests = 0;
  for (std::uint32_t i = 0; i < component_.instances.size(); ++i) {
    const CoreInstance& instance = component_.instances[i];
    if (!instance.module || is_part(i)) continue;
    const EmbeddedModule& embedded = component_.modules[*instance.module];
    if (!embedded.embedded) {
      fault("core instance " + std::to_string(i) + " is of a module that is not in the component",
            instance.file_offset);
      continue;
    }
    HEAPBUMP_CHECK(budget_.charge(embedded.bytes.size()));
    auto module = read_module(embedded.bytes);
    if (!module) {
      Error error = std::move(module).error();
      if (error.offset) *error.offset += embedded.file_offset;
      return std::unexpected(std::move(error));
    }
    HEAPBUMP_CHECK(check_tenant(i, *module));
  }
  for (const CheckedTenant& tenant : out_.tenants) requests += tenant.facts.requests;
  if (out_.tenants.empty()) fault("no adapter is given the stand-in's memory");
  const std::uint32_t slots = 2 * adapter_count(out_.record);
  if (requests > slots)
    fault("the adapters ask for " + std::to_string(requests) + " slots and the stand-in has " +
          std::to_string(slots));
  return {};
}

Status ApartChecker::check_tenant(std::uint32_t instance, const Module& module) {
  const CoreInstance& given = component_.instances[instance];
  const std::uint32_t stand_in = *parts_[kStandIn];
  bool shares = false;
  adapters::Bindings bindings;
  HEAPBUMP_CHECK(budget_.charge((component_.functions.size() + given.arguments.size()) *
                                module.imports.size() / kPassedPerUnit));
  for (const Import& import : module.imports) {
    const auto origin = component_.resolve(given, import.module, import.name, import.kind);
    if (!origin || origin->instance != stand_in) continue;
    if (import.kind == ExternalKind::memory) shares = true;
    if (import.kind == ExternalKind::function && origin->name == kShimExport)
      bindings.shim.push_back(import.index);
  }
  if (!shares) return {};
  Manifest manifest;
  const std::uint32_t adapters = adapter_count(out_.record);
  manifest.region = stand_in_region(adapters);
  manifest.slots = make_slots(manifest.region, adapters);
  manifest.placement = Placement::shim;
  manifest.export_name = kShimExport;
  CheckedTenant tenant;
  tenant.module_index = *given.module;
  tenant.file_offset = component_.modules[tenant.module_index].file_offset;
  tenant.instance_index = instance;
  HEAPBUMP_TRY(tenant.facts, adapters::inspect_tenant(module, bindings, manifest, budget_));
  for (Error& error : tenant.facts.faults) {
    if (error.offset) *error.offset += tenant.file_offset;
  }
  out_.tenants.push_back(std::move(tenant));
  return {};
}

Status ApartChecker::run() {
  if (!find_program()) return {};
  const auto outline = read_outline(original_);
  const auto program = outline ? read_program(*outline, out_.record.described)
                               : Result<Program>(std::unexpected(outline.error()));
  if (!program) {
    fault("the program on record could not have been made into such a component: " + program.error().message);
    return {};
  }
  if (description_ != nullptr) check_description(*description_);
  find_parts(*program);
  if (!std::ranges::all_of(parts_, [](const auto& part) { return part.has_value(); })) return {};
  check_arguments(*program);
  HEAPBUMP_CHECK(check_memory());
  return check_tenants();
}

}  // namespace

Status check_apart(const Component& component, Budget& budget, const Description* description,
                   ComponentCheck& out) {
  for (const Bytes bytes : component.records) {
    CheckedApart checked;
    auto record = read_apart_record(bytes);
    if (record) {
      checked.record = *std::move(record);
      HEAPBUMP_CHECK(ApartChecker(component, budget, description, checked).run());
    } else {
      checked.faults.push_back(std::move(record).error());
    }
    out.apart.push_back(std::move(checked));
    if (component.records.size() > 1) {
      out.apart.back().faults.push_back(
          {Code::kCheckFailed, "the component has several heapbump sections", std::nullopt});
      break;
    }
  }
  return {};
}

}  // namespace heapbump
