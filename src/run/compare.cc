#include "run/compare.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace heapbump::run {
namespace {

constexpr std::size_t kMaxDifferences = 20;
constexpr std::size_t kMaxAddresses = 1000;

bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string_view word_at(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && is_word(text[end])) ++end;
  return text.substr(at, end - at);
}

std::optional<std::uint64_t> parse(std::string_view digits, int base) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

/// How a program may print an address. Decimal comes last: a word of decimal digits alone is read as decimal.
std::optional<std::uint64_t> as_address(std::string_view word) {
  if (word.size() > 2 && (word.starts_with("0x") || word.starts_with("0X"))) return parse(word.substr(2), 16);
  if (const auto decimal = parse(word, 10); decimal && !word.starts_with('0')) return decimal;
  return word.size() >= 4 && word.size() <= 16 ? parse(word, 16) : std::nullopt;
}

bool inside(std::uint64_t value, const HeapRange& heap) {
  return value >= heap.begin && value < heap.end;
}

class TextComparer {
 public:
  TextComparer(HeapRange original, HeapRange reserved) : original_(original), reserved_(reserved) {}

  /// The texts are the same but for addresses; those are collected.
  bool same(std::string_view a, std::string_view b,
            std::vector<std::pair<std::string, std::string>>& found) const {
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < a.size() && j < b.size()) {
      const std::string_view left = word_at(a, i);
      const std::string_view right = word_at(b, j);
      if (left.empty() || right.empty()) {
        if (a[i] != b[j]) return false;
        ++i;
        ++j;
        continue;
      }
      if (left != right) {
        const auto before = as_address(left);
        const auto after = as_address(right);
        if (!before || !after || !inside(*before, original_) || !inside(*after, reserved_)) return false;
        found.emplace_back(left, right);
      }
      i += left.size();
      j += right.size();
    }
    return i == a.size() && j == b.size();
  }

 private:
  HeapRange original_;
  HeapRange reserved_;
};

/// "1, _, 1 -> 24" without the length, if that length is the number of bytes given.
std::string_view without_length(const Event& event) {
  const std::string_view detail = event.detail;
  const auto arrow = detail.rfind(" -> ");
  if (arrow == std::string_view::npos || detail.substr(arrow + 4) != std::to_string(event.bytes.size()))
    return detail;
  return detail.substr(0, arrow);
}

/// A trap's kind. What an engine says after the colon are addresses and the memory's size, which may well
/// differ.
std::string_view kind(std::string_view message) {
  return message.substr(0, message.find(':'));
}

bool same_end(const Outcome& a, const Outcome& b) {
  return a.end == b.end && a.exit_code == b.exit_code && kind(a.message) == kind(b.message);
}

}  // namespace

std::string printable(std::string_view bytes, std::size_t limit) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    if (out.size() >= limit) {
      out.append("...");
      break;
    }
    const auto u = static_cast<unsigned char>(c);
    if (u >= 0x20 && u < 0x7f && c != '\\') {
      out += c;
    } else {
      out += {'\\', 'x', kDigits[u >> 4U], kDigits[u & 15U]};
    }
  }
  return out;
}

std::string to_string(const Event& event) {
  std::string text = event.call + "(" + event.detail + ") = " + std::to_string(event.result);
  if (!event.bytes.empty()) text.append(" \"").append(printable(event.bytes)).append("\"");
  return text;
}

std::string to_string(const Outcome& outcome) {
  static constexpr std::string_view kNames[] = {
      "returned", "exit",        "trap",   "the region was written", "the region was read",
      "limit",    "unsupported", "crashed"};
  std::string text(kNames[static_cast<std::size_t>(outcome.end)]);
  if (outcome.end == End::exited) text.append(" ").append(std::to_string(outcome.exit_code));
  if (!outcome.message.empty()) text.append(": ").append(outcome.message);
  return text;
}

Comparison compare_traces(const Trace& original, HeapRange original_heap, const Trace& reserved,
                          HeapRange reserved_heap) {
  Comparison result;
  const TextComparer text(original_heap, reserved_heap);
  const auto differs = [&](std::size_t event, std::string what, std::string expected, std::string found) {
    if (result.differences.size() < kMaxDifferences)
      result.differences.push_back({event, std::move(what), std::move(expected), std::move(found)});
  };
  const std::size_t common = std::min(original.events.size(), reserved.events.size());
  for (std::size_t i = 0; i < common; ++i) {
    const Event& a = original.events[i];
    const Event& b = reserved.events[i];
    if (a == b) continue;
    std::vector<std::pair<std::string, std::string>> addresses;
    if (a.call != b.call) {
      differs(i, "call", to_string(a), to_string(b));
      break;  // from here on the two runs are no longer at the same place
    }
    if (a.result != b.result) differs(i, "result", to_string(a), to_string(b));
    const bool same_bytes = text.same(a.bytes, b.bytes, addresses);
    if (!same_bytes) differs(i, "bytes", to_string(a), to_string(b));
    if (a.detail != b.detail && (!same_bytes || without_length(a) != without_length(b)))
      differs(i, "arguments", to_string(a), to_string(b));
    for (auto& [before, after] : addresses)
      if (same_bytes && result.addresses.size() < kMaxAddresses)
        result.addresses.push_back({i, std::move(before), std::move(after)});
  }
  if (result.differences.empty() && original.events.size() != reserved.events.size()) {
    const auto next = [&](const Trace& trace) {
      return common < trace.events.size() ? to_string(trace.events[common]) : "no further call";
    };
    differs(common, "call", next(original), next(reserved));
  }
  if (!same_end(original.outcome, reserved.outcome))
    differs(common, "end", to_string(original.outcome), to_string(reserved.outcome));
  return result;
}

}  // namespace heapbump::run
