// The proof of a reservation by verify, which shares nothing with the plan and the detectors: what one of
// them got wrong has to be wrong in both to pass.
#include <utility>

#include "reserve/reserve.h"
#include "verify/verify.h"

namespace heapbump {

Result<Manifest> prove_reservation(const Module& module, const Reservation& reservation, Bytes output,
                                   PagesUsed pages) {
  HEAPBUMP_TRY(Verification verification,
               verify_modules(module, output, {reservation.input_sha256, reservation.output_sha256},
                              reservation.plan.manifest, std::move(pages)));
  if (verification.ok()) return *std::move(verification.manifest);
  const Mismatch& first = verification.mismatches.front();
  const std::string at = first.offset ? " at " + hex(*first.offset) + " of the output" : "";
  return fail(Code::kVerifyMismatch, "the reserved module does not verify" + at + ": " + first.what);
}

}  // namespace heapbump
