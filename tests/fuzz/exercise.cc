#include "exercise.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "adapter_builder.h"
#include "audit/convert.h"
#include "base/sha256.h"
#include "component/face.h"
#include "detectors/detect.h"
#include "detectors/registry.h"
#include "heapbump/check.h"
#include "heapbump/component.h"
#include "heapbump/description.h"
#include "heapbump/verify.h"
#include "record/record.h"
#include "report/memory_map.h"
#include "report/report.h"
#include "reserve/reserve.h"
#include "reserve/undo.h"
#include "wasm/code.h"
#include "wasm/data_image.h"
#include "wasm/outline.h"

namespace heapbump::exercise {
namespace {

// Reports hold text from the file; writing them must work too, whatever it says.
void write_out(const Json& document) {
  (void)document.dump();
}

Broken site_is_true(const Module& module, const Site& site) {
  const std::uint64_t size = module.file.size();
  if (site.file_offset > size || site.width > 10 || site.width > size - site.file_offset)
    return "a site at " + hex(site.file_offset) + " lies outside the file";
  if (site.function && *site.function >= module.functions.size())
    return "a site names a function that does not exist";
  Cursor cursor(module.bytes_at(site.file_offset, site.width), site.file_offset);
  std::optional<std::int64_t> there;
  switch (site.kind) {
    case OccurrenceKind::i32_const:
    case OccurrenceKind::global_init:
      if (const auto value = cursor.read_sleb64("site")) there = value->value;
      break;
    case OccurrenceKind::i64_const:
      if (const auto value = cursor.read_sleb64("site")) there = value->value;
      break;
    case OccurrenceKind::memarg_offset:
      if (const auto value = cursor.read_uleb64("site")) there = static_cast<std::int64_t>(value->value);
      break;
    case OccurrenceKind::data_word32:
    case OccurrenceKind::data_word64:
      return std::nullopt;  // may lie in no segment in part
  }
  if (!there || !cursor.empty()) return "a site at " + hex(site.file_offset) + " is no immediate";
  if (static_cast<std::uint32_t>(*there) != static_cast<std::uint32_t>(site.value))
    return "a site at " + hex(site.file_offset) + " holds " + std::to_string(*there) + ", not " +
           std::to_string(site.value);
  return std::nullopt;
}

Broken finding_is_true(const Module& module, const Finding& finding) {
  for (const Site& site : finding.sites) {
    if (auto broken = site_is_true(module, site)) return broken;
  }
  for (const Error& refusal : finding.refusals) {
    if (auto broken = check_error({refusal.code, refusal.message, refusal.offset}, module.file.size()))
      return broken;
  }
  return std::nullopt;
}

Broken verifies(Bytes original, Bytes reserved, const std::optional<Manifest>& manifest) {
  const auto verified = verify_modules(original, reserved, manifest);
  if (!verified) return "the output cannot be verified: " + verified.error().message;
  // Of what the program does, verify has its own opinion: where it differs from the detector's, the command
  // writes nothing. All else must be as it must be.
  const auto wrong =
      std::ranges::find_if(verified->mismatches, [](const Mismatch& m) { return !m.behaviour; });
  if (wrong == verified->mismatches.end()) return std::nullopt;
  const Mismatch& first = *wrong;
  return "the output does not verify: " + first.what + ": expected " + first.expected + ", found " +
         first.found;
}

/// Whether the code of some function is malformed. Reserving decodes no more than it needs; verify, which the
/// command asks before it writes, refuses what it cannot read, and an engine would refuse the input as it is.
bool holds_broken_code(const Module& module) {
  return std::ranges::any_of(module.bodies, [&](const FunctionBody& body) {
    InstructionReader instructions(module, body);
    Instruction instruction;
    while (instructions.next(instruction)) continue;
    return instructions.error().has_value();
  });
}

Broken accepted_holds(const Module& module, const Request& request, const Reservation& reservation) {
  const std::vector<std::byte> output = reservation.output(module.file);
  if (output.size() != reservation.output_size) return "the output has another size than reserve said";
  if (reservation.plan.outcome != Plan::Outcome::reserve) {
    if (!std::ranges::equal(output, module.file))
      return "nothing was to be done, but the output is not the input";
    return std::nullopt;
  }
  if (sha256_hex(output) != reservation.output_sha256) return "the output has another hash than reserve said";
  const auto reserved = read_module(output);
  if (!reserved) return "the output cannot be read: " + reserved.error().message;
  const auto original = heapbump::undo(*reserved);
  if (!original) return "the output cannot be undone: " + original.error().message;
  if (!std::ranges::equal(*original, module.file)) return "undo does not give the input back";
  if (auto broken = verifies(module.file, output, reservation.plan.manifest);
      broken && !holds_broken_code(module))
    return broken;
  const auto again = heapbump::reserve(*reserved, request);
  if (!again) return "a second reserve fails: " + again.error().message;
  if (again->plan.outcome != Plan::Outcome::already || !again->plan.edits.empty())
    return "a second reserve is not a no-op";
  return std::nullopt;
}

Manifest sound_manifest() {
  Manifest manifest;
  manifest.placement = Placement::adapter;
  manifest.region = {0x20000, 2 * kSlotSize, 2};
  manifest.slots = make_slots(manifest.region, 1);
  manifest.memory_min_before = 2;
  manifest.memory_min_after = 4;
  manifest.input_sha256 = std::string(64, '0');
  return manifest;
}

Broken place_holds(Bytes adapter, const Manifest& manifest, std::uint32_t slot) {
  const auto placed = place_adapter(adapter, manifest, slot);
  // An error's offset may be about either file here, so only its code is looked at.
  if (!placed) return check_error(placed.error(), ~std::uint64_t{0});
  write_out(to_json(*placed));
  const Slot* state = manifest.slot(slot, SlotName::state);
  const Slot* stack = manifest.slot(slot, SlotName::stack);
  if (state == nullptr || stack == nullptr) return "an adapter was placed in slots that do not exist";
  if (placed->stack_top != stack->base + stack->size) return "the stack does not begin at its slot's end";
  if (placed->state_base < state->base ||
      placed->state_base - state->base + placed->state_needed > state->size)
    return "State does not lie in its slot";
  if (const auto module = read_module(placed->bytes); !module)
    return "a placed adapter cannot be read: " + module.error().message;
  return std::nullopt;
}

}  // namespace

Broken check_error(const Error& error, std::uint64_t size) {
  const std::string name(code_info(error.code).name);
  if (error.code == Code::kInternal || error.code == Code::kOutOfMemory)
    return "an internal error: " + error.message;
  if (error.message.empty()) return name + " says nothing";
  if (error.offset && *error.offset > size)
    return name + " names an offset beyond the file: " + hex(*error.offset);
  // What is malformed is somewhere.
  if (exit_code(error.code) == 3 && !error.offset) return name + " has no offset: " + error.message;
  return std::nullopt;
}

Broken reader(Bytes file) {
  const auto module = read_module(file);
  if (!module) return check_error(module.error(), file.size());
  for (const Section& section : module->sections) {
    if (section.end() > file.size() || section.content_offset > section.end())
      return "a section lies outside the file";
  }
  const NameSection names = read_names(*module);
  (void)read_producers(*module);
  for (std::size_t i = 0; i < module->bodies.size(); ++i) {
    const FunctionBody& body = module->bodies[i];
    if (body.file_offset > file.size() || body.size > file.size() - body.file_offset)
      return "a body lies outside the file";
    InstructionReader instructions(*module, body);
    Instruction instruction;
    std::uint64_t at = body.file_offset;
    while (instructions.next(instruction)) {
      if (instruction.offset < at || instruction.end_offset <= instruction.offset)
        return "the decoder does not move on";
      if (instruction.end_offset > body.file_offset + body.size) return "an instruction runs out of its body";
      at = instruction.end_offset;
    }
    if (instructions.error()) {
      if (auto broken = check_error(*instructions.error(), file.size())) return broken;
    } else if (at != body.file_offset + body.size) {
      return "a body was not read to its end";
    }
    if (i < 16) (void)describe_function(names, module->imported_functions + static_cast<std::uint32_t>(i));
  }
  for (const DataSegment& segment : module->data) {
    if (segment.data_offset > file.size() || segment.size > file.size() - segment.data_offset)
      return "a data segment lies outside the file";
  }
  if (const auto image = DataImage::make(*module)) {
    (void)image->load64(image->end() - 4);
    (void)image->load32(0);
  } else if (auto broken = check_error(image.error(), file.size())) {
    return broken;
  }
  if (const auto found = find_constants(*module, 1024); !found) {
    if (auto broken = check_error(found.error(), file.size())) return broken;
  }
  if (const auto found = find_constants(*module, 65536); !found) {
    if (auto broken = check_error(found.error(), file.size())) return broken;
  }
  if (const auto record = read_record(*module); !record) return check_error(record.error(), file.size());
  return std::nullopt;
}

Broken detector(std::string_view name, Bytes file) {
  const auto found = std::ranges::find(all_detectors(), name, &Detector::name);
  if (found == all_detectors().end()) return "there is no detector " + std::string(name);
  const auto module = read_module(file);
  if (!module) return check_error(module.error(), file.size());
  if (!check_supported_memory(*module)) return std::nullopt;
  Budget budget(file.size());
  WholeProgram program(*module, budget);
  const auto finding = found->detect(program);
  if (!finding) return check_error(finding.error(), file.size());
  if (!*finding) return std::nullopt;
  return finding_is_true(*module, **finding);
}

Broken reserve(Bytes file) {
  const auto module = read_module(file);
  if (!module) {
    write_out(failure_report(module.error(), nullptr, nullptr, std::nullopt));
    return check_error(module.error(), file.size());
  }
  const auto finding = detect(*module);
  if (!finding) {
    if (auto broken = check_error(finding.error(), file.size())) return broken;
  } else if (auto broken = finding_is_true(*module, *finding)) {
    return broken;
  }
  write_out(detect_report(*module, finding, sha256_hex(file)));
  const auto record = read_record(*module);
  std::vector<MemoryPicture> pictures{picture_before(*module, finding ? &*finding : nullptr),
                                      picture_apart()};
  if (record && *record) {
    pictures.push_back(picture_before(*module, (*record)->manifest));
    pictures.push_back(picture_after(*module, (*record)->manifest));
  }
  write_out(map_report(pictures));
  for (const std::size_t width : {std::size_t{40}, std::size_t{200}})
    (void)draw_text(pictures, {.width = width, .color = true, .unicode = true});
  (void)draw_svg(pictures, "map");
  if (const auto outline = read_outline(file)) (void)read_face(*outline);
  Request requests[4];
  requests[1].pages = 5;
  requests[1].adapters = 2;
  requests[1].min_confidence = Confidence::weak;
  requests[2].placement = Placement::none;
  requests[2].min_confidence = Confidence::weak;
  requests[3].placement = Placement::adapter;
  requests[3].strategy = Strategy::tail;
  requests[3].min_confidence = Confidence::weak;
  for (const Request& request : requests) {
    const auto reservation = heapbump::reserve(*module, request);
    if (!reservation) {
      if (auto broken = check_error(reservation.error(), file.size())) return broken;
      // What is refused for being unsupported or not found is refused for every request.
      if (exit_code(reservation.error().code) <= 4) return std::nullopt;
      continue;
    }
    write_out(reserve_report(*module, *reservation, request));
    if (auto broken = accepted_holds(*module, request, *reservation)) return broken;
  }
  return std::nullopt;
}

Broken reserve_once(Bytes file) {
  const auto module = read_module(file);
  if (!module) return check_error(module.error(), file.size());
  const auto reservation = heapbump::reserve(*module, {});
  if (!reservation) return check_error(reservation.error(), file.size());
  if (reservation->finding) {
    if (auto broken = finding_is_true(*module, *reservation->finding)) return broken;
  }
  const std::vector<std::byte> output = reservation->output(module->file);
  if (reservation->plan.outcome == Plan::Outcome::reserve)
    return holds_broken_code(*module) ? Broken() : verifies(module->file, output, std::nullopt);
  return std::ranges::equal(output, module->file) ? Broken()
                                                  : "nothing was to be done, but the output is not the input";
}

Broken verify(Bytes file) {
  Cursor cursor(file, 0);
  const auto split = cursor.read_u32_le("split");
  if (!split) return std::nullopt;
  const Bytes both = cursor.rest();
  const std::size_t first = *split % (both.size() + 1);
  const auto verified = verify_modules(both.first(first), both.subspan(first), std::nullopt);
  if (!verified) return check_error(verified.error(), file.size());
  write_out(to_json(*verified));
  return std::nullopt;
}

Broken undo(Bytes file) {
  const auto module = read_module(file);
  if (!module) return check_error(module.error(), file.size());
  const auto original = heapbump::undo(*module);
  if (!original) return check_error(original.error(), file.size());
  const auto record = read_record(*module);
  if (!record || !*record || sha256_hex(*original) != (*record)->manifest.input_sha256)
    return "what was undone is not what the record says";
  return std::nullopt;
}

Broken unnoticed(Bytes original, Bytes changed) {
  const auto verified = verify_modules(original, changed, std::nullopt);
  if (!verified) return "the original cannot be read";
  if (verified->ok()) return "verify accepts it";
  return std::nullopt;
}

Broken place(Bytes file) {
  return place_holds(file, sound_manifest(), 0);
}

Broken check(Bytes file) {
  const auto result = check_component(file, nullptr);
  if (!result) return check_error(result.error(), file.size());
  write_out(to_json(*result));
  for (const CheckedModule& module : result->modules) {
    for (const Error& fault : module.faults) {
      if (auto broken = check_error(fault, file.size())) return broken;
    }
  }
  return std::nullopt;
}

Broken manifest(Bytes file) {
  const auto parsed = parse_json(as_text(file));
  if (parsed) {
    const auto again = parse_json(parsed->dump(-1));
    if (!again || !(*again == *parsed)) return "a JSON document does not survive being written";
  }
  const auto manifest = read_manifest(as_text(file));
  // Fields of a manifest are told by name, not by offset.
  if (!manifest) return manifest.error().message.empty() ? Broken("an error says nothing") : std::nullopt;
  const Json document = to_json(*manifest);
  const auto again = manifest_from_json(document);
  if (!again) return "a manifest is refused when it is written and read again: " + again.error().message;
  if (to_json(*again) != document) return "a manifest changes when it is written and read again";
  static const std::vector<std::byte> adapter = test::build_adapter();
  return place_holds(adapter, *manifest, 0);
}

Broken record(Bytes file) {
  test::ModuleBuilder builder;
  const auto type = builder.type({}, {});
  builder.exported("_start", 0, builder.function(type, 0, test::Body())).memory(2).exported("memory", 2, 0);
  const std::vector<std::byte> module = builder.custom("heapbump", file).build();
  if (auto broken = undo(module)) return broken;
  return reserve(module);
}

namespace {

/// Of a text, whose places are lines.
Broken says_something(const Error& error) {
  if (error.code == Code::kInternal || error.message.empty()) return "an error says nothing";
  return std::nullopt;
}

Broken shape_holds(const MemoryShape& shape) {
  for (const PointerField& field : shape.pointers) {
    constexpr std::uint32_t kPointer = 4;
    const auto inside = [&](std::uint32_t offset) {
      return offset <= shape.size && kPointer <= shape.size - offset;
    };
    if (!inside(field.offset) || (field.to.counted && !inside(field.count_offset)))
      return "a described pointer lies outside its element";
    if (auto broken = shape_holds(field.to.element)) return broken;
  }
  return std::nullopt;
}

/// A file in memory that has a path.
class NamedBytes {
 public:
  explicit NamedBytes(Bytes bytes) : file_(::memfd_create("report", MFD_CLOEXEC)) {
    for (std::size_t at = 0; at < bytes.size();) {
      const ssize_t written = ::write(file_, bytes.data() + at, bytes.size() - at);
      if (written <= 0) break;
      at += static_cast<std::size_t>(written);
    }
  }
  NamedBytes(const NamedBytes&) = delete;
  NamedBytes& operator=(const NamedBytes&) = delete;
  ~NamedBytes() { ::close(file_); }
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(file_); }

