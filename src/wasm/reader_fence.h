// What is checked before wabt reads a module, and what it leaves unchecked: counts against the bytes that
// remain and against each other, what the facts will cost, sizes of bodies, constant expressions. After
// these, nothing that wabt allocates is larger than the file allows.
#pragma once

#include "base/budget.h"
#include "wasm/module.h"

namespace heapbump {

/// Holds the facts that the sections' counts announce against `budget` and makes room for them.
/// Errors: kTruncated, kBadLeb, kWorkLimit.
[[nodiscard]] Status make_room(Module& module, Budget& budget);

/// The type section. Errors: kMalformed, kGcTypes, kWorkLimit beyond 1000 parameters or results,
/// kSectionSize.
[[nodiscard]] Status check_types(const Module& module);

/// Functions against bodies, data count against segments, bodies against the code section. Errors:
/// kCountMismatch, kTruncated, kSectionSize.
[[nodiscard]] Status check_counts(const Module& module, PagesUsed* pages);

/// The count at a section's front; 0 without the section.
[[nodiscard]] Result<std::uint32_t> count_of(const Module& module, SectionId id);

/// A constant expression up to its `end`, which must be the cursor's last byte. Errors: kMalformed, kGcTypes,
/// kTruncated, kBadLeb.
[[nodiscard]] Status check_constant(Cursor cursor);

}  // namespace heapbump
