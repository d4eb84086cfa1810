// What a check of a component says as a whole.
#include <algorithm>

#include "base/names.h"
#include "heapbump/check.h"

namespace heapbump {

std::string_view to_string(Tenure value) {
  return name_of<Tenure::placed>(value, {"nothing", "shim", "placed"});
}

std::string_view to_string(ModuleOrigin value) {
  return name_of<ModuleOrigin::kept_content>(value, {"bytes", "bytes-before-wit-component", "kept-content"});
}

bool CheckedModule::passed() const {
  return faults.empty() && std::ranges::all_of(tenants, [](const CheckedTenant& tenant) {
           return tenant.facts.faults.empty();
         });
}

bool CheckedApart::passed() const {
  return faults.empty() && std::ranges::all_of(tenants, [](const CheckedTenant& tenant) {
           return tenant.facts.faults.empty();
         });
}

bool ComponentCheck::passed() const {
  return std::ranges::all_of(modules, [](const CheckedModule& module) { return module.passed(); }) &&
         std::ranges::all_of(apart, [](const CheckedApart& item) { return item.passed(); });
}

namespace {

const Error* first_of(const std::vector<Error>& faults, const std::vector<CheckedTenant>& tenants) {
  if (!faults.empty()) return &faults.front();
  for (const CheckedTenant& tenant : tenants) {
    if (!tenant.facts.faults.empty()) return &tenant.facts.faults.front();
  }
  return nullptr;
}

}  // namespace

const Error* ComponentCheck::first_fault() const {
  for (const CheckedModule& module : modules) {
    if (const Error* fault = first_of(module.faults, module.tenants)) return fault;
  }
  for (const CheckedApart& item : apart) {
    if (const Error* fault = first_of(item.faults, item.tenants)) return fault;
  }
  return nullptr;
}

}  // namespace heapbump
