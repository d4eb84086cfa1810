# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# What `cmake --install` puts where: the program, the libraries with their headers, a CMake package
# and a file for pkg-config, manual pages, completions, and the JSON Schemas, and the licence.
include(CMakePackageConfigHelpers)

install(TARGETS heapbump_cli RUNTIME COMPONENT program)
install(TARGETS heapbump EXPORT heapbumpTargets ARCHIVE COMPONENT library)
install(FILES include/heapbump.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT library)
install(DIRECTORY include/heapbump DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT library)
# A program that is not built for this machine cannot be asked for its manual.
if(NOT CMAKE_CROSSCOMPILING)
  add_custom_command(OUTPUT ${PROJECT_BINARY_DIR}/pages.stamp VERBATIM
    COMMAND ${CMAKE_COMMAND} -D PROGRAM=$<TARGET_FILE:heapbump_cli> -D FOLDER=${PROJECT_BINARY_DIR}/pages
            -P ${PROJECT_SOURCE_DIR}/cmake/pages.cmake
    COMMAND ${CMAKE_COMMAND} -E touch ${PROJECT_BINARY_DIR}/pages.stamp
    DEPENDS heapbump_cli ${PROJECT_SOURCE_DIR}/cmake/pages.cmake)
  add_custom_target(heapbump_pages ALL DEPENDS ${PROJECT_BINARY_DIR}/pages.stamp)
  install(DIRECTORY ${PROJECT_BINARY_DIR}/pages/ DESTINATION ${CMAKE_INSTALL_DATADIR} COMPONENT program)
endif()
install(FILES LICENSE NOTICE CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)
install(DIRECTORY schemas DESTINATION ${CMAKE_INSTALL_DATADIR}/heapbump COMPONENT program)

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/heapbump)
install(EXPORT heapbumpTargets NAMESPACE heapbump:: DESTINATION ${package_folder} COMPONENT library)
configure_package_config_file(cmake/heapbumpConfig.cmake.in ${PROJECT_BINARY_DIR}/heapbumpConfig.cmake
                              INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/heapbumpConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/heapbumpConfig.cmake ${PROJECT_BINARY_DIR}/heapbumpConfigVersion.cmake
        DESTINATION ${package_folder} COMPONENT library)

if(HEAPBUMP_SHARED)
  install(TARGETS heapbump_shared EXPORT heapbumpSharedTargets LIBRARY COMPONENT shared NAMELINK_COMPONENT library
          RUNTIME COMPONENT shared ARCHIVE COMPONENT library)
  install(EXPORT heapbumpSharedTargets NAMESPACE heapbump:: DESTINATION ${package_folder} COMPONENT library)
  file(RELATIVE_PATH pc_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
  configure_file(cmake/heapbump.pc.in ${PROJECT_BINARY_DIR}/heapbump.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/heapbump.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT library)
endif()

if(PROJECT_IS_TOP_LEVEL AND HEAPBUMP_SHARED AND CMAKE_SYSTEM_NAME STREQUAL "Linux")
  include(cmake/package.cmake)
endif()
