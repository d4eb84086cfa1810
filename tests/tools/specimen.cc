#include "specimen.h"

#include <cstdio>
#include <cstdlib>

#include "../unit/module_builder.h"
#include "base/sha256.h"
#include "record/record.h"
#include "wasm/code.h"

namespace heapbump::test {
namespace {

constexpr int kLoop = 0x03, kBlock = 0x02, kVoid = 0x40, kEnd = 0x0b, kBr = 0x0c, kBrIf = 0x0d, kDrop = 0x1a;
constexpr int kLoad = 0x28, kLoad8 = 0x2d, kStore = 0x36, kStore8 = 0x3a, kMemorySize = 0x3f,
              kMemoryGrow = 0x40;
constexpr int kEqz = 0x45, kGeU = 0x4f, kGtU = 0x4b, kAdd = 0x6a, kMul = 0x6c, kXor = 0x73;

constexpr std::int32_t kHeapPointer = 65600, kLimit = 65604, kVector = 65608, kOutput = 65620;

std::int32_t signed_of(std::uint32_t value) {
  return static_cast<std::int32_t>(value);
}

Body& load8(Body& code) {
  return code.op({kLoad8, 0, 0});
}
Body& store8(Body& code) {
  return code.op({kStore8, 0, 0});
}

/// (begin, end) -> how many words of the range are not zero: what a conservative collector looks at.
Body count_roots() {
  Body c;
  c.op({kBlock, kVoid, kLoop, kVoid}).local_get(0).local_get(1).op({kGeU, kBrIf, 1});
  c.local_get(2).local_get(0).access(kLoad).op({kEqz, kEqz, kAdd}).local_set(2);
  c.local_get(0).i32_const(4).op({kAdd}).local_set(0).op({kBr, 0, kEnd, kEnd});
  return c.local_get(2);
}

/// (size) -> address; grows the memory a page at a time.
Body allocate() {
  Body c;
  c.i32_const(kHeapPointer).access(kLoad).local_set(1);
  c.op({kBlock, kVoid, kLoop, kVoid});
  c.local_get(1).local_get(0).op({kAdd}).i32_const(kLimit).access(kLoad).op({kGtU, kEqz, kBrIf, 1});
  c.i32_const(1).op({kMemoryGrow, 0, kDrop});
  c.i32_const(kLimit)
      .op({kMemorySize, 0})
      .i32_const(65536)
      .op({kMul})
      .access(kStore)
      .op({kBr, 0, kEnd, kEnd});
  c.i32_const(kHeapPointer).local_get(1).local_get(0).op({kAdd}).access(kStore);
  return c.local_get(1);
}

/// (address, size) -> sum of the bytes after they were filled with a pattern.
Body fill_and_sum() {
  Body c;
  c.op({kBlock, kVoid, kLoop, kVoid}).local_get(2).local_get(1).op({kGeU, kBrIf, 1});
  c.local_get(0).local_get(2).op({kAdd}).local_get(2).i32_const(100000).op({kMul}).i32_const(13).op({0x76});
  store8(c);
  c.local_get(3).local_get(0).local_get(2).op({kAdd});
  load8(c).op({kAdd}).local_set(3);
  c.local_get(2).i32_const(1).op({kAdd}).local_set(2).op({kBr, 0, kEnd, kEnd});
  return c.local_get(3);
}

Body start(std::uint32_t fd_write, std::uint32_t roots, std::uint32_t alloc, std::uint32_t fill) {
  Body c;
  // The heap's head lies at its start, as dlmalloc's does; the end is a constant as well.
  c.i32_const(signed_of(kHeapBase + 8)).i32_const(77).access(kStore);
  c.i32_const(kLimit).i32_const(signed_of(kHeapEnd)).access(kStore);
  c.i32_const(16).call(alloc).op({kDrop});
  for (int i = 0; i < 3; ++i)
    c.local_get(0).i32_const(30000).call(alloc).i32_const(30000).call(fill).op({kXor}).local_set(0);
  c.local_get(0).i32_const(0).access(kLoad, kHeapBase + 8).op({kAdd}).local_set(0);
  c.local_get(0)
      .i32_const(signed_of(kStackTop))
      .i32_const(signed_of(kHeapBase))
      .call(roots)
      .op({kAdd})
      .local_set(0);
  // How far the heap has come, by a negated constant.
  c.local_get(0)
      .i32_const(kHeapPointer)
      .access(kLoad)
      .i32_const(-signed_of(kHeapBase))
      .op({kAdd, kXor})
      .local_set(0);
  c.i32_const(kOutput).local_get(0).access(kStore);
  c.i32_const(kVector).i32_const(kOutput).access(kStore).i32_const(kVector + 4).i32_const(4).access(kStore);
  return c.i32_const(1).i32_const(kVector).i32_const(1).i32_const(kOutput + 8).call(fd_write).op({kDrop});
}

void add_site(Finding& finding, OccurrenceKind kind, std::uint64_t offset, unsigned width, std::int64_t value,
              Role role, int moves) {
  Site site;
  site.kind = kind;
  site.file_offset = offset;
  site.width = width;
  site.value = value;
  site.role = role;
  site.moves = moves;
  site.why = "specimen";
  finding.sites.push_back(site);
}

template <typename T>
T require(Result<T> result) {
  if (result) return *std::move(result);
  std::fprintf(stderr, "specimen: %s\n", result.error().message.c_str());
  std::abort();
}

/// From the original, the edits and the manifest.
void write(Specimen& specimen) {
  const Module module = require(read_module(specimen.original));
  specimen.manifest.input_sha256 = sha256_hex(specimen.original);
  specimen.manifest.output_sha256.clear();
  const auto record = encode_record(require(make_record(specimen.manifest, specimen.edits, module)));
  auto pieces = apply_edits(specimen.original, specimen.edits);
  pieces.emplace_back(record);
  specimen.reserved = join(pieces);
  specimen.manifest.output_sha256 = sha256_hex(specimen.reserved);
}

}  // namespace

std::vector<std::byte> specimen_program() {
  ModuleBuilder m;
  const auto none = m.type({}, {});
  const auto four = m.type({kI32, kI32, kI32, kI32}, {kI32});
  const auto one = m.type({kI32}, {kI32});
  const auto two = m.type({kI32, kI32}, {kI32});
  const auto fd_write = m.import("wasi_snapshot_preview1", "fd_write", four);
  const auto roots = m.function(two, 1, count_roots());
  const auto alloc = m.function(one, 1, allocate());
  const auto fill = m.function(two, 2, fill_and_sum());
  const auto entry = m.function(none, 1, start(fd_write, roots, alloc, fill));
  m.memory(kHeapEnd / 65536);
  m.global(signed_of(kStackTop), true);
  const auto heap_base = m.global(signed_of(kHeapBase), false);
  m.exported("memory", 2, 0).exported("_start", 0, entry).exported("__heap_base", 3, heap_base);
  std::string data(64, 'd');
  for (int i = 0; i < 4; ++i) data += static_cast<char>(kHeapBase >> (8 * i));  // the heap pointer
  m.data(signed_of(kStackTop), data);
  return m.build();
}

Finding specimen_finding(const Module& module) {
  Finding finding;
  finding.detector = "specimen";
  finding.toolchain = {"specimen", "1", "tests"};
  finding.confidence = Confidence::proven;
  finding.heap_base = kHeapBase;
  finding.heap_end = kHeapEnd;
  finding.strategies = {{Strategy::bump, true, "every site is known"}};
  for (std::uint32_t f = module.imported_functions; f < module.functions.size(); ++f) {
    InstructionReader reader(module, *module.body(f));
    Instruction i;
    bool root_range = false;
    while (reader.next(i)) {
      const auto value = static_cast<std::uint32_t>(i.value);
      const bool ours = value >= kHeapBase && value < kHeapBase + 16;
      if (i.opcode == op::i32_const && ours && !root_range)
        add_site(finding, OccurrenceKind::i32_const, i.immediate_offset, i.immediate_width, i.value,
                 Role::heap_start, 1);
      if (i.opcode == op::i32_const && ours && root_range)
        add_site(finding, OccurrenceKind::i32_const, i.immediate_offset, i.immediate_width, i.value,
                 Role::gc_root_end, 0);
      if (i.opcode == op::i32_const && value == kHeapEnd)
        add_site(finding, OccurrenceKind::i32_const, i.immediate_offset, i.immediate_width, i.value,
                 Role::heap_end, 1);
      if (i.opcode == op::i32_const && -i.value == kHeapBase)
        add_site(finding, OccurrenceKind::i32_const, i.immediate_offset, i.immediate_width, i.value,
                 Role::heap_start, -1);
      if (i.immediate == Immediate::memarg && ours)
        add_site(finding, OccurrenceKind::memarg_offset, i.immediate_offset, i.immediate_width, i.value,
                 Role::heap_start, 1);
      root_range = i.opcode == op::i32_const && value == kStackTop;
    }
  }
  const ConstExpr& init = module.globals[1].init;
  add_site(finding, OccurrenceKind::global_init, init.immediate_offset, init.immediate_width, *init.value,
           Role::heap_start, 1);
  Site word;
  word.kind = OccurrenceKind::data_word32;
  word.address = kHeapPointer;
  word.file_offset = module.data[0].data_offset + 64;
  word.width = 4;
  word.value = kHeapBase;
  word.role = Role::heap_start;
  word.moves = 1;
  word.why = "specimen";
  finding.sites.push_back(word);
  return finding;
}

Specimen make_specimen(const Request& request) {
  return make_specimen(specimen_program(), request);
}

Specimen make_specimen(std::vector<std::byte> program, const Request& request) {
  const Finding finding = specimen_finding(require(read_module(program)));
  return reserve_as_found(std::move(program), finding, request);
}

Specimen reserve_as_found(std::vector<std::byte> program, const Finding& finding, const Request& request) {
  Specimen specimen;
  specimen.original = std::move(program);
  const Module module = require(read_module(specimen.original));
  Plan plan = require(make_plan(module, finding, request));
  specimen.manifest = std::move(plan.manifest);
  specimen.edits = std::move(plan.edits);
  write(specimen);
  return specimen;
}

Specimen reserve_like(const Specimen& other, std::vector<std::byte> program) {
  Specimen specimen = other;
  specimen.original = std::move(program);
  write(specimen);
  return specimen;
}

std::vector<Site> constants_as_heap_starts(const std::vector<std::byte>& program, std::int64_t value,
                                           std::size_t most) {
  std::vector<Site> sites;
  const auto module = read_module(program);
  for (const FunctionBody& body : module->bodies) {
    InstructionReader reader(*module, body);
    Instruction i;
    while (sites.size() < most && reader.next(i)) {
      if (i.opcode != op::i32_const || i.value != value) continue;
      Site site;
      site.file_offset = i.immediate_offset;
      site.width = i.immediate_width;
      site.value = i.value;
      site.role = Role::heap_start;
      site.moves = 1;
      sites.push_back(site);
    }
  }
  return sites;
}

std::string messages(const Verification& verification) {
  std::string text;
  for (const Mismatch& m : verification.mismatches)
    text += m.what + " [" + m.expected + "] [" + m.found + "]\n";
  return text;
}

}  // namespace heapbump::test
