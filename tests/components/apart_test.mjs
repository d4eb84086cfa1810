// Components made by `heapbump component`, under wasmtime and in Node by jco, print what the core module prints under wasmtime:
// C, Rust, Go, TinyGo and AssemblyScript programs, preview0, start functions, several imports of one name, shared memory; each
// by default and apart, with the built-in encoder and the stock ones.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { runComponent } from '../run/component.mjs';
import { heapbump, heapbumpJson, temporaryFolder, TESTS } from '../run/heapbump.mjs';
import { wat } from '../run/wat.mjs';
import { buildC, buildRust } from './build.mjs';
import { coreModules } from './parts.mjs';
import { runtimes } from './runtimes.mjs';
import { wasmtime } from './sweep.mjs';
import { modules } from './workshop.mjs';

const TOOLS = runtimes();
const fixture = (name) => path.join(TESTS, 'fixtures', name);
const write = (folder, name, bytes) => (fs.writeFileSync(path.join(folder, name), bytes), path.join(folder, name));

// What a module made of this text prints; `print` writes the bytes at an address.
const printing = (body, { module = 'wasi_snapshot_preview1', more = '', memory = '(memory (export "memory") 1)' } = {}) => `(module
  (import "${module}" "fd_write" (func $write (param i32 i32 i32 i32) (result i32))) ${more} ${memory}
  (func $print (param $at i32) (param $size i32) (i32.store (i32.const 0) (local.get $at)) (i32.store (i32.const 4) (local.get $size))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
  (data (i32.const 64) "start, initialize, main, end\\n") ${body})`;
const call = (at, size) => `(call $print (i32.const ${64 + at}) (i32.const ${size}))`;
const START = call(0, 7), INITIALIZE = call(7, 12), MAIN = call(19, 6), END = call(25, 4);

// {name: {file(folder), prints (else what the core prints), flags (of wat2wasm), core: false where no core host runs it}}
const WATS = {
  'a command': [printing(`(func (export "_start") ${MAIN} ${END})`), 'main, end\n'],
  'a start function and a command': [printing(`(func $s ${START}) (start $s) (func (export "_start") ${MAIN} ${END})`), 'start, main, end\n'],
  'a start function alone': [printing(`(func $s ${START} ${END}) (start $s)`), 'start, end\n'],
  'a reactor': [printing(`(func (export "_initialize") ${INITIALIZE} ${END})`), 'initialize, end\n'],
  'a start function and a reactor': [printing(`(func $s ${START}) (start $s) (func (export "_initialize") ${INITIALIZE} ${END})`), 'start, initialize, end\n'],
  'a command and a reactor': [printing(`(func (export "_initialize") ${INITIALIZE}) (func (export "_start") ${MAIN} ${END})`), 'initialize, main, end\n'],
  'a start function, a command and a reactor': [printing(`(func $s ${START}) (start $s) (func (export "_initialize") ${INITIALIZE}) (func (export "_start") ${MAIN} ${END})`), 'start, initialize, main, end\n'],
  'imports of one name': [printing(`(func (export "_start") ${MAIN} (drop (call $second (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))) ${END})`,
    { more: '(import "wasi_snapshot_preview1" "fd_write" (func $second (param i32 i32 i32 i32) (result i32)))' }), 'main, main, end\n'],
  'preview0': [printing(`(func (export "_start") ${MAIN} ${END})`, { module: 'wasi_unstable' }), 'main, end\n'],
  'preview0 and preview1': [printing(`(func (export "_start") ${MAIN} (drop (call $second (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))) ${END})`,
    { more: '(import "wasi_unstable" "fd_write" (func $second (param i32 i32 i32 i32) (result i32)))' }), 'main, main, end\n'],
  'several buffers': [printing(`(data (i32.const 16) "\\53\\00\\00\\00\\06\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\59\\00\\00\\00\\04\\00\\00\\00")
    (func (export "_start") (drop (call $write (i32.const 1) (i32.const 16) (i32.const 3) (i32.const 8))))`), 'main, end\n', { core: false }],
  'a poll of a descriptor that is not open, whose count the adapter sets to 0': [printing(`(data (i32.const 264) "\\01") (data (i32.const 272) "\\63") (data (i32.const 400) "\\4d")
    (func (export "_start") (if (i32.eqz (call $poll (i32.const 256) (i32.const 512) (i32.const 1) (i32.const 400))) (then unreachable)) (if (i32.eqz (i32.load (i32.const 400))) (then ${MAIN})) ${END})`,
    { more: '(import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))' }), 'main, end\n', { core: false }],
  'a shared memory': [printing(`(func (export "_start") ${MAIN} ${END})`, { memory: '(memory (export "memory") 1 4 shared)' }), 'main, end\n', { flags: ['--enable-threads'] }],
  'several memories': [printing(`(memory (export "other") 1) (func (export "_start") ${MAIN} ${END})`), 'main, end\n', { flags: ['--enable-multi-memory'] }],
  'a memory of another name': [printing(`(func (export "_start") ${MAIN} ${END})`, { memory: '(memory (export "mem") 1)' }), 'main, end\n', { core: false }],
  'no memory': ['(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32))) (func (export "_start") (call $exit (i32.const 0))))', ''],
  'no import': ['(module (func (export "_start")))', ''],
};
const FEATURES = { jco: (name) => name !== 'several memories' && name !== 'a shared memory' };

