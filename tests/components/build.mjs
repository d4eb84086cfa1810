// Builds the programs of this folder with what Debian has: clang and wasi-libc, and rustc with its WASI library.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const PROGRAMS = path.join(path.dirname(fileURLToPath(import.meta.url)), 'programs');
const find = (names) => names.flatMap((name) => (process.env.PATH ?? '').split(':').map((folder) => path.join(folder, name))).find((file) => fs.existsSync(file));

// -> path of the compiler
export function findC() {
  const clang = find(['clang-19', 'clang-18', 'clang-14', 'clang']);
  if (clang === undefined) throw new Error('clang is not installed (scripts/setup test installs it)');
  return clang;
}

// -> path of the module
export function buildC(name, folder, flags = []) {
  const clang = findC();
  const output = path.join(folder, `${name}.wasm`);
  execFileSync(clang, ['--target=wasm32-wasi', '-O2', '-Wl,--strip-all', ...flags, path.join(PROGRAMS, `${name}.c`), '-o', output], { stdio: ['ignore', 'inherit', 'inherit'] });
  return output;
}

// Debian 13's rustc asks for a rust-lld that no package has. Debian 12's has one, and wasm-ld 19 cannot read its libraries.
export function rustLinker(target) {
  const linker = '/usr/bin/wasm-ld-19';
  return target !== 'wasm32-wasi' && fs.existsSync('/usr/lib/rustlib/wasm32-wasip1') && fs.existsSync(linker) ? ['-C', `linker=${linker}`, '-C', 'linker-flavor=wasm-ld'] : [];
}

// -> {rustc, target, linker (options)}
export function findRust() {
  const rustc = '/usr/bin/rustc'; // the one whose WASI library is a package beside it
  const target = ['wasm32-wasip1', 'wasm32-wasi'].find((triple) => fs.existsSync(`/usr/lib/rustlib/${triple}/lib`));
  if (!fs.existsSync(rustc) || target === undefined) throw new Error('rustc and libstd-rust-dev-wasm32 are not installed (scripts/setup test installs them)');
  return { rustc, target, linker: rustLinker(target) };
}

// -> path of the module
export function buildRust(name, folder, flags = []) {
  const { rustc, target, linker } = findRust();
  const output = path.join(folder, `${name}.wasm`);
  execFileSync(rustc, ['--target', target, ...linker, '-O', '-C', 'strip=symbols', '--edition', '2021', ...flags, path.join(PROGRAMS, `${name}.rs`), '-o', output], { stdio: ['ignore', 'inherit', 'inherit'] });
  return output;
}
