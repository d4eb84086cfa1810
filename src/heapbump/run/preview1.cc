#include "heapbump/run/preview1.h"

#include <algorithm>
#include <array>

#include "heapbump/run/errno.h"

namespace heapbump::run {
namespace {

constexpr std::uint64_t kStartTime = 1'700'000'000'000'000'000;  // any fixed instant: 2023-11-14T22:13:20Z
constexpr std::uint64_t kTick = 1000;  // a reading of the clock takes a microsecond, so that waiting loops end
constexpr std::uint64_t kAllRights = (1U << 30U) - 1;
constexpr std::uint64_t kSeekAndTell = 1U << 2U | 1U << 5U;
constexpr std::uint64_t kMaxVectors = 1024;
constexpr std::uint32_t kFirstFree = 3;

constexpr std::uint16_t kOpenCreate = 1, kOpenDirectory = 2, kOpenExclusive = 4, kOpenTruncate = 8;

std::uint16_t write_filestat(const Guest& guest, std::uint64_t address, const FileStat& stat) {
  const auto room = guest.range(address, 64);
  if (!room) return errno_code::fault;
  std::ranges::fill(*room, std::byte{0});
  const bool ok = guest.store<std::uint64_t>(address, 1) && guest.store(address + 8, stat.inode) &&
                  guest.store(address + 16, static_cast<std::uint8_t>(stat.type)) &&
                  guest.store<std::uint64_t>(address + 24, 1) && guest.store(address + 32, stat.size) &&
                  guest.store(address + 40, kStartTime) && guest.store(address + 48, kStartTime) &&
                  guest.store(address + 56, kStartTime);
  return ok ? errno_code::success : errno_code::fault;
}

void note(Event& event, std::uint64_t value) { event.detail += " -> " + std::to_string(value); }

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
  const auto found = std::ranges::find(Preview1::table(), name, [](const auto& entry) { return entry.function.name; });
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
  const auto entry =
      std::ranges::find(table(), function.name, [](const Entry& candidate) { return candidate.function.name; });
  Guest guest(memory);
  event.result = (this->*entry->handler)(arguments, guest, event);
  return exiting_ ? Next::exit : Next::go_on;
}

Preview1::Descriptor* Preview1::descriptor(std::uint64_t number) {
  const auto found = descriptors_.find(static_cast<std::uint32_t>(number));
  return found == descriptors_.end() ? nullptr : &found->second;
}

Preview1::Descriptor* Preview1::directory(std::uint64_t number, std::uint16_t& error) {
  Descriptor* file = descriptor(number);
  error = file == nullptr ? errno_code::badf : errno_code::success;
  if (file != nullptr && file->type != FileType::directory) error = errno_code::notdir;
  return error == errno_code::success ? file : nullptr;
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

std::uint16_t Preview1::fd_noop(Arguments a, Guest&, Event&) {
  return descriptor(a[0]) == nullptr ? errno_code::badf : errno_code::success;
}

std::uint16_t Preview1::fd_change(Arguments a, Guest&, Event&) {
  return descriptor(a[0]) == nullptr ? errno_code::badf : errno_code::rofs;
}

std::uint16_t Preview1::fd_close(Arguments a, Guest&, Event&) {
  return descriptors_.erase(static_cast<std::uint32_t>(a[0])) == 0 ? errno_code::badf : errno_code::success;
}

std::uint16_t Preview1::fd_fdstat_get(Arguments a, Guest& guest, Event&) {
  const Descriptor* file = descriptor(a[0]);
  if (file == nullptr) return errno_code::badf;
  const std::uint64_t rights = file->type == FileType::unknown ? kAllRights & ~kSeekAndTell : kAllRights;
  const bool ok = guest.range(a[1], 24) && guest.store<std::uint64_t>(a[1], static_cast<std::uint8_t>(file->type)) &&
                  guest.store(a[1] + 8, rights) && guest.store(a[1] + 16, rights);
  return ok ? errno_code::success : errno_code::fault;
}

std::uint16_t Preview1::fd_filestat_get(Arguments a, Guest& guest, Event&) {
  const Descriptor* file = descriptor(a[0]);
  if (file == nullptr) return errno_code::badf;
  const bool is_file = file->type == FileType::regular;
  return write_filestat(guest, a[1], {file->type, file->inode, is_file ? file->content.size() : 0});
}

std::uint16_t Preview1::read_into(Descriptor& file, std::uint64_t iovs, std::uint64_t count, std::uint64_t& position,
                                  std::uint64_t result, Guest& guest, Event& event) {
  if (count > kMaxVectors) return errno_code::inval;
  std::uint32_t total = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto address = guest.load<std::uint32_t>(iovs + 8 * i);
    const auto length = guest.load<std::uint32_t>(iovs + 8 * i + 4);
    if (!address || !length) return errno_code::fault;
    const std::uint64_t left = position < file.content.size() ? file.content.size() - position : 0;
    const std::uint64_t some = std::min<std::uint64_t>(left, *length);
    if (!guest.range(*address, *length)) return errno_code::fault;
    if (some != 0 && !guest.write(*address, std::string_view(file.content).substr(position, some)))
      return errno_code::fault;
    position += some;
    total += static_cast<std::uint32_t>(some);
    if (some < *length) break;
  }
  note(event, total);
  return guest.store(result, total) ? errno_code::success : errno_code::fault;
}

std::uint16_t Preview1::gather(std::uint64_t iovs, std::uint64_t count, std::uint64_t result, Guest& guest,
                               Event& event) {
  if (count > kMaxVectors) return errno_code::inval;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto address = guest.load<std::uint32_t>(iovs + 8 * i);
    const auto length = guest.load<std::uint32_t>(iovs + 8 * i + 4);
    if (!address || !length) return errno_code::fault;
    const auto text = guest.text(*address, *length);
    if (!text) return errno_code::fault;
    event.bytes += *text;
  }
  note(event, event.bytes.size());
  return guest.store(result, static_cast<std::uint32_t>(event.bytes.size())) ? errno_code::success : errno_code::fault;
}

