# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# heapbump_embed(OUTPUT NAME FILE): a C++ source with FILE's bytes as `const unsigned char NAME[]`, its size as
# `NAME_size`, and no other dependency, so that it works with any compiler.
function(heapbump_embed output name file)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(LENGTH "${hex}" digits)
  math(EXPR size "${digits} / 2")
  file(CONFIGURE OUTPUT ${output} CONTENT "// Made from ${name} by cmake/embed.cmake.
#include <cstddef>
namespace heapbump::embedded {
extern const unsigned char ${name}[];
extern const std::size_t ${name}_size;
const unsigned char ${name}[] = {${bytes}};
const std::size_t ${name}_size = ${size};
}  // namespace heapbump::embedded
" @ONLY)
endfunction()
