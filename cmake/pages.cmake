# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Writes the manual pages and the completion scripts of a built heapbump, which knows its own command line.
#
#   cmake -D PROGRAM=build/heapbump -D FOLDER=build/pages -P cmake/pages.cmake
function(say output)
  execute_process(COMMAND ${PROGRAM} ${ARGN} OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
  file(WRITE ${FOLDER}/${output} "${text}")
endfunction()

execute_process(COMMAND ${CMAKE_COMMAND} -E env COLUMNS=100 ${PROGRAM} help OUTPUT_VARIABLE help COMMAND_ERROR_IS_FATAL ANY)
string(REGEX REPLACE ".*\nVerbs:\n(.*)\n\nOptions of every verb:.*" "\\1" verbs "${help}")
string(REGEX MATCHALL "\n  [a-z]+" verbs "\n${verbs}")
if(NOT verbs)
  message(FATAL_ERROR "`${PROGRAM} help` names no verbs")
endif()
file(REMOVE_RECURSE ${FOLDER})
say(man/man1/heapbump.1 help --man)
foreach(verb IN LISTS verbs)
  string(STRIP "${verb}" verb)
  say(man/man1/heapbump-${verb}.1 help --man ${verb})
endforeach()
say(bash-completion/completions/heapbump completion bash)
say(zsh/site-functions/_heapbump completion zsh)
say(fish/vendor_completions.d/heapbump.fish completion fish)