std::uint16_t Preview1::fd_read(Arguments a, Guest& guest, Event& event) {
  Descriptor* file = descriptor(a[0]);
  if (file == nullptr || file->output) return errno_code::badf;
  if (file->type == FileType::directory) return errno_code::isdir;
  return read_into(*file, a[1], a[2], file->position, a[3], guest, event);
}

std::uint16_t Preview1::fd_pread(Arguments a, Guest& guest, Event& event) {
  Descriptor* file = descriptor(a[0]);
  if (file == nullptr || file->output) return errno_code::badf;
  if (file->type == FileType::directory) return errno_code::isdir;
  if (file->input) return errno_code::spipe;
  std::uint64_t position = a[3];
  return read_into(*file, a[1], a[2], position, a[4], guest, event);
}

std::uint16_t Preview1::fd_write(Arguments a, Guest& guest, Event& event) {
  const Descriptor* file = descriptor(a[0]);
  if (file == nullptr) return errno_code::badf;
  if (!file->output) return file->type == FileType::regular ? errno_code::rofs : errno_code::badf;
  return gather(a[1], a[2], a[3], guest, event);
}

std::uint16_t Preview1::fd_pwrite(Arguments a, Guest&, Event&) {
  const Descriptor* file = descriptor(a[0]);
  if (file == nullptr) return errno_code::badf;
  return file->output ? errno_code::spipe : errno_code::rofs;
}

std::uint16_t Preview1::fd_prestat_get(Arguments a, Guest& guest, Event&) {
  const Descriptor* file = descriptor(a[0]);
  if (file == nullptr || !file->preopened) return errno_code::badf;
  const bool ok = guest.store<std::uint32_t>(a[1], 0) && guest.store<std::uint32_t>(a[1] + 4, 1);
  return ok ? errno_code::success : errno_code::fault;
}

std::uint16_t Preview1::fd_prestat_dir_name(Arguments a, Guest& guest, Event&) {
  const Descriptor* file = descriptor(a[0]);
  if (file == nullptr || !file->preopened) return errno_code::badf;
  if (a[2] < 1) return errno_code::inval;
  return guest.write(a[1], "/") ? errno_code::success : errno_code::fault;
}

std::uint16_t Preview1::fd_readdir(Arguments a, Guest& guest, Event& event) {
  std::uint16_t error = 0;
  const Descriptor* file = directory(a[0], error);
  if (file == nullptr) return error;
  const auto entries = folder_->list(file->path);
  if (!entries) return entries.error();
  std::string out;
  for (std::uint64_t cookie = a[3]; cookie < entries->size() && out.size() < a[2]; ++cookie) {
    const DirectoryEntry& entry = (*entries)[cookie];
    std::array<std::byte, 24> header{};
    const Guest view(header);
    const bool fits = view.store(0, cookie + 1) && view.store(8, entry.stat.inode) &&
                      view.store(16, static_cast<std::uint32_t>(entry.name.size())) &&
                      view.store(20, static_cast<std::uint32_t>(entry.stat.type));
    if (!fits) return errno_code::inval;
    out.append(reinterpret_cast<const char*>(header.data()), header.size());
    out += entry.name;
  }
  out.resize(std::min<std::uint64_t>(out.size(), a[2]));
  note(event, out.size());
  if (!guest.write(a[1], out)) return errno_code::fault;
  return guest.store(a[4], static_cast<std::uint32_t>(out.size())) ? errno_code::success : errno_code::fault;
}