async function runs(component, name, options = {}) {
  const { stdin = Buffer.alloc(0), args = [], env = {} } = options;
  const folder = path.dirname(component);
  const inWasmtime = wasmtime(component, { stdin, args, options: Object.entries(env).flatMap(([key, value]) => ['--env', `${key}=${value}`]) });
  const results = [{ engine: 'wasmtime', ...inWasmtime }];
  if (FEATURES.jco(name)) {
    const { stdout, stderr, exitCode, signal } = await runComponent(fs.readFileSync(component), { modules, args: ['program.wasm', ...args], env, stdin, seconds: 120 });
    results.push({ engine: 'jco', stdout, stderr: stderr.toString(), code: signal === null ? exitCode : 134 });
  }
  assert.ok(fs.existsSync(folder));
  return results;
}

function make(file, output, options) {
  const { code, object, stderr } = heapbumpJson(['component', file, '-o', output, ...options]);
  assert.equal(code, 0, `${file} ${options}: ${stderr}`);
  const checked = heapbumpJson(['check', output]);
  assert.equal(checked.code, 0, checked.stderr);
  const valid = spawnSync(TOOLS['wasm-tools'], ['validate', '--features', 'all', output], { encoding: 'utf8' });
  assert.equal(valid.status, 0, valid.stderr);
  return object;
}

for (const [name, [text, prints, { flags = [], core = true } = {}]] of Object.entries(WATS)) {
  test(`${name}: runs as a component`, async (t) => {
    const folder = temporaryFolder(t);
    const file = write(folder, 'program.wasm', wat(text, flags));
    if (core) {
      const { stdout, stderr } = wasmtime(file, { stdin: '' });
      assert.equal(stdout.toString(), prints, `the core module under wasmtime: ${stderr}`);
    }
    for (const encoder of ['builtin', TOOLS['wasm-tools']]) {
      const output = path.join(folder, 'component.wasm');
      const { strategy } = make(file, output, ['--encoder', encoder, '--strategy', 'apart']);
      assert.equal(strategy, 'apart');
      for (const { engine, stdout, stderr, code } of await runs(output, name)) {
        assert.equal(stdout.toString(), prints, `${engine}, ${encoder}: ${stderr}`);
        assert.equal(code, 0, `${engine}, ${encoder}: ${stderr}`);
      }
    }
  });
}

// What the stock encoder and wasmtime's host of core modules do is what `builtin` has to do as well, with one import or several of a name.
for (const [what, second] of [['', ''], [', with imports of one name', '(import "wasi_snapshot_preview1" "fd_write" (func $second (param i32 i32 i32 i32) (result i32)))']]) {
  test(`a command that exports _initialize: runs it once, before _start, also when relocated${what}`, async (t) => {
    const folder = temporaryFolder(t);
    const file = write(folder, 'program.wasm', wat(printing(`(func (export "_initialize") ${INITIALIZE}) (func (export "_start") ${MAIN} ${END})`, { more: second })));
    const prints = 'initialize, main, end\n';
    assert.equal(wasmtime(file, { stdin: '' }).stdout.toString(), prints, 'the core module under wasmtime');
    for (const encoder of [TOOLS['wasm-tools'], 'builtin']) {
      const output = path.join(folder, 'component.wasm');
      assert.equal(make(file, output, ['--encoder', encoder]).strategy, 'tail');
      for (const { engine, stdout, stderr, code } of await runs(output, 'relocated')) {
        assert.equal(stdout.toString(), prints, `${engine}, ${encoder}: ${stderr}`);
        assert.equal(code, 0, `${engine}, ${encoder}: ${stderr}`);
      }
    }
  });
}

