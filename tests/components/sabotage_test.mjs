// `check` fails each component that was made wrongly, for modules of each toolchain; and the watch of matrix_test.mjs, which
// that test relies on, sees it when a module or an adapter writes where it must not.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { runComponent, stockAdapter } from '../run/component.mjs';
import { heapbump, heapbumpJson, reserve, temporaryFolder, TESTS } from '../run/heapbump.mjs';
import { adapterFor, build, compose, modules, PROGRAMS } from './workshop.mjs';

// The region moved in a manifest, and the memory with it so that the manifest does not contradict itself.
function moved({ manifest, manifestFile }, by, folder) {
  const other = structuredClone(manifest);
  other.region.base += by;
  other.slots.forEach((slot) => (slot.base += by));
  if (other.heap.base_before !== null) other.heap.base_before += by;
  if (other.heap.base_after !== null) other.heap.base_after += by;
  if (by >= 65536) other.memory.min_before += Math.ceil(by / 65536);
  if (by < 0 && other.strategy === 'tail') other.memory.min_before += Math.floor(by / 65536); // the region is above it
  if (by > 0) other.memory.min_after += Math.ceil(by / 65536);
  const file = path.join(folder, `moved-${path.basename(manifestFile)}`);
  fs.writeFileSync(file, JSON.stringify(other));
  return file;
}

const replaceOnce = (bytes, from, to) => {
  const at = bytes.indexOf(from);
  assert.ok(at >= 0 && from.length === to.length, `${from} -> ${to}`);
  assert.equal(bytes.indexOf(from, at + 1), -1, `"${from}" is there more than once`);
  const copy = Buffer.from(bytes);
  Buffer.from(to, 'latin1').copy(copy, at);
  return copy;
};
// In every place. Both are of one length.
const replaceAll = (bytes, from, to) => Buffer.from(bytes.toString('latin1').replaceAll(from, to), 'latin1');

// What `component new --realloc-via-memory-grow` makes: it passes by the shim, and embeds the module as it is.
async function growingComponent(result, program, folder) {
  const [name, hidden] = ['cabi_realloc_adapter', 'cabi_realloc_adaptex'];
  const { component } = await compose(replaceAll(result.reserved, name, hidden), stockAdapter(modules, program.kind), program, folder);
  return replaceAll(component, hidden, name);
}

// The adapter placed as it should be, and then its stack or its State moved by a byte.
function shifted({ manifestFile }, { kind }, what, folder) {
  const output = path.join(folder, 'shifted.wasm');
  const { object } = heapbumpJson(['place', stockAdapter(modules, kind), '--manifest', manifestFile, '-o', output]);
  const bytes = fs.readFileSync(output);
  const constant = (value) => Buffer.from([0x41, ...sleb(value), 0x0b]);
  return replaceOnce(bytes, constant(object[what]), constant(object[what] + 1));
}
function sleb(value) {
  const low = value & 0x7f;
  const rest = value >> 7;
  return (rest === 0 && low < 64) || (rest === -1 && low >= 64) ? [low] : [low | 0x80, ...sleb(rest)];
}

const another = (folder) => reserve(path.join(TESTS, 'fixtures/go/busy-go1.25.wasm'), folder, ['--placement', 'adapter']);

