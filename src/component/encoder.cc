#include "component/encoder.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "base/io.h"
#include "base/process.h"

namespace heapbump {
namespace {

constexpr std::uint64_t kMaxVersionBytes = 200;

std::string first_line(const std::string& text) {
  return text.substr(0, std::min<std::size_t>(text.find('\n'), kMaxVersionBytes));
}

/// The lines of a message as one line.
std::string one_line(const std::string& text) {
  std::string out;
  bool gap = false;
  for (const char c : text) {
    gap = gap || c == '\n' || c == ' ';
    if (c == '\n' || c == ' ') continue;
    if (gap && !out.empty()) out += ' ';
    gap = false;
    out += c;
  }
  return out;
}

Result<Encoder> at_path(std::string path) {
  const Result<ProcessResult> run = run_process({path, "--version"});
  if (!run || run->exit_code != 0)
    return fail(Code::kNoEncoder,
                "`" + path + " --version` does not run, so it cannot be used as an encoder");
  Encoder encoder{EncoderKind::wasm_tools, std::move(path), first_line(run->output)};
  // jco prints its number alone.
  if (!encoder.version.starts_with("wasm-tools")) {
    encoder.kind = EncoderKind::jco;
    if (!encoder.version.starts_with("jco")) encoder.version = "jco " + encoder.version;
  }
  return encoder;
}

Result<Encoder> named(std::string_view name) {
  const std::optional<std::string> path = find_program(name);
  if (path) return at_path(*path);
  return fail(Code::kNoEncoder,
              std::string(name) + " is not on PATH; name its file, or use --encoder builtin");
}

/// A folder that is removed with all that is in it.
class TemporaryFolder {
 public:
  static Result<TemporaryFolder> make() {
    std::error_code error;
    std::string pattern = (std::filesystem::temp_directory_path(error) / "heapbump-XXXXXX").string();
    if (error || ::mkdtemp(pattern.data()) == nullptr)
      return fail(Code::kIoWrite, "no temporary folder can be made for the encoder's files");
    TemporaryFolder folder;
    folder.path_ = pattern;
    return folder;
  }
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  TemporaryFolder() = default;
  std::string path_;
};

}  // namespace

Result<Encoder> find_encoder(std::string_view wanted) {
  Encoder builtin{EncoderKind::builtin, {}, "builtin"};
  if (wanted == "builtin") return builtin;
  if (wanted == "auto") {
    auto found = named("wasm-tools");
    return found ? *std::move(found) : builtin;
  }
  if (wanted == "wasm-tools" || wanted == "jco") return named(wanted);
  return at_path(std::string(wanted));
}

Result<std::vector<std::byte>> encode_with(const Encoder& encoder, Bytes module,
                                           const std::vector<AdapterFile>& adapters) {
  HEAPBUMP_TRY(const TemporaryFolder folder, TemporaryFolder::make());
  const std::string input = folder.file("module.wasm"), output = folder.file("component.wasm");
  HEAPBUMP_CHECK(write_file(input, {module}, {}));
  std::vector<std::string> command{encoder.path};
  if (encoder.kind == EncoderKind::wasm_tools) command.emplace_back("component");
  command.insert(command.end(), {"new", input, "-o", output});
  for (std::size_t i = 0; i < adapters.size(); ++i) {
    const std::string file = folder.file("adapter" + std::to_string(i) + ".wasm");
    HEAPBUMP_CHECK(write_file(file, {adapters[i].bytes}, {}));
    command.insert(command.end(), {"--adapt", adapters[i].serves + "=" + file});
  }
  HEAPBUMP_TRY(const ProcessResult run, run_process(command));
  if (run.exit_code != 0)
    return fail(Code::kEncoderFailed, encoder.version + " made no component: " + one_line(run.errors));
  HEAPBUMP_TRY(const InputFile result, read_file(output));
  const Bytes bytes = result.bytes.view();
  return std::vector<std::byte>(bytes.begin(), bytes.end());
}

}  // namespace heapbump
