#include "run/frames.h"

namespace heapbump::run {
namespace {

constexpr std::size_t kMaxFrame = 256U << 20U;

template <typename T>
void put(std::string& out, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i)
    out += static_cast<char>(static_cast<unsigned char>(static_cast<std::uint64_t>(value) >> (8 * i)));
}

void put_text(std::string& out, std::string_view text) {
  put(out, static_cast<std::uint32_t>(text.size()));
  out += text;
}

std::string frame(char type, const std::string& payload) {
  std::string out(1, type);
  put_text(out, payload);
  return out;
}

/// Reads from the front of a payload; `ok` turns false when it runs short.
struct Reader {
  std::string_view rest;
  bool ok = true;

  template <typename T>
  T number() {
    if (rest.size() < sizeof(T)) {
      ok = false;
      return {};
    }
    std::uint64_t value = 0;
    for (std::size_t i = sizeof(T); i-- > 0;) value = value << 8U | static_cast<unsigned char>(rest[i]);
    rest.remove_prefix(sizeof(T));
    return static_cast<T>(value);
  }
  std::string text() {
    const auto size = number<std::uint32_t>();
    if (!ok || size > rest.size()) {
      ok = false;
      return {};
    }
    std::string value(rest.substr(0, size));
    rest.remove_prefix(size);
    return value;
  }
};

}  // namespace

std::string encode_event(const Event& event) {
  std::string payload;
  put(payload, event.result);
  put_text(payload, event.call);
  put_text(payload, event.detail);
  put_text(payload, event.bytes);
  return frame('E', payload);
}

std::string encode_outcome(const Outcome& outcome) {
  std::string payload;
  put(payload, static_cast<std::uint8_t>(outcome.end));
  put(payload, outcome.exit_code);
  put(payload, outcome.pages);
  put(payload, outcome.instructions);
  put(payload, outcome.touched_at);
  put(payload, outcome.touched_count);
  put_text(payload, outcome.message);
  return frame('X', payload);
}

std::string encode_progress(std::uint64_t instructions) {
  std::string payload;
  put(payload, instructions);
  return frame('P', payload);
}

bool FrameReader::feed(std::string_view bytes, Trace& trace) {
  pending_ += bytes;
  std::string_view rest = pending_;
  while (rest.size() >= 5) {
    Reader header{rest.substr(1, 4)};
    const auto size = header.number<std::uint32_t>();
    if (size > kMaxFrame || finished_) return false;
    if (rest.size() - 5 < size) break;
    if (!take(rest.front(), rest.substr(5, size), trace)) return false;
    rest.remove_prefix(5 + size);
  }
  pending_.erase(0, pending_.size() - rest.size());
  return true;
}

bool FrameReader::take(char type, std::string_view payload, Trace& trace) {
  Reader in{payload};
  if (type == 'P') {
    instructions_ = in.number<std::uint64_t>();
  } else if (type == 'E') {
    Event event;
    event.result = in.number<std::uint32_t>();
    event.call = in.text();
    event.detail = in.text();
    event.bytes = in.text();
    trace.events.push_back(std::move(event));
  } else if (type == 'X') {
    const auto end = in.number<std::uint8_t>();
    if (end > static_cast<std::uint8_t>(End::crashed)) return false;
    trace.outcome.end = static_cast<End>(end);
    trace.outcome.exit_code = in.number<std::uint32_t>();
    trace.outcome.pages = in.number<std::uint32_t>();
    trace.outcome.instructions = in.number<std::uint64_t>();
    trace.outcome.touched_at = in.number<std::uint64_t>();
    trace.outcome.touched_count = in.number<std::uint64_t>();
    trace.outcome.message = in.text();
    finished_ = true;
  } else {
    return false;
  }
  return in.ok && in.rest.empty();
}

}  // namespace heapbump::run
