#include "wasm/memory_section.h"

#include <string>

namespace heapbump {
namespace {

constexpr std::uint64_t kMaxPages = 65536;  // 4 GiB of 64 KiB pages (core specification, memory types)

Result<LebField> read_limit(Cursor& cursor, bool is64, std::string_view what) {
  LebField field;
  field.file_offset = cursor.offset();
  if (is64) {
    HEAPBUMP_TRY(const auto value, cursor.read_uleb64(what));
    field.value = value.value;
    field.width = value.width;
  } else {
    HEAPBUMP_TRY(const auto value, cursor.read_uleb32(what));
    field.value = value.value;
    field.width = value.width;
  }
  return field;
}

Result<Memory> read_memory(Cursor& cursor) {
  Memory memory;
  const std::uint64_t at = cursor.offset();
  HEAPBUMP_TRY(memory.flags, cursor.read_u8("memory flags"));
  if ((memory.flags & ~0x0f) != 0)
    return fail_at(Code::kMalformed, at, "memory flags " + hex(memory.flags) + " are not known");
  memory.shared = (memory.flags & 0x02) != 0;
  memory.is64 = (memory.flags & 0x04) != 0;
  HEAPBUMP_TRY(memory.min, read_limit(cursor, memory.is64, "memory minimum"));
  if ((memory.flags & 0x01) != 0) {
    HEAPBUMP_TRY(memory.max, read_limit(cursor, memory.is64, "memory maximum"));
  }
  if ((memory.flags & 0x08) != 0) {
    HEAPBUMP_TRY(const auto log2, cursor.read_uleb32("memory page size"));
    memory.page_size_log2 = log2.value;
  }
  if (memory.shared && !memory.max) return fail_at(Code::kMalformed, at, "a shared memory has no maximum");
  if (!memory.is64 && !memory.page_size_log2) {
    if (memory.min.value > kMaxPages)
      return fail_at(Code::kMalformed, memory.min.file_offset, "the memory's minimum is over 65536 pages");
    if (memory.max && memory.max->value > kMaxPages)
      return fail_at(Code::kMalformed, memory.max->file_offset, "the memory's maximum is over 65536 pages");
    if (memory.max && memory.max->value < memory.min.value)
      return fail_at(Code::kMalformed, memory.max->file_offset, "the memory's maximum is below its minimum");
  }
  return memory;
}

}  // namespace

Status read_memories(Module& module) {
  const Section* section = module.section(SectionId::memory);
  if (section == nullptr) return {};
  Cursor cursor(module.content(*section), section->content_offset);
  HEAPBUMP_TRY(const auto count, cursor.read_count("memory count", 2));
  constexpr std::uint32_t kMaxMemories = 100;  // as engines
  if (count > kMaxMemories)
    return fail_at(Code::kMultiMemory, section->content_offset,
                   "the module has " + std::to_string(count) + " memories");
  for (std::uint32_t i = 0; i < count; ++i) {
    HEAPBUMP_TRY(const Memory memory, read_memory(cursor));
    module.memories.push_back(memory);
  }
  if (!cursor.empty())
    return fail_at(Code::kSectionSize, cursor.offset(), "bytes are left over in the memory section");
  return {};
}

}  // namespace heapbump
