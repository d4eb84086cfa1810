#include "witx/text.h"

#include <algorithm>
#include <cctype>

#include "base/shown.h"

namespace heapbump::witx {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/// What may be in a word: the printable characters of ASCII that end none.
bool is_word_byte(char c) {
  return c > ' ' && c < '\x7f' && c != '(' && c != ')' && c != '"' && c != ';';
}

class TextReader {
 public:
  TextReader(std::string_view file, std::string_view text) : file_(file), text_(text) {}

  Result<std::vector<Node>> run();

 private:
  [[nodiscard]] bool done() const { return at_ == text_.size(); }
  [[nodiscard]] char next() const { return text_[at_]; }
  [[nodiscard]] bool follows(std::string_view what) const { return text_.substr(at_).starts_with(what); }
  void step();
  /// Comments and white space.
  Status skip();
  Result<Node> read_string();
  Result<Node> read_word();
  [[nodiscard]] std::unexpected<Error> wrong(Position at, const std::string& message) const {
    return fail_in(file_, at, message);
  }

  std::string_view file_;
  std::string_view text_;
  std::size_t at_ = 0;
  Position position_;
};

void TextReader::step() {
  if (next() == '\n') {
    ++position_.line;
    position_.column = 1;
  } else {
    ++position_.column;
  }
  ++at_;
}

Status TextReader::skip() {
  while (!done()) {
    if (is_space(next())) {
      step();
    } else if (follows(";;")) {
      while (!done() && next() != '\n') step();
    } else if (follows("(;")) {
      const Position begin = position_;
      std::size_t depth = 0;
      do {
        if (follows("(;")) {
          ++depth;
          step();
        } else if (follows(";)")) {
          --depth;
          step();
        }
        if (!done()) step();
        if (done() && depth != 0) return wrong(begin, "this comment has no end");
      } while (depth != 0);
    } else {
      return {};
    }
  }
  return {};
}

Result<Node> TextReader::read_string() {
  Node node{Node::Kind::string, {}, position_, {}};
  step();
  while (!done() && next() != '"') {
    if (next() == '\\' || next() == '\n')
      return wrong(position_, "a name in quotes has no escapes and no line ends");
    node.text += next();
    step();
  }
  if (done()) return wrong(node.at, "these quotes have no end");
  step();
  return node;
}

Result<Node> TextReader::read_word() {
  Node node{Node::Kind::word, {}, position_, {}};
  while (!done() && is_word_byte(next())) {
    node.text += next();
    step();
  }
  if (node.text.empty())
    return wrong(node.at, "a byte that no description holds outside quotes and comments");
  if (node.text.front() == '$') {
    node.kind = Node::Kind::name;
    node.text.erase(0, 1);
    if (node.text.empty()) return wrong(node.at, "a name is missing behind `$`");
  }
  return node;
}

Result<std::vector<Node>> TextReader::run() {
  if (text_.size() > kMaxTextBytes)
    return wrong({}, "the description is larger than " + std::to_string(kMaxTextBytes) + " bytes");
  std::vector<Node> open(1);  // the outermost level, and each list that is not closed yet
  std::size_t nodes = 0;
  while (true) {
    HEAPBUMP_CHECK(skip());
    if (done()) break;
    if (next() == ')') {
      if (open.size() == 1) return wrong(position_, "there is no list that this could close");
      Node closed = std::move(open.back());
      open.pop_back();
      open.back().items.push_back(std::move(closed));
      step();
      continue;
    }
    if (++nodes > kMaxNodes) return wrong(position_, "the description has too many words and lists");
    if (next() == '(') {
      if (open.size() > kMaxDepth) return wrong(position_, "lists are nested too deeply");
      open.push_back({Node::Kind::list, {}, position_, {}});
      step();
      continue;
    }
    auto node = next() == '"' ? read_string() : read_word();
    if (!node) return std::unexpected(std::move(node).error());
    if (open.size() == 1)
      return wrong(node->at, "a list is expected, not `" + std::string(shown(node->text)) + "`");
    open.back().items.push_back(*std::move(node));
  }
  if (open.size() != 1) return wrong(open.back().at, "this list is not closed");
  return std::move(open.front().items);
}

}  // namespace

bool Node::starts(std::string_view first, std::string_view second) const {
  if (kind != Kind::list || items.empty() || !items[0].is_word(first)) return false;
  return second.empty() || (items.size() > 1 && items[1].is_word(second));
}

std::unexpected<Error> fail_in(std::string_view file, Position at, const std::string& message) {
  return fail(Code::kBadDescription, std::string(shown(file)) + ":" + std::to_string(at.line) + ":" +
                                         std::to_string(at.column) + ": " + message);
}

Result<std::vector<Node>> read_text(std::string_view file, std::string_view text) {
  return TextReader(file, text).run();
}

}  // namespace heapbump::witx
