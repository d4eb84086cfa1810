// undo gives the original back or says where the module was changed, to the byte inside an edit and to the
// block outside.
#include "reserve/undo.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "heapbump/verify.h"
#include "record/record.h"
#include "specimen.h"

namespace heapbump::test {
namespace {

using ByteList = std::vector<std::byte>;

constexpr std::size_t kPadding = 40'000;  // bytes; makes some forty blocks of kMinCheckpointDistance

ByteList custom(std::string_view name, std::size_t size) {
  Writer payload;
  payload.name(name);
  for (std::size_t i = 0; i < size; ++i) payload.u8(static_cast<std::uint8_t>(i * 7 + i / 256));
  Writer section;
  return section.u8(0).uleb(payload.size()).bytes(payload.view()).take();
}

ByteList joined(Bytes a, Bytes b) {
  ByteList out(a.begin(), a.end());
  out.insert(out.end(), b.begin(), b.end());
  return out;
}

/// A reserved program, most of which no edit touches, and where its record is.
struct Sample {
  Specimen specimen;
  Record record;
  std::size_t body_size = 0;

  [[nodiscard]] Bytes body() const { return Bytes(specimen.reserved).first(body_size); }
  [[nodiscard]] Bytes section() const { return Bytes(specimen.reserved).subspan(body_size); }
  [[nodiscard]] bool in_edit(std::size_t at) const {
    return std::ranges::any_of(record.edits, [&](const RecordedEdit& e) {
      return at >= e.offset && at - e.offset < e.new_bytes.size();
    });
  }
  /// The module with what this makes of its record.
  [[nodiscard]] ByteList with_record(const std::function<void(Record&)>& change) const {
    Record other = record;
    change(other);
    return joined(body(), encode_record(other));
  }
};

const Sample& sample() {
  static const Sample made = [] {
    Sample s;
    s.specimen =
        make_specimen(joined(joined(specimen_program(), custom("padding", kPadding)), custom("last", 300)));
    const auto module = read_module(s.specimen.reserved);
    s.record = **read_record(*module);
    s.body_size = static_cast<std::size_t>(module->custom_section(kRecordSection)->offset);
    return s;
  }();
  return made;
}

Result<ByteList> undone(Bytes file) {
  const auto module = read_module(file);
  if (!module) return std::unexpected(module.error());
  return undo(*module);
}

Error refusal(Bytes file) {
  const auto original = undone(file);
  EXPECT_FALSE(original.has_value());
  return original ? Error{} : original.error();
}

std::string between(std::uint64_t begin, std::uint64_t end) {
  return "the first difference lies between " + hex(begin) + " and " + hex(end);
}

TEST(Undo, GivesTheOriginalBack) {
  EXPECT_EQ(undone(sample().specimen.reserved), sample().specimen.original);
}

TEST(Undo, SaysWhereTheModuleWasChanged) {
  const Sample& s = sample();
  ByteList changed = s.specimen.reserved;
  std::size_t in_edits = 0;
  std::size_t outside = 0;
  std::size_t unreadable = 0;
  for (std::size_t at = 0; at < s.body_size; at += at < 2048 ? 1 : 101) {
    changed[at] ^= std::byte{0x01};
    if (!read_module(changed)) {
      ++unreadable;
    } else {
      const Error error = refusal(changed);
      EXPECT_EQ(error.code, Code::kModifiedSince);
      ASSERT_TRUE(error.offset.has_value()) << at;
      if (s.in_edit(at)) {
        ++in_edits;
        EXPECT_EQ(*error.offset, at);
      } else {
        ++outside;
        const std::size_t begin = at / kMinCheckpointDistance * kMinCheckpointDistance;
        EXPECT_EQ(*error.offset, begin) << at;
        EXPECT_NE(error.message.find(
                      between(begin, std::min<std::size_t>(begin + kMinCheckpointDistance, s.body_size))),
                  std::string::npos)
            << error.message;
      }
    }
    changed[at] ^= std::byte{0x01};
  }
  EXPECT_GT(in_edits, 20U);
  EXPECT_GT(outside, 700U);
  EXPECT_LT(unreadable, 500U);
}

TEST(Undo, TheFirstOfTwoChangesIsNamed) {
  const Sample& s = sample();
  ByteList changed = s.specimen.reserved;
  changed[s.body_size - 1] ^= std::byte{1};
  changed[9000] ^= std::byte{1};
  EXPECT_NE(refusal(changed).message.find(between(8192, 9216)), std::string::npos)
      << refusal(changed).message;
}

/// The program's sections are behind a section of this size, so blocks without an edit come first.
Specimen late_specimen(std::size_t padding = kPadding) {
  const ByteList program = specimen_program();
  return make_specimen(
      joined(joined(Bytes(program).first(8), custom("padding", padding)), Bytes(program).subspan(8)));
}

TEST(Undo, AChangeBeforeAnEditIsNamedFirst) {
  const Specimen late = late_specimen();
  const auto module = read_module(late.reserved);
  const auto record = read_record(*module);
  const auto edit = std::ranges::find_if((*record)->edits, [](const RecordedEdit& e) {
    return e.old_bytes.size() == 3 && e.new_bytes.size() == 3;
  });  // an immediate
  ASSERT_GT(edit->offset, kPadding);
  ByteList changed = late.reserved;
  changed[edit->offset] ^= std::byte{1};
  EXPECT_EQ(refusal(changed).offset, edit->offset);
  changed[5000] ^= std::byte{1};
  EXPECT_NE(refusal(changed).message.find(between(4096, 5120)), std::string::npos)
      << refusal(changed).message;
}

TEST(Undo, BytesThatWereInsertedOrRemovedAreToldWithTheFirstDifference) {
  const Sample& s = sample();
  const ByteList last = custom("last", 300);
  const std::size_t at = s.body_size - last.size();
  const std::size_t block = at / kMinCheckpointDistance * kMinCheckpointDistance;

  const Error longer = refusal(joined(joined(s.body().first(at), custom("last", 305)), s.section()));
  EXPECT_EQ(longer.code, Code::kModifiedSince);
  EXPECT_NE(longer.message.find("is 5 bytes longer: " + between(block, s.body_size)), std::string::npos)
      << longer.message;
  EXPECT_EQ(longer.offset, block);

  const Error shorter = refusal(joined(joined(s.body().first(at), custom("last", 299)), s.section()));
  EXPECT_NE(shorter.message.find("is 1 byte shorter: " + between(block, s.body_size - 1)), std::string::npos)
      << shorter.message;

  const Error appended = refusal(joined(joined(s.body(), custom("tool", 5)), s.section()));
  EXPECT_NE(appended.message.find("is 12 bytes longer: the bytes from here on were not written"),
            std::string::npos)
      << appended.message;
  EXPECT_EQ(appended.offset, s.body_size);
}

TEST(Undo, EditsThatStandElsewhereAreNotTakenForTheFirstDifference) {
  const ByteList reserved = late_specimen().reserved;
  const std::size_t after = 8 + custom("padding", kPadding).size();
  const ByteList changed = joined(joined(Bytes(reserved).first(8), custom("padding", kPadding + 3)),
                                  Bytes(reserved).subspan(after));
  const Error error = refusal(changed);
  EXPECT_NE(error.message.find("is 3 bytes longer: " + between(0, 1024)), std::string::npos) << error.message;

  // Nor when an edit is in the same block.
  const ByteList small = late_specimen(100).reserved;
  const ByteList small_changed = joined(joined(Bytes(small).first(8), custom("padding", 103)),
                                        Bytes(small).subspan(8 + custom("padding", 100).size()));
  EXPECT_NE(refusal(small_changed).message.find("is 3 bytes longer: the first difference"), std::string::npos)
      << refusal(small_changed).message;

  // Without checkpoints they are all that is known.
  const auto module = read_module(changed);
  Record old = **read_record(*module);
  old.checkpoints.reset();
  const Bytes body =
      Bytes(changed).first(static_cast<std::size_t>(module->custom_section(kRecordSection)->offset));
  const Error less = refusal(joined(body, encode_record(old)));
  EXPECT_NE(less.message.find("is 3 bytes longer: this byte is not the one"), std::string::npos)
      << less.message;
  EXPECT_GT(less.offset.value_or(0), kPadding);
}

TEST(Undo, AFileThatEndsBeforeItsTimeIsToldWhereItEnds) {
  // So long that the last section begins where a block does.
  const auto body_of = [](const Specimen& specimen) {
    return static_cast<std::size_t>(read_module(specimen.reserved)->custom_section(kRecordSection)->offset);
  };
  const std::size_t padding = 4 * kMinCheckpointDistance -
                              body_of(make_specimen(joined(specimen_program(), custom("padding", 2000)))) +
                              2000;
  const Specimen specimen =
      make_specimen(joined(joined(specimen_program(), custom("padding", padding)), custom("last", 5)));
  const std::size_t cut = body_of(specimen) - custom("last", 5).size();
  ASSERT_EQ(cut, 4 * kMinCheckpointDistance);
  const Bytes all = specimen.reserved;
  const Error error = refusal(joined(all.first(cut), all.subspan(body_of(specimen))));
  EXPECT_NE(error.message.find("is 12 bytes shorter: the bytes that were here are gone"), std::string::npos)
      << error.message;
  EXPECT_EQ(error.offset, cut);
}

TEST(Undo, ARecordWithoutCheckpointsIsGoodForAsMuchAsBefore) {
  const Sample& s = sample();
  const ByteList old = s.with_record([](Record& r) { r.checkpoints.reset(); });
  EXPECT_EQ(undone(old), s.specimen.original);
  const auto verified = verify_modules(s.specimen.original, old, std::nullopt);
  ASSERT_TRUE(verified.has_value());
  EXPECT_TRUE(verified->ok());
  ByteList changed = old;
  changed[20'000] ^= std::byte{1};
  EXPECT_EQ(refusal(changed).code, Code::kModifiedSince);
  EXPECT_FALSE(refusal(changed).offset.has_value());
  changed = old;
  const auto edit = std::ranges::find_if(s.record.edits, [](const RecordedEdit& e) {
    return e.old_bytes.size() == 3 && e.new_bytes.size() == 3;
  });  // an immediate
  const auto at = static_cast<std::size_t>(edit->offset);
  changed[at] ^= std::byte{1};
  EXPECT_EQ(refusal(changed).offset, at);
}

TEST(Undo, CheckpointsThatContradictTheRecordAreRefused) {
  const Sample& s = sample();
  const std::pair<const char*, std::function<void(Checkpoints&)>> wrong[] = {
      {"at a distance that is none", [](Checkpoints& c) { c.every = 0; }},
      {"at a distance that is none", [](Checkpoints& c) { c.every = 3000; }},
      {"at a distance that is none", [](Checkpoints& c) { c.every = 512; }},
      {"at a distance that is none", [](Checkpoints& c) { c.every = std::uint64_t{1} << 62; }},
      {"another number", [](Checkpoints& c) { c.every = 4096; }},
      {"another number", [](Checkpoints& c) { c.digests.clear(); }},
      {"another number", [](Checkpoints& c) { c.digests.pop_back(); }},
      {"another number", [](Checkpoints& c) { c.digests += "00000000"; }},
      {"another number", [](Checkpoints& c) { c.digests[3] = 'x'; }},
  };
  for (const auto& [what, change] : wrong) {
    const Error error = refusal(s.with_record([&](Record& r) { change(*r.checkpoints); }));
    EXPECT_EQ(error.code, Code::kBadRecord);
    EXPECT_NE(error.message.find(what), std::string::npos) << error.message;
  }
}

TEST(Undo, EditsThatContradictTheModuleAreRefused) {
  const Sample& s = sample();
  const std::pair<const char*, std::function<void(std::vector<RecordedEdit>&)>> wrong[] = {
      {"lie outside the module", [](auto& edits) { edits.back().offset = std::uint64_t{1} << 30; }},
      {"lie outside the module",
       [&](auto& edits) { edits.back().offset = s.body_size - edits.back().new_bytes.size() + 1; }},
      {"overlap", [](auto& edits) { edits[1].offset = edits[0].offset; }},
      {"overlap", [](auto& edits) { std::swap(edits[0], edits[1]); }},
      {"overlap", [](auto& edits) { edits.back().offset = std::uint64_t{1} << 62; }},
  };
  for (const auto& [what, change] : wrong) {
    const Error error = refusal(s.with_record([&](Record& r) {
      r.checkpoints.reset();
      change(r.edits);
    }));
    EXPECT_EQ(error.code, Code::kBadRecord);
    EXPECT_NE(error.message.find(what), std::string::npos) << error.message;
  }
}

TEST(Undo, NoByteOfTheRecordCanBeChangedUnnoticed) {
  ByteList changed = sample().specimen.reserved;
  for (std::size_t at = sample().body_size; at < changed.size(); ++at) {
    changed[at] ^= std::byte{1};
    EXPECT_FALSE(undone(changed).has_value()) << "byte " << at - sample().body_size << " of the section";
    changed[at] ^= std::byte{1};
  }
}

TEST(Verify, WrongCheckpointsAreAMismatch) {
  const Sample& s = sample();
  const ByteList file = s.with_record([](Record& r) { r.checkpoints->digests[7 * kCheckpointDigits] ^= 1; });
  const auto verified = verify_modules(s.specimen.original, file, std::nullopt);
  ASSERT_TRUE(verified.has_value());
  ASSERT_EQ(verified->mismatches.size(), 1U);
  EXPECT_NE(verified->mismatches[0].what.find("first for what follows 0x1c00"), std::string::npos)
      << verified->mismatches[0].what;
  // They only say where: what undo gives back is known by its hash.
  EXPECT_EQ(undone(file), s.specimen.original);
}

TEST(Checkpoints, AreFewHoweverLargeTheFileIs) {
  for (const std::uint64_t size :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1024}, std::uint64_t{524'288},
        std::uint64_t{524'289}, std::uint64_t{20'000'000}, std::uint64_t{1} << 30}) {
    const std::uint64_t count = checkpoint_count(size, checkpoint_distance(size));
    EXPECT_LE(count, 512U) << size;
    EXPECT_GE(count * checkpoint_distance(size), size);
  }
  EXPECT_EQ(checkpoint_distance(524'288), 1024U);
  EXPECT_EQ(checkpoint_distance(20'000'000), 65536U);
}

TEST(Checkpoints, DoNotDependOnHowTheFileIsCutIntoPieces) {
  const ByteList file = custom("x", 5000);
  const auto take = [&](std::vector<std::size_t> cuts) {
    std::vector<Bytes> pieces;
    std::size_t at = 0;
    for (const std::size_t cut : cuts) {
      pieces.push_back(Bytes(file).subspan(at, cut - at));
      at = cut;
    }
    pieces.push_back(Bytes(file).subspan(at));
    Sha256 hash;
    Checkpoints taken = take_checkpoints(pieces, 1024, hash);
    EXPECT_EQ(hash.hex(), sha256_hex(file));
    return taken;
  };
  const Checkpoints whole = take({});
  EXPECT_EQ(whole.digests.size(), 5 * kCheckpointDigits);
  EXPECT_EQ(whole.digests.substr(0, kCheckpointDigits),
            sha256_hex(Bytes(file).first(1024)).substr(0, kCheckpointDigits));
  EXPECT_EQ(whole.digests.substr(4 * kCheckpointDigits), sha256_hex(file).substr(0, kCheckpointDigits));
  EXPECT_EQ(take({1, 1, 1023, 1024, 3000, 4096}), whole);
}

}  // namespace
}  // namespace heapbump::test
