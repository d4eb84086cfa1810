#include "heapbump/check.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "adapters/shim.h"
#include "adapters/tenancy.h"
#include "base/sha256.h"
#include "component/check_apart.h"
#include "component/embedded_modules.h"
#include "record/reassemble.h"
#include "record/record.h"
#include "reserve/undo.h"
#include "wasm/component.h"

namespace heapbump {
namespace {

class ComponentChecker {
 public:
  ComponentChecker(const Component& component, const Manifest* expected, const Description* description,
                   ComponentCheck& out, Budget& budget, std::string_view record)
      : component_(component),
        budget_(budget),
        modules_(component, record),
        expected_(expected),
        description_(description),
        record_(record),
        out_(out) {}

  Status run() {
    for (std::uint32_t i = 0; i < component_.instances.size(); ++i) {
      const CoreInstance& instance = component_.instances[i];
      if (!instance.module) continue;
      const bool carries = carries_record(component_.modules[*instance.module]);
      HEAPBUMP_TRY(const bool lost, carries ? Result<bool>(false) : lost_its_record(*instance.module));
      if (carries || lost) HEAPBUMP_CHECK(check_main(i, lost));
    }
    HEAPBUMP_CHECK(check_apart(component_, budget_, description_, out_));
    for (const Component& nested : component_.components)
      HEAPBUMP_CHECK(ComponentChecker(nested, expected_, description_, out_, budget_, record_).run());
    return {};
  }

 private:
  /// Whether this is the manifest's module without its record: it has the memory that the manifest names.
  Result<bool> lost_its_record(std::uint32_t module);
  Status check_main(std::uint32_t instance, bool lost);
  Status check_record(const Module& main, CheckedModule& out);
  void check_origin(const Module& main, const Record& record, CheckedModule& out);
  void check_memory(const Module& main, Bytes original_bytes, CheckedModule& out);
  void check_shim(const Module& main, CheckedModule& out);
  void check_region(const Module& main, CheckedModule& out);
  /// Pays for going through a tenant's imports, each of which may be looked for in all that the component's
  /// instances export.
  Status pay_for_imports(const CoreInstance& tenant, const Module& module);
  Status check_tenants(std::uint32_t main_instance, const Module& main, CheckedModule& out);
  void check_shares(CheckedModule& out);
  /// Whether this instance is given the memory of that one.
  Result<bool> shares_memory(const CoreInstance& tenant, std::uint32_t main_instance);
  adapters::Bindings bindings(const CoreInstance& tenant, const Module& module, std::uint32_t main_instance,
                              const Module& main, const Manifest& manifest) const;

