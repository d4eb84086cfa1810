#include "reserve/reserve.h"

#include "base/sha256.h"
#include "detectors/detect.h"
#include "record/record.h"
#include "reserve/plan.h"
#include "reserve/undo.h"

namespace heapbump {

std::vector<Bytes> Reservation::pieces(Bytes input) const {
  std::vector<Bytes> pieces = apply_edits(input, plan.edits);
  if (!record.empty()) pieces.push_back(record);
  return pieces;
}

std::vector<std::byte> Reservation::output(Bytes input) const {
  return join(pieces(input));
}

Result<Reservation> reserve(const Module& module, const Request& request, Budget& budget,
                            std::optional<Finding>* found) {
  Reservation reservation;
  reservation.input_sha256 = sha256_hex(module.file);
  HEAPBUMP_TRY(std::optional<Plan> plan, plan_without_finding(module, request));
  if (plan) {
    reservation.plan = *std::move(plan);
    reservation.output_sha256 = reservation.input_sha256;
    reservation.output_size = module.file.size();
    if (reservation.plan.outcome == Plan::Outcome::already)
      reservation.plan.manifest.output_sha256 = reservation.output_sha256;
    return reservation;
  }
  HEAPBUMP_TRY(reservation.finding, detect(module, budget));
  Result<Plan> made = make_plan(module, *reservation.finding, request);
  if (!made && found != nullptr) *found = std::move(reservation.finding);
  HEAPBUMP_TRY(reservation.plan, std::move(made));
  Manifest& manifest = reservation.plan.manifest;
  manifest.input_sha256 = reservation.input_sha256;
  Sha256 hash;
  HEAPBUMP_TRY(const Record record, make_record(manifest, reservation.plan.edits, module, hash));
  reservation.record = encode_record(record);
  hash.update(reservation.record);
  for (const Bytes piece : reservation.pieces(module.file)) reservation.output_size += piece.size();
  reservation.output_sha256 = hash.hex();
  manifest.output_sha256 = reservation.output_sha256;
  return reservation;
}

Result<Reservation> reserve(const Module& module, const Request& request, std::optional<Finding>* found) {
  Budget budget(module.file.size());
  return reserve(module, request, budget, found);
}

Result<Reservation> reserve(const Input& input, const Request& request) {
  return reserve(input.module(), request);
}

Result<std::vector<std::byte>> undo(const Input& reserved) {
  return undo(reserved.module());
}

}  // namespace heapbump