std::uint16_t Preview1::fd_renumber(Arguments a, Guest&, Event&) {
  const auto from = static_cast<std::uint32_t>(a[0]);
  const auto to = static_cast<std::uint32_t>(a[1]);
  if (!descriptors_.contains(from) || !descriptors_.contains(to)) return errno_code::badf;
  if (from == to) return errno_code::success;
  descriptors_[to] = std::move(descriptors_[from]);
  descriptors_.erase(from);
  return errno_code::success;
}

std::uint16_t Preview1::fd_seek(Arguments a, Guest& guest, Event&) {
  Descriptor* file = descriptor(a[0]);
  if (file == nullptr) return errno_code::badf;
  if (file->type == FileType::unknown) return errno_code::spipe;
  if (file->type == FileType::directory) return errno_code::isdir;
  const std::uint64_t bases[] = {0, file->position, file->content.size()};
  if (a[2] > 2) return errno_code::inval;
  const std::uint64_t target = bases[a[2]] + a[1];  // a negative offset wraps, as two's complement does
  if (target > INT64_MAX) return errno_code::inval;
  file->position = target;
  return guest.store(a[3], target) ? errno_code::success : errno_code::fault;
}

std::uint16_t Preview1::fd_tell(Arguments a, Guest& guest, Event&) {
  const Descriptor* file = descriptor(a[0]);
  if (file == nullptr) return errno_code::badf;
  if (file->type == FileType::unknown) return errno_code::spipe;
  return guest.store(a[1], file->position) ? errno_code::success : errno_code::fault;
}

std::uint16_t Preview1::path_change(Arguments a, Guest& guest, Event& event) {
  std::uint16_t error = 0;
  if (directory(a[0], error) == nullptr) return error;
  const auto path = guest.text(a[1], a[2]);
  if (!path) return errno_code::fault;
  event.bytes = *path;
  return errno_code::rofs;
}

std::uint16_t Preview1::path_change_times(Arguments a, Guest& guest, Event& event) {
  const std::uint64_t same[] = {a[0], a[2], a[3]};
  return path_change(same, guest, event);
}

std::uint16_t Preview1::path_change_two(Arguments a, Guest& guest, Event& event) {
  // path_link (fd, flags, path, length, fd, path, length) and path_rename (fd, path, length, fd, path, length)
  const std::size_t skip = a.size() == 7 ? 1 : 0;
  const std::uint64_t first[] = {a[0], a[1 + skip], a[2 + skip]};
  const std::uint16_t error = path_change(first, guest, event);
  if (error != errno_code::rofs) return error;
  const auto to = guest.text(a[4 + skip], a[5 + skip]);
  if (!to) return errno_code::fault;
  event.bytes.append(1, '\0').append(*to);
  return errno_code::rofs;
}

std::uint16_t Preview1::path_change_symlink(Arguments a, Guest& guest, Event& event) {
  const std::uint64_t link[] = {a[2], a[3], a[4]};
  return path_change(link, guest, event);
}

std::uint16_t Preview1::path_filestat_get(Arguments a, Guest& guest, Event& event) {
  std::uint16_t error = 0;
  const Descriptor* base = directory(a[0], error);
  if (base == nullptr) return error;
  const auto path = guest.text(a[2], a[3]);
  if (!path) return errno_code::fault;
  event.bytes = *path;
  const auto joined = Folder::join(base->path, *path);
  if (!joined) return joined.error();
  const auto stat = folder_->stat(*joined);
  if (!stat) return stat.error();
  return write_filestat(guest, a[4], *stat);
}

