#!/bin/sh
# The same with what every system has: xargs, two hundred files a process, four processes.
#
#   xargs.sh FOLDER OUT.jsonl
set -eu
folder=$(cd "$1" && pwd)
export folder HEAPBUMP="${HEAPBUMP:-heapbump}"
parts=$(mktemp -d)
export parts
trap 'rm -rf "$parts"' EXIT
# shellcheck disable=SC2016 # the inner shell expands these
find "$folder" -type f -name '*.wasm' -print0 | xargs -0 -n 200 -P 4 sh -c '
  "$HEAPBUMP" audit --root "$folder" --jobs 1 --quiet --report "$parts/$$.jsonl" "$@"' sh
"$HEAPBUMP" audit merge "$parts"/*.jsonl -o "$2"
