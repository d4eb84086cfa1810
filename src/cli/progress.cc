#include "cli/progress.h"

#include <unistd.h>

#include <iostream>

namespace heapbump::cli {

ProgressLine::ProgressLine(const Session& session)
    : wanted_(!session.quiet && ::isatty(STDERR_FILENO) == 1), began_(Clock::now()), last_(began_) {}

bool ProgressLine::is_due() const {
  return wanted_ && Clock::now() - last_ >= std::chrono::milliseconds(200);
}

void ProgressLine::show(const std::string& text) {
  last_ = Clock::now();
  shown_ = true;
  std::cerr << "\r\x1b[K" << text << std::flush;
}

void ProgressLine::clear() {
  if (shown_) std::cerr << "\r\x1b[K" << std::flush;
  shown_ = false;
}

double ProgressLine::seconds() const {
  return std::chrono::duration<double>(Clock::now() - began_).count();
}

}  // namespace heapbump::cli
