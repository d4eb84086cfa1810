#include "component/program.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/shown.h"

namespace heapbump {
namespace {

constexpr std::size_t kMostListed = 20;  // imports that one message names

std::vector<std::byte> copy(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

std::string quoted(std::string_view text) {
  return "`" + std::string(shown(text)) + "`";
}

bool same_types(Bytes found, const std::vector<emit::Type>& expected) {
  return std::ranges::equal(found, expected, [](std::byte byte, emit::Type type) {
    return u8(byte) == static_cast<std::uint8_t>(type);
  });
}

bool has_type(const OutlineType* type, const emit::Signature& signature) {
  return type != nullptr && type->plain && same_types(type->parameters, signature.parameters) &&
         same_types(type->results, signature.results);
}

/// Rows by module and name.
using Rows = std::map<std::pair<std::string_view, std::string_view>, const DescribedCall*>;

const DescribedCall* find_described(const OutlineImport& import, const Rows& rows) {
  const auto found = rows.find({import.module, import.name});
  return found == rows.end() || import.kind != ExternalKind::function ? nullptr : found->second;
}

Status refuse_foreign(const Outline& outline, const Rows& described) {
  std::string list;
  std::size_t foreign = 0;
  for (const OutlineImport& import : outline.imports) {
    if (served_call(import) != nullptr || find_described(import, described) != nullptr) continue;
    if (++foreign > kMostListed) continue;
    list += (list.empty() ? "" : ", ") + quoted(import.module) + " " + quoted(import.name);
  }
  if (foreign == 0) return {};
  if (foreign > kMostListed) list += " and " + std::to_string(foreign - kMostListed) + " more";
  return fail(Code::kForeignImports,
              "it imports what no adapter of preview1 gives: " + list +
                  "; functions of another interface can be served by an adapter of their own, with --adapter "
                  "NAME=FILE for the module name, and where the heap cannot be moved --describe FILE.witx");
}

class ProgramReader {
 public:
  ProgramReader(const Outline& outline, std::span<const DescribedCall> described) : outline_(outline) {
    for (const DescribedCall& call : described) described_.try_emplace({call.module, call.name}, &call);
    program_.described = std::make_shared<std::deque<HostCall>>();
  }

  Result<Program> run() {
    if (outline_.has_custom("component-type"))
      return fail(Code::kWitModule,
                  "the module carries component types, so its exports work on its own memory; it has to be "
                  "relocated, by an encoder that reads those types (--encoder wasm-tools)");
    HEAPBUMP_CHECK(refuse_foreign(outline_, described_));
    HEAPBUMP_CHECK(read_imports());
    HEAPBUMP_CHECK(read_entry());
    HEAPBUMP_CHECK(read_memory());
    HEAPBUMP_CHECK(plan_edits());
    return std::move(program_);
  }

 private:
  Status read_imports();
  Status read_entry();
  Status read_memory();
  Status plan_edits();
  Service service_of(const OutlineImport& import);
  std::string unique_name(std::string_view name);
  void replace(std::uint64_t offset, std::uint64_t size, std::vector<std::byte> bytes, std::string reason);
  /// Edits of a section's size after its content changed by `growth` bytes.
  Status resize(const Section& section, std::int64_t growth);

  const Outline& outline_;
  Rows described_;
  std::map<const DescribedCall*, const HostCall*> calls_;  // that were made of them
  Program program_;
  std::map<std::string, unsigned> times_;  // that each name occurred
};

// `fd_write`, then `fd_write [v2]`, `fd_write [v3]`, as wit-component has it (wasm-tools,
// encoding/dedupe.rs). Names are unique over all modules, since one shim serves them all.
std::string ProgramReader::unique_name(std::string_view name) {
  const unsigned before = times_[std::string(name)]++;
  return before == 0 ? std::string(name) : std::string(name) + " [v" + std::to_string(before + 1) + "]";
}

Service ProgramReader::service_of(const OutlineImport& import) {
  if (const HostCall* call = served_call(import)) return {std::string(kPreview1), call};
  const DescribedCall& row = *find_described(import, described_);
  const HostCall*& call = calls_[&row];
  if (call == nullptr)
    call = &program_.described->emplace_back(row.name, std::vector<Parameter>{}, false, std::string(), row);
  return {row.module, call};
}

Status ProgramReader::read_imports() {
  std::map<std::pair<std::string_view, std::string_view>, std::string> exports;
  for (std::size_t i = 0; i < outline_.imports.size(); ++i) {
    const OutlineImport& import = outline_.imports[i];
    Service service = service_of(import);
    const OutlineType* type = import.type < outline_.types.size() ? &outline_.types[import.type] : nullptr;
    if (!has_type(type, service.call->signature()))
      return fail_at(Code::kImportType, import.name_offset,
                     "it imports " + quoted(import.module) + " " + quoted(import.name) +
                         " with a type that this host call does not have");
    ProgramImport item;
    item.module = import.module;
    item.name = unique_name(import.name);
    // Imports of one call share the bridge's function, which has the first one's name.
    const auto [entry, is_new] = exports.try_emplace({import.module, import.name}, item.name);
    item.call = {entry->second, std::move(service), import.module == kPreview0};
    program_.imports.push_back(std::move(item));
    if (std::ranges::find(program_.modules, import.module) == program_.modules.end())
      program_.modules.push_back(import.module);
  }
  return {};
}

Status ProgramReader::read_entry() {
  static const emit::Signature kNothing{{}, {}};
  const auto entry = [&](std::string_view name) -> Result<bool> {
    const OutlineExport* item = outline_.find_export(name, ExternalKind::function);
    if (item == nullptr) return false;
    if (has_type(outline_.function_type(item->index), kNothing)) return true;
    return fail(Code::kImportType, "its export " + quoted(name) + " takes parameters or has results");
  };
  HEAPBUMP_TRY(const bool command, entry("_start"));
  HEAPBUMP_TRY(const bool initialized, entry("_initialize"));
  // Of a command as well: wit-component's fixup (wasm-tools, encoding.rs, add_initialize) and wasmtime's host
  // of core modules run it before `_start`.
  if (initialized) program_.initialize = "_initialize";
  program_.start = outline_.start;
  if (program_.start && !has_type(outline_.function_type(*program_.start), kNothing))
    return fail(Code::kBadIndex, "its start function does not exist, or takes parameters or has results");
  if (command) {
    program_.kind = ProgramKind::command;
  } else if (initialized || !program_.start) {
    program_.kind = ProgramKind::reactor;
  } else {
    program_.kind = ProgramKind::start_alone;
  }
  return {};
}

// Hosts take the memory exported as `memory`; some the only exported one, whatever its name.
Status ProgramReader::read_memory() {
  const OutlineExport* found = outline_.find_export("memory", ExternalKind::memory);
  if (found == nullptr) {
    const auto is_memory = [](const OutlineExport& item) { return item.kind == ExternalKind::memory; };
    if (std::ranges::count_if(outline_.exports, is_memory) == 1)
      found = &*std::ranges::find_if(outline_.exports, is_memory);
  }
  if (found == nullptr) {
    const auto uses = [](const ProgramImport& import) { return import.call.service.call->uses_memory(); };
    if (std::ranges::none_of(program_.imports, uses)) return {};
    return fail(Code::kNoMemory,
                "it exports no memory, or several and none of them as `memory`, so no host can tell which "
                "one the pointers that it passes are for");
  }
  if (found->index >= outline_.memories.size())
    return fail(Code::kBadIndex, "its export " + quoted(found->name) + " is of a memory that does not exist");
  const OutlineMemory& memory = outline_.memories[found->index];
  if (memory.is64)
    return fail(Code::kMemory64, "its memory has 64-bit addresses, and preview1 has pointers of 32 bits");
  program_.memory = ProgramMemory{std::string(found->name), {}};
  // An import asks for no more than what is there: any minimum will do, and a maximum where one is required.
  emit::MemoryType& type = program_.memory->type;
  type.shared = memory.shared;
  type.page_size_log2 = memory.page_size_log2;
  if (memory.shared) type.maximum = memory.maximum;
  return {};
}

void ProgramReader::replace(std::uint64_t offset, std::uint64_t size, std::vector<std::byte> bytes,
                            std::string reason) {
  program_.edits.push_back(
      {offset, copy(outline_.file.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size))),
       std::move(bytes), std::move(reason)});
}

Status ProgramReader::resize(const Section& section, std::int64_t growth) {
  const auto size = static_cast<std::uint64_t>(static_cast<std::int64_t>(section.payload_size) + growth);
  std::vector<std::byte> leb = encode_uleb(size, std::max(section.size_width, uleb_width(size)));
  if (leb.empty())
    return fail_at(Code::kTooLarge, section.offset, "its " + section.title() + " section cannot grow");
  replace(section.size_offset, section.size_width, std::move(leb),
          "size of the " + section.title() + " section");
  return {};
}

Status ProgramReader::plan_edits() {
  std::int64_t growth = 0;
  for (std::size_t i = 0; i < program_.imports.size(); ++i) {
    const OutlineImport& import = outline_.imports[i];
    const std::string& name = program_.imports[i].name;
    if (name == import.name) continue;
    replace(import.name_offset, import.name_end - import.name_offset, Writer().name(name).take(),
            "an import of a name that occurs twice");
    growth += static_cast<std::int64_t>(program_.edits.back().new_bytes.size()) -
              static_cast<std::int64_t>(program_.edits.back().old_bytes.size());
  }
  if (growth != 0) HEAPBUMP_CHECK(resize(*outline_.section(SectionId::import), growth));
  if (program_.start) {
    if (const auto taken = std::ranges::find(outline_.exports, kStartExport, &OutlineExport::name);
        taken != outline_.exports.end())
      return fail(Code::kExportTaken, "it already exports " + quoted(kStartExport));
    const Section& start = *outline_.section(SectionId::start);
    const Writer entry = std::move(Writer().name(kStartExport).u8(0).uleb(*program_.start));
    if (const Section* exports = outline_.section(SectionId::exports)) {
      Cursor cursor(outline_.file.subspan(static_cast<std::size_t>(exports->content_offset),
                                          static_cast<std::size_t>(exports->payload_size)),
                    exports->content_offset);
      HEAPBUMP_TRY(const auto count, cursor.read_uleb32("the number of exports"));
      const std::uint64_t more = std::uint64_t{count.value} + 1;
      std::vector<std::byte> leb = encode_uleb(more, std::max<unsigned>(count.width, uleb_width(more)));
      growth = static_cast<std::int64_t>(leb.size() - count.width + entry.size());
      HEAPBUMP_CHECK(resize(*exports, growth));
      replace(exports->content_offset, count.width, std::move(leb), "number of exports");
      replace(exports->end(), 0, entry.view(), "export of the start function");
    } else {
      Writer section;
      section.u8(static_cast<std::uint8_t>(SectionId::exports))
          .uleb(entry.size() + 1)
          .uleb(1)
          .bytes(entry.view());
      replace(start.offset, 0, section.take(), "export of the start function");
    }
    replace(start.offset, start.end() - start.offset, {},
            "the start section, whose function is called later");
  }
  std::ranges::stable_sort(program_.edits, {}, &Edit::offset);
  return {};
}

}  // namespace

const HostCall* served_call(const OutlineImport& import) {
  if (import.kind != ExternalKind::function) return nullptr;
  if (import.module == kPreview1) return find_preview1(import.name);
  if (import.module == kPreview0 && is_in_preview0(import.name)) return find_preview1(import.name);
  return nullptr;
}

std::vector<Service> Program::services() const {
  std::vector<Service> services;
  const auto add = [&](const Service& service) {
    const auto same = [&](const Service& known) {
      return known.module == service.module && known.call == service.call;
    };
    if (std::ranges::none_of(services, same)) services.push_back(service);
  };
  for (const ProgramImport& import : imports) {
    const Service& service = import.call.service;
    add(service);
    if (!service.call->sizes_from.empty()) add({service.module, find_preview1(service.call->sizes_from)});
  }
  return services;
}

bool is_wasi(const OutlineImport& import) {
  return served_call(import) != nullptr;
}

Result<Program> read_program(const Outline& outline, std::span<const DescribedCall> described) {
  return ProgramReader(outline, described).run();
}

}  // namespace heapbump
