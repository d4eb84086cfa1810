#include "base/sha256.h"
#include "component/apart.h"
#include "component/described_record.h"
#include "record/tool.h"

namespace heapbump {
namespace {

constexpr int kApartVersion = 1;

}  // namespace

std::string_view to_string(StandInScope value) {
  return value == StandInScope::all ? "all" : "program";
}

Json to_json(const ApartRecord& record) {
  Json out = Json::object({{"schema_version", kApartVersion},
                           {"strategy", "apart"},
                           {"module", file_json(record.program_sha256, record.program_size)},
                           {"stand_in", to_string(record.scope)},
                           {"command", record.command},
                           {"adapter_sha256", record.adapter_sha256},
                           {"encoder", record.encoder},
                           {"edits", Json::list(record.edits)},
                           {"tool", tool_json()}});
  if (!record.adapters.empty()) {
    out["adapters"] = Json::list(record.adapters, [&](const NamedAdapterRecord& item) {
      return Json::object({{"serves", item.serves}, {"sha256", item.sha256}});
    });
  }
  if (!record.described.empty()) {
    Json calls = Json::list(record.described);
    out["described"] = Json::object({{"sha256", record.description_sha256}, {"calls", calls}});
  }
  return out;
}

namespace {

using record_field::bad;
using record_field::flag_of;
using record_field::list_of;
using record_field::number_of;
using record_field::text_of;

Result<std::vector<std::byte>> bytes_of(const Json& document, std::string_view field) {
  HEAPBUMP_TRY(const std::string text, text_of(document, field));
  auto bytes = from_hex(text);
  if (!bytes) return bad(field);
  return *std::move(bytes);
}

Result<EditList> edits_of(const Json& document) {
  HEAPBUMP_TRY(const Json::Array* list, list_of(document, "edits"));
  EditList edits;
  for (const Json& item : *list) {
    Edit edit;
    HEAPBUMP_TRY(edit.offset, number_of(item, "file_offset"));
    HEAPBUMP_TRY(edit.old_bytes, bytes_of(item, "old_hex"));
    HEAPBUMP_TRY(edit.new_bytes, bytes_of(item, "new_hex"));
    HEAPBUMP_TRY(edit.reason, text_of(item, "reason"));
    edits.push_back(std::move(edit));
  }
  return edits;
}

Status read_adapters(const Json& document, ApartRecord& record) {
  if (document.find("adapters") == nullptr) return {};
  HEAPBUMP_TRY(const Json::Array* list, list_of(document, "adapters"));
  if (list->size() >= kMostAdapters) return bad("adapters");
  for (const Json& item : *list) {
    NamedAdapterRecord adapter;
    HEAPBUMP_TRY(adapter.serves, text_of(item, "serves"));
    HEAPBUMP_TRY(adapter.sha256, text_of(item, "sha256"));
    record.adapters.push_back(std::move(adapter));
  }
  return {};
}

}  // namespace

Result<ApartRecord> read_apart_record(Bytes json) {
  HEAPBUMP_TRY(const Json document, parse_json(as_text(json)));
  ApartRecord record;
  HEAPBUMP_TRY(const auto version, number_of(document, "schema_version"));
  if (version != kApartVersion) return bad("schema_version");
  HEAPBUMP_TRY(const auto strategy, text_of(document, "strategy"));
  if (strategy != "apart") return bad("strategy");
  const Json* module = document.find("module");
  if (module == nullptr) return bad("module");
  HEAPBUMP_TRY(record.program_sha256, text_of(*module, "sha256"));
  HEAPBUMP_TRY(record.program_size, number_of(*module, "size"));
  HEAPBUMP_TRY(const auto scope, text_of(document, "stand_in"));
  if (scope != "all" && scope != "program") return bad("stand_in");
  record.scope = scope == "all" ? StandInScope::all : StandInScope::program;
  HEAPBUMP_TRY(record.command, flag_of(document, "command"));
  HEAPBUMP_TRY(record.adapter_sha256, text_of(document, "adapter_sha256"));
  HEAPBUMP_TRY(record.encoder, text_of(document, "encoder"));
  HEAPBUMP_TRY(record.edits, edits_of(document));
  HEAPBUMP_CHECK(read_adapters(document, record));
  if (const Json* described = document.find("described")) {
    HEAPBUMP_TRY(record.description_sha256, text_of(*described, "sha256"));
    HEAPBUMP_TRY(const Json::Array* calls, list_of(*described, "calls"));
    for (const Json& item : *calls) {
      HEAPBUMP_TRY(DescribedCall call, read_described_call(item));
      record.described.push_back(std::move(call));
    }
  }
  return record;
}

}  // namespace heapbump
