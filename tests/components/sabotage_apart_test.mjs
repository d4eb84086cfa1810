// `check` fails every component whose adapter is not apart as it should be: other modules, other arguments, a memory that is
// given away, an adapter that takes its memory otherwise, a record of another module.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { heapbumpJson, temporaryFolder, TESTS } from '../run/heapbump.mjs';
import { sections } from '../run/wasm.mjs';
import { wat } from '../run/wat.mjs';
import { coreModules, makeApart } from './parts.mjs';
import { runtimes } from './runtimes.mjs';

const uleb = (value) => (value < 128 ? [value] : [(value & 127) | 128, ...uleb(value >> 7)]);
const name = (text) => [...uleb(text.length), ...Buffer.from(text)];
const section = (id, bytes) => Buffer.from([id, ...uleb(bytes.length), ...bytes]);
const module = (bytes) => Buffer.concat([Buffer.from([1, ...uleb(bytes.length)]), bytes]);
const instance = (index, args) => section(2, [1, 0, ...uleb(index), ...uleb(args.length), ...args.flatMap(([key, value]) => [...name(key), 0x12, ...uleb(value)])]);
const aliasMemory = (index) => section(6, [1, 0, 2, 1, ...uleb(index), ...name('memory')]);
const bag = (memory) => section(2, [1, 1, 1, ...name('memory'), 2, ...uleb(memory)]);
const other = wat('(module (import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32))) (memory (export "memory") 1) (func (export "_start")))');
const STAND_IN_OF_ONE = wat('(module (import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32))) (memory (export "memory") 5))');
const greedy = wat('(module (import "x" "memory" (memory 0)))');

// Core instances that there are before the four of heapbump: the first is of the shim, the second the program.
function facts(component) {
  const list = sections(component);
  const modules = list.filter(({ id }) => id === 1).length;
  const last = list.findLast(({ id }) => id === 2);
  const shimArgument = component.indexOf(Buffer.from([...name('wasi_snapshot_preview1'), 0x12]), last.payload);
  const shim = component[shimArgument + 24];
  assert.ok(shim > 0 && shim < 100);
  return { list, modules, shim, program: shim + 1, bridge: shim + 2, count: shim + 4, last };
}
const replace = (component, { start, end }, bytes) => Buffer.concat([component.subarray(0, start), bytes, component.subarray(end)]);
const record = (component) => sections(component).find(({ id, name: title }) => id === 0 && title === 'heapbump');
const edited = (component, from, to) => {
  const { start, payload, end } = record(component);
  const text = component.subarray(payload, end).toString('latin1');
  assert.ok(text.includes(from), from);
  return replace(component, { start, end }, section(0, Buffer.from(text.replace(from, to), 'latin1')));
};
const nthModule = (component, n) => sections(component).filter(({ id }) => id === 1).at(n);

// The position among the core modules of each that heapbump made, and what `check` says where one byte of it is another.
const PARTS = { 'stand-in': 0, shim: -4, program: -3, bridge: -2, fixup: -1 };
const changed = (c, part) => {
  const copy = Buffer.from(c);
  copy[nthModule(c, PARTS[part]).end - 1] ^= 1; // a letter of the name section, which says nothing that is executed
  return copy;
};
const ONE_BYTE = Object.keys(PARTS).map((part) => [`one byte of the ${part} is another`,
  part === 'program' ? /no core module in it is the one on record/ : new RegExp(`no instance of it is of the ${part}`), (c) => changed(c, part)]);
// The fixup's argument of this name is another instance.
const fixupGiven = (c, argument, value) => {
  const at = c.lastIndexOf(Buffer.from([...name(argument), 0x12]));
  assert.ok(at > facts(c).last.payload);
  const copy = Buffer.from(c);
  copy[at + argument.length + 2] = value;
  return copy;
};

