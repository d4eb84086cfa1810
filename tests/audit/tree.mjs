// A folder of modules of every kind, for the tests of `heapbump audit`, and what is to be said of each.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { heapbump } from '../run/heapbump.mjs';
import { wat } from '../run/wat.mjs';

export const FIXTURES = process.env.FIXTURES;
export const fixture = (name) => fs.readFileSync(path.join(FIXTURES, name));

const PREVIEW1 = '(import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))';
const command = (imports, more = '') => `(module ${imports} (memory (export "memory") 1) (func (export "_start")) ${more})`;

// An empty custom section before everything else, as the linker's own tools write them.
const custom = (bytes, ...names) => Buffer.concat([bytes.subarray(0, 8), ...names.map((name) => Buffer.concat([Buffer.from([0, name.length + 1, name.length]), Buffer.from(name)])), bytes.subarray(8)]);

// Takes memory in a way that no allocator does which heapbump knows.
const UNKNOWN = `(func (export "_start") (if (i32.gt_u (i32.load (i32.const 8)) (i32.shl (memory.size) (i32.const 16)))
  (then (i32.store (i32.const 8) (i32.mul (memory.size) (i32.const 65536))) (drop (memory.grow (i32.const 1))))))`;

// name -> {bytes, verdict, reason}
export function modules() {
  return {
    'apart/reactor.wasm': { bytes: wat(`(module ${PREVIEW1} (memory (export "memory") 1) (func (export "_initialize")) (func (export "f")))`), verdict: 'ready (apart)', reason: 'reactor' },
    'apart/started.wasm': { bytes: wat(command(PREVIEW1, '(func $s) (start $s)')), verdict: 'ready (apart)', reason: 'start-function' },
    'apart/unknown.wasm': { bytes: wat(command(PREVIEW1, UNKNOWN).replace('(func (export "_start")) ', '')), verdict: 'ready (apart)', reason: 'HB0504' },
    'go/busy.wasm': { bytes: fixture('go/busy-go1.24.wasm'), verdict: 'ready (relocated)', reason: 'region-bump' },
    'go/copy of busy.wasm': { bytes: fixture('go/busy-go1.24.wasm'), verdict: 'ready (relocated)', reason: 'region-bump', sameAs: 'go/busy.wasm' },
    'host/env.wasm': { bytes: wat(command(`${PREVIEW1} (import "env" "log" (func (param i32)))`)), verdict: 'needs-host-interfaces', reason: 'HB0422' },
    'linked/kept-linking.wasm': { bytes: custom(wat(command(PREVIEW1)), 'linking', 'reloc.CODE'), verdict: 'ready (relocated)', reason: 'region-tail' },
    'linked/library.wasm': { bytes: custom(wat(command(PREVIEW1)), 'dylink.0'), verdict: 'refused', reason: 'HB0429' },
    'old/unstable.wasm': { bytes: wat(command('(import "wasi_unstable" "sched_yield" (func (result i32)))')), verdict: 'preview0', reason: 'preview0' },
    'plain/add.wasm': { bytes: wat('(module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))'), verdict: 'not-wasi', reason: 'no-wasi-imports' },
    'plain/adapter.wasm': { bytes: fs.readFileSync(path.join(FIXTURES, '../../adapters/released/wasi_snapshot_preview1.command.wasm')), verdict: 'not-wasi', reason: 'adapter' },
    'realloc.wasm': { bytes: wat(command(PREVIEW1, '(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))')), verdict: 'not-needed', reason: 'own-realloc' },
    'tinygo/busy.wasm': { bytes: fixture('tinygo/busy-conservative.wasm'), verdict: 'ready (relocated)', reason: 'region-bump' },
    'torn/cut.wasm': { bytes: fixture('tinygo/busy-conservative.wasm').subarray(0, 5000), verdict: 'malformed', reason: 'HB0302' },
    'torn/page.wasm': { bytes: Buffer.from('<html>not found</html>'), verdict: 'malformed', reason: 'HB0301' },
    'type.wasm': { bytes: wat(command('(import "wasi_snapshot_preview1" "sched_yield" (func (param i64) (result i32)))')), verdict: 'refused', reason: 'HB0423' },
  };
}

/** Writes the tree, with a component and a reserved module that heapbump makes, and what is passed over. -> {name: expected} */
export function plant(root) {
  const expected = modules();
  for (const [name, { bytes }] of Object.entries(expected)) {
    fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    fs.writeFileSync(path.join(root, name), bytes);
  }
  const source = path.join(root, 'tinygo/busy.wasm');
  fs.mkdirSync(path.join(root, 'made'));
  for (const [verb, name] of [['component', 'made/component.wasm'], ['reserve', 'made/reserved.wasm']]) {
    const { code, stderr } = heapbump([verb, source, '-o', path.join(root, name)]);
    if (code !== 0) throw new Error(stderr);
  }
  expected['made/component.wasm'] = { verdict: 'already', reason: 'component-checked' };
  expected['made/reserved.wasm'] = { verdict: 'already', reason: 'reserved-before' };
  fs.writeFileSync(path.join(root, 'README.txt'), 'not a module');
  fs.symlinkSync('go', path.join(root, 'link'));
  fs.symlinkSync('type.wasm', path.join(root, 'link.wasm'));
  spawnSync('mkfifo', [path.join(root, 'pipe.wasm')]);
  return expected;
}

export const lines = (text) => text.toString().split('\n').filter(Boolean).map((line) => JSON.parse(line));
export const filesOf = (report) => report.filter(({ type }) => type === 'file');
