#include "wasm/component_types.h"

#include <string>

namespace heapbump {

std::unexpected<Error> later_proposal(std::uint64_t offset, std::string_view what, std::uint8_t byte) {
  return fail_at(Code::kComponentFeature, offset,
                 std::string(what) + " " + hex(byte) + " is not known; the component uses a later proposal");
}

Status skip_extern_name(Cursor& section) {
  const std::uint64_t at = section.offset();
  HEAPBUMP_TRY(const auto form, section.read_u8("a name's form"));
  HEAPBUMP_TRY([[maybe_unused]] const auto name, section.read_name("a name"));
  if (form == 0x00 || form == 0x01) return {};
  if (form != 0x02) return later_proposal(at, "name form", form);
  HEAPBUMP_TRY(const auto count, section.read_count("a name's options", 2));
  for (std::uint32_t i = 0; i < count; ++i) {
    HEAPBUMP_TRY([[maybe_unused]] const auto kind, section.read_u8("a name option"));
    HEAPBUMP_TRY([[maybe_unused]] const auto value, section.read_name("a name option"));
  }
  return {};
}

Status skip_value_type(Cursor& section) {
  // A primitive type is a negative SLEB128 of one byte, a type index a non-negative one.
  HEAPBUMP_TRY([[maybe_unused]] const auto type, section.read_sleb33("a value type"));
  return {};
}

Status skip_extern_type(Cursor& section, std::uint8_t sort) {
  if (sort == 0x02 || sort == 0x03) {
    const std::uint64_t at = section.offset();
    HEAPBUMP_TRY(const auto bound, section.read_u8("a bound"));
    if (bound > 0x01) return later_proposal(at, "bound", bound);
    if (sort == 0x02 && bound == 0x01) return skip_value_type(section);
    if (bound == 0x01) return {};
  }
  HEAPBUMP_TRY([[maybe_unused]] const auto index, section.read_uleb32("a type index"));
  return {};
}

Status skip_canon_options(Cursor& section) {
  HEAPBUMP_TRY(const auto count, section.read_count("canonical options"));
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint64_t at = section.offset();
    HEAPBUMP_TRY(const auto option, section.read_u8("a canonical option"));
    if (option > 0x09) return later_proposal(at, "canonical option", option);
    const bool has_index = (option >= 0x03 && option <= 0x05) || option == 0x07 || option == 0x08;
    if (has_index) {
      HEAPBUMP_TRY([[maybe_unused]] const auto index, section.read_uleb32("a canonical option's index"));
    }
  }
  return {};
}

}  // namespace heapbump
