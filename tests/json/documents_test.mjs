// Every verb's --json is one object with the same frame, valid by its schema; a refusal has the same reasons whatever
// the verb; and each document keeps the fields that recorded ones had (tests/json/recorded, made with 0.1.0 before
// there were `verb`, `file` and `reasons`).
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { assertValid, errors, schema } from '../run/schema.mjs';

const { HEAPBUMP, SOURCE } = process.env;
const GO = path.join(SOURCE, 'tests/fixtures/go/busy-go1.26.wasm');
const ALLOCATORS = path.join(SOURCE, 'tests/fixtures/allocators');
const ADAPTER = path.join(SOURCE, 'adapters/released/wasi_snapshot_preview1.command.wasm');
const RECORDED = path.join(SOURCE, 'tests/json/recorded');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'heapbump-json-'));
process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
const at = (name) => path.join(folder, name);

function wat(name, text, options = []) {
  fs.writeFileSync(at(`${name}.wat`), text);
  execFileSync('wat2wasm', [...options, at(`${name}.wat`), '-o', at(`${name}.wasm`)]);
  return at(`${name}.wasm`);
}

const HELLO = wat('hello', `(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "hello\\n")
  (data (i32.const 16) "\\08\\00\\00\\00\\06\\00\\00\\00")
  (func (export "_start") (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24)))))`);

// -> the object that the command printed; exactly one, and nothing else
function json(code, ...args) {
  const ran = spawnSync(HEAPBUMP, [...args, '--json'], { encoding: 'utf8', cwd: folder, maxBuffer: 1 << 28 });
  assert.equal(ran.status, code, `heapbump ${args.join(' ')}: ${ran.stderr}`);
  return JSON.parse(ran.stdout);
}

/** Every document that a verb can give, by the name of its schema. */
const documents = [];
function give(name, code, ...args) {
  const document = json(code, ...args);
  documents.push({ name, args, document });
  return document;
}

const reserved = at('reserved.wasm');
const found = give('report', 0, 'detect', GO);
const reserve = give('report', 0, 'reserve', GO, '-o', reserved, '--manifest', at('layout.json'), '--report', at('report.json'));
give('report', 0, 'reserve', reserved, '-o', at('again.wasm'));
const refused = give('report', 5, 'detect', wat('unknown', `(module (memory (export "memory") 1)
  (func (export "f") (param i32) (i32.store (local.get 0) (i32.mul (memory.size) (i32.const 65536)))))`));
give('verify', 0, 'verify', GO, reserved);
const mismatch = give('verify', 7, 'verify', reserved, GO);
give('undo', 0, 'undo', reserved, '-o', at('undone.wasm'));
give('map', 0, 'map', GO);
give('map', 0, 'map', reserved);
give('component', 0, 'component', HELLO, '-o', at('c.wasm'), '--encoder', 'builtin');
give('component', 0, 'component', HELLO, '-o', at('a.wasm'), '--encoder', 'builtin', '--strategy', 'apart');
give('check', 0, 'check', at('c.wasm'));
give('check', 0, 'check', at('a.wasm'));
json(0, 'reserve', GO, '-o', at('r2.wasm'), '--placement', 'adapter', '--manifest', at('m2.json'));
give('place', 0, 'place', ADAPTER, '--manifest', at('m2.json'), '-o', at('placed.wasm'));
give('detectors', 0, 'detectors');
give('rules', 0, 'rules');
give('explain', 0, 'explain');
give('explain', 0, 'explain', 'hb0504');
give('explain', 0, 'explain', 'go.first-pc');

const TEXT = at('text.wat');
fs.writeFileSync(TEXT, '(module)');
const failures = [['detect', TEXT], ['reserve', TEXT, '-o', at('x')], ['component', TEXT, '-o', at('x')], ['verify', TEXT, TEXT],
  ['undo', TEXT, '-o', at('x')], ['check', TEXT], ['place', TEXT, '--manifest', at('m2.json'), '-o', at('x')], ['map', TEXT]]
  .map((args) => ({ args, document: give('report', 3, ...args) }));

test('every verb prints one object with its verb, its file and its schema version, valid by its schema', () => {
  for (const { name, args, document } of documents) {
    assertValid(name, document);
    assert.equal(document.schema_version, 1, args.join(' '));
    assert.equal(document.verb, args[0]);
    const file = args[1] && args[0] !== 'explain' ? args[1] : null;
    assert.equal(document.file, file, args.join(' '));
  }
});

