# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# `zig c++` for another system: HEAPBUMP_ZIG is the program, HEAPBUMP_TARGET what it calls the system, such as
# aarch64-linux-musl. It brings clang, libc++ and the C library (scripts/cross).
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES HEAPBUMP_ZIG HEAPBUMP_TARGET HEAPBUMP_ZIG_LEVEL)
set(HEAPBUMP_ZIG_LEVEL -O2 CACHE STRING "How much zig optimises")
string(REPLACE "-" ";" parts "${HEAPBUMP_TARGET}")
list(GET parts 0 CMAKE_SYSTEM_PROCESSOR)
list(GET parts 1 system)
set(CMAKE_SYSTEM_NAME Linux)
if(system STREQUAL "macos")
  set(CMAKE_SYSTEM_NAME Darwin)
elseif(system STREQUAL "windows")
  set(CMAKE_SYSTEM_NAME Windows)
endif()
# One level everywhere: zig builds a libc++ for each level that it is asked for, which takes minutes. Without optimisation it would
# also compile checks in, which the release does not have.
set(flags -target ${HEAPBUMP_TARGET} ${HEAPBUMP_ZIG_LEVEL} -fno-sanitize=undefined)
set(CMAKE_C_COMPILER ${HEAPBUMP_ZIG} cc ${flags})
set(CMAKE_CXX_COMPILER ${HEAPBUMP_ZIG} c++ ${flags})
foreach(language C CXX)
  set(CMAKE_${language}_ARCHIVE_CREATE "${HEAPBUMP_ZIG} ar qc <TARGET> <OBJECTS>")
  set(CMAKE_${language}_ARCHIVE_FINISH "${HEAPBUMP_ZIG} ranlib <TARGET>")
endforeach()
if(system STREQUAL "linux")
  set(CMAKE_EXE_LINKER_FLAGS_INIT "-static -s")
endif()
set(CMAKE_DISABLE_PRECOMPILE_HEADERS ON)
