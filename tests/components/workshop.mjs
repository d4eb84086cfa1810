// The programs that the component tests are about, one of each toolchain as command and as reactor, and the way from such a
// module to a checked component, with the shim or with a placed adapter.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { componentNew, stockAdapter } from '../run/component.mjs';
import { heapbump, heapbumpJson, REAL, reserve, TESTS } from '../run/heapbump.mjs';
import { buildC, buildRust } from './build.mjs';

export const modules = REAL;
const go = (name) => path.join(TESTS, 'fixtures/go', name);
const tinygo = (name) => path.join(TESTS, 'fixtures/tinygo', name);

const WIT = 'package local:reactor; world reactor { export add: func(n: u32) -> u64; export total: func() -> u64; }';
const command = { kind: 'command' };
const reactor = { kind: 'reactor', wit: WIT, world: 'reactor', calls: ['add(200)', 'total()', 'add(3000)', 'total()'] };

// {name, kind, file(folder) -> path of the module; a reactor's wit, world and calls}
export const PROGRAMS = [
  { ...command, name: 'Big Go 1.21', file: () => go('busy-go1.21.wasm') },
  { ...command, name: 'Big Go 1.26', file: () => go('busy-go1.26.wasm') },
  { ...command, name: 'TinyGo, block collector', file: () => tinygo('busy-conservative.wasm') },
  { ...command, name: 'TinyGo, heap start as a variable', file: () => tinygo('busy-conservative-opt0.wasm') },
  { ...command, name: 'TinyGo, no collector, asyncify', file: () => tinygo('busy-leaking-asyncify.wasm') },
  { ...command, name: 'wasi-libc C', file: (folder) => buildC('stress', folder) },
  { ...command, name: 'Rust', file: (folder) => buildRust('busy', folder) },
  { ...reactor, name: 'Big Go', file: () => go('reactor-go1.24.wasm'), calls: ['add(200)', 'total()', 'add(300)', 'total()'] },
  { ...reactor, name: 'TinyGo', file: () => tinygo('reactor-conservative.wasm') },
  { ...reactor, name: 'wasi-libc C', file: (folder) => buildC('reactor', folder, ['-mexec-model=reactor']) },
  { ...reactor, name: 'Rust', file: (folder) => buildRust('reactor', folder, ['--crate-type=cdylib']) },
];
export const PLACEMENTS = ['shim', 'adapter'];

// What each placement needs beside the module. -> path of the adapter
export function adapterFor(placement, kind, manifestFile, folder) {
  const stock = stockAdapter(modules, kind);
  if (placement === 'shim') return stock;
  const placed = path.join(folder, `placed.${kind}.wasm`);
  const { code, stderr } = heapbump(['place', stock, '--manifest', manifestFile, '-o', placed]);
  assert.equal(code, 0, stderr);
  assert.ok(WebAssembly.validate(fs.readFileSync(placed)), 'V8 does not accept the placed adapter');
  return placed;
}

// Writes a component of these bytes. -> {component, output (path)}
export async function compose(bytes, adapter, { kind, also, wit, world }, folder) {
  const component = Buffer.from(await componentNew(bytes, { modules, kind, adapter, also, wit, world }));
  const output = path.join(folder, 'component.wasm');
  fs.writeFileSync(output, component);
  return { component, output };
}

// Reserves FILE and makes the component. -> what reserve gives, component and path of the component
export async function build(file, placement, folder, program = command) {
  const result = reserve(file, folder, ['--placement', placement]);
  const adapter = adapterFor(placement, program.kind, result.manifestFile, folder);
  return { ...result, reservedFile: result.output, adapter, ...(await compose(result.reserved, adapter, program, folder)) };
}

// `check` passes. -> the most bytes of stack that the adapter may ever use, as check computed it from its code
export function assertChecked(output, args = []) {
  const { code, object, stderr } = heapbumpJson(['check', output, ...args]);
  assert.equal(code, 0, stderr);
  return Math.max(...object.modules.flatMap(({ adapters }) => adapters.map(({ stack_bound }) => stack_bound)));
}
