# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Debian packages by CPack, one for each component of the installation:
#   cmake -S . -B build -DCMAKE_INSTALL_PREFIX=/usr -DHEAPBUMP_TESTS=OFF && cmake --build build && (cd build && cpack -G DEB)
set(CPACK_PACKAGE_NAME heapbump)
set(CPACK_PACKAGE_VENDOR "the heapbump authors")
set(CPACK_PACKAGE_CONTACT "heapbump maintainers <maintainers@users.noreply.example>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "makes components of finished WASI preview1 modules")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_GENERATOR DEB)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL program shared library)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=")
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/compress_pages.cmake)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME heapbump)
set(CPACK_DEBIAN_SHARED_PACKAGE_NAME libheapbump0)
set(CPACK_DEBIAN_SHARED_PACKAGE_SECTION libs)
# A new shared library has to be made known to the loader.
file(WRITE ${PROJECT_BINARY_DIR}/debian/triggers "activate-noawait ldconfig\n")
set(CPACK_DEBIAN_SHARED_PACKAGE_CONTROL_EXTRA ${PROJECT_BINARY_DIR}/debian/triggers)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libheapbump-dev)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_DEPENDS "libheapbump0 (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_RECOMMENDS "wabt")
set(description "heapbump finds where the heap of a finished WASI preview1 module starts,
reserves a region of its linear memory for the preview1 adapter, and makes
a component that runs, without the module's source.")
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION "${description}\n\nThis package has the program.")
set(CPACK_COMPONENT_SHARED_DESCRIPTION "${description}\n\nThis package has the shared library, which has the C interface.")
set(CPACK_COMPONENT_LIBRARY_DESCRIPTION "${description}\n\nThis package has the headers, the static library and the CMake package.")

# What Debian wants to be in each package: who may do what with it, and what changed.
file(READ ${PROJECT_SOURCE_DIR}/LICENSE licence)
file(READ ${PROJECT_SOURCE_DIR}/NOTICE notice)
string(FIND "${licence}" "--- LLVM Exceptions" at)
string(SUBSTRING "${licence}" ${at} -1 exceptions)
file(READ ${PROJECT_SOURCE_DIR}/third_party/bitcoin_sha256/LICENSE mit)
file(WRITE ${PROJECT_BINARY_DIR}/debian/copyright "${notice}
On Debian systems, the text of the Apache License 2.0 is in /usr/share/common-licenses/Apache-2.0.

${exceptions}

third_party/bitcoin_sha256/LICENSE:

${mit}")
find_program(GZIP gzip)
if(GZIP)
  execute_process(COMMAND ${GZIP} -9nc ${PROJECT_SOURCE_DIR}/CHANGELOG.md OUTPUT_FILE ${PROJECT_BINARY_DIR}/debian/changelog.gz)
  foreach(pair program:heapbump shared:libheapbump0 library:libheapbump-dev)
    string(REPLACE : ";" pair ${pair})
    list(GET pair 0 component)
    list(GET pair 1 package)
    install(FILES ${PROJECT_BINARY_DIR}/debian/copyright ${PROJECT_BINARY_DIR}/debian/changelog.gz
            DESTINATION share/doc/${package} COMPONENT ${component})
  endforeach()
endif()
include(CPack)
