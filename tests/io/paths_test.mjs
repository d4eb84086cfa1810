// What one command is asked to write never destroys what it reads or writes besides, appears whole or not at all, and
// never leaves a document of an earlier run in the place of its own.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';

const heapbump = process.env.HEAPBUMP;
const fixtures = process.env.FIXTURES;
const root = fs.mkdtempSync(path.join(os.tmpdir(), 'heapbump-paths-'));
process.on('exit', () => fs.rmSync(root, { recursive: true, force: true }));

let folders = 0;
/** A new folder with the modules that the tests use; commands run in it. */
function room() {
  const at = path.join(root, String(folders++));
  fs.mkdirSync(path.join(at, 'sub'), { recursive: true });
  fs.copyFileSync(path.join(fixtures, 'go/busy-go1.24.wasm'), path.join(at, 'in.wasm'));
  fs.symlinkSync('in.wasm', path.join(at, 'link.wasm'));
  fs.linkSync(path.join(at, 'in.wasm'), path.join(at, 'hard.wasm'));
  fs.symlinkSync('not-yet', path.join(at, 'dangling'));
  const run = (...args) => spawnSync(heapbump, args, { cwd: at, encoding: 'utf8' });
  const read = (name) => fs.readFileSync(path.join(at, name));
  return { at, run, read, json: (name) => JSON.parse(read(name)), has: (name) => fs.existsSync(path.join(at, name)), names: () => fs.readdirSync(at).sort() };
}

const SAME = [
  ['reserve', 'in.wasm', '-o', 'in.wasm'],
  ['reserve', 'in.wasm', '-o', 'link.wasm'],
  ['reserve', 'in.wasm', '-o', './sub/../in.wasm'],
  ['reserve', 'hard.wasm', '-o', 'in.wasm'],
  ['reserve', 'in.wasm', '-o', 'x', '--manifest', 'x'],
  ['reserve', 'in.wasm', '-o', 'x', '--manifest', 'sub/../x'],
  ['reserve', 'in.wasm', '-o', 'dangling', '--manifest', 'not-yet'],
  ['reserve', 'in.wasm', '-o', 'x', '--manifest', 'in.wasm'],
  ['reserve', 'in.wasm', '-o', 'x', '--report', 'in.wasm'],
  ['reserve', 'in.wasm', '-o', 'x', '--manifest', 'm', '--report', 'm'],
  ['reserve', 'in.wasm', '--dry-run', '--manifest', 'm', '--report', 'm'],
  ['reserve', 'in.wasm', '--in-place', '--report', 'in.wasm'],
  ['reserve', 'in.wasm', '-o', 'x', '--stdin', 'stdin.txt', '--report', 'stdin.txt'],
  ['component', 'in.wasm', '-o', 'in.wasm'],
  ['component', 'in.wasm', '-o', 'x', '--keep-module', 'in.wasm'],
  ['component', 'in.wasm', '-o', 'x', '--adapter', 'm.json', '--report', 'm.json'],
  ['undo', 'in.wasm', '-o', 'in.wasm'],
  ['map', 'in.wasm', '--svg', 'in.wasm'],
  ['place', 'in.wasm', '--manifest', 'm.json', '-o', 'in.wasm'],
  ['place', 'in.wasm', '--manifest', 'm.json', '-o', 'm.json'],
];
for (const args of SAME) {
  test(`refused before anything is written: ${args.join(' ')}`, () => {
    const { at, run, read, names } = room();
    for (const name of ['stdin.txt', 'm.json']) fs.writeFileSync(path.join(at, name), 'text');
    const before = names();
    const input = read('in.wasm');
    const { status, stderr } = run(...args);
    assert.match(stderr, /are the same file; nothing was written.*\[HB0201\]/);
    assert.equal(status, 2);
    assert.deepEqual(names(), before);
    assert.ok(read('in.wasm').equals(input));
    assert.equal(read('m.json').toString(), 'text');
  });
}

test('a device may be named twice', () => {
  const { run } = room();
  assert.equal(run('reserve', 'in.wasm', '-o', '/dev/null', '--report', '/dev/null', '--manifest', '/dev/null').status, 0);
});

test('--in-place replaces the input, and undo gives it back', () => {
  const { run, read } = room();
  const input = read('in.wasm');
  assert.equal(run('reserve', 'in.wasm', '--in-place').status, 0);
  assert.ok(!read('in.wasm').equals(input));
  assert.ok(read('hard.wasm').equals(input), 'the other name of the old file keeps the old bytes');
  assert.equal(run('undo', 'in.wasm', '--in-place').status, 0);
  assert.ok(read('in.wasm').equals(input));
  assert.equal(run('reserve', '-', '--in-place').status, 2);
  assert.equal(run('reserve', 'in.wasm', '--in-place', '-o', 'x').status, 2);
});

