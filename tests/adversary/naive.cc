// naive BASE IN -o OUT --strategy bump|tail --manifest FILE [...]: reserves without asking whether that is
// sound. What `verify` alone is tested with: a detector that believes the linker's word for the heap's start
// and moves every number near it, or moves nothing. The edits, the record and the manifest are those of a
// real plan, so that only the reasoning is missing. What follows of reserve's options is read over.
#include <cstdlib>
#include <iostream>
#include <map>
#include <span>
#include <string>

#include "base/io.h"
#include "base/sha256.h"
#include "record/record.h"
#include "reserve/plan.h"
#include "wasm/code.h"
#include "wasm/data_image.h"

namespace heapbump {
namespace {

constexpr std::int64_t kNear = 128;  // bytes above the start: a header, an alignment

bool is_near(std::int64_t value, std::int64_t base) {
  return value >= base && value <= base + kNear;
}

Site site_at(OccurrenceKind kind, std::uint64_t offset, unsigned width, std::int64_t value) {
  Site site;
  site.kind = kind;
  site.file_offset = offset;
  site.width = width;
  site.value = value;
  site.role = Role::heap_start;
  site.moves = 1;
  site.why = "it is near the start";
  return site;
}

void add_code_sites(const Module& module, std::int64_t base, std::vector<Site>& sites) {
  std::uint32_t function = module.imported_functions;
  for (const FunctionBody& body : module.bodies) {
    InstructionReader reader(module, body);
    Instruction i;
    while (reader.next(i)) {
      const bool constant = i.opcode == op::i32_const;
      if (!constant && i.immediate != Immediate::memarg) continue;
      const bool negative = constant && is_near(-i.value, base);
      if (!negative && !is_near(i.value, base)) continue;
      Site site = site_at(constant ? OccurrenceKind::i32_const : OccurrenceKind::memarg_offset,
                          i.immediate_offset, i.immediate_width, i.value);
      site.function = function;
      if (negative) site.moves = -1;
      sites.push_back(site);
    }
    ++function;
  }
}

void add_data_sites(const Module& module, std::int64_t base, std::vector<Site>& sites) {
  const auto image = DataImage::make(module);
  if (!image) return;
  image->for_each_word32([&](std::uint64_t address, std::uint32_t value) {
    if (!is_near(value, base) || !image->file_offset(address)) return;
    Site site = site_at(OccurrenceKind::data_word32, *image->file_offset(address), 4, value);
    site.address = static_cast<std::uint32_t>(address);
    sites.push_back(site);
  });
}

Finding believe(const Module& module, std::uint64_t base, Strategy strategy) {
  Finding finding;
  finding.detector = "naive";
  finding.toolchain = {"wasm-ld", "", "nothing was asked"};
  finding.confidence = Confidence::proven;
  finding.heap_base = base;
  finding.grows_by = "memory.size";
  finding.bump_region_floor = base;
  finding.strategies = {{Strategy::bump, true, "believed"}, {Strategy::tail, true, "believed"}};
  if (strategy == Strategy::bump) {
    add_code_sites(module, static_cast<std::int64_t>(base), finding.sites);
    add_data_sites(module, static_cast<std::int64_t>(base), finding.sites);
  }
  return finding;
}

struct Made {
  std::vector<std::byte> bytes;
  Manifest manifest;
};

Result<Made> relocate(Bytes bytes, std::uint64_t base, Strategy strategy) {
  HEAPBUMP_TRY(const Module module, read_module(bytes));
  const Finding finding = believe(module, base, strategy);
  Request request;
  request.strategy = strategy;
  HEAPBUMP_TRY(Plan plan, make_plan(module, finding, request));
  plan.manifest.input_sha256 = sha256_hex(bytes);
  HEAPBUMP_TRY(const Record record, make_record(plan.manifest, plan.edits, module));
  const auto section = encode_record(record);
  std::vector<Bytes> pieces = apply_edits(bytes, plan.edits);
  pieces.emplace_back(section);
  Made made{join(pieces), plan.manifest};
  made.manifest.output_sha256 = sha256_hex(made.bytes);
  return made;
}

int run(std::span<char*> arguments) {
  std::map<std::string, std::string> options;
  for (std::size_t i = 3; i + 1 < arguments.size(); ++i) options[arguments[i]] = arguments[i + 1];
  const auto input = read_file(arguments[2]);
  if (!input) return 1;
  const Strategy strategy = options["--strategy"] == "tail" ? Strategy::tail : Strategy::bump;
  const auto made = relocate(input->bytes.view(), std::strtoull(arguments[1], nullptr, 10), strategy);
  if (!made) {
    std::cerr << made.error().message << "\n";
    return exit_code(made.error().code);
  }
  const std::string manifest = to_json(made->manifest).dump() + "\n";
  const bool written = write_file(options["-o"], {Bytes(made->bytes)}, {}).has_value() &&
                       write_file(options["--manifest"], {as_bytes(manifest)}, {}).has_value();
  return written ? 0 : 1;
}

}  // namespace
}  // namespace heapbump

int main(int argc, char** argv) {
  const std::span arguments(argv, static_cast<std::size_t>(argc));
  if (arguments.size() < 4) {
    std::cerr << "usage: naive BASE IN -o OUT --strategy bump|tail --manifest FILE\n";
    return 2;
  }
  return heapbump::run(arguments);
}