 private:
  int file_;
};

Broken json_lines_hold(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (!parse_json(text.substr(0, end))) return "a line of in-toto is no JSON";
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return std::nullopt;
}

}  // namespace

Broken describe(Bytes file) {
  const DescriptionText text{"any.witx", as_text(file)};
  const auto read = read_description(std::span(&text, 1));
  if (!read) return says_something(read.error());
  for (const DescribedFunction& function : (*read)->functions) {
    for (const DescribedParameter& parameter : function.call.parameters)
      if (!parameter.number)
        if (auto broken = shape_holds(parameter.memory.element)) return broken;
  }
  const auto again = read_description(std::span(&text, 1));
  const auto same = [](const DescribedFunction& a, const DescribedFunction& b) {
    return a.call == b.call && a.refusal == b.refusal;
  };
  if (!again || !std::ranges::equal((*read)->functions, (*again)->functions, same))
    return "a description is read differently the second time";
  return std::nullopt;
}

Broken audit_report(Bytes file) {
  const NamedBytes report(file);
  for (const audit::Format format : {audit::Format::sarif, audit::Format::csv, audit::Format::markdown,
                                     audit::Format::in_toto, audit::Format::html}) {
    const auto converted = audit::convert(report.path(), format);
    if (!converted) return says_something(converted.error());
    if (format == audit::Format::sarif && !parse_json(converted->text)) return "SARIF is no JSON";
    if (format == audit::Format::in_toto)
      if (auto broken = json_lines_hold(converted->text)) return broken;
    // The page is a script and the data that it draws; foreign text may end neither.
    if (format == audit::Format::html && !converted->text.ends_with("</html>\n"))
      return "the page does not end as a page";
  }
  return std::nullopt;
}

bool reads_modules(std::string_view room) {
  return room != "manifest" && room != "record" && room != "describe" && room != "audit-report";
}

std::vector<std::string> rooms() {
  std::vector<std::string> names = {"reader", "reserve",  "verify", "undo",     "place",
                                    "check",  "manifest", "record", "describe", "audit-report"};
  for (const Detector& d : all_detectors()) names.push_back("detect-" + std::string(d.name));
  return names;
}

Broken run(std::string_view room, Bytes file) {
  constexpr std::pair<std::string_view, Room> kRooms[] = {{"reader", reader},
                                                          {"reserve", reserve},
                                                          {"verify", verify},
                                                          {"undo", undo},
                                                          {"place", place},
                                                          {"check", check},
                                                          {"manifest", manifest},
                                                          {"record", record},
                                                          {"reserve-once", reserve_once},
                                                          {"describe", describe},
                                                          {"audit-report", audit_report}};
  for (const auto& [name, function] : kRooms) {
    if (room == name) return function(file);
  }
  if (room.starts_with("detect-")) return detector(room.substr(7), file);
  return "there is no room " + std::string(room);
}

}  // namespace heapbump::exercise
