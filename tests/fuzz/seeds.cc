// Writes the seed corpus: small files of each kind, made here, one folder a room.
#include <filesystem>
#include <fstream>
#include <iostream>

#include "adapter_builder.h"
#include "audit/audit.h"
#include "component_builder.h"
#include "exercise.h"
#include "go_program.h"
#include "record/record.h"
#include "reserve/reserve.h"

namespace {

using heapbump::Bytes;
using ByteList = std::vector<std::byte>;
namespace test = heapbump::test;

struct Seed {
  std::string name;
  ByteList bytes;
};

ByteList linked_program() {
  test::ModuleBuilder b;
  const auto type = b.type({test::kI32}, {test::kI32});
  b.import("wasi_snapshot_preview1", "fd_write",
           b.type({test::kI32, test::kI32, test::kI32, test::kI32}, {test::kI32}));
  b.function(type, 1,
             test::Body()
                 .i32_const(67984, 5)
                 .op({0x3f, 0})
                 .i32_const(16)
                 .op({0x74, 0x6b})
                 .op({0x1a})
                 .local_get(0)
                 .access(0x28, 67984, 5));
  b.function(b.type({}, {}), 1, test::Body().i32_const(1).op({0x40, 0, 0x1a}));
  b.global(66560, true);
  b.global(67984, false);
  b.memory(2)
      .exported("memory", 2, 0)
      .exported("_start", 0, 2)
      .exported("__heap_base", 3, 1)
      .data(1024, std::string(64, 'd'));
  return b.names(1, {{1, "sbrk"}, {2, "_start"}})
      .names(7, {{0, "__stack_pointer"}, {1, "__heap_base"}})
      .build();
}

/// Allocators over each other, with loops, locals that change in them and variables in the frame: what the
/// growth and bump arguments follow.
ByteList allocators() {
  test::ModuleBuilder b;
  const auto unary = b.type({test::kI32}, {test::kI32});
  const auto none = b.type({}, {});
  b.import("wasi_snapshot_preview1", "proc_exit", b.type({test::kI32}, {}));
  constexpr int kFresh = 1100, kBreak = 1104;
  const auto grows = b.function(unary, 0, test::Body().local_get(0).op({0x40, 0}).i32_const(16).op({0x74}));
  // Gives what is left, or grows.
  const auto pool = b.function(unary, 1,
                               test::Body()
                                   .i32_const(kFresh)
                                   .access(0x28)
                                   .local_tee(1)
                                   .op({0x45, 0x04, 0x40})
                                   .i32_const(4)
                                   .call(grows)
                                   .local_set(1)
                                   .i32_const(kFresh)
                                   .local_get(1)
                                   .i32_const(8)
                                   .op({0x6a})
                                   .access(0x36)
                                   .op({0x0b})
                                   .local_get(1));
  const auto aligned = b.function(
      unary, 0, test::Body().local_get(0).call(pool).i32_const(15).op({0x6a}).i32_const(-16).op({0x71}));
  // A variable in the frame, and a loop that writes every word of a block.
  b.function(none, 2,
             test::Body()
                 .global_get(0)
                 .i32_const(16)
                 .op({0x6b})
                 .local_tee(0)
                 .global_set(0)
                 .local_get(0)
                 .i32_const(64)
                 .call(aligned)
                 .access(0x36, 8)
                 .op({0x02, 0x40, 0x03, 0x40})
                 .local_get(1)
                 .i32_const(64)
                 .op({0x4f, 0x0d, 1})
                 .local_get(0)
                 .access(0x28, 8)
                 .local_get(1)
                 .op({0x6a})
                 .local_get(1)
                 .access(0x36)
                 .local_get(1)
                 .i32_const(4)
                 .op({0x6a})
                 .local_set(1)
                 .op({0x0c, 0, 0x0b, 0x0b})
                 .local_get(0)
                 .i32_const(16)
                 .op({0x6a})
                 .global_set(0));
  // A break over the memory's size.
  b.function(unary, 1,
             test::Body()
                 .i32_const(kBreak)
                 .access(0x28)
                 .local_tee(1)
                 .local_get(0)
                 .op({0x6a, 0x3f, 0})
                 .i32_const(16)
                 .op({0x74, 0x4b, 0x04, 0x40})
                 .i32_const(1)
                 .call(0)
                 .op({0x0b})
                 .i32_const(kBreak)
                 .local_get(1)
                 .local_get(0)
                 .op({0x6a})
                 .access(0x36)
                 .local_get(1));
  b.global(66640, true);
  b.memory(2, 100)
      .exported("memory", 2, 0)
      .exported("_start", 0, 4)
      .data(kBreak, std::string("\x50\x04\x01\0", 4));
  return b.build();
}

ByteList go(test::go_program::Era era) {
  test::go_program::Program program;
  program.era = era;
  program.asks_for_size = era != test::go_program::Era::gap;
  return test::go_program::with_i64_locals(program.build());
}

ByteList text(const std::string& s) {
  const Bytes bytes = heapbump::as_bytes(s);
  return {bytes.begin(), bytes.end()};
}

/// A function of each kind: a string in, a list of structs in, a buffer out with its length.
constexpr std::string_view kDescription = R"((typename $errno (enum (@witx tag u16) $success $badf))
(typename $size u32)
(typename $iovec (record (field $buf (@witx pointer u8)) (field $len $size)))
(typename $list (list $iovec))
(typename $handle (handle))
(module $host
  (import "memory" (memory))
  (@interface func (export "write") (param $to $handle) (param $parts $list) (result $error (expected $size (error $errno))))
  (@interface func (export "open") (param $name string) (result $error (expected $handle (error $errno))))
  (@interface func (export "read") (param $buf (@witx pointer (@witx char8))) (param $len $size) (result $error (expected $size (error $errno)))))
)";

