#include "base/sha256.h"

#include <crypto/sha256.h>

#include <array>

#include "base/work_counts.h"

namespace heapbump {

struct Sha256::State {
  CSHA256 hash;
};

namespace {

/// What the processor has for it is found once, by the first that needs it.
void choose_implementation() {
  [[maybe_unused]] static const std::string chosen = SHA256AutoDetect();
}

}  // namespace

void Sha256::Free::operator()(State* state) const {
  delete state;
}

Sha256::Sha256() {
  choose_implementation();
  state_.reset(new State);
}

void Sha256::update(Bytes data) {
  count(work_counts.bytes_hashed, data.size());
  state_->hash.Write(reinterpret_cast<const unsigned char*>(data.data()), data.size());
}

std::string Sha256::hex() const {
  std::array<std::byte, CSHA256::OUTPUT_SIZE> digest{};
  CSHA256 ended = state_->hash;  // so that the hash can go on
  ended.Finalize(reinterpret_cast<unsigned char*>(digest.data()));
  return to_hex(digest);
}

std::string sha256_hex(std::span<const Bytes> pieces) {
  Sha256 hash;
  for (const Bytes piece : pieces) hash.update(piece);
  return hash.hex();
}

std::string sha256_hex(Bytes data) {
  const std::array<Bytes, 1> pieces{data};
  return sha256_hex(pieces);
}

std::string to_hex(Bytes data) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(data.size() * 2);
  for (const std::byte b : data) {
    text += kDigits[u8(b) >> 4];
    text += kDigits[u8(b) & 0xf];
  }
  return text;
}

std::optional<std::vector<std::byte>> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  const auto digit = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  std::vector<std::byte> out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = digit(text[i]);
    const int low = digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<std::byte>(high * 16 + low));
  }
  return out;
}

}  // namespace heapbump
