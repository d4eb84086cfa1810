#include "support/wat.h"

#include <wabt/binary-writer.h>
#include <wabt/error-formatter.h>
#include <wabt/feature.h>
#include <wabt/ir.h>
#include <wabt/stream.h>
#include <wabt/wast-lexer.h>
#include <wabt/wast-parser.h>

#include <memory>
#include <stdexcept>

namespace heapbump::test {

std::vector<std::byte> wat(std::string_view text) {
  wabt::Errors errors;
  wabt::Features features;
  features.EnableAll();
  features.disable_memory64();  // or wabt takes offsets for 64 bits wide
  const auto lexer = wabt::WastLexer::CreateBufferLexer("test.wat", text.data(), text.size(), &errors);
  std::unique_ptr<wabt::Module> module;
  wabt::WastParseOptions parse_options(features);
  const wabt::Result parsed = wabt::ParseWatModule(lexer.get(), &module, &errors, &parse_options);
  wabt::MemoryStream stream;
  const wabt::WriteBinaryOptions write_options(features, true, false, false);
  if (!wabt::Succeeded(parsed) ||
      !wabt::Succeeded(wabt::WriteBinaryModule(&stream, module.get(), write_options)))
    throw std::runtime_error(wabt::FormatErrorsToString(errors, wabt::Location::Type::Text));
  const auto& bytes = stream.output_buffer().data;
  const auto* const first = reinterpret_cast<const std::byte*>(bytes.data());
  return {first, first + bytes.size()};
}

}  // namespace heapbump::test
