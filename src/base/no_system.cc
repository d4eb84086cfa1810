// The place of io.cc, output.cc and process.cc where there are no files and no processes: in the core that is
// one WebAssembly module, everything goes from memory to memory, and whoever asks for a file gets an error.
#include "base/io.h"
#include "base/process.h"

namespace heapbump {
namespace {

constexpr const char* kNoFiles = "there are no files in this build of heapbump: it works on bytes in memory";

}  // namespace

Result<InputFile> read_file(const std::string&, std::uint64_t, Reading) {
  return fail(Code::kIoRead, kNoFiles);
}

Status write_file(const std::string&, const std::vector<Bytes>&, const WriteOptions&) {
  return fail(Code::kIoWrite, kNoFiles);
}

Result<ProcessResult> run_process(const std::vector<std::string>&) {
  return fail(Code::kIoRead, "no process can be started in this build of heapbump");
}

std::optional<std::string> find_program(std::string_view) {
  return std::nullopt;
}

}  // namespace heapbump