test('a refusal writes its report and removes the manifest of an earlier run', () => {
  const { at, run, json, has } = room();
  assert.equal(run('reserve', 'in.wasm', '-o', 'x.wasm', '--manifest', 'm.json', '--report', 'r.json').status, 0);
  assert.equal(json('r.json').status, 'reserved');
  const refused = run('reserve', 'in.wasm', '-o', 'x.wasm', '--strategy', 'tail', '--manifest', 'm.json', '--report', 'r.json');
  assert.equal(refused.status, 5);
  assert.equal(json('r.json').status, 'refused');
  assert.ok(!has('m.json'));
  fs.writeFileSync(path.join(at, 'bad.wasm'), 'no module');
  assert.equal(run('reserve', 'bad.wasm', '-o', 'x.wasm', '--report', 'r.json').status, 3);
  assert.equal(json('r.json').status, 'error');
});

test('what is no manifest is never removed', () => {
  const { at, run, read } = room();
  fs.writeFileSync(path.join(at, 'notes.txt'), 'keep me');
  const { status, stderr } = run('reserve', 'in.wasm', '-o', 'x.wasm', '--strategy', 'tail', '--manifest', 'notes.txt');
  assert.equal(status, 5);
  assert.match(stderr, /notes\.txt: error: is left as it is/);
  assert.equal(read('notes.txt').toString(), 'keep me');
});

test('where nothing is needed, manifest and report say so', () => {
  const { at, run, json } = room();
  fs.writeFileSync(path.join(at, 'own.wat'), '(module (memory (export "memory") 1 7) (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 8))');
  assert.equal(spawnSync('wat2wasm', ['own.wat'], { cwd: at }).status, 0);
  assert.equal(run('reserve', 'own.wasm', '-o', 'x.wasm', '--manifest', 'm.json', '--report', 'r.json').status, 0);
  assert.equal(json('r.json').status, 'not-needed');
  const manifest = json('m.json');
  assert.equal(manifest.strategy, 'none');
  assert.equal(manifest.region, null);
  assert.deepEqual(manifest.memory, { min_before: 1, min_after: 1, max_before: 7, max_after: 7 });
  assert.equal(manifest.module.input_sha256, manifest.module.output_sha256);
  const placed = run('place', 'in.wasm', '--manifest', 'm.json', '-o', 'p.wasm');
  assert.match(placed.stderr, /nothing was reserved in the module/);
  assert.equal(placed.status, 3);
});

test('a second reservation writes the same manifest as the first', () => {
  const { run, read } = room();
  assert.equal(run('reserve', 'in.wasm', '-o', 'x.wasm', '--manifest', 'm.json').status, 0);
  assert.equal(run('reserve', 'x.wasm', '-o', 'y.wasm', '--manifest', 'n.json', '--report', 'r.json').status, 0);
  assert.equal(read('n.json').toString(), read('m.json').toString());
});

test('outputs appear together or not at all', () => {
  const { at, run, names } = room();
  fs.writeFileSync(path.join(at, 'x.wasm'), 'old module');
  fs.writeFileSync(path.join(at, 'm.json'), '{"schema_version": 1, "slots": []}');
  const before = names();
  for (const bad of [['--report', 'sub'], ['--report', 'missing/r.json']]) {
    const { status } = run('reserve', 'in.wasm', '-o', 'x.wasm', ...bad);
    assert.equal(status, 1, bad.join(' '));
    assert.equal(fs.readFileSync(path.join(at, 'x.wasm'), 'utf8'), 'old module');
    assert.deepEqual(names(), before);
  }
});

const HOSTILE = 'a\x1b[2J\x1b]0;x\x07\nb\x7f\u009b1m\u202ec';
test('no byte of a name reaches the terminal as a control', () => {
  const { at, run } = room();
  const name = HOSTILE.replace('\n', '');
  const text = [...Buffer.from(HOSTILE)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('');
  const modules = {
    imports: `(module (import "${text}" "${text}" (func)) (memory (export "${text}") 1))`,
    imported: `(module (import "${text}" "${text}" (memory 1)))`,
    named: `(module (@name "${text}") (memory (export "memory") 1) (func $"${text}" (export "${text}") (drop (memory.grow (i32.const 1)))))`,
    custom: `(module (@custom "${text}" "${text}") (memory 1))`,
  };
  let ran = 0;
  for (const [kind, wat] of Object.entries(modules)) {
    fs.writeFileSync(path.join(at, `${kind}.wat`), wat.replace(/\(@name[^)]*\)/, '').replace(/\(@custom[^)]*\)/, '').replace(/\$"[^"]*"/, ''));
    assert.equal(spawnSync('wat2wasm', ['--enable-all', `${kind}.wat`, '-o', name], { cwd: at }).status, 0, kind);
    for (const args of [['detect', name], ['detect', name, '--json'], ['reserve', name, '-o', 'x'], ['reserve', name, '-o', `${name}/x`], ['map', name], ['check', name],
      ['undo', name, '-o', 'x'], ['verify', name, name], ['place', name, '--manifest', name, '-o', 'x'], [name], ['detect', `--${name}`], ['explain', name], ['detect', `missing${HOSTILE}`]]) {
      const { stdout, stderr } = run(...args);
      for (const output of [stdout, stderr]) assert.doesNotMatch(output, /[\x00-\x09\x0b-\x1f\x7f\u0080-\u009f\u202e]/, `${kind}: ${args[0]}`);
      for (const line of stderr.split('\n')) assert.ok(!/^b/.test(line), `${kind}: ${args[0]}: a name started a line`);
      ran++;
    }
  }
  assert.equal(ran, 52);
});
