# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The C interface (include/heapbump.h) by ctypes."""
from __future__ import annotations

import ctypes
import os
import pathlib
import sys
from typing import Optional

MODULE, COMPONENT, MANIFEST, REPORT = 1, 2, 3, 4


class ReserveOptions(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_size_t),
        ("pages", ctypes.c_uint64),
        ("adapters", ctypes.c_uint32),
        ("strategy", ctypes.c_uint32),
        ("placement", ctypes.c_uint32),
        ("min_confidence", ctypes.c_uint32),
        ("allow_moved_code", ctypes.c_uint32),
        ("skip_verify", ctypes.c_uint32),
    ]


class ComponentOptions(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_size_t),
        ("strategy", ctypes.c_uint32),
        ("min_confidence", ctypes.c_uint32),
        ("flavor", ctypes.c_char_p),
        ("adapter", ctypes.c_char_p),
        ("adapter_size", ctypes.c_size_t),
    ]


class _Bytes(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_size_t)]


def _load() -> ctypes.CDLL:
    given = os.environ.get("HEAPBUMP_LIBRARY")
    name = {"win32": "heapbump.dll", "darwin": "libheapbump.dylib"}.get(sys.platform, "libheapbump.so")
    library = ctypes.CDLL(given or str(pathlib.Path(__file__).with_name(name)))
    pointer, size, text = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p
    # c_char_p passes the address of a bytes object, so that nothing is copied; zero bytes in it do no harm.
    for function, result, arguments in [
        ("heapbump_version", text, []),
        ("heapbump_detect", pointer, [text, size]),
        ("heapbump_reserve", pointer, [text, size, pointer]),
        ("heapbump_verify", pointer, [text, size, text, size, text, size]),
        ("heapbump_check", pointer, [text, size, text, size]),
        ("heapbump_component", pointer, [text, size, pointer]),
        ("heapbump_undo", pointer, [text, size, text, size]),
        ("heapbump_result_exit_code", ctypes.c_int, [pointer]),
        ("heapbump_result_code", text, [pointer]),
        ("heapbump_result_message", text, [pointer]),
        ("heapbump_result_offset", ctypes.c_int, [pointer, ctypes.POINTER(ctypes.c_uint64)]),
        ("heapbump_result_get", _Bytes, [pointer, ctypes.c_uint32]),
        ("heapbump_result_free", None, [pointer]),
    ]:
        entry = getattr(library, function)
        entry.restype = result
        entry.argtypes = arguments
    return library


_library = _load()


class Result:
    """What a call gave. It is freed by free()."""

    def __init__(self, handle: int):
        self._handle = handle

    def exit_code(self) -> int:
        return _library.heapbump_result_exit_code(self._handle)

    def code(self) -> str:
        return _library.heapbump_result_code(self._handle).decode()

    def message(self) -> str:
        return _library.heapbump_result_message(self._handle).decode("utf-8", "replace")

    def offset(self) -> Optional[int]:
        value = ctypes.c_uint64()
        return value.value if _library.heapbump_result_offset(self._handle, ctypes.byref(value)) else None

    def part(self, what: int) -> Optional[bytes]:
        found = _library.heapbump_result_get(self._handle, what)
        return ctypes.string_at(found.data, found.size) if found.data else None

    def free(self) -> None:
        handle, self._handle = self._handle, None
        _library.heapbump_result_free(handle)


def call(verb: str, *arguments) -> Result:
    """Each argument is bytes, which become their address and size, or options."""
    passed: list = []
    for argument in arguments:
        if isinstance(argument, ctypes.Structure):
            argument.struct_size = ctypes.sizeof(argument)
            passed.append(ctypes.byref(argument))
        else:
            data = argument if isinstance(argument, bytes) else bytes(argument)
            passed += [data, len(data)]
    return Result(getattr(_library, f"heapbump_{verb}")(*passed))


def version() -> str:
    return _library.heapbump_version().decode()
