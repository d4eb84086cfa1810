# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""From app.wasm to a component that runs:

    python component.py app.wasm app.component.wasm
"""
import pathlib
import sys

import heapbump

source, target = map(pathlib.Path, sys.argv[1:3])
try:
    made = heapbump.component(source.read_bytes())
except heapbump.Refused as refused:
    sys.exit(f"{source}: {refused}")
target.write_bytes(made.component)
print(f"{target}: strategy {made.report['strategy']}, because {made.report['why']}")