std::uint16_t Preview1::path_open(Arguments a, Guest& guest, Event& event) {
  std::uint16_t error = 0;
  const Descriptor* base = directory(a[0], error);
  if (base == nullptr) return error;
  const auto path = guest.text(a[2], a[3]);
  if (!path) return errno_code::fault;
  event.bytes = *path;
  const auto joined = Folder::join(base->path, *path);
  if (!joined) return joined.error();
  const auto stat = folder_->stat(*joined);
  const std::uint64_t how = a[4];
  if (!stat) return (how & kOpenCreate) != 0 && stat.error() == errno_code::noent ? errno_code::rofs : stat.error();
  if ((how & kOpenCreate) != 0 && (how & kOpenExclusive) != 0) return errno_code::exist;
  if ((how & kOpenTruncate) != 0) return errno_code::rofs;
  if ((how & kOpenDirectory) != 0 && stat->type != FileType::directory) return errno_code::notdir;
  Descriptor file{.type = stat->type, .path = *joined, .inode = stat->inode};
  if (stat->type == FileType::regular) {
    auto content = folder_->read(*joined);
    if (!content) return content.error();
    file.content = *std::move(content);
  } else if (stat->type != FileType::directory) {
    return errno_code::acces;
  }
  std::uint32_t number = kFirstFree;
  while (descriptors_.contains(number)) ++number;
  if (!guest.store(a[8], number)) return errno_code::fault;
  descriptors_[number] = std::move(file);
  note(event, number);
  return errno_code::success;
}

std::uint16_t Preview1::path_readlink(Arguments a, Guest& guest, Event& event) {
  const std::uint64_t link[] = {a[0], a[1], a[2]};
  const std::uint16_t error = path_change(link, guest, event);
  return error == errno_code::rofs ? errno_code::inval : error;  // links are followed, none is seen
}

std::uint16_t Preview1::poll_oneoff(Arguments a, Guest& guest, Event& event) {
  const std::uint64_t count = a[2];
  if (count == 0 || count > kMaxVectors) return errno_code::inval;
  if (!guest.range(a[0], 48 * count) || !guest.range(a[1], 32 * count)) return errno_code::fault;
  struct Ready {
    std::uint64_t userdata;
    std::uint16_t error;
    std::uint8_t type;
    std::uint64_t bytes;
  };
  std::vector<Ready> ready;
  std::optional<std::uint64_t> wake;
  for (int pass = 0; pass < 2 && ready.empty(); ++pass) {  // files first; only if none is ready, the nearest clocks
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t at = a[0] + 48 * i;
      const auto userdata = *guest.load<std::uint64_t>(at);
      const auto type = *guest.load<std::uint8_t>(at + 8);
      if (type > 2) return errno_code::inval;
      if (type == 0) {
        const bool absolute = (*guest.load<std::uint16_t>(at + 40) & 1U) != 0;
        const bool realtime = *guest.load<std::uint32_t>(at + 16) == 0;
        const auto timeout = *guest.load<std::uint64_t>(at + 24);
        const std::uint64_t since = absolute ? (realtime ? 0 : kStartTime) : now_;
        const std::uint64_t due = std::max(now_, timeout > UINT64_MAX - since ? UINT64_MAX : since + timeout);
        if (pass == 0 && (!wake || due < *wake)) wake = due;
        if (pass == 1 && due == *wake) ready.push_back({userdata, errno_code::success, type, 0});
      } else if (pass == 0) {
        const Descriptor* file = descriptor(*guest.load<std::uint32_t>(at + 16));
        const std::uint64_t left = file == nullptr || file->position > file->content.size()
                                       ? 0
                                       : file->content.size() - file->position;
        ready.push_back({userdata, file == nullptr ? errno_code::badf : errno_code::success, type, left});
      }
    }
  }
  const bool slept = !ready.empty() && ready.front().type == 0;
  if (slept && wake) now_ = *wake;
  for (std::size_t i = 0; i < ready.size(); ++i) {
    const std::uint64_t at = a[1] + 32 * i;
    std::ranges::fill(*guest.range(at, 32), std::byte{0});
    if (!guest.store(at, ready[i].userdata) || !guest.store(at + 8, ready[i].error) ||
        !guest.store(at + 10, ready[i].type) || !guest.store(at + 16, ready[i].bytes))
      return errno_code::fault;
  }
  note(event, ready.size());
  return guest.store(a[3], static_cast<std::uint32_t>(ready.size())) ? errno_code::success : errno_code::fault;
}

std::uint16_t Preview1::proc_exit(Arguments a, Guest&, Event&) {
  exiting_ = true;
  exit_code_ = static_cast<std::uint32_t>(a[0]);
  return errno_code::success;
}

std::uint16_t Preview1::proc_raise(Arguments, Guest&, Event&) { return errno_code::nosys; }

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
