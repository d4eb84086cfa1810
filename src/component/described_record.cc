#include "component/described_record.h"

#include <algorithm>
#include <array>

namespace heapbump {
namespace record_field {

std::unexpected<Error> bad(std::string_view field) {
  return fail(Code::kBadRecord, "the component's heapbump section has no valid `" + std::string(field) + "`");
}

Result<std::string> text_of(const Json& document, std::string_view field) {
  const Json* value = document.find(field);
  if (value == nullptr || value->as_string() == nullptr) return bad(field);
  return *value->as_string();
}

Result<std::uint64_t> number_of(const Json& document, std::string_view field) {
  const Json* value = document.find(field);
  if (value == nullptr || value->as_integer() == nullptr || *value->as_integer() < 0) return bad(field);
  return static_cast<std::uint64_t>(*value->as_integer());
}

Result<bool> flag_of(const Json& document, std::string_view field) {
  const Json* value = document.find(field);
  if (value == nullptr || value->as_bool() == nullptr) return bad(field);
  return *value->as_bool();
}

Result<const Json::Array*> list_of(const Json& document, std::string_view field) {
  const Json* value = document.find(field);
  if (value == nullptr || value->as_array() == nullptr) return bad(field);
  return value->as_array();
}

}  // namespace record_field

namespace {

using record_field::bad;
using record_field::flag_of;
using record_field::list_of;
using record_field::number_of;
using record_field::text_of;

constexpr std::uint64_t kMostSize = std::uint64_t{1} << 20;  // as in witx/types.h
constexpr std::size_t kMostPointers = 256, kMostParameters = 64;
constexpr std::uint64_t kWord = 4;

Json memory_json(const PointedMemory& memory) {
  Json pointers = Json::array();
  for (const PointerField& field : memory.element.pointers) {
    Json item = memory_json(field.to);
    item["offset"] = std::uint64_t{field.offset};
    if (field.to.counted) item["count_offset"] = std::uint64_t{field.count_offset};
    pointers.push_back(item);
  }
  Json out = Json::object({{"size", std::uint64_t{memory.element.size}},
                           {"counted", memory.counted},
                           {"written", memory.written}});
  if (!memory.element.pointers.empty()) out["pointers"] = pointers;
  return out;
}

Result<NumberType> number_type(const Json& document, std::string_view field) {
  HEAPBUMP_TRY(const std::string text, text_of(document, field));
  for (const NumberType type : {NumberType::i32, NumberType::i64, NumberType::f32, NumberType::f64}) {
    if (text == to_string(type)) return type;
  }
  return bad(field);
}

class RowReader {
 public:
  Result<PointedMemory> memory(const Json& json);

 private:
  Result<PointerField> field(const Json& json, const MemoryShape& element, std::uint64_t begin);
  std::size_t pointers_ = 0;  // at all depths; the depth itself is bounded by the JSON's
};

Result<PointerField> RowReader::field(const Json& json, const MemoryShape& element, std::uint64_t begin) {
  PointerField out;
  if (++pointers_ > kMostPointers) return bad("pointers");
  HEAPBUMP_TRY(const std::uint64_t offset, number_of(json, "offset"));
  if (offset < begin || offset > element.size || element.size - offset < kWord) return bad("offset");
  out.offset = static_cast<std::uint32_t>(offset);
  HEAPBUMP_TRY(out.to, memory(json));
  if (!out.to.counted) return out;
  HEAPBUMP_TRY(const std::uint64_t count, number_of(json, "count_offset"));
  if (count < offset + kWord || count > element.size || element.size - count < kWord)
    return bad("count_offset");
  out.count_offset = static_cast<std::uint32_t>(count);
  return out;
}

Result<PointedMemory> RowReader::memory(const Json& json) {
  PointedMemory out;
  HEAPBUMP_TRY(const std::uint64_t size, number_of(json, "size"));
  if (size == 0 || size > kMostSize) return bad("size");
  out.element.size = static_cast<std::uint32_t>(size);
  HEAPBUMP_TRY(out.counted, flag_of(json, "counted"));
  HEAPBUMP_TRY(out.written, flag_of(json, "written"));
  if (json.find("pointers") == nullptr) return out;
  HEAPBUMP_TRY(const Json::Array* list, list_of(json, "pointers"));
  std::uint64_t begin = 0;
  for (const Json& item : *list) {
    HEAPBUMP_TRY(PointerField pointer, field(item, out.element, begin));
    begin = pointer.offset + kWord;
    out.element.pointers.push_back(std::move(pointer));
  }
  return out;
}

}  // namespace

Json to_json(const DescribedCall& call) {
  Json parameters = Json::list(call.parameters, [&](const DescribedParameter& parameter) {
    return parameter.number ? Json::object({{"number", to_string(*parameter.number)}})
                            : memory_json(parameter.memory);
  });
  return Json::object({{"module", call.module},
                       {"name", call.name},
                       {"parameters", parameters},
                       {"result", call.result ? Json(to_string(*call.result)) : Json()}});
}

Result<DescribedCall> read_described_call(const Json& json) {
  DescribedCall call;
  HEAPBUMP_TRY(call.module, text_of(json, "module"));
  HEAPBUMP_TRY(call.name, text_of(json, "name"));
  HEAPBUMP_TRY(const Json::Array* parameters, list_of(json, "parameters"));
  if (parameters->size() > kMostParameters) return bad("parameters");
  for (const Json& item : *parameters) {
    DescribedParameter parameter;
    if (item.find("number") != nullptr) {
      HEAPBUMP_TRY(parameter.number, number_type(item, "number"));
    } else {
      HEAPBUMP_TRY(parameter.memory, RowReader().memory(item));
    }
    call.parameters.push_back(std::move(parameter));
  }
  const Json* result = json.find("result");
  if (result == nullptr) return bad("result");
  if (!result->is_null()) {
    HEAPBUMP_TRY(call.result, number_type(json, "result"));
  }
  return call;
}

}  // namespace heapbump