// Each makes the bytes of a component that must fail; `says` is what `check` answers.
const SABOTAGES = [
  { name: 'the stock adapter on a module without a shim', placement: 'adapter', says: /takes its memory by memory\.grow, not from the region/,
    make: async (result, program, folder) => (await compose(result.reserved, stockAdapter(modules, program.kind), program, folder)).component },
  { name: 'memory.grow forced', placement: 'shim', says: /takes its memory by memory\.grow, not from the region/, make: growingComponent },
  { name: 'a shim that was dropped', placement: 'shim', says: /no longer exports its shim|was changed after it was reserved/,
    make: async (result, program, folder) =>
      (await compose(replaceOnce(result.reserved, Buffer.from('\x14cabi_realloc_adapter', 'latin1'), '\x14cabi_realloc_adaptex'), stockAdapter(modules, program.kind), program, folder)).component },
  { name: 'the manifest of another module', placement: 'shim', says: /the manifest (belongs to another module|differs from the one)/,
    args: (folder) => ['--manifest', another(folder).manifestFile],
    make: async (result, program, folder) => (await compose(result.reserved, stockAdapter(modules, program.kind), program, folder)).component },
  { name: 'an adapter placed for another module', placement: 'adapter', says: /not the top of a stack slot/,
    make: async (result, program, folder) => (await compose(result.reserved, adapterFor('adapter', program.kind, another(path.join(folder, 'other')).manifestFile, folder), program, folder)).component },
  { name: 'an adapter placed a slot too high', placement: 'adapter', says: /not the top of a stack slot/,
    make: async (result, program, folder) => (await compose(result.reserved, adapterFor('adapter', program.kind, moved(result, 65536, folder), folder), program, folder)).component },
  { name: 'an adapter whose stack begins a byte too high', placement: 'adapter', says: /not the top of a stack slot/,
    make: async (result, program, folder) => (await compose(result.reserved, shifted(result, program, 'stack_top', folder), program, folder)).component },
  { name: 'an adapter whose State begins a byte too high', placement: 'adapter', says: /not a State slot/,
    make: async (result, program, folder) => (await compose(result.reserved, shifted(result, program, 'state_base', folder), program, folder)).component },
  { name: 'a region moved by a byte in the module\'s record', placement: 'shim', says: /the heapbump section was changed after it was written/,
    make: async (result, program, folder) => {
      const { base } = result.manifest.region;
      return (await compose(replaceAll(result.reserved, `"base":${base}`, `"base":${base + 1}`), stockAdapter(modules, program.kind), program, folder)).component;
    } },
];

const chosen = PROGRAMS.filter(({ name }) => !['Big Go 1.21', 'TinyGo, heap start as a variable', 'TinyGo, no collector, asyncify'].includes(name));
for (const program of chosen) {
  test(`${program.name}, ${program.kind}: check fails every sabotaged component`, async (t) => {
    const folder = temporaryFolder(t);
    fs.mkdirSync(path.join(folder, 'other'));
    const file = program.file(folder);
    const reserved = Object.fromEntries(['shim', 'adapter'].map((placement) => {
      fs.mkdirSync(path.join(folder, placement));
      return [placement, reserve(file, path.join(folder, placement), ['--placement', placement])];
    }));
    for (const { name, placement, says, make, args } of SABOTAGES) {
      const output = path.join(folder, 'sabotaged.wasm');
      fs.writeFileSync(output, await make(reserved[placement], program, folder));
      const { code, object, stderr } = heapbumpJson(['check', output, ...(args?.(path.join(folder, 'other')) ?? [])]);
      assert.equal(code, 7, `${name}: ${stderr}`);
      assert.match(stderr, says, name);
      assert.match(stderr, /\[HB070[25]\]/, name);
      assert.notEqual(object.status, 'passed', name);
    }
  });
}

const run = (component, watch, program) => runComponent(component, { modules, watch, args: ['busy', '3'], env: { HOME: 'someone' }, calls: program.calls });

for (const program of chosen) {
  test(`${program.name}, ${program.kind}: the watch sees an adapter that lives a slot too low`, async (t) => {
    const folder = temporaryFolder(t);
    const result = await build(program.file(folder), 'adapter', folder, program);
    const wrong = adapterFor('adapter', program.kind, moved(result, -65536, folder), folder);
    const { component } = await compose(result.reserved, wrong, program, folder);
    const { watched } = await run(component, result.manifest.region, program);
    const seen = watched.list.filter(({ owner, what }) => owner === 'adapter' && what === 'wrote outside the region');
    assert.ok(seen.length > 0, JSON.stringify(watched.list));
    const { base, size } = result.manifest.region;
    assert.ok(seen.every(({ address }) => address < base || address >= base + size));
  });
}

for (const program of chosen.filter(({ name }) => name.includes('Go'))) {
  test(`${program.name}, ${program.kind}: the watch sees the untouched module write the adapter's page`, async (t) => {
    const folder = temporaryFolder(t);
    const file = program.file(folder);
    const { manifest } = reserve(file, folder);
    const { component } = await compose(fs.readFileSync(file), stockAdapter(modules, program.kind), program, folder);
    // The adapter's stack is the first page that memory.grow gives.
    const page = { base: manifest.memory.min_before * 65536, size: 65536 };
    const { watched } = await run(component, page, program);
    assert.ok(watched.list.some(({ owner, what }) => owner === 'main' && what === 'wrote the region'), JSON.stringify(watched.list));
    assert.ok(watched.list.some(({ owner, what }) => owner === 'adapter' && what.startsWith('let the memory grow')));
    const { code, stderr } = heapbump(['check', path.join(folder, 'component.wasm')]);
    assert.equal(code, 4, stderr);
  });
}
