# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""heapbump: components of finished WASI preview1 modules, and reserved regions of linear memory in them.

Every function takes and gives bytes; no file is read or written and no process is started. Work is done outside of
Python's lock, so several threads may work at once.

    made = heapbump.component(pathlib.Path("app.wasm").read_bytes())
    pathlib.Path("app.component.wasm").write_bytes(made.component)
"""
from __future__ import annotations

import dataclasses
import json
from typing import Any, Optional, Union

from heapbump import _native

__all__ = ["Answer", "Refused", "check", "component", "detect", "reserve", "undo", "verify", "version"]

Bytes = Union[bytes, bytearray, memoryview]


@dataclasses.dataclass(frozen=True, repr=False)
class Answer:
    """What a verb gives. What it does not have is None."""

    module: Optional[bytes]
    """reserve: the reserved module; undo: the original; component: the module that is embedded"""
    component: Optional[bytes]
    manifest_text: Optional[str]
    """layout.json, the bytes that the program writes"""
    report_text: str

    @property
    def manifest(self) -> Any:
        return None if self.manifest_text is None else json.loads(self.manifest_text)

    @property
    def report(self) -> Any:
        return json.loads(self.report_text)

    def __repr__(self) -> str:
        return f"<heapbump.Answer: {self.report.get('status')}>"


class Refused(Exception):
    """What cannot be done, and why. `exit_code` is the program's: 2 wrong use, 3 malformed, 4 not supported, 5 no
    heap start found or not sure enough, 6 does not fit, 7 the check failed, 1 anything else."""

    def __init__(self, code: str, message: str, offset: Optional[int], exit_code: int, report_text: str):
        super().__init__(f"{message} [{code}]")
        self.code = code
        self.message = message
        self.offset = offset
        """the file offset that it is about, or None"""
        self.exit_code = exit_code
        self.report_text = report_text

    @property
    def report(self) -> Any:
        return json.loads(self.report_text) if self.report_text else None


def _answer(result: _native.Result) -> Answer:
    try:
        report = (result.part(_native.REPORT) or b"").decode()
        if result.exit_code() != 0:
            raise Refused(result.code(), result.message(), result.offset(), result.exit_code(), report)
        manifest = result.part(_native.MANIFEST)
        return Answer(result.part(_native.MODULE), result.part(_native.COMPONENT),
                      None if manifest is None else manifest.decode(), report)
    finally:
        result.free()


def _choice(option: str, value: str, choices: dict[str, int]) -> int:
    if value not in choices:
        raise ValueError(f"{option} is one of {', '.join(choices)}, not {value!r}")
    return choices[value]


def _text(manifest: Union[str, bytes, dict, None]) -> bytes:
    if isinstance(manifest, dict):
        manifest = json.dumps(manifest)
    return manifest.encode() if isinstance(manifest, str) else manifest or b""


_STRATEGIES = {"auto": 0, "bump": 1, "tail": 2, "gap": 3}
_PLACEMENTS = {"auto": 0, "shim": 1, "adapter": 2, "none": 3}
_CONFIDENCES = {"strong": 0, "weak": 1, "proven": 2}


def version() -> str:
    return _native.version()


def detect(module: Bytes) -> Answer:
    """Which toolchain made a core module, and where its heap starts: in the report."""
    return _answer(_native.call("detect", module))


def reserve(module: Bytes, *, pages: int = 2, adapters: int = 1, strategy: str = "auto", placement: str = "auto",
            min_confidence: str = "strong", allow_moved_code: bool = False, verify: bool = True) -> Answer:
    """The module with a region of `pages` pages of 64 KiB that it never touches, its manifest and its report."""
    if pages < 1 or adapters < 1:
        raise ValueError("pages and adapters are at least 1")
    options = _native.ReserveOptions(pages=pages, adapters=adapters, strategy=_choice("strategy", strategy, _STRATEGIES),
                                     placement=_choice("placement", placement, _PLACEMENTS),
                                     min_confidence=_choice("min_confidence", min_confidence, _CONFIDENCES),
                                     allow_moved_code=allow_moved_code, skip_verify=not verify)
    return _answer(_native.call("reserve", module, options))


def component(module: Bytes, *, strategy: str = "auto", min_confidence: str = "strong", flavor: Optional[str] = None,
              adapter: Optional[Bytes] = None) -> Answer:
    """A component that runs. `strategy` "apart" gives the adapter a memory of its own."""
    given = None if adapter is None else bytes(adapter)
    options = _native.ComponentOptions(strategy=_choice("strategy", strategy, {**_STRATEGIES, "apart": 4}),
                                       min_confidence=_choice("min_confidence", min_confidence, _CONFIDENCES),
                                       flavor=None if flavor is None else flavor.encode(), adapter=given,
                                       adapter_size=0 if given is None else len(given))
    return _answer(_native.call("component", module, options))


def verify(original: Bytes, reserved: Bytes, manifest: Union[str, bytes, dict, None] = None) -> Answer:
    """Holds a reserved module against its original; raises Refused (HB0701) where something is not as it must be."""
    return _answer(_native.call("verify", original, reserved, _text(manifest)))


def check(component: Bytes, manifest: Union[str, bytes, dict, None] = None) -> Answer:
    """Whether a component's adapters keep to the region, or to a memory of their own."""
    return _answer(_native.call("check", component, _text(manifest)))


def undo(reserved: Bytes, manifest: Union[str, bytes, dict, None] = None) -> Answer:
    """The original of a reserved module, byte for byte, as `module`."""
    return _answer(_native.call("undo", reserved, _text(manifest)))
