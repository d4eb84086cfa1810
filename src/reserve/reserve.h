// The whole of `reserve` on a module in memory: detect, plan, and the output as pieces that refer to the
// input. The types are public: heapbump/reserve.h.
#pragma once

#include "base/budget.h"
#include "heapbump/reserve.h"
#include "wasm/module.h"

namespace heapbump {

/// Errors: those of plan_without_finding, detect and make_plan. `found`: gets the finding of a module that is
/// refused, where there is one, since it says why.
[[nodiscard]] Result<Reservation> reserve(const Module& module, const Request& request, Budget& budget,
                                          std::optional<Finding>* found = nullptr);
/// With a budget of its own.
[[nodiscard]] Result<Reservation> reserve(const Module& module, const Request& request,
                                          std::optional<Finding>* found = nullptr);

/// Holds `output`, the bytes of a reservation that was made, against its original (heapbump/verify.h), and
/// gives the manifest as they carry it. `pages`: those of `output`, if it is a mapped file. Nobody writes or
/// returns a reserved module before this. Errors: kVerifyMismatch with the first mismatch; those of
/// verify_modules.
[[nodiscard]] Result<Manifest> prove_reservation(const Module& module, const Reservation& reservation,
                                                 Bytes output, PagesUsed pages = {});

}  // namespace heapbump
