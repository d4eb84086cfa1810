#!/bin/sh
# Audits a folder in batches under GNU parallel, and makes one report of the batches.
#
#   parallel.sh FOLDER OUT.jsonl [OPTIONS OF PARALLEL...]
set -eu
folder=$(cd "$1" && pwd)
out=$2
shift 2
export folder HEAPBUMP="${HEAPBUMP:-heapbump}"
parts=$(mktemp -d)
export parts
trap 'rm -rf "$parts"' EXIT
# shellcheck disable=SC2016 # the shell that parallel starts expands these
find "$folder" -type f -name '*.wasm' -print0 |
  parallel --null --pipe --recend '\0' --block 64k --halt now,fail=1 "$@" \
    '"$HEAPBUMP" audit --files-from - --null --root "$folder" --jobs 1 --quiet --report "$parts"/{#}.jsonl'
"$HEAPBUMP" audit merge "$parts"/*.jsonl -o "$out"
