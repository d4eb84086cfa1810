#include "component/foreign.h"

#include <map>
#include <set>
#include <utility>

#include "base/shown.h"
#include "component/program.h"

namespace heapbump {
namespace {

constexpr std::size_t kMostListed = 20;  // imports that one message names

std::string named(const OutlineImport& import) {
  return "`" + std::string(shown(import.module)) + "` `" + std::string(shown(import.name)) + "`";
}

/// Names, as one message has them.
class List {
 public:
  void add(const std::string& item) {
    if (++count_ <= kMostListed) text_ += (text_.empty() ? "" : ", ") + item;
  }
  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] std::string text() const {
    return count_ <= kMostListed ? text_ : text_ + " and " + std::to_string(count_ - kMostListed) + " more";
  }

 private:
  std::string text_;
  std::size_t count_ = 0;
};

// `heapbump` is what the stand-in's own exports begin with; the other names mean something to wit-component.
Status check_adapters(const ComponentRequest& request) {
  static const std::set<std::string_view> kTaken = {"", "heapbump", "__main_module__", kPreview1, kPreview0};
  std::set<std::string_view> seen;
  for (const NamedAdapter& adapter : request.adapters) {
    const std::string name = "--adapter " + std::string(shown(adapter.serves)) + "=FILE";
    if (kTaken.contains(adapter.serves))
      return fail(Code::kUsage, name +
                                    ": no adapter can be given for this module name; --adapter FILE takes "
                                    "another adapter of preview1");
    if (!seen.insert(adapter.serves).second) return fail(Code::kUsage, name + " is given twice");
  }
  if (request.adapters.size() < kMostAdapters) return {};
  return fail(Code::kUsage, "more than " + std::to_string(kMostAdapters - 1) + " adapters are given");
}

/// What each adapter exports, by the module name that it serves.
using Adapters = std::map<std::string_view, Outline>;

Result<Adapters> read_adapters(const ComponentRequest& request) {
  Adapters adapters;
  for (const NamedAdapter& adapter : request.adapters) {
    auto outline = read_outline(adapter.bytes);
    if (!outline)
      return fail(outline.error().code,
                  "the adapter for `" + std::string(shown(adapter.serves)) +
                      "` is no core module that can be read: " + outline.error().message);
    adapters.emplace(adapter.serves, *std::move(outline));
  }
  return adapters;
}

bool is_served(const OutlineImport& import, const Adapters& adapters) {
  const auto adapter = adapters.find(import.module);
  return import.kind == ExternalKind::function && adapter != adapters.end() &&
         adapter->second.find_export(import.name, ExternalKind::function) != nullptr;
}

}  // namespace

Result<std::vector<DescribedCall>> described_imports(const Outline& outline,
                                                     const ComponentRequest& request) {
  HEAPBUMP_CHECK(check_adapters(request));
  HEAPBUMP_TRY(const Adapters adapters, read_adapters(request));
  List unserved, undescribed;
  std::vector<DescribedCall> calls;
  std::set<std::pair<std::string_view, std::string_view>> seen;
  std::set<std::string> exported;  // by the stand-in
  for (const OutlineImport& import : outline.imports) {
    if (is_wasi(import) || !seen.emplace(import.module, import.name).second) continue;
    if (!is_served(import, adapters)) {
      unserved.add(named(import));
      continue;
    }
    if (request.description == nullptr) continue;
    const DescribedFunction* function = request.description->find(import.module, import.name);
    if (function == nullptr) {
      undescribed.add(named(import) + " is not in it");
    } else if (!function->refusal.empty()) {
      undescribed.add(named(import) + ": " + function->refusal);
    } else if (!exported.insert(std::string(import.module) + "." + std::string(import.name)).second) {
      undescribed.add(named(import) + ": another import has the same name once module and name are joined");
    } else {
      calls.push_back(function->call);
    }
  }
  if (!unserved.empty())
    return fail(Code::kForeignImports, "it imports what no adapter gives: " + unserved.text() +
                                           "; --adapter NAME=FILE gives an adapter for the functions of one "
                                           "module name, and --describe FILE.witx says what they do with "
                                           "memory, which is needed where the module's heap cannot be moved");
  if (!undescribed.empty())
    return fail(Code::kUndescribed,
                "the description does not say enough of what is imported: " + undescribed.text());
  return calls;
}

}  // namespace heapbump
