#include "audit/audit.h"

#include <algorithm>
#include <charconv>
#include <deque>
#include <filesystem>
#include <memory>
#include <unordered_map>
#include <utility>

#include "audit/lines.h"
#include "audit/report_file.h"
#include "base/io.h"
#include "base/sha256.h"

namespace heapbump::audit {
namespace {

constexpr std::size_t kAhead = 16;  // files a worker that may wait for the turn of an earlier one
constexpr int kMilliseconds = 200;

class Auditor {
 public:
  Auditor(const AuditRequest& request, const Progress& progress)
      : request_(request),
        progress_(progress),
        pool_(request.jobs, request.limits,
              [&request](int orders, int answers) { serve_orders(orders, answers, request.policy); }) {}

  Result<AuditResult> run();

 private:
  struct Slot {
    bool ready = false;      // `own` or the answer of `sha256` is there
    bool elsewhere = false;  // of another shard
    unsigned deaths = 0;     // of workers that had it
    std::string sha256;
    std::uint64_t size = 0;
    std::optional<Json> own;  // the answer, where there is no hash
  };
  struct Answer {           // for one hash
    std::size_t owner = 0;  // the file that was looked at, under whose name the output is
    bool there = false;
    bool written = false;  // a line has it
    std::string first;     // the name in that line
    Json json;             // without details once it was written
  };

  [[nodiscard]] Slot& slot(std::size_t task) { return slots_[task - next_line_]; }
  [[nodiscard]] const AuditFile& file(std::size_t task) const { return list_.files[task]; }
  [[nodiscard]] std::string output_of(std::size_t task) const {
    return request_.folder.empty() ? "" : request_.folder + "/" + file(task).name;
  }
  Status start_some();
  Status start(std::size_t task);
  Status handle(const WorkerPool::Event& event);
  Status handle_hash(std::size_t task, std::string_view text);
  Status handle_loss(std::size_t task, const std::string& why);
  void settle(std::size_t task, Json answer);
  std::optional<Json> earlier(const std::string& sha256, std::size_t task);
  Status write_lines();
  Status write_line(std::size_t task, Slot& slot);
  Status copy_output(std::size_t task, const Answer& answer);
  Status drop_output(std::size_t task);

