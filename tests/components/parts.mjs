// The core modules of a component that heapbump made apart, put together by hand: so that a test can answer the host
// calls itself and look at both memories.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { heapbump } from '../run/heapbump.mjs';
import { treeFromFolder, treeFromObject } from '../run/memfs.mjs';
import { Exit, Preview1 } from '../run/preview1.mjs';
import { sections } from '../run/wasm.mjs';

const CORE_MODULE = 1; // section id in a component

// bytes of a component -> its core modules, in order
export const coreModules = (component) => sections(component).filter(({ id }) => id === CORE_MODULE).map(({ payload, end }) => component.subarray(payload, end));

// Makes the component with no tool but heapbump. -> its bytes
export function makeApart(program, folder, options = []) {
  const [input, output] = ['program.wasm', 'component.wasm'].map((name) => path.join(folder, name));
  fs.writeFileSync(input, program);
  const { code, stderr } = heapbump(['component', input, '-o', output, '--strategy', 'apart', '--encoder', 'builtin', ...options]);
  assert.equal(code, 0, stderr);
  return fs.readFileSync(output);
}

// host: {module: {name: function}}, given the stand-in's memory by host.memory once it is there. Runs what runs at
// instantiation. -> {program (exports), standIn (exports)}
export function assemble(component, host, moduleNames) {
  const list = coreModules(component).map((bytes) => new WebAssembly.Module(bytes));
  const [shimModule, programModule, bridgeModule, fixupModule] = list.slice(-4);
  const standInModule = list.find((module) => WebAssembly.Module.exports(module).some(({ name }) => name === 'heapbump.load8'));
  const standIn = new WebAssembly.Instance(standInModule, host.imports).exports;
  host.memory = standIn.memory;
  const shim = new WebAssembly.Instance(shimModule).exports;
  const program = new WebAssembly.Instance(programModule, Object.fromEntries(moduleNames.map((name) => [name, shim]))).exports;
  const bridge = new WebAssembly.Instance(bridgeModule, { program, 'stand-in': standIn }).exports;
  new WebAssembly.Instance(fixupModule, { shim, 'stand-in': standIn, program, bridge });
  return { program, standIn };
}

// Runs a component made apart of a command, assembled, under the tests' own host, as run/host.mjs runs a module.
// -> {exitCode, stdout, stderr}; a trap is thrown
export function runAssembled(component, options = {}) {
  const preopens = Object.entries(options.preopens ?? {}).map(([name, source]) => ({ name, tree: typeof source === 'string' ? treeFromFolder(source) : treeFromObject(source) }));
  const host = new Preview1({ ...options, preopens });
  const calls = host.imports((_, implementation) => (...args) => implementation(...args).error);
  const stub = { memory: undefined, imports: { wasi_snapshot_preview1: calls } };
  let exitCode = 0;
  try {
    const { standIn } = assemble(component, Object.defineProperty(stub, 'memory', { set: (memory) => (host.memory = memory) }), ['wasi_snapshot_preview1']);
    standIn._start();
  } catch (error) {
    if (!(error instanceof Exit)) throw error;
    exitCode = error.code;
  }
  return { exitCode, stdout: host.stdout(), stderr: host.stderr() };
}
