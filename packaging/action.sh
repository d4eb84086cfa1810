#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# What action.yml runs: an audit, its summary, its SARIF. Everything comes in by variables, so that no input becomes code.
set -eu
: "${INPUT_PATH:?}" "${RUNNER_TEMP:?}" "${GITHUB_OUTPUT:?}" "${GITHUB_STEP_SUMMARY:?}"

program=${INPUT_PROGRAM:-}
if [ -z "$program" ]; then
  program=$(command -v heapbump || true)
fi
if [ -z "$program" ]; then
  build=$RUNNER_TEMP/heapbump-build
  (cd "$GITHUB_ACTION_PATH" && sh scripts/setup build && cmake -S . -B "$build" -G Ninja -DHEAPBUMP_TESTS=OFF -DHEAPBUMP_SHARED=OFF &&
    cmake --build "$build" --target heapbump_cli)
  program=$build/heapbump
fi

folder=$(mktemp -d "$RUNNER_TEMP/heapbump-XXXXXX")
report=$folder/audit.jsonl
set -- audit --report "$report" --prove "${INPUT_PROVE:-static}" --quiet
[ -z "${INPUT_COMPONENTS:-}" ] || set -- "$@" --component "$INPUT_COMPONENTS"
[ -z "${INPUT_RESERVED:-}" ] || set -- "$@" --reserve "$INPUT_RESERVED"
[ -z "${INPUT_FAIL_ON:-}" ] || set -- "$@" --fail-on "$INPUT_FAIL_ON"
# An audit that fails because of --fail-on has a report all the same.
status=0
"$program" "$@" -- "$INPUT_PATH" || status=$?
[ "$status" = 0 ] || [ "$status" = 7 ] || exit "$status"

"$program" audit convert "$report" --to sarif -o "$folder/heapbump.sarif"
"$program" audit convert "$report" --to markdown >>"$GITHUB_STEP_SUMMARY"
printf 'report=%s\nsarif=%s\n' "$report" "$folder/heapbump.sarif" >>"$GITHUB_OUTPUT"
exit "$status"