  const AuditRequest& request_;
  const Progress& progress_;
  FileList list_;
  WorkerPool pool_;
  ReportFile report_;
  EarlierAnswers earlier_;
  std::optional<Baseline> baseline_;
  std::deque<Slot> slots_;     // of the files that have begun and have no line yet
  std::size_t next_line_ = 0;  // the first of them
  std::unordered_map<std::string, Answer> answers_;
  AuditResult result_;
};

Status Auditor::start(std::size_t task) {
  const AuditFile& next = file(task);
  if (next.fault) {
    slot(task).ready = true;
    if (!request_.shard.has_name(next.name)) slot(task).elsewhere = true;
    slot(task).own = failed_answer(verdict_of(*next.fault), reason_of(*next.fault), "", 0);
    return {};
  }
  return pool_.start(task, next.path + std::string(1, '\0') + output_of(task));
}

Status Auditor::start_some() {
  while (pool_.has_room() && slots_.size() < request_.jobs * kAhead &&
         next_line_ + slots_.size() < list_.files.size()) {
    const std::size_t task = next_line_ + slots_.size();
    slots_.emplace_back();
    HEAPBUMP_CHECK(start(task));
  }
  return {};
}

/// The answer of an earlier report, if what it has written is there.
std::optional<Json> Auditor::earlier(const std::string& sha256, std::size_t task) {
  auto line = earlier_.find(sha256);
  if (!line) return std::nullopt;
  const Json* output = line->find("output");
  if (output != nullptr && !output->is_null()) {
    const std::string name(text_of(*line, "file"));
    const auto owner = std::ranges::lower_bound(list_.files, name, comes_before, &AuditFile::name);
    if (owner == list_.files.end() || owner->name != name) return std::nullopt;
    const auto made = read_file(request_.folder + "/" + name, request_.policy.max_size);
    if (!made || sha256_hex(made->bytes.view()) != text_of(*output, "sha256")) return std::nullopt;
    answers_[sha256].owner = static_cast<std::size_t>(owner - list_.files.begin());
  } else {
    answers_[sha256].owner = task;
  }
  return line;
}

Status Auditor::handle_hash(std::size_t task, std::string_view text) {
  Slot& it = slot(task);
  constexpr std::size_t kDigits = 64;
  if (text.size() < kDigits + 2) return handle_loss(task, std::string(kWorkerDied));
  it.sha256 = text.substr(0, kDigits);
  std::from_chars(text.data() + kDigits + 1, text.data() + text.size(), it.size);
  const auto skip = [&] {
    pool_.tell(task, "skip");
    pool_.finish(task);
  };
  if (!request_.shard.has(it.sha256)) {
    it.ready = it.elsewhere = true;
    skip();
    return {};
  }
  const auto known = answers_.find(it.sha256);
  if (known != answers_.end() && (known->second.there || known->second.owner != task)) {
    skip();
    return {};
  }
  if (auto line = earlier(it.sha256, task)) {
    Answer& answer = answers_[it.sha256];
    answer.json = *std::move(line);
    answer.there = true;
    skip();
    return {};
  }
  answers_[it.sha256].owner = task;
  pool_.tell(task, "go");
  return {};
}

void Auditor::settle(std::size_t task, Json answer) {
  Slot& it = slot(task);
  if (it.sha256.empty()) {
    it.own = std::move(answer);
    it.ready = true;
    if (!request_.shard.has_name(file(task).name)) it.elsewhere = true;
    return;
  }
  Answer& known = answers_[it.sha256];
  known.json = std::move(answer);
  known.there = true;
}

Status Auditor::handle_loss(std::size_t task, const std::string& why) {
  Slot& it = slot(task);
  // One death may be another process's doing.
  if (why == kWorkerDied && it.deaths++ == 0) return start(task);
  const Verdict verdict = it.sha256.empty() ? Verdict::unreadable : Verdict::refused;
  settle(task, failed_answer(verdict, reason_of(why), it.sha256, it.size));
  return {};
}

Status Auditor::handle(const WorkerPool::Event& event) {
  if (event.lost) return handle_loss(event.task, event.text);
  const char kind = event.text.empty() ? ' ' : event.text.front();
  const std::string_view text = std::string_view(event.text).substr(event.text.empty() ? 0 : 1);
  if (kind == 'H') return handle_hash(event.task, text);
  pool_.finish(event.task);
  if (kind == 'W') return fail(Code::kIoWrite, std::string(text));
  auto answer = kind == 'R' ? parse_json(text) : fail(Code::kInternal, "");
  if (!answer) return handle_loss(event.task, std::string(kWorkerDied));
  settle(event.task, *std::move(answer));
  return {};
}

// An answer belongs to bytes, an output to a name.
Status Auditor::copy_output(std::size_t task, const Answer& answer) {
  const std::string from = output_of(answer.owner), to = output_of(task);
  if (from == to) return {};
  for (const char* suffix : {"", ".manifest.json"}) {
    const auto made = read_file(from + suffix, UINT64_MAX);
    if (!made && *suffix != '\0') continue;
    HEAPBUMP_CHECK(made ? Status{} : std::unexpected(made.error()));
    std::error_code error;
    std::filesystem::create_directories(std::filesystem::path(to).parent_path(), error);
    if (same_file(to, file(task).path)) return fail(Code::kIoWrite, to + " is the input itself, by a link");
    HEAPBUMP_CHECK(
        write_file(to + suffix, {made->bytes.view()}, {.mode = made->mode, .binary = *suffix == '\0'}));
  }
  return {};
}

/// What an earlier run has made under the name of a file that has no output now.
Status Auditor::drop_output(std::size_t task) {
  const std::string path = output_of(task);
  if (path.empty() || !request_.resume) return {};
  std::error_code error;
  for (const char* suffix : {"", ".manifest.json"}) std::filesystem::remove(path + suffix, error);
  if (error) return fail(Code::kIoWrite, path + " is of an earlier run and cannot be removed");
  return {};
}

Status Auditor::write_line(std::size_t task, Slot& it) {
  const std::string& name = file(task).name;
  Json line;
  if (it.own) {
    line = file_line(*std::move(it.own), name);
  } else {
    Answer& answer = answers_[it.sha256];
    const Json* output = answer.json.find("output");
    const bool has_output = output != nullptr && !output->is_null();
    HEAPBUMP_CHECK(has_output ? copy_output(task, answer) : drop_output(task));
    line = answer.written ? repeated_line(answer.json, name, answer.first) : file_line(answer.json, name);
    if (!answer.written) {
      answer.written = true;
      answer.first = name;
      answer.json["details"] = Json();
    }
  }
  if (baseline_) line["new"] = baseline_->is_new(line);
  result_.summary.add(line);
  return report_.write(line);
}

Status Auditor::write_lines() {
  while (!slots_.empty()) {
    Slot& it = slots_.front();
    const auto answer = it.ready ? answers_.end() : answers_.find(it.sha256);
    if (!it.ready && (answer == answers_.end() || !answer->second.there)) return {};
    if (!it.elsewhere) HEAPBUMP_CHECK(write_line(next_line_, it));
    slots_.pop_front();
    ++next_line_;
  }
  return {};
}

Result<AuditResult> Auditor::run() {
  HEAPBUMP_TRY(list_, list_files(request_.files, request_.shard));
  const auto outside = [](const AuditFile& each) { return each.name.starts_with("../"); };
  if (!request_.folder.empty() && std::ranges::any_of(list_.files, outside))
    return fail(Code::kUsage, "an input is outside of --root, so its output has no place in the folder");
  const std::string shard = request_.shard.count == 1 ? ""
                                                      : std::to_string(request_.shard.index) + "/" +
                                                            std::to_string(request_.shard.count);
  const Json header = header_line(request_.policy, shard);
  if (!request_.baseline.empty()) {
    HEAPBUMP_TRY(baseline_, Baseline::load(request_.baseline));
  }
  if (request_.resume) {
    HEAPBUMP_TRY(earlier_, EarlierAnswers::load(request_.report, header));
  }
  HEAPBUMP_CHECK(report_.open(request_.report, request_.resume));
  HEAPBUMP_CHECK(report_.write(header));
  result_.summary.set_skipped(list_.skipped);
  while (next_line_ < list_.files.size()) {
    HEAPBUMP_CHECK(start_some());
    HEAPBUMP_CHECK(write_lines());
    if (next_line_ == list_.files.size()) break;
    for (const WorkerPool::Event& event : pool_.wait(kMilliseconds)) HEAPBUMP_CHECK(handle(event));
    HEAPBUMP_CHECK(write_lines());
    if (progress_) progress_(next_line_, list_.files.size());
  }
  HEAPBUMP_CHECK(report_.write(result_.summary.to_json()));
  HEAPBUMP_CHECK(report_.close());
  return std::move(result_);
}

}  // namespace

Result<AuditResult> run_audit(const AuditRequest& request, const Progress& progress) {
  return Auditor(request, progress).run();
}

}  // namespace heapbump::audit
