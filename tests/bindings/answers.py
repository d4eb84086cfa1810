# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The answers of the Python package to the questions of expected.json (tests/install/same_bytes.mjs), as JSON."""
import hashlib
import json
import sys

import heapbump


def answer(verb, file):
    with open(file, "rb") as opened:
        data = opened.read()
    try:
        made = getattr(heapbump, verb)(data)
    except heapbump.Refused as refused:
        return {"exitCode": refused.exit_code, "report": refused.report_text.encode()}
    text = {"manifest": made.manifest_text, "report": made.report_text}
    parts = {"module": made.module, "component": made.component, **{name: part and part.encode() for name, part in text.items()}}
    return {"exitCode": 0, **{name: part for name, part in parts.items() if part is not None}}


answers = []
with open(sys.argv[1], encoding="utf-8") as opened:
    for question in json.load(opened):
        found = answer(question["verb"], question["file"])
        hashes = {name: part if name == "exitCode" else hashlib.sha256(part).hexdigest() for name, part in found.items()}
        answers.append({"verb": question["verb"], "file": question["file"], **hashes})
print(json.dumps(answers))
