// One line on a terminal that is written over while something runs; nothing elsewhere, and nothing under
// --quiet. It leaves no trace: the line is gone when it ends.
#pragma once

#include <chrono>
#include <string>

#include "cli/cli.h"

namespace heapbump::cli {

class ProgressLine {
 public:
  explicit ProgressLine(const Session& session);
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine() { clear(); }

  /// Whether it is time for another text: one is worth making then, and not in between.
  [[nodiscard]] bool is_due() const;
  void show(const std::string& text);
  void clear();
  /// Since this was made.
  [[nodiscard]] double seconds() const;

 private:
  using Clock = std::chrono::steady_clock;
  bool wanted_;
  bool shown_ = false;
  Clock::time_point began_, last_;
};

}  // namespace heapbump::cli
