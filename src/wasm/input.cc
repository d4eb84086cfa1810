#include "heapbump/input.h"

#include <utility>

#include "base/io.h"
#include "wasm/module.h"

namespace heapbump {

struct Input::Contents {
  std::vector<std::byte> bytes;  // empty if they are a file's or the caller's
  FileBytes file;
  Module module;
};

Result<Input> Input::view(std::span<const std::byte> bytes) {
  const auto contents = std::make_shared<Contents>();
  HEAPBUMP_TRY(contents->module, read_module(bytes));
  return Input(contents);
}

Result<Input> Input::read(std::vector<std::byte> bytes) {
  const auto contents = std::make_shared<Contents>();
  contents->bytes = std::move(bytes);
  HEAPBUMP_TRY(contents->module, read_module(contents->bytes));
  return Input(contents);
}

Result<Input> Input::open(const std::string& path, std::uint64_t max_size) {
  const auto contents = std::make_shared<Contents>();
  HEAPBUMP_TRY(InputFile file, read_file(path, max_size));
  contents->file = std::move(file.bytes);
  HEAPBUMP_TRY(contents->module, read_module(contents->file.view()));
  return Input(contents);
}

std::span<const std::byte> Input::bytes() const {
  return contents_->module.file;
}

const Module& Input::module() const {
  return contents_->module;
}

}  // namespace heapbump
