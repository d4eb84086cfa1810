# What `cmake --install` puts where: the program, the static library with its headers, a CMake package
# (find_package(heapbump), target heapbump::heapbump), and the JSON Schemas.
include(CMakePackageConfigHelpers)

install(TARGETS heapbump_cli RUNTIME COMPONENT program)
install(TARGETS heapbump EXPORT heapbumpTargets ARCHIVE COMPONENT library)
install(DIRECTORY include/heapbump DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT library)
install(DIRECTORY schemas DESTINATION ${CMAKE_INSTALL_DATADIR}/heapbump COMPONENT program)

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/heapbump)
install(EXPORT heapbumpTargets NAMESPACE heapbump:: DESTINATION ${package_folder} COMPONENT library)
configure_package_config_file(cmake/heapbumpConfig.cmake.in ${PROJECT_BINARY_DIR}/heapbumpConfig.cmake
                              INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/heapbumpConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/heapbumpConfig.cmake ${PROJECT_BINARY_DIR}/heapbumpConfigVersion.cmake
        DESTINATION ${package_folder} COMPONENT library)
