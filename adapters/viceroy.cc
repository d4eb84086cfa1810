#include "adapters/viceroy.h"

#include <algorithm>

#include "adapters/preview1.h"

namespace heapbump::adapters {

bool recognises_viceroy(const Module& module) {
  return recognises_preview1(module) && std::ranges::any_of(module.imports, [](const Import& import) {
           return import.module.starts_with("fastly:");
         });
}

Result<Needs> examine_viceroy(const Module& module, const Anatomy& anatomy) {
  // The shifting kind never asks for State: its address is compiled in.
  if (anatomy.realloc_calls.empty()) {
    return fail(Code::kAdapterPlaced,
                "this Viceroy adapter has its addresses compiled in, for modules shifted by Viceroy; take "
                "the one whose name ends in .noshift.wasm");
  }
  HEAPBUMP_TRY(Needs needs, examine_common("viceroy", module, anatomy));
  const bool service = std::ranges::any_of(module.imports, [](const Import& import) {
    return import.module == kMainModule && import.name == "_start";
  });
  needs.flavor = service ? "service" : "library";
  return needs;
}

}  // namespace heapbump::adapters
