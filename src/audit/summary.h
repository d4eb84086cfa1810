// The summary of a report: how many files have which verdict, why, and what to do next. It is the same
// whether it is counted while files are audited or from a finished report.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "audit/files.h"
#include "audit/verdict.h"
#include "base/json.h"

namespace heapbump::audit {

class Summary {
 public:
  /// Adds a line of a file. Lines with `same_as` come after the one that they name.
  void add(const Json& line);
  void set_skipped(const Skipped& skipped) { skipped_ = skipped; }
  void add_skipped(const Json& summary);

  [[nodiscard]] Json to_json() const;  ///< the last line
  [[nodiscard]] std::uint64_t files() const { return files_; }
  [[nodiscard]] std::uint64_t distinct() const { return distinct_; }
  [[nodiscard]] std::uint64_t made() const { return made_; }
  [[nodiscard]] std::uint64_t fresh() const { return fresh_; }  ///< new refusals, against a baseline
  [[nodiscard]] std::uint64_t count(Verdict verdict) const {
    return verdicts_[static_cast<std::size_t>(verdict)];
  }
  [[nodiscard]] std::uint64_t count(Group group) const { return groups_[static_cast<std::size_t>(group)]; }
  [[nodiscard]] const Skipped& skipped() const { return skipped_; }

  struct ReasonCount {
    std::uint64_t files = 0;
    std::string example;  ///< the first file's name
  };
  using Reasons = std::map<std::pair<Verdict, std::string>, ReasonCount>;
  [[nodiscard]] const Reasons& reasons() const { return reasons_; }
  /// Of files that need host interfaces: how many import from each module that is not of WASI.
  [[nodiscard]] const std::map<std::string, std::uint64_t>& host_modules() const { return host_modules_; }
  [[nodiscard]] const std::map<std::string, std::uint64_t>& toolchains() const { return toolchains_; }

 private:
  void add_details(const Json& line);

  std::uint64_t files_ = 0, distinct_ = 0, made_ = 0, fresh_ = 0;
  std::array<std::uint64_t, kVerdicts> verdicts_{};
  std::array<std::uint64_t, 4> groups_{};
  Reasons reasons_;
  std::map<std::string, std::uint64_t> host_modules_, toolchains_;
  /// Of files with the same bytes, which have no details of their own: by SHA-256.
  std::map<std::string, std::pair<std::string, std::set<std::string>>, std::less<>> seen_;
  Skipped skipped_;
};

/// One page for a person: how many can move, why the others cannot, and what to do next. `inputs` are
/// the arguments of this audit, and `report` is the file that it wrote ("-" or empty: none), for the commands
/// that are proposed; printable.
[[nodiscard]] std::string summary_page(const Summary& summary, const std::string& inputs,
                                       const std::string& report, bool made);

}  // namespace heapbump::audit
