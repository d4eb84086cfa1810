#!/bin/sh
# Builds with clang, address and undefined-behaviour sanitizers and standard library assertions, runs the unit tests and the
# malformed files with it, and each fuzzer for a thousand executions. Not optimized: compiling is most of the time.
#
#   sanitize.sh SOURCE BUILD
set -eu
source=$1
build=$2
command -v clang++-19 > /dev/null || { echo "clang++-19 is not installed: LEFT OUT"; exit 77; }

cmake -S "$source" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_COMPILER=clang++-19 \
  "-DCMAKE_CXX_FLAGS_DEBUG=-O0 -gline-tables-only" -DHEAPBUMP_SANITIZE=address,undefined -DHEAPBUMP_FUZZERS=ON -DHEAPBUMP_TESTS=ON -DHEAPBUMP_OFFLINE=ON
cmake --build "$build" --target heapbump_cli heapbump_unit heapbump_malformed heapbump_fuzz heapbump_fuzz_seeds

# Looking for leaks needs ptrace, which containers often lack.
export ASAN_OPTIONS=detect_leaks=0:strict_string_checks=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
"$build/tests/unit/heapbump_unit" --gtest_brief=1
"$build/tests/malformed/heapbump_malformed" --gtest_brief=1 --gtest_filter='Malformed.*:Regressions.*'
"$build/heapbump" --version
HEAPBUMP_FUZZ_BUILD=$build "$source/scripts/fuzz" --runs 1000
