// Calls of the preview1 host: how each looks, which function answers it, and all answers that need no file.
// Files and paths are in preview1_files.cc.
#include "run/preview1.h"

#include <algorithm>
#include <array>

#include "run/errno.h"

namespace heapbump::run {
namespace {

constexpr std::uint64_t kTick =
    1000;  // a reading of the clock takes a microsecond, so that waiting loops end

}  // namespace

struct Preview1::Entry {
  HostFunction function;
  Handler handler;
};

std::span<const Preview1::Entry> Preview1::table() {
  using P = Preview1;
  static constexpr std::array kTable = std::to_array<Entry>({
      {{"args_get", "pp", true}, &P::args_get},
      {{"args_sizes_get", "pp", true}, &P::args_sizes_get},
      {{"clock_res_get", "ip", true}, &P::clock_res_get},
      {{"clock_time_get", "iIp", true}, &P::clock_time_get},
      {{"environ_get", "pp", true}, &P::environ_get},
      {{"environ_sizes_get", "pp", true}, &P::environ_sizes_get},
      {{"fd_advise", "iIIi", true}, &P::fd_noop},
      {{"fd_allocate", "iII", true}, &P::fd_change},
      {{"fd_close", "i", true}, &P::fd_close},
      {{"fd_datasync", "i", true}, &P::fd_noop},
      {{"fd_fdstat_get", "ip", true}, &P::fd_fdstat_get},
      {{"fd_fdstat_set_flags", "ii", true}, &P::fd_noop},
      {{"fd_fdstat_set_rights", "iII", true}, &P::fd_noop},
      {{"fd_filestat_get", "ip", true}, &P::fd_filestat_get},
      {{"fd_filestat_set_size", "iI", true}, &P::fd_change},
      {{"fd_filestat_set_times", "iIIi", true}, &P::fd_change},
      {{"fd_pread", "ipiIp", true}, &P::fd_pread},
      {{"fd_prestat_dir_name", "ipi", true}, &P::fd_prestat_dir_name},
      {{"fd_prestat_get", "ip", true}, &P::fd_prestat_get},
      {{"fd_pwrite", "ipiIp", true}, &P::fd_pwrite},
      {{"fd_read", "ipip", true}, &P::fd_read},
      {{"fd_readdir", "ipiIp", true}, &P::fd_readdir},
      {{"fd_renumber", "ii", true}, &P::fd_renumber},
      {{"fd_seek", "iIip", true}, &P::fd_seek},
      {{"fd_sync", "i", true}, &P::fd_noop},
      {{"fd_tell", "ip", true}, &P::fd_tell},
      {{"fd_write", "ipip", true}, &P::fd_write},
      {{"path_create_directory", "ipi", true}, &P::path_change},
      {{"path_filestat_get", "iipip", true}, &P::path_filestat_get},
      {{"path_filestat_set_times", "iipiIIi", true}, &P::path_change_times},
      {{"path_link", "iipiipi", true}, &P::path_change_two},
      {{"path_open", "iipiiIIip", true}, &P::path_open},
      {{"path_readlink", "ipipip", true}, &P::path_readlink},
      {{"path_remove_directory", "ipi", true}, &P::path_change},
      {{"path_rename", "ipiipi", true}, &P::path_change_two},
      {{"path_symlink", "piipi", true}, &P::path_change_symlink},
      {{"path_unlink_file", "ipi", true}, &P::path_change},
      {{"poll_oneoff", "ppip", true}, &P::poll_oneoff},
      {{"proc_exit", "i", false}, &P::proc_exit},
      {{"proc_raise", "i", true}, &P::proc_raise},
      {{"random_get", "pi", true}, &P::random_get},
      {{"sched_yield", "", true}, &P::sched_yield},
      {{"sock_accept", "iip", true}, &P::socket_call},
      {{"sock_recv", "ipiipp", true}, &P::socket_call},
      {{"sock_send", "ipiip", true}, &P::socket_call},
      {{"sock_shutdown", "ii", true}, &P::socket_call},
  });
  return kTable;
}

const HostFunction* find_host_function(std::string_view name) {
  const auto found =
      std::ranges::find(Preview1::table(), name, [](const auto& entry) { return entry.function.name; });
  return found == Preview1::table().end() ? nullptr : &found->function;
}

Preview1::Preview1(HostOptions options) : options_(std::move(options)), now_(kStartTime) {
  descriptors_[0] = {.input = true, .content = options_.standard_input};
  descriptors_[1] = {.output = true};
  descriptors_[2] = {.output = true};
  if (!options_.folder) return;
  folder_.emplace(*options_.folder);
  descriptors_[kFirstFree] = {.type = FileType::directory, .preopened = true};
}

Preview1::Next Preview1::call(const HostFunction& function, std::span<const std::uint64_t> arguments,
                              std::span<std::byte> memory, Event& event) {
  event.call = function.name;
  for (std::size_t i = 0; i < function.params.size(); ++i) {
    if (i != 0) event.detail += ", ";
    event.detail += function.params[i] == 'p' ? "_" : std::to_string(arguments[i]);
  }
  const auto entry = std::ranges::find(table(), function.name,
                                       [](const Entry& candidate) { return candidate.function.name; });
  Guest guest(memory);
  event.result = (this->*entry->handler)(arguments, guest, event);
  return exiting_ ? Next::exit : Next::go_on;
}

Preview1::Descriptor* Preview1::descriptor(std::uint64_t number) {
  const auto found = descriptors_.find(static_cast<std::uint32_t>(number));
  return found == descriptors_.end() ? nullptr : &found->second;
}

void Preview1::note(Event& event, std::uint64_t value) {
  event.detail += " -> " + std::to_string(value);
}

std::uint16_t Preview1::strings_get(const std::vector<std::string>& strings, Arguments a, Guest& guest) {
  std::uint64_t pointers = a[0];
  std::uint64_t text = a[1];
  for (const std::string& string : strings) {
    if (!guest.store(pointers, static_cast<std::uint32_t>(text))) return errno_code::fault;
    if (!guest.write(text, std::string_view(string.c_str(), string.size() + 1))) return errno_code::fault;
    pointers += 4;
    text += string.size() + 1;
  }
  return errno_code::success;
}

std::uint16_t Preview1::strings_sizes(const std::vector<std::string>& strings, Arguments a, Guest& guest) {
  std::size_t bytes = 0;
  for (const std::string& string : strings) bytes += string.size() + 1;
  const bool ok = guest.store(a[0], static_cast<std::uint32_t>(strings.size())) &&
                  guest.store(a[1], static_cast<std::uint32_t>(bytes));
  return ok ? errno_code::success : errno_code::fault;
}

std::uint16_t Preview1::args_get(Arguments a, Guest& guest, Event&) {
  return strings_get(options_.arguments, a, guest);
}
std::uint16_t Preview1::args_sizes_get(Arguments a, Guest& guest, Event&) {
  return strings_sizes(options_.arguments, a, guest);
}
std::uint16_t Preview1::environ_get(Arguments a, Guest& guest, Event&) {
  return strings_get(options_.environment, a, guest);
}
std::uint16_t Preview1::environ_sizes_get(Arguments a, Guest& guest, Event&) {
  return strings_sizes(options_.environment, a, guest);
}

std::uint16_t Preview1::clock_res_get(Arguments a, Guest& guest, Event&) {
  if (a[0] > 3) return errno_code::inval;
  return guest.store(a[1], kTick) ? errno_code::success : errno_code::fault;
}

std::uint16_t Preview1::clock_time_get(Arguments a, Guest& guest, Event&) {
  if (a[0] > 3) return errno_code::inval;
  now_ += kTick;
  return guest.store(a[2], a[0] == 0 ? now_ : now_ - kStartTime) ? errno_code::success : errno_code::fault;
}

namespace {

// Sizes and offsets of a subscription and of an event, in bytes (preview1 witx, typenames.witx).
constexpr std::uint64_t kSubscriptionSize = 48;
constexpr std::uint64_t kEventSize = 32;
constexpr std::uint8_t kClockSubscription = 0;
constexpr std::uint8_t kLastSubscription = 2;

std::uint64_t sum_or_most(std::uint64_t a, std::uint64_t b) {
  return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

}  // namespace

std::uint64_t Preview1::due_time(const Guest& guest, std::uint64_t subscription) const {
  const bool absolute = (*guest.load<std::uint16_t>(subscription + 40) & 1U) != 0;
  const bool realtime = *guest.load<std::uint32_t>(subscription + 16) == 0;
  const auto timeout = *guest.load<std::uint64_t>(subscription + 24);
  const std::uint64_t since = absolute ? (realtime ? 0 : kStartTime) : now_;
  return std::max(now_, sum_or_most(since, timeout));
}

Preview1::Ready Preview1::ready_file(const Guest& guest, std::uint64_t subscription) {
  const Descriptor* file = descriptor(*guest.load<std::uint32_t>(subscription + 16));
  const std::uint64_t left =
      file == nullptr || file->position > file->content.size() ? 0 : file->content.size() - file->position;
  return {*guest.load<std::uint64_t>(subscription), file == nullptr ? errno_code::badf : errno_code::success,
          *guest.load<std::uint8_t>(subscription + 8), left};
}

// Files are always ready. Only where there are none does the program sleep, to the nearest clock.
std::vector<Preview1::Ready> Preview1::poll(const Guest& guest, std::uint64_t subscriptions,
                                            std::uint64_t count) {
  std::vector<Ready> ready;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> clocks;  // due time, subscription
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t at = subscriptions + kSubscriptionSize * i;
    if (*guest.load<std::uint8_t>(at + 8) == kClockSubscription)
      clocks.emplace_back(due_time(guest, at), at);
    else
      ready.push_back(ready_file(guest, at));
  }
  if (!ready.empty()) return ready;
  const std::uint64_t wake = std::ranges::min(clocks).first;
  for (const auto& [due, at] : clocks) {
    if (due == wake)
      ready.push_back({*guest.load<std::uint64_t>(at), errno_code::success, kClockSubscription, 0});
  }
  now_ = wake;
  return ready;
}

std::uint16_t Preview1::poll_oneoff(Arguments a, Guest& guest, Event& event) {
  const std::uint64_t count = a[2];
  if (count == 0 || count > kMaxVectors) return errno_code::inval;
  if (!guest.range(a[0], kSubscriptionSize * count) || !guest.range(a[1], kEventSize * count))
    return errno_code::fault;
  for (std::uint64_t i = 0; i < count; ++i) {
    if (*guest.load<std::uint8_t>(a[0] + kSubscriptionSize * i + 8) > kLastSubscription)
      return errno_code::inval;
  }
  const std::vector<Ready> ready = poll(guest, a[0], count);
  for (std::size_t i = 0; i < ready.size(); ++i) {
    const std::uint64_t at = a[1] + kEventSize * i;
    std::ranges::fill(*guest.range(at, kEventSize), std::byte{0});
    if (!guest.store(at, ready[i].userdata) || !guest.store(at + 8, ready[i].error) ||
        !guest.store(at + 10, ready[i].type) || !guest.store(at + 16, ready[i].bytes))
      return errno_code::fault;
  }
  note(event, ready.size());
  return guest.store(a[3], static_cast<std::uint32_t>(ready.size())) ? errno_code::success
                                                                     : errno_code::fault;
}

std::uint16_t Preview1::proc_exit(Arguments a, Guest&, Event&) {
  exiting_ = true;
  exit_code_ = static_cast<std::uint32_t>(a[0]);
  return errno_code::success;
}

std::uint16_t Preview1::proc_raise(Arguments, Guest&, Event&) {
  return errno_code::nosys;
}

std::uint16_t Preview1::random_get(Arguments a, Guest& guest, Event&) {
  const auto to = guest.range(a[0], a[1]);
  if (!to) return errno_code::fault;
  for (std::byte& byte : *to) {
    byte = static_cast<std::byte>(canary_byte(options_.random_seed, random_counter_));
    ++random_counter_;
  }
  return errno_code::success;
}

std::uint16_t Preview1::sched_yield(Arguments, Guest&, Event&) {
  now_ += kTick;
  return errno_code::success;
}

std::uint16_t Preview1::socket_call(Arguments a, Guest&, Event&) {
  return descriptor(a[0]) == nullptr ? errno_code::badf : errno_code::notsock;
}

}  // namespace heapbump::run