const SABOTAGES = [
  ...ONE_BYTE,
  ['the stand-in is one with fewer functions', /no instance of it is of the stand-in/, (c) => replace(c, nthModule(c, 0), module(STAND_IN_OF_ONE))],
  ['the fixup fills the table with the program\'s functions', /the fixup is not given the instances/, (c) => fixupGiven(c, 'bridge', facts(c).program)],
  ['the fixup starts another program', /the fixup is not given the instances/, (c) => fixupGiven(c, 'program', facts(c).bridge)],
  ['the program\'s imports are not the shim\'s', /the program is not given the instances/, (c) => {
    const copy = Buffer.from(c);
    copy[facts(c).last.payload + copy.subarray(facts(c).last.payload).indexOf(Buffer.from([...name('wasi_snapshot_preview1'), 0x12])) + 24] = standInOf(c);
    return copy;
  }],
  ['all of the stand-in is given to another module', /is given all that the stand-in exports/, (c) => Buffer.concat([c, module(greedy), instance(facts(c).modules, [['x', standInOf(c)]])])],
  ['a function that writes the stand-in\'s memory is given to another module', /`heapbump.store8` is given to something besides the bridge/, (c) => {
    const alias = section(6, [1, 0, 0, 1, ...uleb(standInOf(c)), ...name('heapbump.store8')]);
    return Buffer.concat([c, alias]);
  }],
  ['the program is another module', /no core module in it is the one on record/, (c) => replace(c, nthModule(c, -3), module(other))],
  ['the bridge is that of another program', /no instance of it is of the bridge/, (c, folder) => replace(c, nthModule(c, -2), module(coreModules(makeApart(other, folder)).at(-2)))],
  ['the fixup is that of another program', /no instance of it is of the fixup/, (c, folder) => replace(c, nthModule(c, -1), module(coreModules(makeApart(other, folder)).at(-1)))],
  ['the shim is that of another program', /no instance of it is of the shim/, (c, folder) => replace(c, nthModule(c, -4), module(coreModules(makeApart(other, folder)).at(-4)))],
  ['the program\'s memory is given to another module', /the program's memory is given to something besides the bridge/, (c) => {
    const { modules, program, count } = facts(c);
    const memories = 1; // wit-component takes one alias of the stand-in's
    return Buffer.concat([c, aliasMemory(program), bag(memories), module(greedy), instance(modules, [['x', count]])]);
  }],
  ['all of the program is given to another module', /is given all that the program exports/, (c) => {
    const { modules, program } = facts(c);
    return Buffer.concat([c, module(greedy), instance(modules, [['x', program]])]);
  }],
  ['the bridge is there twice', /the bridge is instantiated twice/, (c) => {
    const { modules, program, bridge } = facts(c);
    const standIn = standInOf(c);
    assert.equal(bridge, program + 1);
    return Buffer.concat([c, instance(modules - 2, [['program', program], ['stand-in', standIn]])]);
  }],
  ['the bridge is given the program\'s memory for the stand-in', /the bridge is not given the instances/, (c) => {
    const { last, program } = facts(c);
    const at = c.indexOf(Buffer.from([...name('stand-in'), 0x12]), last.payload) + 10;
    const copy = Buffer.from(c);
    copy[at] = program;
    return copy;
  }],
  ['the record is of another module', /no core module in it is the one on record/, (c) => edited(c, /"sha256":"[0-9a-f]/.exec(c.toString('latin1'))[0], '"sha256":"g')],
  ['the record says the stand-in serves less', /no instance of it is of the stand-in/, (c) => edited(c, '"stand_in":"all"', '"stand_in":"program"')],
  ['the record has no edits', /`edits`/, (c) => edited(c, '"edits":', '"editz":')],
  ['the record is no JSON', /./, (c) => edited(c, '{', '[')],
  ['two records', /several heapbump sections/, (c) => Buffer.concat([c, c.subarray(record(c).start, record(c).end)])],
];
function standInOf(component) {
  const { last } = facts(component);
  return component[component.indexOf(Buffer.from([...name('stand-in'), 0x12]), last.payload) + 10];
}

for (const file of ['tinygo/busy-conservative.wasm', 'go/busy-go1.26.wasm', 'go/reactor-go1.24.wasm']) {
  test(`${file}: check fails every sabotaged component`, (t) => {
    const folder = temporaryFolder(t);
    const whole = makeApart(fs.readFileSync(path.join(TESTS, 'fixtures', file)), folder);
    const output = path.join(folder, 'sabotaged.wasm');
    const check = (bytes) => {
      fs.writeFileSync(output, bytes);
      return heapbumpJson(['check', output]);
    };
    assert.equal(check(whole).code, 0);
    for (const [what, says, make] of SABOTAGES) {
      const { code, object, stderr } = check(make(whole, folder));
      assert.ok(code === 7 || code === 3, `${what}: exit code ${code}: ${stderr}`);
      assert.match(stderr, says, what);
      assert.notEqual(object.status, 'passed', what);
    }
  });
}

test('an adapter that grows the stand-in\'s memory is seen', (t) => {
  const folder = temporaryFolder(t);
  const whole = makeApart(fs.readFileSync(path.join(TESTS, 'fixtures/tinygo/busy-conservative.wasm')), folder);
  const standIn = coreModules(whole)[0];
  const adapter = path.join(TESTS, '../adapters/released/wasi_snapshot_preview1.command.wasm');
  const file = (title, bytes) => (fs.writeFileSync(path.join(folder, title), bytes), path.join(folder, title));
  const grown = path.join(folder, 'grown.wasm');
  const ran = spawnSync(runtimes()['wasm-tools'], ['component', 'new', file('p.wasm', standIn), '--adapt', `wasi_snapshot_preview1=${adapter}`, '--realloc-via-memory-grow', '-o', grown], { encoding: 'utf8' });
  assert.equal(ran.status, 0, ran.stderr);
  const tail = whole.subarray(nthModule(whole, -4).start);
  const { code, stderr } = heapbumpJson(['check', file('bad.wasm', Buffer.concat([fs.readFileSync(grown), tail]))]);
  assert.equal(code, 7, stderr);
  assert.match(stderr, /memory\.grow/);
});
