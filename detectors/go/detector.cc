// Big Go's detector. The heap starts where runtime.firstmoduledata says that the program ends (its `end`
// word). Which strategy is sound follows from what the code does with that word and with memory.size, not
// from a version string:
//   - `end` is read through a pointer and memory.size exists (Go 1.11 to 1.20): bump;
//   - `end` is read by its address, rounded up to a page and stored to a variable that allocations are made
//   from, and
//     memory.size exists (Go 1.24 on): bump;
//   - the same, but no address is ever made from the variable and no memory.size exists (Go 1.21 to 1.23):
//   the bytes from
//     `end` to the declared minimum are never touched: gap.
// Anything else is refused. Facts and sources: docs/toolchains/go.md.
#include "detectors/go/detector.h"

#include <algorithm>

#include "base/shown.h"
#include "detectors/go/moduledata.h"
#include "flow/flow.h"
#include "wasm/code.h"

namespace heapbump {
namespace {

using go::ModuleData;

// src/runtime/malloc.go, heapArenaBytes on wasm: 64 MiB in Go 1.11, 4 MiB from 1.12 on, less from 1.26 on.
constexpr std::uint64_t kArena = std::uint64_t{4} << 20, kFirstArena = std::uint64_t{64} << 20;
constexpr std::uint64_t kEntryScratch =
    16;  // rt0_js_wasm.s of Go 1.11 to 1.13 stores argc and argv just above `end`

// How the code gets from `end` to its heap.
struct EndUse {
  bool by_address = false;  // i64.const of the word's own address, in one function
  bool by_pointer = false;  // through a variable that points at the structure (lastmoduledatap)
  bool rounds_up = false;   // (end + 65535) & -65536 follows the load
  std::uint32_t function = 0;
  std::uint64_t offset = 0;           // file offset of the load
  std::optional<std::uint64_t> bloc;  // address of the variable that the rounded value is stored to
  bool bloc_hands_out = false;        // allocations are made from that variable
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
    return std::string(shown(as_text(module.content(*section))));
  }
  return {};
}

bool says_go(const Module& module) {
  std::string how;
  return !go_version(module, how).empty() || module.custom_section("go:buildid") != nullptr ||
         module.custom_section("go.buildid") != nullptr;
}

// The functions that hold the constant, ascending and once each, so that no body is decoded twice.
Result<std::vector<std::uint32_t>> functions_with(const Module& module, std::uint64_t value) {
  HEAPBUMP_TRY(const auto sites, find_constants(module, static_cast<std::int64_t>(value)));
  std::vector<std::uint32_t> functions;
  for (const Occurrence& site : sites) {
    if (functions.empty() || functions.back() != *site.function) functions.push_back(*site.function);
  }
  return functions;
}

// i64 opcodes that the uses of the break variable are made of.

// The linear-memory address that a load or store node's address operand and memarg offset make, where it is
// constant.
std::optional<std::int64_t> address_of(const Flow& flow, NodeId operand, std::int64_t offset) {
  if (flow.nodes[operand].kind == NodeKind::unary && flow.nodes[operand].opcode == op::i32_wrap_i64)
    operand = flow.operand(operand, 0);
  const auto constant = flow.constant(operand);
  if (!constant) return std::nullopt;
  return *constant + offset;
}

// The nodes that `opcode` makes of one of `from` and the constant.
std::vector<NodeId> combined_with(const Flow& flow, const std::vector<NodeId>& from, std::uint32_t opcode,
                                  std::int64_t constant) {
  std::vector<NodeId> made;
  for (const NodeId node : from) {
    for (const User& user : flow.users(node)) {
      if (user.is_effect || flow.nodes[user.index].kind != NodeKind::binary ||
          flow.nodes[user.index].opcode != opcode)
        continue;
      if (flow.constant(flow.operand(user.index, 1 - user.position)) == constant) made.push_back(user.index);
    }
  }
  return made;
}

// (value + 65535) & -65536: the nodes that hold the rounded value.
std::vector<NodeId> rounded_up(const Flow& flow, NodeId value) {
  const auto page = static_cast<std::int64_t>(kPageSize);
  return combined_with(flow, combined_with(flow, {value}, op::i64_add, page - 1), op::i64_and, -page);
}

// The addresses of the variables that the nodes are stored to, ascending; nothing if one goes anywhere else.
std::optional<std::vector<std::int64_t>> stored_to(const Flow& flow, const std::vector<NodeId>& values) {
  std::vector<std::int64_t> addresses;
  for (const NodeId node : reach(flow, values, [](const Node&, std::uint32_t) { return false; })) {
    for (const User& user : flow.users(node)) {
      if (!user.is_effect) continue;  // phis were followed; what else is made of it is not stored here
      const Effect& effect = flow.effects[user.index];
      if (effect.kind != EffectKind::store || user.position != 1) return std::nullopt;
      const auto address = address_of(flow, flow.operands_of(effect)[0], effect.value);
      if (!address) return std::nullopt;
      addresses.push_back(*address);
    }
  }
  std::ranges::sort(addresses);
  return addresses;
}

// A value of the break variable is harmless where it is compared for equality (is this the last block?) or
// where something is subtracted from it and the result goes back into the variable (give that block back).
// Source: golang/go src/runtime/mem_sbrk.go, sysFreeOS and sysReserveAligned (Go 1.21 to 1.23).
bool only_compared_or_given_back(const Flow& flow, std::span<const NodeId> loads, std::int64_t address) {
  for (const NodeId node : reach(flow, loads, [](const Node&, std::uint32_t) { return false; })) {
    for (const User& user : flow.users(node)) {
      if (user.is_effect) return false;
      const Node& made = flow.nodes[user.index];
      if (made.kind == NodeKind::phi || made.kind == NodeKind::select) continue;
      if (made.opcode == op::i64_eq || made.opcode == op::i64_ne) continue;
      if (made.opcode != op::i64_sub || user.position != 0) return false;
      for (const User& store : flow.users(user.index)) {
        if (!store.is_effect || store.position != 1 || flow.effects[store.index].kind != EffectKind::store ||
            address_of(flow, flow.operands_of(flow.effects[store.index])[0],
                       flow.effects[store.index].value) != address)
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
  std::vector<NodeId> loads;
  for (const NodeId node :
       reach(flow, roots, [](const Node& n, std::uint32_t) { return n.kind == NodeKind::unary; })) {
    for (const User& user : flow.users(node)) {
      if (!user.is_effect) {
        const Node& made = flow.nodes[user.index];
        if (made.kind == NodeKind::unary || made.kind == NodeKind::phi || made.kind == NodeKind::select)
          continue;
        if (made.kind != NodeKind::load || made.value != 0) return true;
        loads.push_back(user.index);
      } else {
        const Effect& effect = flow.effects[user.index];
        const bool access = effect.kind == EffectKind::load || effect.kind == EffectKind::store;
        if (!access || user.position != 0 || effect.value != 0) return true;
      }
    }
  }
  return !only_compared_or_given_back(flow, loads, address);
}

// Whether the variable at ADDRESS is used for more than that outside the function that initialises it.
Result<bool> may_hand_out(const Module& module, std::uint32_t initialiser, std::int64_t address) {
  HEAPBUMP_TRY(const auto uses, find_constants(module, address));
  // Within the initialiser it is stored to once; anything beyond that is a use.
  if (std::ranges::count(uses, initialiser, &Occurrence::function) != 1) return true;
  HEAPBUMP_TRY(const auto functions, functions_with(module, static_cast<std::uint64_t>(address)));
  for (const std::uint32_t function : functions) {
    if (function == initialiser) continue;
    HEAPBUMP_TRY(const bool used, hands_out(module, function, address));
    if (used) return true;
  }
  return false;
}

Result<bool> follow_direct_read(const Module& module, const ModuleData& data, EndUse& use) {
  const auto end_address = static_cast<std::int64_t>(data.end_address());
  HEAPBUMP_TRY(const auto functions, functions_with(module, data.end_address()));
  for (const std::uint32_t function : functions) {
    HEAPBUMP_TRY(const Flow flow, evaluate_flow(module, function));
    for (NodeId id = 0; id < flow.nodes.size(); ++id) {
      const Node& node = flow.nodes[id];
      if (node.kind != NodeKind::load || node.opcode != op::i64_load ||
          address_of(flow, flow.operand(id, 0), node.value) != end_address)
        continue;
      // A second reader that treats the word otherwise would make the first one's rounding say too little.
      if (use.by_address)
        return fail_at(Code::kLayoutMismatch, node.offset,
                       "the `end` word is read by its address in two places");
      use.by_address = true;
      use.function = function;
      use.offset = node.offset;
      const auto rounded = rounded_up(flow, id);
      use.rounds_up = !rounded.empty();
      const auto variables = stored_to(flow, rounded);
      // bloc and blocMax stand beside each other.
      if (variables && variables->size() == 2 && variables->at(1) == variables->at(0) + 8)
        use.bloc = static_cast<std::uint64_t>(variables->at(0));
    }
  }
  if (use.by_address && use.bloc) {
    for (const std::uint64_t variable : {*use.bloc, *use.bloc + 8}) {
      HEAPBUMP_TRY(const bool hands_out,
                   may_hand_out(module, use.function, static_cast<std::int64_t>(variable)));
      use.bloc_hands_out |= hands_out;
    }
  }
  return use.by_address;
}

// The load at `offset` bytes behind what the variable at ADDRESS points at.
std::optional<NodeId> load_through_pointer(const Flow& flow, std::int64_t address, std::int64_t offset) {
  std::vector<NodeId> pointers;
  for (NodeId id = 0; id < flow.nodes.size(); ++id) {
    const Node& node = flow.nodes[id];
    if (node.kind == NodeKind::load && node.opcode == op::i64_load &&
        address_of(flow, flow.operand(id, 0), node.value) == address)
      pointers.push_back(id);
  }
  const auto is_wrap = [](const Node& n, std::uint32_t) {
    return n.kind == NodeKind::unary && n.opcode == op::i32_wrap_i64;
  };
  for (const NodeId pointer : reach(flow, pointers, is_wrap)) {
    for (const User& user : flow.users(pointer)) {
      if (user.is_effect) continue;
      const Node& made = flow.nodes[user.index];
      if (made.kind == NodeKind::load && made.opcode == op::i64_load && made.value == offset)
        return user.index;
    }
  }
  return std::nullopt;
}

Status follow_pointer_read(const Module& module, const DataImage& image, const ModuleData& data,
                           EndUse& use) {
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
      HEAPBUMP_TRY(const Flow flow, evaluate_flow(module, function));
      if (const auto load =
              load_through_pointer(flow, static_cast<std::int64_t>(address), data.layout->end_offset())) {
        use.by_pointer = true;
        use.function = function;
        use.offset = flow.nodes[*load].offset;
        use.rounds_up = !rounded_up(flow, *load).empty();
      }
    }
  }
  return {};
}

// Whether any function asks for the memory's size. Only bodies that hold its two bytes are decoded, up to the
// first hit.
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
  constexpr std::uint64_t kSiteBytes = 2048;  // of a site in the report, with its function's name
  for (std::uint64_t at = data.end_address() - 6 * kWord; at <= data.end_address(); at += kWord) {
    if (image.load64(at) != data.end) continue;
    Site site{{.kind = OccurrenceKind::data_word64,
               .file_offset = image.file_offset(at).value_or(0),
               .width = 8,
               .address = static_cast<std::uint32_t>(at),
               .function = {},
               .value = static_cast<std::int64_t>(data.end)},
              Role::unrelated,
              0,
              {}};
    if (at == data.end_address()) {
      // Some of the word's bytes may be zeros that the linker left out; the first byte in the file stands for
      // it.
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
      site.why =
          "the end of a section in runtime.firstmoduledata that happens to be the last one; no heap follows "
          "from it";
    }
    finding.sites.push_back(std::move(site));
  }
  HEAPBUMP_TRY(const auto constants, find_constants(module, static_cast<std::int64_t>(data.end)));
  for (const Occurrence& constant : constants) {
    HEAPBUMP_CHECK(module.work->hold(kSiteBytes));
    finding.sites.push_back(
        {constant, Role::stack_top, 0,
         "Go's linker bakes runtime.end into no instruction; this is the end of the last object, "
         "the entry's stack, which stays"});
  }
  return {};
}

std::string describe_use(const EndUse& use) {
  std::string text =
      "the word is read at file offset " + hex(use.offset) + " in function " + std::to_string(use.function);
  text += use.by_address ? " by its address" : " through a pointer to the structure";
  if (use.rounds_up) text += ", rounded up to a page";
  if (use.bloc)
    text += ", stored to " + hex(*use.bloc) +
            (use.bloc_hands_out ? ", from which it allocates" : ", from which no address is made");
  return text;
}

void refuse(Finding& finding, Code code, std::string message) {
  finding.refusals.push_back({code, std::move(message), {}});
}

void decide(const Module& module, const ModuleData& data, const EndUse& use, bool has_memory_size,
            Finding& finding) {
  const std::uint64_t page_end = align_up(data.end, kPageSize);
  finding.growth_alignment = data.layout->header_tables == 0 ? kFirstArena : kArena;
  if (use.by_pointer && !use.by_address && has_memory_size) {
    finding.heap_base = data.end;
    // Go 1.11 to 1.13 cannot be told from 1.14 and 1.15 by their structure; the bytes are few, so all are
    // spared.
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
        {Strategy::gap, true,
         "the runtime allocates only what memory.grow returns; the bytes from `end` to the declared minimum "
         "are "
         "never touched: no address is made from the variable that holds `end`, and memory.size is never "
         "asked for"},
        {Strategy::tail, true,
         "the runtime allocates only what memory.grow returns and never asks for memory.size"},
        {Strategy::bump, false, "no allocator starts at `end`, so moving it would reserve nothing"},
    };
  } else {
    refuse(finding, Code::kLayoutMismatch,
           "runtime.firstmoduledata checks out, but how the code uses its `end` word and memory.size is not "
           "how any known "
           "version does (" +
               std::string(use.by_address || use.by_pointer ? describe_use(use)
                                                            : "no reader of the word was found") +
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
  if (search.found.empty() && !search.near_miss && !claims_go) return std::optional<Finding>{};
  if (search.found.size() != 1) {
    if (search.found.size() > 1) {
      refuse(finding, Code::kAmbiguous,
             "two structures check out as runtime.firstmoduledata, at " + hex(search.found[0].address) +
                 " and " + hex(search.found[1].address));
    } else if (search.near_miss) {
      finding.refusals.push_back(*std::move(search.near_miss));
    } else {
      refuse(finding, Code::kLayoutMismatch,
             search.headers == 0
                 ? "the module says that Go made it, but it has no pclntab of a known version"
                 : "the module has a pclntab of Go, but nothing that checks out as runtime.firstmoduledata");
    }
    return std::optional(std::move(finding));
  }

  const ModuleData& data = search.found.front();
  if (finding.toolchain.version.empty()) {
    finding.toolchain.version = data.layout->versions;
    finding.toolchain.how = "layout of runtime.firstmoduledata";
  }
  finding.evidence.push_back({"moduledata", "runtime.firstmoduledata at " + hex(data.address) +
                                                ", layout of Go " + std::string(data.layout->versions) +
                                                ", its `end` word at " + hex(data.end_address()) + " holds " +
                                                hex(data.end)});
  finding.evidence.insert(finding.evidence.end(), data.checked.begin(), data.checked.end());
  if (claims_go) finding.evidence.push_back({"producers", "the module says that Go made it"});

  EndUse use;
  auto direct = follow_direct_read(module, data, use);
  if (!direct) {
    if (direct.error().code != Code::kLayoutMismatch) return std::unexpected(std::move(direct).error());
    finding.refusals.push_back(direct.error());
    return std::optional(std::move(finding));
  }
  if (!*direct) HEAPBUMP_CHECK(follow_pointer_read(module, *image, data, use));
  if (use.by_address || use.by_pointer) finding.evidence.push_back({"end-use", describe_use(use)});
  HEAPBUMP_TRY(const auto memory_size, find_memory_size(module));
  finding.evidence.push_back(
      {"memory.size", memory_size ? "asked for at file offset " + hex(*memory_size) : "never asked for"});

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
