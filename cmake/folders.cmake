# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# One library for each folder of the table in tests/house/walls.json, with its sources listed in the folder's own
# CMakeLists.txt. Together they are the one static library that is installed. With the tests, each is also linked as a
# shared library against only the folders that the table allows it, so that a call through a wall is a link error.
file(READ ${PROJECT_SOURCE_DIR}/tests/house/walls.json heapbump_walls)
set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS tests/house/walls.json)

# The folders of the table in its order, and those that one of them may use.
function(heapbump_wall_folders out)
  string(JSON count LENGTH "${heapbump_walls}" folders)
  math(EXPR last "${count} - 1")
  set(folders)
  foreach(index RANGE ${last})
    string(JSON folder MEMBER "${heapbump_walls}" folders ${index})
    list(APPEND folders ${folder})
  endforeach()
  set(${out} ${folders} PARENT_SCOPE)
endfunction()

function(heapbump_wall_uses folder out)
  string(JSON count LENGTH "${heapbump_walls}" folders ${folder} folders)
  set(uses)
  if(count GREATER 0)
    math(EXPR last "${count} - 1")
    foreach(index RANGE ${last})
      string(JSON used GET "${heapbump_walls}" folders ${folder} folders ${index})
      list(APPEND uses ${used})
    endforeach()
  endif()
  set(${out} ${uses} PARENT_SCOPE)
endfunction()

# src/wasm -> heapbump_wasm, detectors/go -> heapbump_detectors_go
function(heapbump_folder_target folder out)
  string(REGEX REPLACE "^src/" "" name ${folder})
  string(REPLACE / _ name ${name})
  set(${out} heapbump_${name} PARENT_SCOPE)
endfunction()

# With CMAKE_UNITY_BUILD a folder is compiled as one file, which takes a quarter of the time; the suite builds so what it only
# has to run. These stay alone: they have names of their own that another file of their folder has too.
set(heapbump_alone
  detectors/tinygo/shapes.cc detectors/wasm_ld/effect_rules.cc detectors/wasm_ld/opaque_rules.cc detectors/wasm_ld/reasoning.cc
  detectors/wasm_ld/rules.cc detectors/wasm_ld/seeds.cc src/audit/judge_component.cc src/audit/summary_page.cc src/base/output.cc
  src/component/program.cc src/verify/frame_words.cc src/verify/in_step.cc src/verify/relation.cc src/verify/shim.cc src/wasm/sections.cc src/witx/types.cc)

# heapbump_folder([PART NAME] SOURCES FILE... [PACKAGES TARGET...]), from the folder's CMakeLists.txt. PART: a part of
# the folder that is compiled in another way.
function(heapbump_folder)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "PART" "SOURCES;PACKAGES")
  file(RELATIVE_PATH folder ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  heapbump_folder_target(${folder} folder_target)
  set(target ${folder_target})
  if(arg_PART)
    string(APPEND target _${arg_PART})
  endif()
  add_library(${target} OBJECT ${arg_SOURCES})
  foreach(source IN LISTS arg_SOURCES)
    if("${folder}/${source}" IN_LIST heapbump_alone)
      set_source_files_properties(${source} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
    endif()
  endforeach()
  if(NOT HEAPBUMP_CORE_ONLY)
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  endif()
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR})
  target_link_libraries(${target} PRIVATE heapbump_options ${arg_PACKAGES})
  set_property(GLOBAL APPEND PROPERTY ${folder_target}_objects $<TARGET_OBJECTS:${target}>)
  set_property(GLOBAL APPEND PROPERTY ${folder_target}_packages ${arg_PACKAGES})
  set_property(GLOBAL APPEND PROPERTY heapbump_objects $<TARGET_OBJECTS:${target}>)
endfunction()