test('every verb that has a schema was asked, and every schema has a document', () => {
  const named = new Set(documents.map(({ name }) => name));
  const all = fs.readdirSync(path.join(SOURCE, 'schemas')).map((name) => name.replace('.schema.json', ''));
  // The manifest is a file of its own; the audit's are validated beside its tests.
  const others = new Set(['manifest', ...all.filter((name) => name.startsWith('audit')), 'describe']);
  for (const name of all) assert.ok(named.has(name) || others.has(name), `no document of ${name}`);
});

test('what could not be done has the same shape at every verb', () => {
  const shape = (document) => Object.keys(document).filter((key) => key !== 'error').sort();
  for (const { args, document } of failures) {
    assert.deepEqual(shape(document), shape(failures[0].document), args[0]);
    assert.equal(document.status, 'error');
    assert.deepEqual(document.reasons.map(({ code, offset }) => ({ code, offset })), [{ code: 'HB0301', offset: 0 }], args[0]);
  }
  const usage = json(2, 'detect', '--no-such-option', GO);
  assertValid('report', usage);
  assert.equal(usage.verb, 'detect');
  assert.equal(usage.reasons[0].code, 'HB0201');
});

test('a document that is written to a file holds no path', () => {
  const report = JSON.parse(fs.readFileSync(at('report.json'), 'utf8'));
  assert.ok(!('file' in report));
  assert.ok(!fs.readFileSync(at('report.json'), 'utf8').includes(folder));
  assert.deepEqual({ ...report, file: GO }, reserve);
});

test('imports, entry, adapter and blockers are told before anything is done', () => {
  assert.deepEqual(found.imports.map(({ module }) => module), ['wasi_snapshot_preview1']);
  assert.equal(found.imports[0].count, found.imports[0].served);
  assert.deepEqual([found.entry, found.adapter, found.blockers], ['command', 'command', []]);
  const foreign = wat('foreign', `(module (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
    (import "env" "log" (func (param i32))) (import "env" "now" (func (result i64))) (import "wasi_unstable" "fd_close" (func (param i32) (result i32)))
    (memory (export "memory") 1) (func (export "_initialize")))`);
  const told = JSON.parse(spawnSync(HEAPBUMP, ['detect', foreign, '--json'], { encoding: 'utf8' }).stdout);
  assert.deepEqual(told.imports, [{ module: 'wasi_snapshot_preview1', count: 1, served: 1 }, { module: 'env', count: 2, served: 0 },
    { module: 'wasi_unstable', count: 1, served: 1 }]);
  assert.deepEqual([told.entry, told.adapter], ['reactor', 'reactor']);
  assert.deepEqual(told.blockers.map(({ stops, code }) => [stops, code]), [['component', 'HB0422'], ['relocation', 'HB0428'], ['relocation', 'HB0505']]);
  assert.match(told.blockers[0].message, /2 items of `env` \(`log`, `now`\)/);
  assert.ok(told.blockers[0].offset > 0);
  const plain = wat('plain', '(module (memory (export "memory") 1) (func (export "add")))');
  assert.equal(JSON.parse(spawnSync(HEAPBUMP, ['detect', plain, '--json'], { encoding: 'utf8' }).stdout).adapter, null);
});

test('`component` refuses exactly what has a blocker of every component', () => {
  const memory = '(memory (export "memory") 1)';
  const modules = {
    good: `(module (import "wasi_snapshot_preview1" "proc_exit" (func (param i32))) ${memory} (func (export "_start")))`,
    env: `(module (import "env" "f" (func)) ${memory} (func (export "_start")))`,
    type: `(module (import "wasi_snapshot_preview1" "proc_exit" (func (param i64))) ${memory} (func (export "_start")))`,
    imported: '(module (import "env" "memory" (memory 1)) (func (export "_start")))',
    unnamed: '(module (import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32))) (import "wasi_snapshot_preview1" "args_get" (func (param i32 i32) (result i32))) (func (export "_start")))',
    unknown: `(module (import "wasi_snapshot_preview1" "no_such_call" (func)) ${memory} (func (export "_start")))`,
    preview0: `(module (import "wasi_unstable" "proc_exit" (func (param i32))) ${memory} (func (export "_start")))`,
    start: `(module (import "wasi_snapshot_preview1" "proc_exit" (func (param i32))) ${memory} (func $s) (start $s))`,
    parameters: `(module ${memory} (func (export "_start") (param i32)))`,
  };
  const stopped = Object.entries(modules).filter(([name, text]) => {
    const file = wat(`face-${name}`, text);
    const told = JSON.parse(spawnSync(HEAPBUMP, ['detect', file, '--json'], { encoding: 'utf8' }).stdout);
    const blocked = told.blockers.some(({ stops }) => stops === 'component');
    const made = spawnSync(HEAPBUMP, ['component', file, '-o', at('face.component.wasm'), '--encoder', 'builtin'], { encoding: 'utf8' });
    assert.equal(made.status !== 0, blocked, `${name}: ${JSON.stringify(told.blockers)} ${made.stderr}`);
    return blocked;
  });
  assert.deepEqual(stopped.map(([name]) => name), ['env', 'type', 'imported', 'unnamed', 'unknown', 'parameters']);
});

