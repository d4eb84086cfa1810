// One small file for each way to be wrong, with the exact error it gets: code, file offset and sentence. The
// bytes are in the table; what is read is read in the order of the commands: sections and facts, every
// body, the record, the image of the data. A row that gives another error, or none, fails.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "exercise.h"
#include "record/record.h"
#include "wasm/code.h"
#include "wasm/data_image.h"
#include "wasm/module.h"

namespace heapbump {
namespace {

struct Wrong {
  std::string_view what;
  std::string_view hex;  ///< bytes in hexadecimal; text in 'quotes' stands for itself
  Code code;
  std::uint64_t offset;
  std::string_view message;
  std::string_view newer =
      {};  ///< the same where another release of the reader's library says it first or in other words
};

constexpr std::string_view kPreamble = "00 'asm' 01 00 00 00 ";

// Behind the preamble (offset 8 on).
const Wrong kSections[] = {
#include "sections.inc"
};
const Wrong kFiles[] = {
#include "files.inc"
};

std::vector<std::byte> to_bytes(std::string_view text) {
  std::vector<std::byte> out;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == ' ') {
      ++i;
    } else if (text[i] == '\'') {
      for (++i; text[i] != '\''; ++i) out.push_back(static_cast<std::byte>(text[i]));
      ++i;
    } else {
      out.push_back(static_cast<std::byte>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
      i += 2;
    }
  }
  return out;
}

std::optional<Error> first_error(Bytes file) {
  const auto module = read_module(file);
  if (!module) return module.error();
  for (const FunctionBody& body : module->bodies) {
    InstructionReader reader(*module, body);
    Instruction instruction;
    while (reader.next(instruction)) {
    }
    if (reader.error()) return reader.error();
  }
  if (const auto record = read_record(*module); !record) return record.error();
  if (const auto image = DataImage::make(*module); !image) return image.error();
  return std::nullopt;
}

void expect(const Wrong& row, const std::vector<std::byte>& file) {
  const auto error = first_error(file);
  const std::string got = error ? std::string(code_info(error->code).name) + " at " +
                                      std::to_string(error->offset.value_or(~0u)) + ": " + error->message
                                : "no error";
  const std::string expected = std::string(code_info(row.code).name) + " at " + std::to_string(row.offset) +
                               ": " + std::string(row.message);
  if (row.newer.empty() || got != row.newer) {
    EXPECT_EQ(got, expected) << row.what;
  }
  // No command answers otherwise than with an error, and none breaks a promise over it.
  for (const std::string& room : exercise::rooms()) {
    const auto broken = exercise::run(room, file);
    EXPECT_FALSE(broken) << row.what << ", " << room << ": " << *broken;
  }
}

TEST(Malformed, EveryWayForAFileToBeWrongHasItsError) {
  for (const Wrong& row : kFiles) expect(row, to_bytes(row.hex));
}

TEST(Malformed, EveryWayForASectionToBeWrongHasItsError) {
  for (const Wrong& row : kSections) expect(row, to_bytes(std::string(kPreamble) + std::string(row.hex)));
}

}  // namespace
}  // namespace heapbump
