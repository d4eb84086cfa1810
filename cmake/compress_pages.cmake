# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Run by CPack on what it has installed and not yet packed: manual pages are compressed, as Debian wants them.
file(GLOB_RECURSE pages ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/*.1)
foreach(page IN LISTS pages)
  execute_process(COMMAND gzip -9nf ${page} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
