// The worker's side of an audit: one file after the other, in a process of its own.
#include <filesystem>
#include <new>

#include "audit/audit.h"
#include "audit/lines.h"
#include "base/io.h"
#include "base/sha256.h"
#include "record/tool.h"

namespace heapbump::audit {
namespace {

Status write_output(const std::string& path, const std::string& input, const Made& made,
                    std::optional<unsigned> mode) {
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  if (error) return fail(Code::kIoWrite, path + ": its folder cannot be made: " + error.message());
  if (same_file(path, input)) return fail(Code::kIoWrite, path + " is the input itself, by a link");
  const std::string manifest = made.manifest.dump() + "\n";
  std::vector<Output> outputs{{path, {made.bytes}, {.mode = mode, .binary = true}}};
  if (!made.manifest.is_null())
    outputs.push_back({path + ".manifest.json", {as_bytes(manifest)}, {.mode = {}, .binary = false}});
  const auto written = write_files(outputs);
  if (!written)
    return fail(Code::kIoWrite, outputs[written.error().index].path + ": " + written.error().error.message);
  return {};
}

class Server {
 public:
  Server(int orders, int answers, const Policy& policy)
      : orders_(orders), answers_(answers), policy_(policy) {}

  bool serve(const std::string& order) {
    const std::size_t middle = order.find('\0');
    path_ = order.substr(0, middle);
    output_ = middle == std::string::npos ? "" : order.substr(middle + 1);
    sha256_.clear();
    size_ = 0;
    try {
      return serve_file();
    } catch (const std::bad_alloc&) {
      return answer_failure(
          {Code::kOutOfMemory, "looking at it takes more memory than --max-memory allows", {}});
    } catch (const std::exception& e) {
      return answer_failure({Code::kInternal, e.what(), {}});
    }
  }

 private:
  bool answer(char kind, std::string_view text) {
    return send_message(answers_, std::string(1, kind) + std::string(text));
  }
  bool answer_failure(const Error& error) {
    return answer('R', failed_answer(verdict_of(error), reason_of(error), sha256_, size_).dump(-1));
  }
  bool serve_file();

  int orders_, answers_;
  const Policy& policy_;
  std::string path_, output_, sha256_;
  std::uint64_t size_ = 0;
};

bool Server::serve_file() {
  const auto file = read_file(path_, policy_.max_size);
  if (!file) {
    // The system's words hold the path, which no report may.
    Error error = file.error();
    for (std::size_t at = 0; !path_.empty() && (at = error.message.find(path_)) != std::string::npos;)
      error.message.replace(at, path_.size(), "the file");
    return answer_failure(error);
  }
  const Bytes bytes = file->bytes.view();
  sha256_ = sha256_hex(bytes);
  size_ = bytes.size();
  if (!answer('H', sha256_ + " " + std::to_string(size_))) return false;
  const auto reply = receive_message(orders_);
  if (!reply) return false;
  if (*reply != "go") return true;
  Judgement judgement = judge(bytes, policy_);
  Json out = answer_of(judgement, sha256_, size_);
  if (judgement.made && !output_.empty()) {
    if (const auto written = write_output(output_, path_, *judgement.made, file->mode); !written)
      return answer('W', written.error().message);
    out["output"] = file_json(sha256_hex(judgement.made->bytes), judgement.made->bytes.size());
  }
  return answer('R', out.dump(-1));
}

}  // namespace

void serve_orders(int orders, int answers, const Policy& policy) {
  Server server(orders, answers, policy);
  while (const auto order = receive_message(orders))
    if (!server.serve(*order)) return;
}

}  // namespace heapbump::audit
