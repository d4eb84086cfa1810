// Files of the preview1 host: descriptors, and paths below the one folder that a program sees. The folder is
// read-only, so whatever would change it is answered with EROFS once its arguments are known to be sound.
#include <algorithm>
#include <array>

#include "run/errno.h"
#include "run/preview1.h"

namespace heapbump::run {
namespace {

constexpr std::uint64_t kAllRights = (1U << 30U) - 1;
constexpr std::uint64_t kSeekAndTell = 1U << 2U | 1U << 5U;

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

}  // namespace

Preview1::Descriptor* Preview1::directory(std::uint64_t number, std::uint16_t& error) {
  Descriptor* file = descriptor(number);
  error = file == nullptr ? errno_code::badf : errno_code::success;
  if (file != nullptr && file->type != FileType::directory) error = errno_code::notdir;
  return error == errno_code::success ? file : nullptr;
}

std::expected<std::string, std::uint16_t> Preview1::named_path(std::uint64_t number, std::uint64_t address,
                                                               std::uint64_t length, const Guest& guest,
                                                               Event& event) {
  std::uint16_t error = 0;
  const Descriptor* base = directory(number, error);
  if (base == nullptr) return std::unexpected(error);
  const auto path = guest.text(address, length);
  if (!path) return std::unexpected(errno_code::fault);
  event.bytes = *path;
  return Folder::join(base->path, *path);
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
  const bool ok = guest.range(a[1], 24) &&
                  guest.store<std::uint64_t>(a[1], static_cast<std::uint8_t>(file->type)) &&
                  guest.store(a[1] + 8, rights) && guest.store(a[1] + 16, rights);
  return ok ? errno_code::success : errno_code::fault;
}

std::uint16_t Preview1::fd_filestat_get(Arguments a, Guest& guest, Event&) {
  const Descriptor* file = descriptor(a[0]);
  if (file == nullptr) return errno_code::badf;
  const bool is_file = file->type == FileType::regular;
  return write_filestat(guest, a[1], {file->type, file->inode, is_file ? file->content.size() : 0});
}

std::uint16_t Preview1::read_into(Descriptor& file, std::uint64_t iovs, std::uint64_t count,
                                  std::uint64_t& position, std::uint64_t result, Guest& guest, Event& event) {
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
  return guest.store(result, static_cast<std::uint32_t>(event.bytes.size())) ? errno_code::success
                                                                             : errno_code::fault;
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
  // path_link (fd, flags, path, length, fd, path, length) and path_rename (fd, path, length, fd, path,
  // length)
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
  const auto path = named_path(a[0], a[2], a[3], guest, event);
  if (!path) return path.error();
  const auto stat = folder_->stat(*path);
  if (!stat) return stat.error();
  return write_filestat(guest, a[4], *stat);
}

std::uint16_t Preview1::path_open(Arguments a, Guest& guest, Event& event) {
  const auto path = named_path(a[0], a[2], a[3], guest, event);
  if (!path) return path.error();
  const auto stat = folder_->stat(*path);
  const std::uint64_t how = a[4];
  if (!stat)
    return (how & kOpenCreate) != 0 && stat.error() == errno_code::noent ? errno_code::rofs : stat.error();
  if ((how & kOpenCreate) != 0 && (how & kOpenExclusive) != 0) return errno_code::exist;
  if ((how & kOpenTruncate) != 0) return errno_code::rofs;
  if ((how & kOpenDirectory) != 0 && stat->type != FileType::directory) return errno_code::notdir;
  Descriptor file{.type = stat->type, .path = *path, .inode = stat->inode};
  if (stat->type == FileType::regular) {
    auto content = folder_->read(*path);
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

}  // namespace heapbump::run
