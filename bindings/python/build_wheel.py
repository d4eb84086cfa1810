# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Builds the wheel (PEP 517): the package, the shared library, the program and the licences.

The library and the program are those of HEAPBUMP_LIBRARY and HEAPBUMP_PROGRAM. Where these are not set, both are
built from the checkout by CMake. Nothing is downloaded.
"""
import base64
import hashlib
import os
import pathlib
import platform
import re
import subprocess
import tempfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
# Of a wheel's files, so that the same input gives the same bytes.
TIME = (2020, 1, 1, 0, 0, 0)


def version():
    text = (ROOT / "CMakeLists.txt").read_text()
    return re.search(r"^project\(heapbump VERSION (\d+\.\d+\.\d+) ", text, re.M).group(1)


def platform_tag(files):
    """manylinux where the files need nothing but an old enough glibc, else the tag of this machine."""
    machine = platform.machine()
    if platform.system() != "Linux":
        import sysconfig
        return sysconfig.get_platform().replace("-", "_").replace(".", "_")
    newest = (2, 17)
    for file in files:
        if file is None:
            continue
        try:
            text = subprocess.run(["readelf", "-dV", "-W", file], check=True, capture_output=True, text=True).stdout
        except (OSError, subprocess.CalledProcessError):
            return f"linux_{machine}"
        if "libstdc++" in text or "libgcc_s" in text or "GLIBC_ABI_DT_RELR" in text:
            return f"linux_{machine}"
        if "ld-musl" in text or "libc.musl" in text:
            return f"musllinux_1_2_{machine}"
        newest = max([newest] + [tuple(map(int, found)) for found in re.findall(r"GLIBC_(\d+)\.(\d+)", text)])
    return f"manylinux_{newest[0]}_{newest[1]}_{machine}"


def built(folder):
    """The library and the program, by CMake."""
    def run(*command):
        subprocess.run(command, check=True)

    run("cmake", "-S", ROOT, "-B", folder, "-DCMAKE_BUILD_TYPE=Release", "-DHEAPBUMP_TESTS=OFF", "-DHEAPBUMP_INSTALL=OFF")
    run("cmake", "--build", folder, "-j", str(os.cpu_count()), "--target", "heapbump_shared", "heapbump_cli")
    return folder / "libheapbump.so", folder / "heapbump"


def metadata():
    return (
        "Metadata-Version: 2.4\n"
        "Name: heapbump\n"
        f"Version: {version()}\n"
        "Summary: Makes components of finished WASI preview1 modules, and reserves linear memory in them\n"
        "Keywords: webassembly,wasi,component-model\n"
        "License-Expression: Apache-2.0 WITH LLVM-exception\n"
        + "".join(f"License-File: {name}\n" for name in licences())
        + "Requires-Python: >=3.9\n"
        "Description-Content-Type: text/markdown\n\n" + (HERE / "README.md").read_text()
    )


def licences():
    """{name in the wheel: file}: of heapbump, and of all that NOTICE names."""
    found = {"LICENSE": ROOT / "LICENSE", "NOTICE": ROOT / "NOTICE"}
    for file in [ROOT / "adapters/released/LICENSE", *sorted((ROOT / "third_party").glob("*/LICENSE"))]:
        found[str(file.relative_to(ROOT))] = file
    return found


def write_wheel(folder, library, program):
    info = f"heapbump-{version()}.dist-info"
    tag = f"py3-none-{platform_tag([library, program])}"
    files = {f"heapbump/{file.name}": (file.read_bytes(), 0o644)
             for file in sorted((HERE / "heapbump").iterdir()) if file.suffix in (".py", ".typed")}
    # libheapbump.so.0.2.0 is libheapbump.so here: heapbump/_native.py loads it by that name.
    name = re.sub(r"\.so[.\d]*$", ".so", pathlib.Path(library).name)
    files[f"heapbump/{name}"] = (pathlib.Path(library).read_bytes(), 0o755)
    if program is not None:
        files[f"heapbump-{version()}.data/scripts/{pathlib.Path(program).name}"] = (pathlib.Path(program).read_bytes(), 0o755)
    files[f"{info}/METADATA"] = (metadata().encode(), 0o644)
    files[f"{info}/WHEEL"] = (f"Wheel-Version: 1.0\nGenerator: heapbump\nRoot-Is-Purelib: false\nTag: {tag}\n".encode(), 0o644)
    for name, file in licences().items():
        files[f"{info}/licenses/{name}"] = (file.read_bytes(), 0o644)
    record = ""
    for name, (data, _) in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        record += f"{name},sha256={digest},{len(data)}\n"
    files[f"{info}/RECORD"] = (f"{record}{info}/RECORD,,\n".encode(), 0o644)

    wheel = f"heapbump-{version()}-{tag}.whl"
    with zipfile.ZipFile(pathlib.Path(folder) / wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, (data, mode) in files.items():
            entry = zipfile.ZipInfo(name, TIME)
            entry.external_attr = (0o100000 | mode) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return wheel


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    library, program = os.environ.get("HEAPBUMP_LIBRARY"), os.environ.get("HEAPBUMP_PROGRAM")
    if library:
        return write_wheel(wheel_directory, library, program)
    with tempfile.TemporaryDirectory() as folder:
        return write_wheel(wheel_directory, *built(pathlib.Path(folder)))


if __name__ == "__main__":
    import sys
    print(build_wheel(sys.argv[1] if len(sys.argv) > 1 else "."))
