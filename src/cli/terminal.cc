#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace heapbump::cli {
namespace {

constexpr std::size_t kNarrowest = 40, kWidest = 200;

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view{} : value;
}

}  // namespace

std::size_t terminal_width(int descriptor, std::size_t otherwise) {
  std::size_t columns = 0;
  const std::string_view said = variable("COLUMNS");
  std::from_chars(said.data(), said.data() + said.size(), columns);
  winsize size{};
  if (columns == 0 && ::isatty(descriptor) == 1 && ::ioctl(descriptor, TIOCGWINSZ, &size) == 0)
    columns = size.ws_col;
  return std::clamp(columns == 0 ? otherwise : columns, kNarrowest, kWidest);
}

bool speaks_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string_view value = variable(name);
    if (value.empty()) continue;
    return value.find("UTF-8") != std::string_view::npos || value.find("utf8") != std::string_view::npos ||
           value.find("utf-8") != std::string_view::npos;
  }
  return false;
}

std::string wrapped(std::string_view text, std::size_t width, std::size_t indent, std::size_t at) {
  std::string out;
  bool begins = true;
  while (!text.empty()) {
    const std::size_t space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
    if (word.empty()) continue;
    if (!begins && at + 1 + word.size() > width) {
      out += "\n" + std::string(indent, ' ');
      at = indent;
      begins = true;
    }
    if (!begins) out += ' ';
    out += word;
    at += word.size() + (begins ? 0 : 1);
    begins = false;
  }
  return out;
}

}  // namespace heapbump::cli
