// A deterministic WASI preview1 host: every answer follows from HostOptions and the calls made so far. It
// knows no engine; an engine hands it the arguments and a view of the program's memory, and gets a result and
// an Event for the trace. Whatever the program passes is untrusted: an address or a length outside the memory
// is answered with EFAULT.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "run/folder.h"
#include "run/guest.h"
#include "run/host_options.h"
#include "run/trace.h"

namespace heapbump::run {

/// How a host function looks to a module. `params` has one letter an argument: i = 32-bit number, I = 64-bit
/// number, p = 32-bit address in the program's memory.
struct HostFunction {
  std::string_view name;
  std::string_view params;
  bool has_result;  ///< an errno; only proc_exit has none
};

inline constexpr std::string_view kPreview1Module = "wasi_snapshot_preview1";
/// When every run begins: any fixed instant, here 2023-11-14T22:13:20Z.
inline constexpr std::uint64_t kStartTime = 1'700'000'000'000'000'000;

[[nodiscard]] const HostFunction* find_host_function(std::string_view name);

class Preview1 {
 public:
  explicit Preview1(HostOptions options);

  enum class Next : std::uint8_t { go_on, exit };

  /// Performs `function` and describes it in `event`. `arguments` has as many entries as `function.params`
  /// letters.
  [[nodiscard]] Next call(const HostFunction& function, std::span<const std::uint64_t> arguments,
                          std::span<std::byte> memory, Event& event);
  [[nodiscard]] std::uint32_t exit_code() const { return exit_code_; }

 private:
  struct Descriptor {
    FileType type = FileType::unknown;
    bool input = false;
    bool output = false;
    bool preopened = false;
    std::string path = {};  ///< below the folder
    std::string content = {};
    std::uint64_t position = 0;
    std::uint64_t inode = 0;
  };
  using Arguments = std::span<const std::uint64_t>;
  using Handler = std::uint16_t (Preview1::*)(Arguments, Guest&, Event&);
  struct Entry;
  friend const HostFunction* find_host_function(std::string_view name);
  static std::span<const Entry> table();

  static constexpr std::uint64_t kMaxVectors = 1024;
  static constexpr std::uint32_t kFirstFree = 3;

  Descriptor* descriptor(std::uint64_t number);
  Descriptor* directory(std::uint64_t number, std::uint16_t& error);
  /// What a program names by a directory's descriptor and a path in its memory, as a path below the folder.
  /// `event` gets the path as the program gave it.
  std::expected<std::string, std::uint16_t> named_path(std::uint64_t number, std::uint64_t address,
                                                       std::uint64_t length, const Guest& guest,
                                                       Event& event);
  static void note(Event& event, std::uint64_t value);
  static std::uint16_t strings_get(const std::vector<std::string>& strings, Arguments a, Guest& guest);
  static std::uint16_t strings_sizes(const std::vector<std::string>& strings, Arguments a, Guest& guest);
  std::uint16_t read_into(Descriptor& file, std::uint64_t iovs, std::uint64_t count, std::uint64_t& position,
                          std::uint64_t result, Guest& guest, Event& event);
  std::uint16_t gather(std::uint64_t iovs, std::uint64_t count, std::uint64_t result, Guest& guest,
                       Event& event);

  /// One event that poll_oneoff reports.
  struct Ready {
    std::uint64_t userdata;
    std::uint16_t error;
    std::uint8_t type;
    std::uint64_t bytes;
  };
  [[nodiscard]] std::uint64_t due_time(const Guest& guest, std::uint64_t subscription) const;
  Ready ready_file(const Guest& guest, std::uint64_t subscription);
  std::vector<Ready> poll(const Guest& guest, std::uint64_t subscriptions, std::uint64_t count);

  std::uint16_t args_get(Arguments, Guest&, Event&);
  std::uint16_t args_sizes_get(Arguments, Guest&, Event&);
  std::uint16_t environ_get(Arguments, Guest&, Event&);
  std::uint16_t environ_sizes_get(Arguments, Guest&, Event&);
  std::uint16_t clock_res_get(Arguments, Guest&, Event&);
  std::uint16_t clock_time_get(Arguments, Guest&, Event&);
  std::uint16_t fd_noop(Arguments, Guest&, Event&);
  std::uint16_t fd_change(Arguments, Guest&, Event&);
  std::uint16_t fd_close(Arguments, Guest&, Event&);
  std::uint16_t fd_fdstat_get(Arguments, Guest&, Event&);
  std::uint16_t fd_filestat_get(Arguments, Guest&, Event&);
  std::uint16_t fd_pread(Arguments, Guest&, Event&);
  std::uint16_t fd_prestat_get(Arguments, Guest&, Event&);
  std::uint16_t fd_prestat_dir_name(Arguments, Guest&, Event&);
  std::uint16_t fd_pwrite(Arguments, Guest&, Event&);
  std::uint16_t fd_read(Arguments, Guest&, Event&);
  std::uint16_t fd_readdir(Arguments, Guest&, Event&);
  std::uint16_t fd_renumber(Arguments, Guest&, Event&);
  std::uint16_t fd_seek(Arguments, Guest&, Event&);
  std::uint16_t fd_tell(Arguments, Guest&, Event&);
  std::uint16_t fd_write(Arguments, Guest&, Event&);
  std::uint16_t path_change(Arguments, Guest&, Event&);
  std::uint16_t path_change_two(Arguments, Guest&, Event&);
  std::uint16_t path_change_symlink(Arguments, Guest&, Event&);
  std::uint16_t path_change_times(Arguments, Guest&, Event&);
  std::uint16_t path_filestat_get(Arguments, Guest&, Event&);
  std::uint16_t path_open(Arguments, Guest&, Event&);
  std::uint16_t path_readlink(Arguments, Guest&, Event&);
  std::uint16_t poll_oneoff(Arguments, Guest&, Event&);
  std::uint16_t proc_exit(Arguments, Guest&, Event&);
  std::uint16_t proc_raise(Arguments, Guest&, Event&);
  std::uint16_t random_get(Arguments, Guest&, Event&);
  std::uint16_t sched_yield(Arguments, Guest&, Event&);
  std::uint16_t socket_call(Arguments, Guest&, Event&);

  HostOptions options_;
  std::optional<Folder> folder_;
  std::map<std::uint32_t, Descriptor> descriptors_;
  std::uint64_t now_;  ///< nanoseconds; moves with each reading and each sleep, never with the machine
  std::uint64_t random_counter_ = 0;
  bool exiting_ = false;
  std::uint32_t exit_code_ = 0;
};

}  // namespace heapbump::run
