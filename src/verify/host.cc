#include "verify/host.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "wasm/code.h"

namespace heapbump::verify {
namespace {

constexpr std::size_t kMostParameters = 9;
constexpr std::uint32_t kVectorSize = 8;      // a pointer and a length
constexpr std::uint32_t kMostVectors = 1024;  // of one call

struct HostFunction {
  std::string_view name;
  std::string_view
      parameters;  ///< a letter each: p pointer, n number, v vectors of buffers, followed by their count
};

constexpr auto kPreview1 = std::to_array<HostFunction>({
    {"args_get", "pp"},
    {"args_sizes_get", "pp"},
    {"clock_res_get", "np"},
    {"clock_time_get", "nnp"},
    {"environ_get", "pp"},
    {"environ_sizes_get", "pp"},
    {"fd_advise", "nnnn"},
    {"fd_allocate", "nnn"},
    {"fd_close", "n"},
    {"fd_datasync", "n"},
    {"fd_fdstat_get", "np"},
    {"fd_fdstat_set_flags", "nn"},
    {"fd_fdstat_set_rights", "nnn"},
    {"fd_filestat_get", "np"},
    {"fd_filestat_set_size", "nn"},
    {"fd_filestat_set_times", "nnnn"},
    {"fd_pread", "nvnnp"},
    {"fd_prestat_dir_name", "npn"},
    {"fd_prestat_get", "np"},
    {"fd_pwrite", "nvnnp"},
    {"fd_read", "nvnp"},
    {"fd_readdir", "npnnp"},
    {"fd_renumber", "nn"},
    {"fd_seek", "nnnp"},
    {"fd_sync", "n"},
    {"fd_tell", "np"},
    {"fd_write", "nvnp"},
    {"path_create_directory", "npn"},
    {"path_filestat_get", "nnpnp"},
    {"path_filestat_set_times", "nnpnnnn"},
    {"path_link", "nnpnnpn"},
    {"path_open", "nnpnnnnnp"},
    {"path_readlink", "npnpnp"},
    {"path_remove_directory", "npn"},
    {"path_rename", "npnnpn"},
    {"path_symlink", "pnnpn"},
    {"path_unlink_file", "npn"},
    {"poll_oneoff", "ppnp"},
    {"proc_exit", "n"},
    {"proc_raise", "n"},
    {"random_get", "pn"},
    {"sched_yield", ""},
    {"sock_accept", "nnp"},
    {"sock_recv", "nvnnpp"},
    {"sock_send", "nvnnp"},
    {"sock_shutdown", "nn"},
});
static_assert(std::ranges::is_sorted(kPreview1, {}, &HostFunction::name));
static_assert(std::ranges::all_of(kPreview1, [](const HostFunction& f) {
  return f.parameters.size() <= kMostParameters;
}));

const HostFunction* host_function(const Module& module, std::uint32_t function) {
  const auto import = std::ranges::find_if(module.imports, [&](const Import& one) {
    return one.kind == ExternalKind::function && one.index == function;
  });
  // The first preview0 has the same numbers in the same places.
  if (import == module.imports.end() ||
      (import->module != "wasi_snapshot_preview1" && import->module != "wasi_unstable"))
    return nullptr;
  const auto known = std::ranges::lower_bound(kPreview1, import->name, {}, &HostFunction::name);
  return known != kPreview1.end() && known->name == import->name ? &*known : nullptr;
}

/// The stores of a length into one of the vectors at `place`, and what each of them stores.
template <typename Visit>
void for_each_length(const Flow& flow, const Linear& place, std::uint32_t count, const Visit& visit) {
  for (const Effect& store : flow.effects) {
    if (store.kind != EffectKind::store || (store.opcode != op::i32_store && store.opcode != op::i64_store))
      continue;
    const auto operands = flow.operands_of(store);
    const Linear at = linear_form(flow, operands[0]);
    if (at.base != place.base) continue;
    const std::uint32_t behind = at.offset + static_cast<std::uint32_t>(store.value) - place.offset;
    const bool length = store.opcode == op::i32_store && behind % kVectorSize == kVectorSize / 2;
    if (length && behind / kVectorSize < count) visit(operands[1]);
  }
}

}  // namespace

std::optional<NodeId> different_number(const Module& module, const Flow& flow, const Effect& call,
                                       const std::function<Relation(NodeId)>& relation_of) {
  if (call.kind != EffectKind::call) return std::nullopt;
  const HostFunction* function = host_function(module, static_cast<std::uint32_t>(call.value));
  const auto operands = flow.operands_of(call);
  if (function == nullptr || function->parameters.size() != operands.size()) return std::nullopt;
  std::optional<NodeId> found;
  const auto look = [&](NodeId id) {
    if (!found && !same_number(relation_of(id))) found = id;
  };
  for (std::size_t i = 0; i < operands.size(); ++i) {
    if (function->parameters[i] == 'n') look(operands[i]);
    if (function->parameters[i] != 'v') continue;
    const auto count = flow.constant(operands[i + 1]);
    const bool few = count && *count >= 0 && *count <= kMostVectors;
    for_each_length(flow, linear_form(flow, operands[i]),
                    few ? static_cast<std::uint32_t>(*count) : kMostVectors, look);
  }
  return found;
}

}  // namespace heapbump::verify
