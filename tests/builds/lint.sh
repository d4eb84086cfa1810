#!/bin/sh
# clang-tidy over the library and the command line, with the flags of the clang build; all but the static analyzer and some
# slow checks, which take three quarters of the time (scripts/lint runs them too).
#
#   lint.sh SOURCE BUILD
set -eu
command -v clang++-19 > /dev/null && command -v clang-tidy-19 > /dev/null || { echo "clang-tidy-19 is not installed: LEFT OUT"; exit 77; }
cd "$1"
exec scripts/lint --quick --build "$2" src/*/*.cc detectors/*.cc detectors/*/*.cc adapters/*.cc