test('a refusal is a list of single reasons, each with its strategy, its place and its function', () => {
  assert.deepEqual(refused.reasons.map(({ strategy }) => strategy).sort(), ['bump', 'tail']);
  const several = json(5, 'reserve', GO, '-o', at('x.wasm'), '--strategy', 'tail');
  assert.equal(several.reasons[0].strategy, 'tail');
  assert.ok(mismatch.reasons.length === mismatch.mismatches.length && mismatch.reasons.every(({ code }) => code === 'HB0701'));
  for (const { document } of documents) {
    for (const reason of document.reasons ?? []) {
      const named = /file offset 0x([0-9a-f]+)/.exec(reason.message);
      if (named) assert.ok(reason.offset !== null, `no offset beside "${reason.message}"`);
      assert.doesNotMatch(reason.message, /; (bump|tail|gap): /, 'two reasons in one sentence');
    }
  }
});

test('where every strategy fails, each has a reason of its own', () => {
  const both = wat('both', `(module (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
    (memory (export "memory") 2) (global $h (mut i32) (i32.const 70000))
    (func (export "malloc") (param i32) (result i32) (local i32)
      (local.set 1 (global.get $h)) (global.set $h (i32.add (global.get $h) (local.get 0)))
      (if (i32.gt_u (global.get $h) (i32.mul (memory.size) (i32.const 65536))) (then (drop (memory.grow (i32.const 1)))))
      (i32.store (i32.const 70008) (i32.const 70016)) (local.get 1))
    (func (export "_start") (drop (memory.size))))`);
  const ran = spawnSync(HEAPBUMP, ['reserve', both, '-o', at('both.out'), '--json', '--min-confidence', 'weak'], { encoding: 'utf8' });
  const report = JSON.parse(ran.stdout);
  assert.ok(ran.status >= 4, ran.stderr);
  assert.ok(report.reasons.length >= 1);
  for (const { message } of report.reasons) assert.doesNotMatch(message, /; (bump|tail|gap): /);
});

// Fields of a recorded document, as paths with the kinds of their values: "sites[].value number".
function fields(value, at = '') {
  if (Array.isArray(value)) return value.flatMap((item) => fields(item, `${at}[]`));
  if (value !== null && typeof value === 'object') return Object.entries(value).flatMap(([key, item]) => [`${at}.${key}`, ...fields(item, `${at}.${key}`)]);
  return [];
}

test('no field of a recorded document is missing from the same document today', () => {
  const again = {
    detect: found, reserve, detect_refused: json(5, 'detect', path.join(ALLOCATORS, 'wee.wasm')), failure: failures[0].document,
    manifest: JSON.parse(fs.readFileSync(at('layout.json'), 'utf8')),
  };
  const named = (file) => documents.filter(({ name }) => name === file).map(({ document }) => document);
  const [verify, verifyFailed] = named('verify');
  const [component, apart] = named('component');
  const [check, checkApart] = named('check');
  json(0, 'reserve', HELLO, '-o', at('hello.reserved.wasm'));
  const run = json(0, 'verify', HELLO, at('hello.reserved.wasm'), '--run');
  assertValid('verify', run);
  Object.assign(again, { verify, verify_failed: verifyFailed, verify_run: run, component, component_apart: apart, check, check_apart: checkApart, place: named('place')[0] });
  const recorded = fs.readdirSync(RECORDED).map((name) => name.replace('.json', ''));
  assert.deepEqual(recorded.sort(), Object.keys(again).sort());
  for (const name of recorded) {
    const before = new Set(fields(JSON.parse(fs.readFileSync(path.join(RECORDED, `${name}.json`), 'utf8'))));
    const now = new Set(fields(again[name]));
    assert.deepEqual([...before].filter((field) => !now.has(field)), [], `${name} lost fields`);
  }
});

test('recorded documents are valid by the schemas of today', () => {
  const names = { detect: 'report', reserve: 'report', detect_refused: 'report', failure: 'report', manifest: 'manifest', verify: null,
    verify_failed: null, verify_run: null, component: 'component', component_apart: 'component', check: 'check', check_apart: 'check', place: 'place' };
  for (const [file, name] of Object.entries(names)) {
    // verify had no schema and no version of it then.
    if (name === null) continue;
    assert.deepEqual(errors(schema(name), JSON.parse(fs.readFileSync(path.join(RECORDED, `${file}.json`), 'utf8'))), [], file);
  }
});
