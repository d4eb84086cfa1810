// Big Go's detector. The heap starts where runtime.firstmoduledata says that the program ends (its `end` word). Which
// strategy is sound follows from what the code does with that word and with memory.size, not from a version string:
//   - `end` is read through a pointer and memory.size exists (Go 1.11 to 1.20): bump;
//   - `end` is read by its address, rounded up to a page and stored to a variable that allocations are made from, and
//     memory.size exists (Go 1.24 on): bump;
//   - the same, but no address is ever made from the variable and no memory.size exists (Go 1.21 to 1.23): the bytes from
//     `end` to the declared minimum are never touched: gap.
// Anything else is refused. Facts and sources: docs/toolchains/go.md.
#include <algorithm>
#include <array>

#include "detectors/go_moduledata.h"
#include "detectors/registry.h"
#include "heapbump/code.h"
#include "heapbump/flow.h"

namespace heapbump {
namespace {

using go::ModuleData;

constexpr std::uint64_t kEntryScratch = 16;  // rt0_js_wasm.s of Go 1.11 to 1.13 stores argc and argv just above `end`

// How the code gets from `end` to its heap.
struct EndUse {
  bool by_address = false;  // i64.const of the word's own address, in one function
  bool by_pointer = false;  // through a variable that points at the structure (lastmoduledatap)
  bool rounds_up = false;   // (end + 65535) & -65536 follows the load
  std::uint32_t function = 0;
  std::uint64_t offset = 0;                   // file offset of the load
  std::optional<std::uint64_t> bloc;          // address of the variable that the rounded value is stored to
  bool bloc_hands_out = false;                // allocations are made from that variable
};

std::string go_version(const Module& module, std::string& how) {
  for (const ProducersField& field : read_producers(module)) {
    if (field.field == "language" && field.name == "Go" && !field.version.empty()) {
      how = "producers section";
      return std::string(field.version);
    }
    if (field.field == "processed-by" && field.name == "Go cmd/compile") {
      how = "producers section";
      return std::string(field.version);
    }
  }
  if (const Section* section = module.custom_section("go.version")) {
    how = "go.version section";
    return std::string(as_text(module.content(*section)));
  }
  return {};
}

bool says_go(const Module& module) {
  std::string how;
  return !go_version(module, how).empty() || module.custom_section("go:buildid") != nullptr ||
         module.custom_section("go.buildid") != nullptr;
}

// All instructions of one body. Go's bodies are small but for generated ones; the caller decodes a handful.
Result<std::vector<Instruction>> decode(const Module& module, std::uint32_t function) {
  std::vector<Instruction> instructions;
  InstructionReader reader(module, *module.body(function));
  Instruction instruction;
  while (reader.next(instruction)) {
    // Only straight-line neighbours are looked at, and `nop` is what Go puts between statements.
    if (instruction.opcode != op::nop && instruction.opcode != op::br_table) instructions.push_back(instruction);
  }
  if (reader.error()) return std::unexpected(*reader.error());
  return instructions;
}

bool is_const(const Instruction& i, std::int64_t value) {
  return (i.opcode == op::i32_const || i.opcode == op::i64_const) && i.value == value;
}

// The functions that hold the constant, ascending and once each, so that no body is decoded twice.
Result<std::vector<std::uint32_t>> functions_with(const Module& module, std::uint64_t value) {
  HEAPBUMP_TRY(const auto sites, find_constants(module, static_cast<std::int64_t>(value)));
  std::vector<std::uint32_t> functions;
  for (const CodeImmediate& site : sites) {
    if (functions.empty() || functions.back() != site.function) functions.push_back(site.function);
  }
  return functions;
}

// i64.const ADDRESS; i32.wrap_i64; i64.load: where a load of the word at ADDRESS stands, counted in instructions.
std::optional<std::size_t> find_load(const std::vector<Instruction>& code, std::size_t at) {
  constexpr std::uint32_t kWrap = 0xa7;
  std::size_t next = at + 1;
  if (next < code.size() && code[next].opcode == kWrap) ++next;
  if (next < code.size() && code[next].opcode == op::i64_load && code[next].value == 0) return next;
  return std::nullopt;
}

// load; i64.const 65535; i64.add; i64.const -65536; i64.and; local.set L
bool rounds_up_to_page(const std::vector<Instruction>& code, std::size_t load) {
  constexpr std::uint32_t kI64Add = 0x7c, kI64And = 0x83;
  return load + 4 < code.size() && is_const(code[load + 1], kPageSize - 1) && code[load + 2].opcode == kI64Add &&
         is_const(code[load + 3], -static_cast<std::int64_t>(kPageSize)) && code[load + 4].opcode == kI64And;
}

// After the rounding: local.set L, then `const A; i32.wrap_i64; local.get L; i64.store` twice, to bloc and blocMax.
std::optional<std::uint64_t> stored_to(const std::vector<Instruction>& code, std::size_t and_at) {
  constexpr std::uint32_t kWrap = 0xa7;
  if (and_at + 1 >= code.size() || code[and_at + 1].opcode != op::local_set) return std::nullopt;
  const std::int64_t local = code[and_at + 1].value;
  std::vector<std::uint64_t> stores;
  for (std::size_t i = and_at + 2; i + 3 < code.size() && stores.size() < 2; ++i) {
    if (code[i].opcode == op::i64_const && code[i + 1].opcode == kWrap && code[i + 2].opcode == op::local_get &&
        code[i + 2].value == local && code[i + 3].opcode == op::i64_store && code[i + 3].value == 0)
      stores.push_back(static_cast<std::uint64_t>(code[i].value));
  }
  if (stores.size() != 2 || stores[1] != stores[0] + 8) return std::nullopt;
  return stores[0];
}

// i64 opcodes that the uses of the break variable are made of.
constexpr std::uint32_t kI64Eq = 0x51, kI64Ne = 0x52, kI64Sub = 0x7d;

// Whether `node` is the constant ADDRESS, as i32 or wrapped from i64.
bool is_address(const Flow& flow, NodeId node, std::int64_t address) {
  constexpr std::uint32_t kWrap = 0xa7;
  if (flow.nodes[node].kind == NodeKind::unary && flow.nodes[node].opcode == kWrap) node = flow.operand(node, 0);
  return flow.constant(node) == address;
}

// A value of the break variable is harmless where it is compared for equality (is this the last block?) or where something
// is subtracted from it and the result goes back into the variable (give that block back). Source: golang/go
// src/runtime/mem_sbrk.go, sysFreeOS and sysReserveAligned (Go 1.21 to 1.23).
bool only_compared_or_given_back(const Flow& flow, NodeId load, std::int64_t address) {
  for (const NodeId node : reach(flow, std::array{load}, [](const Node&, std::uint32_t) { return false; })) {
    for (const User& user : flow.users(node)) {
      if (user.is_effect) return false;
      const Node& made = flow.nodes[user.index];
      if (made.kind == NodeKind::phi || made.kind == NodeKind::select) continue;
      if (made.opcode == kI64Eq || made.opcode == kI64Ne) continue;
      if (made.opcode != kI64Sub || user.position != 0) return false;
      for (const User& store : flow.users(user.index)) {
        if (!store.is_effect || store.position != 1 || flow.effects[store.index].kind != EffectKind::store ||
            flow.effects[store.index].value != 0 ||
            !is_address(flow, flow.operands_of(flow.effects[store.index])[0], address))
          return false;
      }
    }
  }
  return true;
}

// Whether one function makes an address from the variable, or lets the variable's own address escape.
Result<bool> hands_out(const Module& module, std::uint32_t function, std::int64_t address) {
  HEAPBUMP_TRY(const Flow flow, evaluate_flow(module, function));
  std::vector<NodeId> roots;
  for (NodeId id = 0; id < flow.nodes.size(); ++id) {
    if (flow.nodes[id].kind == NodeKind::constant && flow.nodes[id].value == address) roots.push_back(id);
  }
  for (const NodeId node : reach(flow, roots, [](const Node& n, std::uint32_t) { return n.kind == NodeKind::unary; })) {
    for (const User& user : flow.users(node)) {
      if (!user.is_effect) {
        const Node& made = flow.nodes[user.index];
        if (made.kind == NodeKind::unary || made.kind == NodeKind::phi || made.kind == NodeKind::select) continue;
        if (made.kind != NodeKind::load || made.value != 0 || !only_compared_or_given_back(flow, user.index, address)) return true;
      } else {
        const Effect& effect = flow.effects[user.index];
        const bool access = effect.kind == EffectKind::load || effect.kind == EffectKind::store;
        if (!access || user.position != 0 || effect.value != 0) return true;
      }
    }
  }
  return false;
}

// Whether the variable at ADDRESS is used for more than that outside the function that initialises it.
Result<bool> may_hand_out(const Module& module, std::uint32_t initialiser, std::int64_t address) {
  HEAPBUMP_TRY(const auto uses, find_constants(module, address));
  // Within the initialiser it is stored to once; anything beyond that is a use.
  if (std::ranges::count(uses, initialiser, &CodeImmediate::function) != 1) return true;
  HEAPBUMP_TRY(const auto functions, functions_with(module, static_cast<std::uint64_t>(address)));
  for (const std::uint32_t function : functions) {
    if (function == initialiser) continue;
    HEAPBUMP_TRY(const bool used, hands_out(module, function, address));
    if (used) return true;
  }
  return false;
}

Result<bool> follow_direct_read(const Module& module, const ModuleData& data, EndUse& use) {
  HEAPBUMP_TRY(const auto functions, functions_with(module, data.end_address()));
  for (const std::uint32_t function : functions) {
    HEAPBUMP_TRY(const auto code, decode(module, function));
    for (std::size_t i = 0; i < code.size(); ++i) {
      if (!is_const(code[i], static_cast<std::int64_t>(data.end_address()))) continue;
      const auto load = find_load(code, i);
      if (!load) continue;
      // A second reader that treats the word otherwise would make the first one's rounding say too little.
      if (use.by_address) return fail_at(Code::kLayoutMismatch, code[i].offset, "the `end` word is read by its address in two places");
      use.by_address = true;
      use.function = function;
      use.offset = code[*load].offset;
      use.rounds_up = rounds_up_to_page(code, *load);
      if (use.rounds_up) use.bloc = stored_to(code, *load + 4);
    }
  }
  if (use.by_address && use.bloc) {
    for (const std::uint64_t variable : {*use.bloc, *use.bloc + 8}) {
      HEAPBUMP_TRY(const bool hands_out, may_hand_out(module, use.function, static_cast<std::int64_t>(variable)));
      use.bloc_hands_out |= hands_out;
    }
  }
  return use.by_address;
}

Status follow_pointer_read(const Module& module, const DataImage& image, const ModuleData& data, EndUse& use) {
  std::vector<std::uint64_t> variables;
  image.for_each_word64([&](std::uint64_t address, std::uint64_t value) {
    if (value == data.address) variables.push_back(address);
  });
  // lastmoduledatap and at most a few more; a module with many is not what Go's linker makes.
  constexpr std::size_t kMaxVariables = 16;
  if (variables.size() > kMaxVariables) return {};
  for (const std::uint64_t address : variables) {
    HEAPBUMP_TRY(const auto functions, functions_with(module, address));
    for (const std::uint32_t function : functions) {
      HEAPBUMP_TRY(const auto code, decode(module, function));
      const auto load = std::ranges::find_if(
          code, [&](const Instruction& i) { return i.opcode == op::i64_load && i.value == data.layout->end_offset(); });
      if (load == code.end()) continue;
      use.by_pointer = true;
      use.function = function;
      use.offset = load->offset;
      use.rounds_up = rounds_up_to_page(code, static_cast<std::size_t>(load - code.begin()));
    }
  }
  return {};
}

// Whether any function asks for the memory's size. Only bodies that hold its two bytes are decoded, up to the first hit.
Result<std::optional<std::uint64_t>> find_memory_size(const Module& module) {
  for (const FunctionBody& body : module.bodies) {
    const std::string_view text = as_text(module.bytes_at(body.file_offset, body.size));
    if (text.find(std::string_view("\x3f\0", 2)) == std::string_view::npos) continue;
    InstructionReader reader(module, body);
    Instruction instruction;
    while (reader.next(instruction)) {
      if (instruction.opcode == op::memory_size) return std::optional(instruction.offset);
    }
    if (reader.error()) return std::unexpected(*reader.error());
  }
  return std::optional<std::uint64_t>{};
}

// The words of the structure that hold the same number as `end`, and the constants in code that do.
Status add_sites(const Module& module, const DataImage& image, const ModuleData& data, Finding& finding) {
  constexpr std::uint64_t kWord = 8;
  for (std::uint64_t at = data.end_address() - 6 * kWord; at <= data.end_address(); at += kWord) {
    if (image.load64(at) != data.end) continue;
    Site site{.kind = SiteKind::data_word64, .file_offset = image.file_offset(at).value_or(0), .width = 8,
              .address = static_cast<std::uint32_t>(at), .function = {}, .value = static_cast<std::int64_t>(data.end),
              .role = Role::unrelated, .moves = 0, .why = {}};
    if (at == data.end_address()) {
      // Some of the word's bytes may be zeros that the linker left out; the first byte in the file stands for it.
      for (std::uint64_t byte = at; byte < at + kWord; ++byte) {
        if (const auto offset = image.file_offset(byte)) {
          site.file_offset = *offset;
          break;
        }
      }
      site.role = Role::heap_start;
      site.moves = 1;
      site.why = "runtime.firstmoduledata.end, from which the runtime takes its heap";
    } else {
      site.why = "the end of a section in runtime.firstmoduledata that happens to be the last one; no heap follows from it";
    }
    finding.sites.push_back(std::move(site));
  }
  HEAPBUMP_TRY(const auto constants, find_constants(module, static_cast<std::int64_t>(data.end)));
  for (const CodeImmediate& c : constants) {
    finding.sites.push_back({.kind = c.opcode == op::i32_const ? SiteKind::i32_const : SiteKind::i64_const,
                             .file_offset = c.file_offset, .width = c.width, .address = 0, .function = c.function,
                             .value = c.value, .role = Role::stack_top, .moves = 0,
                             .why = "Go's linker bakes runtime.end into no instruction; this is the end of the last object, "
                                    "the entry's stack, which stays"});
  }
  return {};
}

std::string describe_use(const EndUse& use) {
  std::string text = "the word is read at file offset " + hex(use.offset) + " in function " + std::to_string(use.function);
  text += use.by_address ? " by its address" : " through a pointer to the structure";
  if (use.rounds_up) text += ", rounded up to a page";
  if (use.bloc) text += ", stored to " + hex(*use.bloc) + (use.bloc_hands_out ? ", from which it allocates" : ", from which no address is made");
  return text;
}

void refuse(Finding& finding, Code code, std::string message) { finding.refusals.push_back({code, std::move(message), {}}); }

void decide(const Module& module, const ModuleData& data, const EndUse& use, bool has_memory_size, Finding& finding) {
  const std::uint64_t page_end = align_up(data.end, kPageSize);
  if (use.by_pointer && !use.by_address && has_memory_size) {
    finding.heap_base = data.end;
    // Go 1.11 to 1.13 cannot be told from 1.14 and 1.15 by their structure; the bytes are few, so all are spared.
    finding.bump_region_floor = data.end + (data.layout->header_tables == 0 ? kEntryScratch : 0);
    finding.grows_by = "memory.grow up to its own mark, after memory.size";
    finding.strategies = {
        {Strategy::bump, true, "the runtime reserves memory from `end` up, and from nowhere else"},
        {Strategy::tail, false, "the runtime takes everything below memory.size as its own"},
        {Strategy::gap, false, "the runtime takes everything from `end` up"},
    };
  } else if (use.by_address && use.rounds_up && use.bloc && use.bloc_hands_out && has_memory_size) {
    finding.heap_base = page_end;
    finding.bump_region_floor = page_end;
    finding.grows_by = "memory.grow up to its own mark, which starts at memory.size";
    finding.strategies = {
        {Strategy::bump, true, "the runtime's break starts at `end` rounded up to a page, and moves with it"},
        {Strategy::tail, false, "the runtime takes memory.size at its start as the end of what it owns"},
        {Strategy::gap, false, "the runtime hands out everything from `end` up"},
    };
  } else if (use.by_address && use.rounds_up && use.bloc && !use.bloc_hands_out && !has_memory_size) {
    finding.grows_by = "memory.grow result";
    finding.gap_begin = page_end;
    finding.gap_end = module.memory_bytes();
    finding.heap_base = module.memory_bytes();
    finding.strategies = {
        {Strategy::gap, true, "the runtime allocates only what memory.grow returns; the bytes from `end` to the declared minimum are "
                              "never touched: no address is made from the variable that holds `end`, and memory.size is never asked for"},
        {Strategy::tail, true, "the runtime allocates only what memory.grow returns and never asks for memory.size"},
        {Strategy::bump, false, "no allocator starts at `end`, so moving it would reserve nothing"},
    };
  } else {
    refuse(finding, Code::kLayoutMismatch,
           "runtime.firstmoduledata checks out, but how the code uses its `end` word and memory.size is not how any known "
           "version does (" + std::string(use.by_address || use.by_pointer ? describe_use(use) : "no reader of the word was found") +
               (has_memory_size ? "; memory.size is used)" : "; memory.size is not used)"));
  }
}

}  // namespace

Result<std::optional<Finding>> detect_go(const Module& module) {
  const bool claims_go = says_go(module);
  Finding finding;
  finding.toolchain = {"Go", "", ""};
  finding.toolchain.version = go_version(module, finding.toolchain.how);

  const auto image = DataImage::make(module);
  if (!image) {
    if (!claims_go) return std::optional<Finding>{};
    refuse(finding, image.error().code, image.error().message);
    return std::optional(std::move(finding));
  }
  go::Search search = go::find_moduledata(module, *image);
  if (search.found.empty() && search.near_misses.empty() && !claims_go) return std::optional<Finding>{};
  if (search.found.size() != 1) {
    if (search.found.size() > 1) {
      refuse(finding, Code::kAmbiguous, "two structures check out as runtime.firstmoduledata, at " + hex(search.found[0].address) +
                                            " and " + hex(search.found[1].address));
    } else if (!search.near_misses.empty()) {
      refuse(finding, Code::kLayoutMismatch, search.near_misses.front());
    } else {
      refuse(finding, Code::kLayoutMismatch,
             search.headers == 0 ? "the module says that Go made it, but it has no pclntab of a known version"
                                 : "the module has a pclntab of Go, but nothing that checks out as runtime.firstmoduledata");
    }
    return std::optional(std::move(finding));
  }

  const ModuleData& data = search.found.front();
  if (finding.toolchain.version.empty()) {
    finding.toolchain.version = data.layout->versions;
    finding.toolchain.how = "layout of runtime.firstmoduledata";
  }
  finding.evidence.push_back({"moduledata", "runtime.firstmoduledata at " + hex(data.address) + ", layout of Go " +
                                                std::string(data.layout->versions) + ", its `end` word at " +
                                                hex(data.end_address()) + " holds " + hex(data.end)});
  for (const std::string& line : data.checked) finding.evidence.push_back({"moduledata-field", line});
  if (claims_go) finding.evidence.push_back({"producers", "the module says that Go made it"});

  EndUse use;
  auto direct = follow_direct_read(module, data, use);
  if (!direct) {
    if (direct.error().code != Code::kLayoutMismatch) return std::unexpected(std::move(direct).error());
    finding.refusals.push_back({direct.error().code, direct.error().message, direct.error().offset});
    return std::optional(std::move(finding));
  }
  if (!*direct) HEAPBUMP_CHECK(follow_pointer_read(module, *image, data, use));
  if (use.by_address || use.by_pointer) finding.evidence.push_back({"end-use", describe_use(use)});
  HEAPBUMP_TRY(const auto memory_size, find_memory_size(module));
  finding.evidence.push_back({"memory.size", memory_size ? "asked for at file offset " + hex(*memory_size) : "never asked for"});

  HEAPBUMP_CHECK(add_sites(module, *image, data, finding));
  decide(module, data, use, memory_size.has_value(), finding);
  if (finding.refusals.empty()) {
    finding.confidence = Confidence::proven;
    if (finding.verdict(Strategy::bump) == nullptr || !finding.verdict(Strategy::bump)->sound) {
      for (Site& site : finding.sites) site.moves = 0;
    }
  }
  return std::optional(std::move(finding));
}

}  // namespace heapbump
