#include "run/node_engine.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/json.h"
#include "base/sha256.h"
#include "run/node_host.h"
#include "run/start_function.h"

namespace heapbump::run {

namespace {

/// Bits as text: JSON's numbers are doubles.
Json numbers_json(const std::vector<Number>& numbers) {
  return Json::list(numbers, [&](const Number& number) {
    return Json::object({{"type", std::string(1, number.type)}, {"bits", std::to_string(number.bits)}});
  });
}

Json invocations_json(const std::vector<Invocation>& calls) {
  return Json::list(calls, [&](const Invocation& call) {
    return Json::object({{"name", call.name},
                         {"label", call.label},
                         {"arguments", numbers_json(call.arguments)},
                         {"results", call.results}});
  });
}

Json stubs_json(const std::vector<Stub>& stubs) {
  return Json::list(stubs, [&](const Stub& stub) {
    return Json::object({{"module", stub.module},
                         {"name", stub.name},
                         {"parameters", stub.parameters},
                         {"results", numbers_json(stub.results)}});
  });
}

}  // namespace

std::FILE* node_input(const Job& job) {
  Json::Array arguments;
  for (const std::string& text : job.host.arguments) arguments.push_back(to_hex(as_bytes(text)));
  Json::Array environment;
  for (const std::string& text : job.host.environment) environment.push_back(to_hex(as_bytes(text)));
  const auto later = start_later(job.module);
  const Bytes module = later ? Bytes(later->module) : job.module;
  Json options = Json::object({{"arguments", std::move(arguments)},
                               {"environment", std::move(environment)},
                               {"invoke", invocations_json(job.invoke)},
                               {"stubs", stubs_json(job.stubs)},
                               {"start", Json::optional(later ? std::optional(later->name) : std::nullopt)},
                               {"start_imported", later && later->imported},
                               {"standard_input", std::uint64_t{job.host.standard_input.size()}},
                               {"folder", Json::optional(job.host.folder)},
                               {"random_seed", std::to_string(job.host.random_seed)},
                               {"output_bytes", job.limits.output_bytes},
                               {"host_calls", job.limits.host_calls}});
  if (job.canary) {
    options["canary"] = Json::object(
        {{"base", job.canary->base}, {"size", job.canary->size}, {"seed", std::to_string(job.canary->seed)}});
  }
  std::string head = options.dump(-1);
  head += '\n';
  std::FILE* file = std::tmpfile();
  if (file == nullptr) return nullptr;
  const std::string& input = job.host.standard_input;
  const bool ok = std::fwrite(head.data(), 1, head.size(), file) == head.size() &&
                  std::fwrite(input.data(), 1, input.size(), file) == input.size() &&
                  std::fwrite(module.data(), 1, module.size(), file) == module.size() &&
                  std::fflush(file) == 0 && ::lseek(::fileno(file), 0, SEEK_SET) == 0;
  if (ok) return file;
  std::fclose(file);
  return nullptr;
}

void exec_node(int input, int out) {
  const int null = ::open("/dev/null", O_RDWR);
  // `out` and `input` may themselves be low numbers, so they are moved out of the way first.
  const int frames = ::fcntl(out, F_DUPFD, 10);
  const int module = ::fcntl(input, F_DUPFD, 10);
  if (null < 0 || frames < 0 || module < 0) ::_exit(126);
  ::dup2(module, 0);
  ::dup2(null, 1);
  ::dup2(null, 2);
  ::dup2(frames, 3);
  ::close(frames);
  ::close(module);
  ::execlp("node", "node", "--no-warnings", "--stack-size=3900", "--input-type=module", "-e", kNodeHost,
           static_cast<char*>(nullptr));
  ::_exit(127);
}

}  // namespace heapbump::run
