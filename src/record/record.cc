#include "record/record.h"

#include <algorithm>
#include <bit>

#include "base/sha256.h"
#include "base/shown.h"
#include "record/reassemble.h"

namespace heapbump {
namespace {

constexpr std::uint64_t kMaxOffset = std::uint64_t{1}
                                     << 40;  // bytes; far above any module, far below an overflow

std::unexpected<Error> bad_record(const Section& section, std::string_view what) {
  return fail_at(Code::kBadRecord, section.offset, "the heapbump section " + std::string(what));
}

Result<RecordedEdit> read_edit(const Section& section, const Json& element) {
  const Json* offset = element.find("offset");
  const Json* old_hex = element.find("old_hex");
  const Json* new_hex = element.find("new_hex");
  if (offset == nullptr || offset->as_integer() == nullptr || *offset->as_integer() < 0 ||
      old_hex == nullptr || old_hex->as_string() == nullptr || new_hex == nullptr ||
      new_hex->as_string() == nullptr)
    return bad_record(section, "has an edit without an offset, old_hex or new_hex");
  auto old_bytes = from_hex(*old_hex->as_string());
  auto new_bytes = from_hex(*new_hex->as_string());
  if (!old_bytes || !new_bytes) return bad_record(section, "has an edit whose bytes are not hexadecimal");
  return RecordedEdit{static_cast<std::uint64_t>(*offset->as_integer()), *std::move(old_bytes),
                      *std::move(new_bytes)};
}

/// The record carries a hash of itself without that hash, so that no byte of it can change unnoticed.
Status check_digest(const Section& section, const Json& document) {
  const Json* digest = document.find("sha256");
  if (digest == nullptr || digest->as_string() == nullptr)
    return bad_record(section, "carries no hash of itself");
  Json::Object rest = *document.as_object();
  rest.erase("sha256");
  if (sha256_hex(as_bytes(Json(std::move(rest)).dump(-1))) != *digest->as_string())
    return fail_at(Code::kModifiedSince, section.offset,
                   "the heapbump section was changed after it was written");
  return {};
}

/// How the sections were, for a module that wit-component wrote anew.
Status read_layout(const Section& section, const Json& document, Record& record) {
  const Json* layout = document.find("layout");
  const Json* widths = layout == nullptr ? nullptr : layout->find("size_widths");
  if (widths == nullptr || widths->as_string() == nullptr ||
      !std::ranges::all_of(*widths->as_string(), [](char c) { return c >= '1' && c <= '5'; }))
    return bad_record(section, "does not say how wide the sections' sizes are");
  record.size_widths = *widths->as_string();
  const Json* kept = layout->find("kept_sha256");
  if (kept == nullptr) return {};
  if (kept->as_string() == nullptr || kept->as_string()->size() != 64 || !from_hex(*kept->as_string()))
    return bad_record(section, "has a hash that is none");
  record.kept_sha256 = *kept->as_string();
  return {};
}

/// Needs the edits, which say how many there must be.
Status read_checkpoints(const Section& section, const Json& undo, Record& record) {
  const Json* checkpoints = undo.find("checkpoints");
  if (checkpoints == nullptr) return {};
  const Json* every = checkpoints->find("every");
  const Json* digests = checkpoints->find("sha256_starts");
  if (every == nullptr || every->as_integer() == nullptr || digests == nullptr ||
      digests->as_string() == nullptr)
    return bad_record(section, "has checkpoints without a distance or digests");
  const auto distance = static_cast<std::uint64_t>(*every->as_integer());
  if (distance < kMinCheckpointDistance || distance > kMaxOffset || !std::has_single_bit(distance))
    return bad_record(section, "has checkpoints at a distance that is none");
  const std::string& text = *digests->as_string();
  // A size that the edits contradict wraps to one that no digests are enough for.
  if (text.size() % kCheckpointDigits != 0 ||
      text.size() / kCheckpointDigits != checkpoint_count(record.body_size(), distance) || !from_hex(text))
    return bad_record(section, "has another number of checkpoints than its module");
  record.checkpoints = Checkpoints{distance, text};
  return {};
}

Status check_stands_once(const Module& module, const Section& section) {
  const auto is_record = [](const Section& s) {
    return s.id == SectionId::custom && s.name == kRecordSection;
  };
  if (std::ranges::count_if(module.sections, is_record) != 1) return bad_record(section, "occurs twice");
  return {};
}

}  // namespace

std::uint64_t Record::body_size() const {
  std::uint64_t size = input_size;
  for (const RecordedEdit& edit : edits) size += edit.new_bytes.size() - edit.old_bytes.size();
  return size;
}

Result<Record> make_record(const Manifest& manifest, const EditList& edits, const Module& input) {
  Sha256 hash;
  return make_record(manifest, edits, input, hash);
}

Result<Record> make_record(const Manifest& manifest, const EditList& edits, const Module& input,
                           Sha256& hash) {
  Record record;
  record.manifest = manifest;
  record.input_size = input.file.size();
  record.manifest.output_sha256.clear();
  std::uint64_t moved = 0;  // how far the bytes at this edit have moved; wraps when they move down
  for (const Edit& edit : edits) {
    record.edits.push_back({edit.offset + moved, edit.old_bytes, edit.new_bytes});
    moved += edit.new_bytes.size() - edit.old_bytes.size();
  }
  const std::vector<Bytes> pieces = apply_edits(input.file, edits);
  record.size_widths = section_size_widths(pieces);
  record.checkpoints = take_checkpoints(pieces, checkpoint_distance(record.body_size()), hash);
  if (needs_component_types(input)) {
    const std::vector<std::byte> output = join(pieces);
    HEAPBUMP_TRY(const Module reserved, read_module(output));
    HEAPBUMP_TRY(record.kept_sha256, kept_content_sha256(reserved));
  }
  return record;
}

namespace {

std::vector<std::byte> encode_section(std::string_view text) {
  Writer payload;
  payload.name(kRecordSection).bytes(as_bytes(text));
  Writer section;
  section.u8(0).uleb(payload.size()).bytes(payload.view());
  return section.take();
}

}  // namespace

std::vector<std::byte> encode_record(const Record& record) {
  Json edits = Json::list(record.edits, [&](const RecordedEdit& edit) {
    return Json::object(
        {{"offset", edit.offset}, {"old_hex", to_hex(edit.old_bytes)}, {"new_hex", to_hex(edit.new_bytes)}});
  });
  Json layout = Json::object({{"size_widths", record.size_widths}});
  if (!record.kept_sha256.empty()) layout["kept_sha256"] = record.kept_sha256;
  Json undo = Json::object({{"input_size", record.input_size}, {"edits", edits}});
  if (record.checkpoints)
    undo["checkpoints"] =
        Json::object({{"every", record.checkpoints->every}, {"sha256_starts", record.checkpoints->digests}});
  Json document = Json::object({
      {"schema_version", kRecordVersion},
      {"manifest", to_json(record.manifest)},
      {"undo", undo},
      {"layout", layout},
  });
  document["sha256"] = sha256_hex(as_bytes(document.dump(-1)));
  return encode_section(document.dump(-1));
}

std::string record_text(Bytes section) {
  Cursor cursor(section, 0);
  const auto id = cursor.read_u8("section id");
  const auto size = cursor.read_uleb32("section size");
  const auto name = cursor.read_name("section name");
  return id && size && name ? std::string(as_text(cursor.rest())) : std::string();
}

Result<std::string> record_in_manifest(std::string_view manifest) {
  HEAPBUMP_TRY(const Json document, parse_json(manifest));
  const Json* record = document.find("record");
  if (record == nullptr) return std::string();
  if (record->as_object() == nullptr) return fail(Code::kBadManifest, "manifest: record is not an object");
  return record->dump(-1);
}

std::vector<std::byte> with_record(Bytes module, std::string_view text) {
  Writer writer;
  writer.bytes(module).bytes(encode_section(text));
  return writer.take();
}

std::string likely_cause(const Module& module, const Record* record) {
  static constexpr std::string_view kOrder = "; run such tools first, and heapbump last";
  const Section* section = module.custom_section(kRecordSection);
  if (section != nullptr && section->offset != module.sections.back().offset) {
    const std::string_view name = module.sections.back().name;
    const std::string_view tool = name.starts_with("component-type")
                                      ? " (as `wasm-tools component embed` does)"
                                  : name == "producers" ? " (as `wasm-tools metadata add` does)"
                                                        : "";
    return "a later tool added the section `" + std::string(shown(name)) + "` after it" + std::string(tool) +
           std::string(kOrder);
  }
  const bool has_custom = std::ranges::any_of(module.sections, [](const Section& s) {
    return s.id == SectionId::custom && s.name != kRecordSection;
  });
  if (section == nullptr) return has_custom ? "" : " and all other custom ones, as `wasm-strip` does";
  if (record == nullptr) return "";
  const std::uint64_t size = section->offset, before = record->body_size();
  if (size < before && !has_custom)
    return "sections were probably removed (`wasm-strip`, `wasm-tools strip`)" + std::string(kOrder);
  if (size != before)
    return "it was probably optimised or written anew (`wasm-opt`, `wasm-tools`)" + std::string(kOrder);
  return "";
}

Result<std::optional<Record>> read_record(const Module& module) {
  const Section* found = module.custom_section(kRecordSection);
  if (found == nullptr) return std::optional<Record>{};
  const Section& section = *found;
  HEAPBUMP_CHECK(check_stands_once(module, section));
  if (section.offset != module.sections.back().offset)
    return bad_record(section, "is not the last one: " + likely_cause(module, nullptr));
  HEAPBUMP_TRY(std::optional<Record> record, read_moved_record(module));
  for (const RecordedEdit& edit : record->edits) {
    if (edit.offset > section.offset || edit.new_bytes.size() > section.offset - edit.offset)
      return bad_record(section, "has edits that lie outside the module");
  }
  return record;
}

Result<std::optional<Record>> read_moved_record(const Module& module) {
  const Section* section = module.custom_section(kRecordSection);
  if (section == nullptr) return std::optional<Record>{};
  HEAPBUMP_CHECK(check_stands_once(module, *section));
  auto document = parse_json(as_text(module.content(*section)));
  if (!document) return bad_record(*section, "is not valid JSON: " + document.error().message);
  HEAPBUMP_CHECK(check_digest(*section, *document));
  const Json* version = document->find("schema_version");
  const Json* manifest = document->find("manifest");
  const Json* undo = document->find("undo");
  if (version == nullptr || version->as_integer() == nullptr || *version->as_integer() != kRecordVersion)
    return bad_record(*section, "has a schema version that is not known");
  if (manifest == nullptr || undo == nullptr)
    return bad_record(*section, "has no manifest or nothing to undo");
  Record record;
  auto read = manifest_from_json(*manifest);
  if (!read)
    return fail_at(read.error().code, section->offset, "in the heapbump section: " + read.error().message);
  record.manifest = *std::move(read);
  HEAPBUMP_CHECK(read_layout(*section, *document, record));
  const Json* input_size = undo->find("input_size");
  const Json* edits = undo->find("edits");
  if (input_size == nullptr || input_size->as_integer() == nullptr || *input_size->as_integer() < 0 ||
      edits == nullptr || edits->as_array() == nullptr)
    return bad_record(*section, "has nothing to undo");
  record.input_size = static_cast<std::uint64_t>(*input_size->as_integer());
  std::uint64_t last_end = 0;
  for (const Json& element : *edits->as_array()) {
    HEAPBUMP_TRY(RecordedEdit edit, read_edit(*section, element));
    if (edit.offset < last_end || edit.new_bytes.size() > kMaxOffset - std::min(edit.offset, kMaxOffset))
      return bad_record(*section, "has edits that overlap");
    last_end = edit.offset + edit.new_bytes.size();
    record.edits.push_back(std::move(edit));
  }
  HEAPBUMP_CHECK(read_checkpoints(*section, *undo, record));
  return std::optional(std::move(record));
}

}  // namespace heapbump
