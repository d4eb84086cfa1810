// heapbump check COMPONENT: does a finished component use the region that was reserved in its main module,
// and nothing else?
#include "heapbump/check.h"

#include <iostream>

#include "cli/cli.h"
#include "cli/descriptions.h"
#include "component/kind.h"
#include "record/record.h"
#include "report/report.h"

namespace heapbump::cli {
namespace {

struct Options {
  std::string component;
  std::string manifest;
  std::vector<std::string> descriptions;
  bool json = false;
};

void describe_tenant(std::ostream& out, const CheckedTenant& tenant) {
  const Tenant& facts = tenant.facts;
  out << "  core module " << tenant.module_index << " at " << hex(tenant.file_offset) << ": ";
  switch (facts.tenure) {
    case Tenure::shim:
      out << "takes its stack and State from cabi_realloc_adapter (" << facts.requests
          << " requests in its code)";
      break;
    case Tenure::placed:
      out << "placed";
      if (facts.stack_top) out << ", stack below " << hex(*facts.stack_top);
      if (facts.state_base) out << ", State at " << hex(*facts.state_base);
      break;
    case Tenure::nothing:
      out << "uses the module's memory, but has none of its own there";
      break;
  }
  if (facts.stack_bound) out << ", at most " << grouped(*facts.stack_bound) << " bytes of stack";
  out << '\n';
}

void describe(const Session& session, const Options& options, const ComponentCheck& check) {
  std::ostream& out = words(session);
  for (const CheckedModule& module : check.modules) {
    const Manifest& m = module.manifest;
    out << display_name(options.component) << ": reserved module at " << hex(module.file_offset) << " ("
        << m.toolchain.name << "), region " << hex(m.region.base) << " to " << hex(m.region.end())
        << ", placement " << to_string(m.placement) << '\n';
    if (module.tenants.empty()) out << "  no adapter is given its memory\n";
    for (const CheckedTenant& tenant : module.tenants) describe_tenant(out, tenant);
    for (const Error& fault : module.faults) print_error(session, options.component, fault);
    for (const CheckedTenant& tenant : module.tenants) {
      for (const Error& fault : tenant.facts.faults) print_error(session, options.component, fault);
    }
  }
  for (const CheckedApart& item : check.apart) {
    out << display_name(options.component) << ": program at " << hex(item.file_offset)
        << ", not moved; its adapter has a memory of its own (apart)\n";
    if (!item.record.described.empty())
      out << "  " << item.record.described.size() << " functions are bridged by a description, SHA-256 "
          << printable(item.record.description_sha256.substr(0, 12)) << '\n';
    for (const CheckedTenant& tenant : item.tenants) describe_tenant(out, tenant);
    for (const Error& fault : item.faults) print_error(session, options.component, fault);
    for (const CheckedTenant& tenant : item.tenants) {
      for (const Error& fault : tenant.facts.faults) print_error(session, options.component, fault);
    }
  }
  const std::string_view passed = check.apart.empty()
                                      ? ": passed: nothing but the region is used by the adapters\n"
                                      : ": passed: no memory but its own is used by any adapter\n";
  out << display_name(options.component) << (check.passed() ? passed : ": failed\n");
}

int check_file(const Session& session, const Options& options) {
  std::optional<Manifest> expected;
  std::string record;
  if (!options.manifest.empty()) {
    auto loaded = load_manifest(options.manifest);
    if (!loaded) return fail_with(session, options.json, options.component, options.manifest, loaded.error());
    expected = std::move(loaded->manifest);
    auto kept = record_in_manifest(as_text(loaded->file.bytes.view()));
    if (!kept) return fail_with(session, options.json, options.component, options.manifest, kept.error());
    record = *std::move(kept);
  }
  std::shared_ptr<const Description> description;
  if (!options.descriptions.empty()) {
    std::string blamed = options.component;
    auto read = read_descriptions(session, options.descriptions, blamed);
    if (!read) return fail_with(session, options.json, options.component, blamed, read.error());
    description = *std::move(read);
  }
  const auto file = read_file(options.component, session.max_size);
  if (!file) return fail_with(session, options.json, options.component, options.component, file.error());
  if (const auto kind = expect_component(file->bytes.view()); !kind)
    return fail_with(session, options.json, options.component, options.component, kind.error());
  const auto check = expected ? check_component(file->bytes.view(), *expected, record, description.get())
                              : check_component(file->bytes.view(), nullptr, description.get());
  if (!check) return fail_with(session, options.json, options.component, options.component, check.error());
  if (options.json) print_json(session, options.component, to_json(*check));
  describe(session, options, *check);
  return check->passed() ? 0 : exit_code(Code::kCheckFailed);
}

}  // namespace

void add_check(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand(
      "check", "Show whether a component's adapters live in the reserved region and nowhere else");
  verb->add_option("COMPONENT", options->component,
                   "Component made from a reserved module, or - for standard input")
      ->required();
  verb->add_option("--manifest", options->manifest,
                   "Also require that the component holds this manifest's module, whose section heapbump a "
                   "later tool may have removed")
      ->type_name("FILE");
  add_examples(*verb, {"heapbump check app.component.wasm"});
  verb->add_option("--describe", options->descriptions,
                   "Also require that the bridge is what this WITX file says")
      ->type_name("FILE")
      ->take_all()
      ->allow_extra_args(false);
  add_json_flag(*verb, options->json);
  verb->callback([options, &session] { session.exit_code = check_file(session, *options); });
}

}  // namespace heapbump::cli