/// Of the modules' folder.
void write_report(const std::string& modules, const std::string& report) {
  heapbump::audit::AuditRequest request;
  request.files.inputs = {modules};
  request.files.include = {"*"};
  request.policy.prove = heapbump::audit::Prove::none;
  request.report = report;
  (void)heapbump::audit::run_audit(request, [](std::uint64_t, std::uint64_t) {});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  std::vector<Seed> modules = {{"linked", linked_program()},
                               {"allocators", allocators()},
                               {"adapter", test::build_adapter()},
                               {"go-pointer", go(test::go_program::Era::through_pointer)},
                               {"go-gap", go(test::go_program::Era::gap)},
                               {"go-break", go(test::go_program::Era::breaks)}};
  std::vector<Seed> reserved, manifests, records, components;
  for (const Seed& seed : modules) {
    const auto module = heapbump::read_module(seed.bytes);
    if (!module) continue;
    const auto reservation = heapbump::reserve(*module, {});
    if (!reservation || reservation->record.empty()) continue;
    reserved.push_back({seed.name, reservation->output(seed.bytes)});
    manifests.push_back({seed.name, text(heapbump::to_json(reservation->plan.manifest).dump())});
    const std::string record(heapbump::as_text(reservation->record));
    records.push_back({seed.name, text(record.substr(record.find('{')))});
  }
  for (const Seed& seed : reserved) {
    components.push_back({seed.name, test::ComponentBuilder()
                                         .module(seed.bytes)
                                         .module(test::build_adapter())
                                         .instantiate(0, {})
                                         .alias(2, 0, "memory")
                                         .bag("memory", 2, 0)
                                         .instantiate(1, {{"env", 1}})
                                         .build()});
  }
  std::vector<Seed> pairs;
  for (const Seed& original : modules) {
    for (const Seed& after : reserved) {
      if (original.name != after.name) continue;
      heapbump::Writer pair;
      pair.u32_le(static_cast<std::uint32_t>(original.bytes.size())).bytes(original.bytes).bytes(after.bytes);
      pairs.push_back({original.name, pair.take()});
    }
  }
  for (const std::string& room : heapbump::exercise::rooms()) {
    const std::vector<Seed> descriptions = {{"calls", text(std::string(kDescription))}};
    const auto& seeds = room == "manifest"   ? manifests
                        : room == "describe" ? descriptions
                        : room == "record"   ? records
                        : room == "check"    ? components
                        : room == "undo"     ? reserved
                        : room == "verify"   ? pairs
                                             : modules;
    const std::filesystem::path folder = std::filesystem::path(argv[1]) / room;
    std::filesystem::create_directories(folder);
    if (room == "audit-report") {
      write_report((folder.parent_path() / "reserve").string(), (folder / "seed-modules").string());
      continue;
    }
    for (const Seed& seed : seeds) {
      std::ofstream out(folder / ("seed-" + seed.name), std::ios::binary);
      out.write(reinterpret_cast<const char*>(seed.bytes.data()),
                static_cast<std::streamsize>(seed.bytes.size()));
    }
  }
  return 0;
}
