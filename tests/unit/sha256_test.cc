// SHA-256 by the vectors of FIPS 180-4 and its appendix, whole and in pieces of every length around a block.
#include "base/sha256.h"

#include <gtest/gtest.h>

#include <string>

namespace heapbump {
namespace {

std::string whole(const std::string& text) {
  return sha256_hex(as_bytes(text));
}

TEST(Sha256, PublishedVectors) {
  EXPECT_EQ(whole(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(whole("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(whole("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(whole(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, PiecesOfEveryLength) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += static_cast<char>(i * 7);
  for (std::size_t piece = 1; piece < 200; ++piece) {
    Sha256 hash;
    for (std::size_t at = 0; at < text.size(); at += piece)
      hash.update(as_bytes(std::string_view(text).substr(at, piece)));
    EXPECT_EQ(hash.hex(), whole(text)) << piece;
    EXPECT_EQ(hash.hex(), whole(text)) << "asked twice";
  }
}

TEST(Sha256, GoesOnAfterItWasAsked) {
  Sha256 hash;
  hash.update(as_bytes("a"));
  EXPECT_EQ(hash.hex(), whole("a"));
  hash.update(as_bytes("bc"));
  EXPECT_EQ(hash.hex(), whole("abc"));
}

}  // namespace
}  // namespace heapbump
