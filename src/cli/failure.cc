#include "cli/failure.h"

#include <cstdio>

namespace heapbump::cli {
namespace {

Status remove_stale_manifest(const std::string& path) {
  if (path.empty() || path == "-" || !is_regular_file(path)) return {};
  const auto text = read_file(path, kMaxJsonBytes);
  const auto document = text ? parse_json(as_text(text->bytes.view())) : std::unexpected(text.error());
  const bool manifest =
      document && document->find("schema_version") != nullptr && document->find("slots") != nullptr;
  if (!manifest)
    return fail(Code::kIoWrite,
                "is left as it is: it is no manifest, and nothing was reserved that it could describe");
  if (std::remove(path.c_str()) != 0)
    return fail(Code::kIoWrite, "describes an earlier run and cannot be removed");
  return {};
}

}  // namespace

void tell_failure(const Session& session, const std::string& file, Json report, bool json,
                  const std::string& path) {
  if (json) print_json(session, file, report);
  report["verb"] = session.verb;
  if (path.empty()) return;
  if (const auto written = write_text(path, report.dump() + "\n"); !written)
    print_error(session, output_name(path), written.error());
}

void drop_stale_manifest(const Session& session, const std::string& path) {
  if (const auto removed = remove_stale_manifest(path); !removed) print_error(session, path, removed.error());
}

}  // namespace heapbump::cli
