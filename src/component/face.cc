#include "component/face.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "base/names.h"
#include "base/shown.h"
#include "component/program.h"

namespace heapbump {
namespace {

constexpr std::size_t kMostNamed = 3;  // imports that one blocker names

std::string quoted(std::string_view text) {
  return "`" + std::string(shown(text)) + "`";
}

std::string counted(std::uint64_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

/// The imports of one module that nothing answers.
struct Unanswered {
  std::uint64_t count = 0;
  std::uint64_t first_offset = 0;
  std::string names;
};

class FaceReader {
 public:
  explicit FaceReader(const Outline& outline) : outline_(outline) {}

  Face run() {
    has_wit_ = outline_.has_custom("component-type");
    read_imports();
    read_entry();
    read_adapter();
    block_foreign();
    block_memories();
    block_relocation();
    block_rest();
    return std::move(face_);
  }

 private:
  void read_imports();
  void read_entry();
  void read_adapter();
  void block_foreign();
  void block_memories();
  void block_relocation();
  void block_rest();
  void block(Stops stops, Code code, std::string message, std::optional<std::uint64_t> offset = {}) {
    face_.blockers.push_back({stops, {code, std::move(message), offset}});
  }
  [[nodiscard]] bool exports(std::string_view name) const {
    return outline_.find_export(name, ExternalKind::function) != nullptr;
  }
  [[nodiscard]] const ImportedModule* imported(std::string_view name) const {
    const auto found = std::ranges::find(face_.imports, name, &ImportedModule::name);
    return found == face_.imports.end() ? nullptr : &*found;
  }

  const Outline& outline_;
  Face face_;
  bool has_wit_ = false;
};

void FaceReader::read_imports() {
  std::map<std::string_view, std::size_t> places;
  for (const OutlineImport& import : outline_.imports) {
    const auto [place, is_new] = places.try_emplace(import.module, face_.imports.size());
    if (is_new) face_.imports.push_back({.name = import.module});
    ImportedModule& module = face_.imports[place->second];
    ++module.count;
    if (served_call(import) != nullptr) ++module.served;
  }
}

void FaceReader::read_entry() {
  const auto is_function = [](const OutlineExport& item) { return item.kind == ExternalKind::function; };
  if (exports("_start"))
    face_.entry = Entry::command;
  else if (exports("_initialize"))
    face_.entry = Entry::reactor;
  else if (outline_.start)
    face_.entry = Entry::start;
  else if (std::ranges::any_of(outline_.exports, is_function))
    face_.entry = Entry::reactor;
}

void FaceReader::read_adapter() {
  if (imported(kPreview1) == nullptr && imported(kPreview0) == nullptr) return;
  const bool runs = face_.entry == Entry::command || face_.entry == Entry::start;
  face_.adapter = runs ? "command" : "reactor";
}

void FaceReader::block_foreign() {
  std::map<std::string_view, Unanswered> by_module;
  for (const OutlineImport& import : outline_.imports) {
    if (served_call(import) != nullptr) continue;
    if (import.kind == ExternalKind::memory) continue;
    // Component types say what these are; an encoder that reads them knows how to give them.
    const bool preview = import.module == kPreview1 || import.module == kPreview0;
    if (has_wit_ && !preview) continue;
    Unanswered& one = by_module[import.module];
    if (one.count++ == 0) one.first_offset = import.name_offset;
    if (one.count <= kMostNamed) one.names += (one.count == 1 ? "" : ", ") + quoted(import.name);
  }
  for (const ImportedModule& module : face_.imports) {
    const auto found = by_module.find(module.name);
    if (found == by_module.end()) continue;
    const Unanswered& one = found->second;
    block(Stops::component, Code::kForeignImports,
          "it imports " + counted(one.count, "item") + " of " + quoted(module.name) + " (" + one.names +
              (one.count > kMostNamed ? ", ..." : "") + "), which no preview1 adapter gives",
          one.first_offset);
  }
}

void FaceReader::block_relocation() {
  if (has_wit_)
    block(
        Stops::apart, Code::kWitModule,
        "it carries component types, so its exports work on its own memory and the adapter cannot be apart");
  for (const Obstacle obstacle : obstacles_to_relocation(outline_)) {
    const std::string text(sentence(obstacle));
    if (obstacle == Obstacle::preview0) {
      const auto first = std::ranges::find(outline_.imports, kPreview0, &OutlineImport::module);
      block(Stops::relocation, Code::kPreview0,
            text + "; `heapbump component` translates it, with the adapter apart", first->name_offset);
    } else if (face_.adapter.empty() || has_wit_) {
      continue;  // nothing asks for an adapter, or an encoder reads what its exports are
    } else if (obstacle == Obstacle::start_function) {
      const Section* start = outline_.section(SectionId::start);
      block(Stops::relocation, Code::kStrategyUnsound, text,
            start == nullptr ? std::nullopt : std::optional(start->offset));
    } else if (face_.entry == Entry::reactor) {
      block(Stops::relocation, Code::kStrategyUnsound, text);
    }
  }
}

void FaceReader::block_memories() {
  const Section* section = outline_.section(SectionId::memory);
  const auto own = section == nullptr ? std::nullopt : std::optional(section->offset);
  for (const OutlineImport& import : outline_.imports) {
    if (import.kind == ExternalKind::memory)
      block(Stops::component, Code::kImportedMemory,
            "it imports its memory, " + quoted(import.module) + " " + quoted(import.name) +
                ", which an adapter does not give",
            import.name_offset);
  }
  if (outline_.memories.size() > 1)
    block(Stops::relocation, Code::kMultiMemory,
          "it has " + std::to_string(outline_.memories.size()) + " memories" +
              ", and a region can be reserved in one alone",
          own);
  for (const OutlineMemory& memory : outline_.memories) {
    if (memory.is64)
      block(Stops::component, Code::kMemory64,
            "its memory has 64-bit addresses, and preview1 has pointers of 32 bits", own);
    if (memory.shared)
      block(Stops::relocation, Code::kSharedMemory, "its memory is shared between threads", own);
    if (memory.page_size_log2)
      block(Stops::relocation, Code::kPageSize, "its memory has pages of another size than 64 KiB", own);
  }
}

// What the reader of programs refuses besides, so that the face and `component` never disagree.
void FaceReader::block_rest() {
  if (has_wit_ || face_.stops(Stops::component)) return;
  if (const auto program = read_program(outline_); !program)
    face_.blockers.push_back({Stops::component, program.error()});
}

}  // namespace

std::string_view to_string(Entry entry) {
  return name_of<Entry::none>(entry, {"command", "start", "reactor", "none"});
}

std::string_view to_string(Stops stops) {
  return name_of<Stops::apart>(stops, {"component", "relocation", "apart"});
}

bool Face::stops(Stops what) const {
  return std::ranges::any_of(blockers, [&](const Blocker& blocker) { return blocker.stops == what; });
}

std::string_view sentence(Obstacle obstacle) {
  return name_of<Obstacle::reactor>(
      obstacle, {"it imports `wasi_unstable` (preview0), which no preview1 adapter gives",
                 "its start function could call the host before the adapter is there",
                 "it is a reactor without component types, whose component would export nothing"});
}

std::vector<Obstacle> obstacles_to_relocation(const Outline& outline) {
  std::vector<Obstacle> found;
  if (std::ranges::find(outline.imports, kPreview0, &OutlineImport::module) != outline.imports.end())
    found.push_back(Obstacle::preview0);
  if (outline.start) found.push_back(Obstacle::start_function);
  if (outline.find_export("_start", ExternalKind::function) == nullptr) found.push_back(Obstacle::reactor);
  return found;
}

Face read_face(const Outline& outline) {
  return FaceReader(outline).run();
}

}  // namespace heapbump
