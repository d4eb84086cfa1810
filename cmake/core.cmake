# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# heapbump.wasm: the C interface as one WebAssembly module, for JavaScript and for what runs WebAssembly. It exports the
# functions of include/heapbump.h with malloc and free, and works on its own memory: it opens nothing.
#
#   cmake -S . -B build-core -DHEAPBUMP_CORE_ONLY=ON -DCMAKE_TOOLCHAIN_FILE=cmake/wasm32-wasi.cmake
# For Windows it is heapbump.dll instead, with the same functions.
file(WRITE ${PROJECT_BINARY_DIR}/empty.cc "")
if(WIN32)
  target_compile_definitions(heapbump_c_interface PRIVATE HEAPBUMP_BUILDS_DLL)
  add_library(heapbump_core SHARED ${objects} ${PROJECT_BINARY_DIR}/empty.cc)
  set_target_properties(heapbump_core PROPERTIES OUTPUT_NAME heapbump PREFIX "" LINKER_LANGUAGE CXX)
  return()
endif()
set(exports malloc free)
file(STRINGS ${PROJECT_SOURCE_DIR}/include/heapbump.h declared REGEX "^HEAPBUMP_API ")
foreach(line IN LISTS declared)
  string(REGEX REPLACE ".*(heapbump_[a-z_0-9]+)\\(.*" "\\1" name "${line}")
  list(APPEND exports ${name})
endforeach()
list(TRANSFORM exports PREPEND LINKER:--export=)
add_executable(heapbump_core ${objects} ${PROJECT_BINARY_DIR}/empty.cc)
set_target_properties(heapbump_core PROPERTIES OUTPUT_NAME heapbump.wasm LINKER_LANGUAGE CXX)
# The stack is below the static data, so that an overflow traps. -O0 says nothing of the code, which is compiled by now: with
# another level clang runs whatever wasm-opt is in PATH, and what is released would depend on it.
target_link_options(heapbump_core PRIVATE -O0 -mexec-model=reactor ${exports} LINKER:--gc-sections LINKER:--strip-all
                    LINKER:--stack-first LINKER:-z,stack-size=1048576)
