// Descriptions of host interfaces: what each kind of parameter is in WebAssembly, how records and variants
// lie in memory, and that whatever is malformed, unclear or endless is said with its place.
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "component/calls.h"
#include "component/described_record.h"
#include "heapbump/description.h"
#include "witx/text.h"

namespace heapbump {
namespace {

Result<std::shared_ptr<const Description>> read(std::string_view text) {
  const DescriptionText one{"a.witx", text};
  return read_description({&one, 1});
}

/// Of the first function in a module with these parts.
DescribedFunction function(const std::string& parts, const std::string& types = "") {
  const auto description = read(types + "(module $m (@interface func (export \"f\") " + parts + "))");
  if (!description) {
    ADD_FAILURE() << description.error().message;
    return {};
  }
  return (*description)->functions.front();
}

std::string message(std::string_view text) {
  const auto description = read(text);
  return description ? "" : description.error().message;
}

/// A memory as text: in or io, [] where it is counted, its size, and in braces the pointers in it.
std::string shown(const PointedMemory& memory) {
  std::string out = memory.written ? "io" : "in";
  if (memory.counted) out += "[]";
  out += std::to_string(memory.element.size);
  for (const PointerField& field : memory.element.pointers) {
    out += "{" + std::to_string(field.offset) + " " + shown(field.to);
    if (field.to.counted) out += " @" + std::to_string(field.count_offset);
    out += "}";
  }
  return out;
}

std::string shown(const DescribedFunction& described) {
  std::string out;
  for (const DescribedParameter& parameter : described.call.parameters) {
    if (!out.empty()) out += ", ";
    out += parameter.number ? std::string(to_string(*parameter.number)) : shown(parameter.memory);
  }
  if (described.call.result) out += " -> " + std::string(to_string(*described.call.result));
  return described.refusal.empty() ? out : "refused: " + described.refusal;
}

TEST(Witx, PassesNumbersAsTheyAre) {
  EXPECT_EQ(shown(function("(param $a u8) (param $b s64) (param $c f32) (param $d f64) (result $r u32)")),
            "i32, i64, f32, f64 -> i32");
  EXPECT_EQ(shown(function(
                "(param $h $handle) (param $f $flags) (param $e $enum) (param $c char) (result $r $flags)",
                "(typename $handle (handle)) (typename $flags (flags (@witx repr u64) $a $b))"
                "(typename $enum (enum (@witx tag u64) $x $y))")),
            "i32, i64, i32, i32 -> i64");
  EXPECT_EQ(shown(function("(param $code u32) (@witx noreturn)")), "i32");
}

TEST(Witx, PassesListsAsPointerAndCount) {
  EXPECT_EQ(
      shown(function("(param $s string) (param $b (list u8)) (param $c (list char)) (param $v (list u64))")),
      "in[]1, in[]1, in[]1, in[]8");
}

TEST(Witx, TakesTheLengthOfABufferFromTheNextParameter) {
  EXPECT_EQ(shown(function("(param $buf (@witx pointer u8)) (param $buf_len (@witx usize))")), "io[]1");
  EXPECT_EQ(shown(function("(param $s (@witx const_pointer (@witx char8))) (param $s_max_len u32)")),
            "in[]1");
  EXPECT_EQ(shown(function("(param $buf (@witx pointer u8)) (param $flags u32)")),
            "refused: `$buf` points to bytes, and no length is behind it");
  EXPECT_EQ(shown(function("(param $buf (@witx pointer u8)) (param $buf_len u64)")),
            "refused: `$buf` points to bytes, and no length is behind it");
  EXPECT_EQ(shown(function("(param $buf (@witx pointer u8))")),
            "refused: `$buf` points to bytes, and no length is behind it");
}

TEST(Witx, RefusesWhereAPointerCouldLeadToSeveral) {
  EXPECT_EQ(shown(function("(param $n (@witx pointer (@witx usize)))")), "io4");
  EXPECT_EQ(shown(function("(param $a (@witx const_pointer u64)) (param $b u64)")), "in8, i64");
  EXPECT_EQ(
      shown(function(
          "(param $in (@witx const_pointer u64)) (param $out (@witx pointer u64)) (param $n (@witx usize))")),
      "refused: `$in` could lead to one or to as many as `$n` says");
  EXPECT_EQ(shown(function("(param $count u32) (param $in (@witx pointer u64))")),
            "refused: `$in` could lead to one or to as many as `$count` says");
  EXPECT_EQ(shown(function("(param $in (@witx pointer u64)) (param $in_len u32)")),
            "refused: `$in` could lead to one or to as many as `$in_len` says");
}

// Layouts of WebAssembly/WASI, legacy/preview1: filestat and subscription, and what was added to try
// alignment.
TEST(Witx, LaysOutRecordsAndVariants) {
  const std::string types =
      "(typename $kind (enum (@witx tag u8) $a $b))"
      "(typename $stat (record (field $dev u64) (field $ino u64) (field $type $kind) (field $link u64) "
      "(field $size u64)))"
      "(typename $clock (record (field $id (enum (@witx tag u32) $r $m)) (field $t u64) (field $p u64) "
      "(field $f (flags (@witx repr u16) $x))))"
      "(typename $fd (record (field $fd (handle))))"
      "(typename $u (union (@witx tag $kind) $clock $fd))"
      "(typename $sub (record (field $data u64) (field $u $u)))"
      "(typename $v (variant (case $none) (case $one u8) (case $two s64)))"
      "(typename $odd (record (field $a u8) (field $b u16) (field $c u8)))";
  EXPECT_EQ(
      shown(function(
          "(param $s (@witx pointer $stat)) (param $x (@witx pointer $sub)) (param $v (@witx pointer $v)) "
          "(param $o (@witx pointer $odd)) (param $t (@witx pointer (tuple u8 u32 u8)))",
          types)),
      "io40, io48, io16, io6, io12");
  EXPECT_EQ(shown(function("(param $s $stat) (param $v $v)", types)), "in40, in16");
}

TEST(Witx, ReturnsTheGoodResultThroughPointers) {
  const std::string status = "(typename $s (enum (@witx tag u16) $ok $bad))";
  EXPECT_EQ(shown(function("(param $a u32) (result $e (expected (error $s)))", status)), "i32 -> i32");
  EXPECT_EQ(shown(function("(result $e (expected u64 (error $s)))", status)), "io8 -> i32");
  EXPECT_EQ(shown(function("(result $e (expected (tuple u64 u16) (error $s)))", status)), "io8, io2 -> i32");
  EXPECT_EQ(shown(function("(result $e (expected string (error $s)))", status)),
            "refused: a result holds a pointer into memory that only the callee knows");
  EXPECT_EQ(shown(function("(result $e string)")),
            "refused: its result is neither a number nor an `expected` whose error is a number");
  EXPECT_EQ(shown(function("(result $a u32) (result $b u32)")), "refused: it has several results");
}

TEST(Witx, FollowsPointersInRecords) {
  const std::string types =
      "(typename $iovec (record (field $buf (@witx pointer u8)) (field $buf_len (@witx usize))))"
      "(typename $inner (record (field $x u64) (field $names (list string))))"
      "(typename $options (record (field $flags u8) (field $text string) (field $inner (@witx const_pointer "
      "$inner))"
      " (field $last u64)))"
      "(typename $bad (record (field $p (@witx pointer u8)) (field $q u64)))"
      "(typename $hidden (union $iovec u64))";
  EXPECT_EQ(shown(function("(param $v (list $iovec))", types)), "in[]8{0 io[]1 @4}");
  EXPECT_EQ(shown(function("(param $o (@witx pointer $options))", types)),
            "io24{4 in[]1 @8}{12 in16{8 in[]8{0 in[]1 @4} @12}}");
  EXPECT_EQ(shown(function("(param $b (@witx pointer $bad))", types)),
            "refused: `$b`: `$p` points to bytes, and no length is behind it");
  EXPECT_EQ(shown(function("(param $h (@witx pointer $hidden))", types)),
            "refused: `$h`: a variant in which there are pointers, so what is there depends on the tag");
  EXPECT_EQ(shown(function("(param $p (@witx pointer (@witx pointer u8)))")),
            "refused: `$p`: a pointer points to bytes, and no length is behind it");
}

TEST(Witx, SaysWhereTheTextIsWrong) {
  EXPECT_EQ(
      message("(typename $a u32)\n  (typename $b $c)"),
      "a.witx:2:16: `$c` is not defined before this place; the file that defines it has to be given first");
  EXPECT_EQ(message("(typename $a u32) (typename $a u32)"), "a.witx:1:29: `$a` is defined twice");
  EXPECT_EQ(
      message("(typename $a (record (field $a $a)))"),
      "a.witx:1:32: `$a` is not defined before this place; the file that defines it has to be given first");
  EXPECT_EQ(message("(typename $a u33)"), "a.witx:1:14: `u33` is no type that is known");
  EXPECT_EQ(message("(module $m"), "a.witx:1:1: this list is not closed");
  EXPECT_EQ(message("(module $m))"), "a.witx:1:12: there is no list that this could close");
  EXPECT_EQ(message("(; (; ;) "), "a.witx:1:1: this comment has no end");
  EXPECT_EQ(message("(use \"x.witx)"), "a.witx:1:6: these quotes have no end");
  EXPECT_EQ(message("(use \"x.witx\")"),
            "a.witx:1:1: `x.witx` is used; give that file as well, before this one (--describe)");
  EXPECT_EQ(message("(wat)"), "a.witx:1:1: `use`, `typename` or `module` is expected here");
  EXPECT_EQ(message("module"), "a.witx:1:1: a list is expected, not `module`");
  EXPECT_EQ(message("(module $m (@interface func (export \"f\")) (@interface func (export \"f\")))"),
            "a.witx:1:43: `f` is described twice");
  EXPECT_EQ(message(std::string("(module \xff)")),
            "a.witx:1:9: a byte that no description holds outside quotes and comments");
}

TEST(Witx, ReadsCommentsAndSeveralFiles) {
  const std::array texts = {
      DescriptionText{"dir/types.witx", ";;; doc\n(typename $s (; a (; nested ;) one ;) u32)"},
      DescriptionText{"m.witx",
                      "(use \"types.witx\") (use $s from $types)"
                      "(module $m (import \"memory\" (memory)) (@interface func "
                      "(export \"f\") (param $s $s)))"}};
  const auto description = read_description(texts);
  ASSERT_TRUE(description) << description.error().message;
  EXPECT_NE((*description)->find("m", "f"), nullptr);
  EXPECT_EQ((*description)->find("m", "g"), nullptr);
  EXPECT_EQ((*description)->find("n", "f"), nullptr);
}

TEST(Witx, BoundsDepthSizeAndPointers) {
  EXPECT_NE(message(std::string(100'000, '(')).find("nested too deeply"), std::string::npos);
  EXPECT_NE(message("(m " + std::string(2 * witx::kMaxNodes, '(') + ")").find("nested too deeply"),
            std::string::npos);
  std::string many;
  for (std::size_t i = 0; i < witx::kMaxNodes; ++i) many += "()";
  EXPECT_NE(message("(" + many + ")").find("too many words and lists"), std::string::npos);
  EXPECT_NE(message(std::string(witx::kMaxTextBytes + 1, ' ')).find("larger than"), std::string::npos);
  // Each type holds the one before twice.
  const auto doubled = [](const std::string& first) {
    std::string text = "(typename $t0 " + first + ")";
    for (int i = 1; i < 64; ++i) {
      const std::string before = "$t" + std::to_string(i - 1);
      text += "(typename $t" + std::to_string(i) + " (record (field $a " + before + ") (field $b " + before +
              ")))";
    }
    return text;
  };
  EXPECT_NE(message(doubled("u64")).find("too large"), std::string::npos);
  EXPECT_NE(message(doubled("(record (field $s string))")).find("too many pointers"), std::string::npos);
  std::string wide;
  for (int i = 0; i < 40'000; ++i) wide += "(field $f $t)";
  EXPECT_NE(message("(typename $t (record (field $s string))) (typename $w (record " + wide + "))")
                .find("too many pointers"),
            std::string::npos);
  std::string parameters;
  for (int i = 0; i < 65; ++i) parameters += "(param $p u32)";
  EXPECT_NE(
      message("(module $m (@interface func (export \"f\") " + parameters + "))").find("too many parameters"),
      std::string::npos);
  std::string functions;
  for (int i = 0; i < 1000; ++i)
    functions += "(@interface func (export \"f" + std::to_string(i) + "\") (param $p (@witx pointer $w)))";
  const std::string fields = wide.substr(0, 13 * 200);
  EXPECT_NE(message("(typename $t (record (field $s string))) (typename $w (record " + fields +
                    ")) (module $m " + functions + ")")
                .find("the description has too many pointers"),
            std::string::npos);
  std::string chain = "(typename $t0 u64)";
  for (int i = 1; i < 64; ++i)
    chain += "(typename $t" + std::to_string(i) + " (record (field $a (@witx pointer $t" +
             std::to_string(i - 1) + "))))";
  EXPECT_NE(message(chain).find("too deep"), std::string::npos);
}

TEST(DescribedRecord, GivesEachRowBack) {
  const DescribedFunction described = function(
      "(param $o (@witx pointer $options)) (param $v (list $v)) (param $f f64) (result $e (expected u64 "
      "(error u32)))",
      "(typename $v (record (field $buf (@witx pointer u8)) (field $buf_len u32)))"
      "(typename $options (record (field $x u64) (field $v (@witx pointer $v))))");
  ASSERT_EQ(described.refusal, "");
  const auto json = parse_json(to_json(described.call).dump(-1));
  ASSERT_TRUE(json);
  const auto again = read_described_call(*json);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(*again, described.call);
}

TEST(DescribedRecord, RefusesRowsThatCannotBe) {
  const auto refused = [](std::string_view memory) {
    const auto json =
        parse_json(R"({"module":"m","name":"f","result":null,"parameters":[)" + std::string(memory) + "]}");
    return json && !read_described_call(*json);
  };
  EXPECT_FALSE(refused(R"({"size":8,"counted":false,"written":true})"));
  EXPECT_FALSE(refused(
      R"({"size":8,"counted":false,"written":true,"pointers":[{"offset":0,"size":1,"counted":true,"written":false,"count_offset":4}]})"));
  for (
      const std::string_view memory : {
          R"({"size":0,"counted":false,"written":true})",
          R"({"size":9999999,"counted":false,"written":true})",
          R"({"size":8,"counted":false})",
          R"({"number":"i31"})",
          R"({"size":8,"counted":false,"written":true,"pointers":[{"offset":5,"size":1,"counted":false,"written":false}]})",
          R"({"size":8,"counted":false,"written":true,"pointers":[{"offset":0,"size":1,"counted":true,"written":false,"count_offset":5}]})",
          R"({"size":8,"counted":false,"written":true,"pointers":[{"offset":0,"size":1,"counted":true,"written":false,"count_offset":2}]})",
          R"({"size":8,"counted":false,"written":true,"pointers":[{"offset":0,"size":1,"counted":true,"written":false}]})",
          R"({"size":8,"counted":false,"written":true,"pointers":[{"offset":2,"size":1,"counted":false,"written":false},{"offset":4,"size":1,"counted":false,"written":false}]})",
      })
    EXPECT_TRUE(refused(memory)) << memory;
}

TEST(DescribedCall, HasTheSignatureOfItsRow) {
  const HostCall call{
      "f",
      {},
      false,
      {},
      function("(param $a u64) (param $b string) (param $c (@witx pointer u32)) (result $r f32)").call};
  using enum emit::Type;
  EXPECT_EQ(call.signature(), (emit::Signature{{i64, i32, i32, i32}, {f32}}));
  EXPECT_TRUE(call.uses_memory());
  const HostCall plain{"f", {}, false, {}, function("(param $a u64)").call};
  EXPECT_FALSE(plain.uses_memory());
}

}  // namespace
}  // namespace heapbump