  const Component& component_;
  Budget& budget_;  ///< one for all modules: a component may hold a thousand
  EmbeddedModules modules_;
  std::uint64_t items_ = 0;  ///< units for looking one name up in all that instances export
  const Manifest* expected_;
  const Description* description_;
  std::string_view record_;
  ComponentCheck& out_;
};

Result<bool> ComponentChecker::lost_its_record(std::uint32_t module) {
  if (record_.empty() || expected_ == nullptr || !component_.modules[module].embedded) return false;
  HEAPBUMP_TRY(const Module* main, modules_.at(module));
  return main->memories.size() == 1 && !main->memories.front().imported &&
         main->memories.front().min.value == expected_->memory_min_after;
}

Status ComponentChecker::check_main(std::uint32_t instance, bool lost) {
  const EmbeddedModule& embedded = component_.modules[*component_.instances[instance].module];
  const std::uint32_t index = *component_.instances[instance].module;
  HEAPBUMP_TRY(const Module* main, lost ? modules_.with_record_again(index) : modules_.at(index));
  // A component may instantiate one module a thousand times, and each is hashed and undone.
  HEAPBUMP_CHECK(budget_.charge(embedded.bytes.size()));
  CheckedModule checked;
  checked.file_offset = embedded.file_offset;
  checked.size = embedded.bytes.size();
  checked.instance_index = instance;
  checked.sha256 = sha256_hex(main->file);
  HEAPBUMP_CHECK(check_record(*main, checked));
  check_region(*main, checked);
  check_shim(*main, checked);
  HEAPBUMP_CHECK(check_tenants(instance, *main, checked));
  check_shares(checked);
  out_.modules.push_back(std::move(checked));
  return {};
}

Status ComponentChecker::check_record(const Module& main, CheckedModule& out) {
  auto record = read_moved_record(main);
  if (!record) return std::unexpected(moved(std::move(record).error(), out.file_offset));
  out.manifest = (*record)->manifest;
  check_origin(main, **record, out);
  if (expected_ == nullptr) return {};
  Manifest expected = *expected_;
  expected.output_sha256.clear();
  // A module that was reserved with component types in it is known by what wit-component kept, not by its own
  // hash.
  const bool comparable = out.origin != ModuleOrigin::kept_content;
  if (comparable && !expected_->output_sha256.empty() && expected_->output_sha256 != out.sha256) {
    out.faults.push_back({Code::kCheckFailed,
                          "the manifest belongs to another module: it names " +
                              expected_->output_sha256.substr(0, 12) + ", the component was made from " +
                              out.sha256.substr(0, 12),
                          out.file_offset});
  } else if (to_json(expected) != to_json(out.manifest)) {
    out.faults.push_back(
        {Code::kCheckFailed, "the manifest differs from the one the module carries", out.file_offset});
  }
  return {};
}

void ComponentChecker::check_origin(const Module& main, const Record& record, CheckedModule& out) {
  auto original = undo(main);
  if (original) return check_memory(main, *original, out);
  // wit-component may have written the module anew; then it can be put together again as it was.
  if (const auto before = reassemble(main, record.size_widths)) {
    const auto module = read_module(*before);
    const auto original_again = module ? undo(*module) : fail(Code::kModifiedSince, "");
    if (original_again) {
      out.origin = ModuleOrigin::rewritten;
      out.sha256 = sha256_hex(*before);
      return check_memory(main, *original_again, out);
    }
  }
  const auto kept = kept_content_sha256(main);
  if (kept && !record.kept_sha256.empty() && *kept == record.kept_sha256) {
    out.origin = ModuleOrigin::kept_content;
    return;
  }
  Error error = moved(std::move(original).error(), out.file_offset);
  error.code = Code::kCheckFailed;
  // Of a plain command no such hash is on record: it would cost every reserve a third reading of the file.
  if (record.kept_sha256.empty())
    error.message +=
        "; if component types were embedded since then, embed them first and reserve after that; the same "
        "holds for a tool that removes custom sections, as `wasm-tools strip` does";
  out.faults.push_back(std::move(error));
}

void ComponentChecker::check_memory(const Module& main, Bytes original_bytes, CheckedModule& out) {
  const auto original = read_module(original_bytes);
  const auto limits = [](const Module& module) {
    const Memory& memory = module.memories.front();
    return std::pair(memory.min.value, memory.max ? std::optional(memory.max->value) : std::nullopt);
  };
  const Manifest& m = out.manifest;
  if (!original || original->memories.size() != 1 || main.memories.size() != 1 ||
      limits(*original) != std::pair(m.memory_min_before, m.memory_max_before) ||
      limits(main) != std::pair(m.memory_min_after, m.memory_max_after)) {
    out.faults.push_back(
        {Code::kCheckFailed, "the memory's limits are not those that the manifest names", out.file_offset});
  }
}

void ComponentChecker::check_region(const Module& main, CheckedModule& out) {
  const Region& region = out.manifest.region;
  const auto fault = [&](std::string message, std::optional<std::uint64_t> offset) {
    out.faults.push_back(moved({Code::kCheckFailed, std::move(message), offset}, out.file_offset));
  };
  if (main.memories.empty() || main.memories.front().imported || region.end() > main.memory_bytes()) {
    fault("the region does not lie inside the memory's declared minimum", 0);
    return;
  }
  for (const DataSegment& segment : main.data) {
    const auto address = segment.address();
    if (!address || segment.size == 0) continue;
    if (*address < region.end() && region.base < *address + segment.size) {
      fault("a data segment is in the region, at " + hex(*address), segment.file_offset);
      return;
    }
  }
}

void ComponentChecker::check_shim(const Module& main, CheckedModule& out) {
  const Manifest& manifest = out.manifest;
  if (manifest.placement != Placement::shim) return;
  const auto fault = [&](std::string message, std::uint64_t offset) {
    out.faults.push_back(moved({Code::kCheckFailed, std::move(message), offset}, out.file_offset));
  };
  const Export* shim = main.find_export(kShimExport, ExternalKind::function);
  if (shim == nullptr) return fault("the module no longer exports its shim, `cabi_realloc_adapter`", 0);
  if (shim->index != manifest.function_index)
    return fault("`cabi_realloc_adapter` is not the function that reserving appended", shim->file_offset);
  const FunctionBody* body = main.body(shim->index);
  if (body == nullptr || main.globals.empty()) return fault("the shim has no body", shim->file_offset);
  // Reserving appends the shim's global last.
  const auto adapters = static_cast<std::uint32_t>(manifest.slots.size() / 2);
  const auto expected =
      shim_body(manifest.region, adapters, static_cast<std::uint32_t>(main.globals.size() - 1));
  const Bytes there = main.bytes_at(body->file_offset, body->size);
  if (expected.size() < there.size() || !std::ranges::equal(there, Bytes(expected).last(there.size())) ||
      manifest.slots != make_slots(manifest.region, adapters))
    fault("the shim is not the one that hands out the manifest's slots", body->file_offset);
}

Status ComponentChecker::pay_for_imports(const CoreInstance& tenant, const Module& module) {
  constexpr std::size_t kBytesPerUnit = 16;  // of names that are compared
  if (items_ == 0) {
    items_ = 1;
    for (const CoreInstance& instance : component_.instances)
      for (const CoreInlineExport& item : instance.exports) items_ += 1 + item.name.size() / kBytesPerUnit;
  }
  return budget_.charge((items_ + tenant.arguments.size()) * module.imports.size());
}

Result<bool> ComponentChecker::shares_memory(const CoreInstance& tenant, std::uint32_t main_instance) {
  HEAPBUMP_TRY(const Module* module, modules_.at(*tenant.module));
  if (module == nullptr) {
    // Its imports are not to be seen, so whatever it is given counts.
    for (const CoreInstanceArgument& argument : tenant.arguments) {
      if (argument.instance == main_instance) return true;
      for (const CoreInlineExport& item : component_.instances[argument.instance].exports) {
        if (item.kind != ExternalKind::memory) continue;
        const auto origin = component_.origin(argument.instance, item.name, ExternalKind::memory);
        if (origin && origin->instance == main_instance) return true;
      }
    }
    return false;
  }
  HEAPBUMP_CHECK(pay_for_imports(tenant, *module));
  for (const Import& import : module->imports) {
    if (import.kind != ExternalKind::memory) continue;
    const auto origin = component_.resolve(tenant, import.module, import.name, ExternalKind::memory);
    if (origin && origin->instance == main_instance) return true;
  }
  return false;
}

adapters::Bindings ComponentChecker::bindings(const CoreInstance& tenant, const Module& module,
                                              std::uint32_t main_instance, const Module& main,
                                              const Manifest& manifest) const {
  adapters::Bindings result;
  for (const Import& import : module.imports) {
    if (import.kind != ExternalKind::function) continue;
    const auto origin = component_.resolve(tenant, import.module, import.name, ExternalKind::function);
    if (!origin || origin->instance != main_instance) continue;
    const Export* target = main.find_export(origin->name, ExternalKind::function);
    const bool is_shim = target != nullptr && manifest.placement == Placement::shim &&
                         origin->name == kShimExport && target->index == manifest.function_index;
    if (is_shim) {
      result.shim.push_back(import.index);
    } else if (adapters::is_realloc_import(import) ||
               origin->name.find("realloc") != std::string_view::npos) {
      result.other_realloc.push_back(import.index);
    }
  }
  return result;
}

Status ComponentChecker::check_tenants(std::uint32_t main_instance, const Module& main, CheckedModule& out) {
  for (std::uint32_t i = 0; i < component_.instances.size(); ++i) {
    const CoreInstance& instance = component_.instances[i];
    if (!instance.module || i == main_instance) continue;
    HEAPBUMP_TRY(const bool shares, shares_memory(instance, main_instance));
    if (!shares) continue;
    const EmbeddedModule& embedded = component_.modules[*instance.module];
    HEAPBUMP_TRY(const Module* module, modules_.at(*instance.module));
    if (module == nullptr) {
      out.faults.push_back(
          {Code::kCheckFailed,
           "core instance " + std::to_string(i) +
               " is given the memory, but its module is not in the component, so it cannot be checked",
           instance.file_offset});
      continue;
    }
    CheckedTenant tenant;
    tenant.file_offset = embedded.file_offset;
    tenant.module_index = *instance.module;
    tenant.instance_index = i;
    HEAPBUMP_CHECK(pay_for_imports(instance, *module));
    auto facts = adapters::inspect_tenant(
        *module, bindings(instance, *module, main_instance, main, out.manifest), out.manifest, budget_);
    if (!facts) return std::unexpected(moved(std::move(facts).error(), embedded.file_offset));
    tenant.facts = *std::move(facts);
    for (Error& error : tenant.facts.faults) error = moved(std::move(error), embedded.file_offset);
    out.tenants.push_back(std::move(tenant));
  }
  return {};
}

// What each tenant's facts alone cannot show: that no two are in one place, and that there are slots for all.
void ComponentChecker::check_shares(CheckedModule& out) {
  std::uint64_t requests = 0;
  bool any_placed = false;
  for (std::size_t i = 0; i < out.tenants.size(); ++i) {
    CheckedTenant& tenant = out.tenants[i];
    requests += tenant.facts.tenure == Tenure::shim ? tenant.facts.requests : 0;
    if (!tenant.facts.slot) continue;
    any_placed = true;
    for (std::size_t j = 0; j < i; ++j) {
      if (out.tenants[j].facts.slot != tenant.facts.slot) continue;
      tenant.facts.faults.push_back(
          {Code::kCheckFailed,
           "it is in the same slots as core instance " + std::to_string(out.tenants[j].instance_index),
           tenant.file_offset});
      break;
    }
  }
  if (requests > out.manifest.slots.size()) {
    out.faults.push_back({Code::kCheckFailed,
                          "the adapters ask for " + std::to_string(requests) + " slots and the region has " +
                              std::to_string(out.manifest.slots.size()) +
                              "; reserve with a larger --adapters",
                          out.file_offset});
  }
  if (requests > 0 && any_placed) {
    out.faults.push_back(
        {Code::kCheckFailed, "placed adapters and the shim would use the same slots", out.file_offset});
  }
}

Result<ComponentCheck> check_with(Bytes file, const Manifest* expected, const Description* description,
                                  std::string_view record) {
  HEAPBUMP_TRY(const Component component, read_component(file));
  Budget budget(file.size());  // one for all modules of the component
  ComponentCheck check;
  check.input_sha256 = sha256_hex(file);
  check.input_size = file.size();
  HEAPBUMP_CHECK(ComponentChecker(component, expected, description, check, budget, record).run());
  if (check.modules.empty() && check.apart.empty()) {
    return fail(
        Code::kNotReserved,
        "no core module in this component carries a heapbump section; reserve the core module, then make the "
        "component from it, or give the manifest if a later tool removed the section (--manifest FILE)");
  }
  return check;
}

}  // namespace

bool carries_record(const EmbeddedModule& embedded) {
  if (!embedded.embedded) return false;
  const auto sections = walk_sections(embedded.bytes);
  return sections && std::ranges::any_of(*sections, [](const Section& section) {
           return section.id == SectionId::custom && section.name == kRecordSection;
         });
}

Result<ComponentCheck> check_component(Bytes file, const Manifest* expected, const Description* description) {
  return check_with(file, expected, description, {});
}

Result<ComponentCheck> check_component(Bytes file, const Manifest& expected, std::string_view record,
                                       const Description* description) {
  return check_with(file, &expected, description, record);
}

}  // namespace heapbump
