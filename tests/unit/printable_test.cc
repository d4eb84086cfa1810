#include "base/printable.h"

#include <gtest/gtest.h>

namespace heapbump {
namespace {

TEST(Printable, LettersOfAnyLanguageStayAsTheyAre) {
  EXPECT_EQ(printable("größe 寸法 🙂 {}"), "größe 寸法 🙂 {}");
}

TEST(Printable, NothingMovesTheCursorOrStartsALine) {
  EXPECT_EQ(printable("a\x1b[2Jb\nc\rd\te\x7f"), "a\\x1b[2Jb\\x0ac\\x0dd\\x09e\\x7f");
  EXPECT_EQ(printable(std::string_view("a\0b", 3)), "a\\x00b");
}

TEST(Printable, ControlsBeyondAsciiAreSpelledOut) {
  EXPECT_EQ(printable("\xc2\x9b"
                      "2J"),
            "\\xc2\\x9b2J");  // CSI as one character
  EXPECT_EQ(printable("a\xe2\x80\xae"
                      "b"),
            "a\\xe2\\x80\\xae"
            "b");  // right-to-left override
  EXPECT_EQ(printable("a\xe2\x80\xa8"
                      "b"),
            "a\\xe2\\x80\\xa8"
            "b");  // line separator
}

TEST(Printable, WhatIsNotUtf8IsSpelledOutByteByByte) {
  EXPECT_EQ(printable("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // half of a surrogate pair
  EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf");           // a slash in two bytes
}

TEST(Printable, LongTextEndsInDotsAndNotInsideACharacter) {
  const std::string shown = printable(std::string(4095, 'a') + "é" + "b");
  EXPECT_EQ(shown, std::string(4095, 'a') + "é...");
  EXPECT_EQ(printable(std::string(4096, 'a')), std::string(4096, 'a'));
}

TEST(Printable, JsonKeepsItsMeaningWithoutControls) {
  EXPECT_EQ(printable_json("{\"a\": \"\x7f\xc2\x9b\xe2\x80\xae é\"}\n"),
            "{\"a\": \"\\u007f\\u009b\\u202e é\"}\n");
}

}  // namespace
}  // namespace heapbump