const PROGRAMS = {
  'wasi-libc C': (folder) => buildC('stress', folder),
  Rust: (folder) => buildRust('busy', folder),
  'Big Go 1.26': () => fixture('go/busy-go1.26.wasm'),
  'TinyGo, block collector': () => fixture('tinygo/busy-conservative.wasm'),
  'TinyGo, no collector, asyncify': () => fixture('tinygo/busy-leaking-asyncify.wasm'),
  'a snapshot, whose heap was in use': () => fixture('allocators/snapshot-libc-2025.wasm'),
};
for (const [name, file] of Object.entries(PROGRAMS)) {
  test(`${name}: by default and apart, prints what the core module prints`, async (t) => {
    const folder = temporaryFolder(t);
    const program = file(folder);
    if (!fs.existsSync(program)) assert.fail(`${program} is not there`);
    const options = { args: ['12'], env: { HB_TEST: 'c'.repeat(200), A: 'b'.repeat(3000) }, stdin: Buffer.from('a line of input\n'.repeat(5000)) };
    const core = wasmtime(program, { ...options, options: Object.entries(options.env).flatMap(([key, value]) => ['--env', `${key}=${value}`]) });
    for (const strategy of ['auto', 'apart']) {
      const output = path.join(folder, `${strategy}.wasm`);
      make(program, output, ['--encoder', 'builtin', '--strategy', strategy]);
      for (const { engine, stdout, stderr, code } of await runs(output, name, options)) {
        assert.ok(stdout.equals(core.stdout), `${engine}, ${strategy}: ${stderr} ${stdout.toString().slice(0, 200)}`);
        assert.equal(code === 0, core.code === 0, `${engine}, ${strategy}: ${stderr}`);
      }
    }
  });
}

test('a trap is a trap, an exit code is told as far as wasi:cli can', async (t) => {
  const folder = temporaryFolder(t);
  const exit = (code) => `(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32))) (memory (export "memory") 1) (func (export "_start") (call $exit (i32.const ${code}))))`;
  for (const [text, codes] of [[exit(0), [0, 0]], [exit(1), [1, 1]], ['(module (func (export "_start") unreachable))', [134, 134]]]) {
    const output = path.join(folder, 'component.wasm');
    make(write(folder, 'program.wasm', wat(text)), output, ['--strategy', 'apart', '--encoder', 'builtin']);
    assert.deepEqual((await runs(output, 'exit')).map(({ code }) => code), codes, text);
  }
});

test('only what the program imports is in a component of a stock encoder', (t) => {
  const folder = temporaryFolder(t);
  const file = write(folder, 'program.wasm', wat('(module (import "wasi_snapshot_preview1" "random_get" (func (param i32 i32) (result i32))) (memory (export "memory") 1) (func (export "_start")))'));
  const worlds = ['builtin', TOOLS['wasm-tools']].map((encoder) => {
    const output = path.join(folder, 'component.wasm');
    make(file, output, ['--strategy', 'apart', '--encoder', encoder]);
    return spawnSync(TOOLS['wasm-tools'], ['component', 'wit', output], { encoding: 'utf8' }).stdout;
  });
  assert.match(worlds[0], /wasi:filesystem/);
  assert.match(worlds[1], /wasi:random/);
  assert.doesNotMatch(worlds[1], /wasi:sockets/);
});

test('the embedded program is the module that was given, to the byte', (t) => {
  const folder = temporaryFolder(t);
  const file = fixture('tinygo/busy-conservative.wasm');
  const output = path.join(folder, 'component.wasm');
  make(file, output, ['--strategy', 'apart', '--encoder', 'builtin', '--keep-module', path.join(folder, 'kept.wasm')]);
  assert.ok(fs.readFileSync(path.join(folder, 'kept.wasm')).equals(fs.readFileSync(file)));
  assert.ok(coreModules(fs.readFileSync(output)).some((bytes) => bytes.equals(fs.readFileSync(file))));
});

test('the shipped stand-in components are what the pinned encoder makes', () => {
  const ran = spawnSync('sh', [path.join(TESTS, '../scripts/adapters'), process.env.HEAPBUMP_BUILD, TOOLS['wasm-tools'], '--compare'], { encoding: 'utf8' });
  assert.equal(ran.status, 0, ran.stdout + ran.stderr);
});

test('a WIT module is relocated by an encoder that reads component types, and else refused with the reason', (t) => {
  const folder = temporaryFolder(t);
  const file = write(folder, 'program.wasm', wat(printing('(func (export "_start"))')));
  const wit = write(folder, 'world.wit', 'package local:p; world w { export f: func(); }');
  const embedded = path.join(folder, 'embedded.wasm');
  const ran = spawnSync(TOOLS['wasm-tools'], ['component', 'embed', wit, file, '-o', embedded], { encoding: 'utf8' });
  assert.equal(ran.status, 0, ran.stderr);
  for (const strategy of ['auto', 'apart']) {
    const { code, stderr } = heapbump(['component', embedded, '-o', path.join(folder, 'x.wasm'), '--encoder', 'builtin', '--strategy', strategy]);
    assert.equal(code, 4, stderr);
    assert.match(stderr, /carries component types.*\[HB0424\]/);
  }
});
