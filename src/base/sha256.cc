#include "base/sha256.h"

#include <openssl/evp.h>

#include <array>
#include <stdexcept>

namespace heapbump {

namespace {

// libcrypto has SHA-256 unless the machine forbids it; without it no record can be kept.
void require(bool ok) {
  if (!ok) throw std::runtime_error("libcrypto offers no SHA-256");
}

}  // namespace

void Sha256::Free::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()), end_(EVP_MD_CTX_new()) {
  require(context_ != nullptr && end_ != nullptr &&
          EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
}

void Sha256::update(Bytes data) {
  require(EVP_DigestUpdate(context_.get(), data.data(), data.size()) == 1);
}

std::string Sha256::hex() const {
  std::array<std::byte, 32> digest{};
  require(EVP_MD_CTX_copy_ex(end_.get(), context_.get()) == 1 &&
          EVP_DigestFinal_ex(end_.get(), reinterpret_cast<unsigned char*>(digest.data()), nullptr) == 1);
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
