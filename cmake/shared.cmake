# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# libheapbump.so: the C interface (include/heapbump.h) and what it needs: no run of programs, no audit. Its only symbols
# are those of src/c_interface/symbols.map. It reads by the bundled wabt, since Debian's is not position independent, so
# that it depends on the C and C++ run-time libraries alone.
heapbump_bundled_wabt()
heapbump_wall_folders(shared_folders)
list(REMOVE_ITEM shared_folders src/cli src/audit src/run)
set(shared_objects)
foreach(folder IN LISTS shared_folders)
  heapbump_folder_target(${folder} target)
  list(APPEND shared_objects $<TARGET_OBJECTS:${target}>)
endforeach()

add_library(heapbump_shared SHARED ${shared_objects} src/wasm/wabt_reader.cc)
set_target_properties(heapbump_shared PROPERTIES
  OUTPUT_NAME heapbump EXPORT_NAME c VERSION ${PROJECT_VERSION} SOVERSION 0 LINKER_LANGUAGE CXX)
add_library(heapbump::c ALIAS heapbump_shared)
target_include_directories(heapbump_shared PRIVATE src ${PROJECT_SOURCE_DIR} PUBLIC
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(heapbump_shared PRIVATE heapbump_options heapbump_bundled_wabt heapbump_sha256)
if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
  set(symbols ${PROJECT_SOURCE_DIR}/src/c_interface/symbols.map)
  target_link_options(heapbump_shared PRIVATE LINKER:--version-script=${symbols} LINKER:--gc-sections LINKER:-Bsymbolic)
  set_property(TARGET heapbump_shared PROPERTY LINK_DEPENDS ${symbols})
endif()
