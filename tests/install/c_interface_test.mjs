// The installed shared library: its symbols are those of the list and no other, it needs no other library than the
// run-time ones, and a C program that is linked with it gets what the program writes, for every fixture.
//
//   PREFIX=... LIBDIR=... CONSUMER=... CC=... EXPECTED=... node --test c_interface_test.mjs
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, { after } from 'node:test';
import { differing, readExpected, readParts, summary } from './same_bytes.mjs';

const { PREFIX, LIBDIR, CONSUMER, CC, EXPECTED } = process.env;
const heapbump = path.join(PREFIX, 'bin/heapbump');
const library = path.join(PREFIX, LIBDIR, 'libheapbump.so');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'heapbump-c-'));
after(() => fs.rmSync(folder, { recursive: true }));
const here = (name) => new URL(name, import.meta.url).pathname;

test('the symbols are those of the list, with their versions', () => {
  const table = execFileSync('nm', ['-D', '--defined-only', library], { encoding: 'utf8' });
  const found = table.trim().split('\n').map((line) => line.split(' ')).filter(([, kind]) => kind !== 'A').map(([, , name]) => name).sort();
  const header = fs.readFileSync(path.join(PREFIX, 'include/heapbump.h'), 'utf8');
  const declared = [...header.matchAll(/^HEAPBUMP_API [\w* ]*?\**(heapbump_\w+)\(/gm)].map((m) => m[1]).sort();
  assert.deepEqual(found.map((name) => name.replace(/@@.*/, '')), declared);
  assert.deepEqual(found, fs.readFileSync(here('symbols.txt'), 'utf8').trim().split('\n'));
});

test('it needs the run-time libraries alone', () => {
  const table = execFileSync('readelf', ['-d', library], { encoding: 'utf8' });
  const needed = [...table.matchAll(/\(NEEDED\).*\[(.*)\]/g)].map((m) => m[1]);
  assert.deepEqual(needed.filter((name) => !/^(lib(stdc\+\+|gcc_s|m|c|clang_rt\.\w+|[alt]?ubsan|asan)\.|ld-linux)/.test(name)), []);
  assert.match(table, /\(SONAME\).*\[libheapbump\.so\.0\]/);
});

test('a C program by pkg-config', () => {
  const env = { ...process.env, PKG_CONFIG_PATH: path.join(PREFIX, LIBDIR, 'pkgconfig') };
  const flags = spawnSync('pkg-config', ['--cflags', '--libs', 'heapbump'], { env, encoding: 'utf8' });
  const words = flags.error ? fs.readFileSync(path.join(PREFIX, LIBDIR, 'pkgconfig/heapbump.pc'), 'utf8') : flags.stdout;
  assert.match(words, /-lheapbump/);
  // Without pkg-config the same flags by hand.
  const args = flags.error ? [`-I${PREFIX}/include`, `-L${PREFIX}/${LIBDIR}`, '-lheapbump'] : flags.stdout.trim().split(/\s+/);
  const program = path.join(folder, 'by_pkg_config');
  execFileSync(CC, ['-std=c99', here('c_consumer/main.c'), ...args, `-Wl,-rpath,${PREFIX}/${LIBDIR}`, '-o', program]);
  const version = execFileSync(program, ['version'], { encoding: 'utf8' });
  assert.equal(execFileSync(heapbump, ['--version'], { encoding: 'utf8' }).split('\n')[0], `heapbump ${version.trim()}`);
});

const answer = (verb, file, ...rest) => {
  const out = path.join(folder, 'out');
  fs.rmSync(out, { recursive: true, force: true });
  fs.mkdirSync(out);
  const { status, stdout } = spawnSync(CONSUMER, [verb, file, out, ...rest], { encoding: 'utf8' });
  return { exitCode: status, stdout, ...readParts(out, (part) => part + (part === 'manifest' || part === 'report' ? '.json' : '.wasm')) };
};

test('it gives what the program writes', () => {
  const found = differing(readExpected(EXPECTED), (verb, file) => {
    const { exitCode, stdout, ...parts } = answer(verb, file);
    return summary(exitCode, parts);
  });
  assert.deepEqual(found, []);
});

test('verify, undo and check answer', () => {
  const go = here('../fixtures/go/busy-go1.26.wasm');
  const kept = (name, bytes) => (fs.writeFileSync(path.join(folder, name), bytes), path.join(folder, name));
  const reserved = kept('reserved.wasm', answer('reserve', go).module);
  assert.equal(answer('verify', go, reserved).exitCode, 0);
  assert.equal(answer('verify', go, here('../fixtures/kinds/as-stub.wasm')).exitCode, 7);
  assert.deepEqual(answer('undo', reserved).module, fs.readFileSync(go));
  assert.equal(answer('undo', go).exitCode, spawnSync(heapbump, ['undo', go, '-o', path.join(folder, 'none.wasm')]).status);
  const component = kept('component.wasm', answer('component', go).component);
  assert.equal(answer('check', component).exitCode, 0);
  assert.match(answer('check', go).stdout, /^HB0\d{3}: /);
});
