// Functions of another interface than WASI, served by an adapter of their own: described in WITX (acme/*.witx), bridged when the
// adapters live apart, sharing the module's memory when it is relocated. A program with every kind of parameter does under
// wasmtime and jco what its core module does under a host of its own; for many generated buffers the bridge leaves exactly the
// memory that a host leaves which works on the program's memory itself; and what the description leaves open is refused.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { runComponent } from '../run/component.mjs';
import { heapbump, heapbumpJson, temporaryFolder, TESTS } from '../run/heapbump.mjs';
import { errors, schema } from '../run/schema.mjs';
import { sections } from '../run/wasm.mjs';
import { wat } from '../run/wat.mjs';
import { acme, embedded, runCore, SAY, tool } from './acme/acme.mjs';
import { buildC } from './build.mjs';
import { assemble, coreModules } from './parts.mjs';
import { runtimes } from './runtimes.mjs';
import { modules } from './workshop.mjs';

const TOOLS = runtimes();
const DESCRIBE = ['--describe', acme('types.witx'), '--describe', acme('acme.witx')];
function component(file, output, options, code = 0) {
  const made = heapbumpJson(['component', file, '-o', output, ...options]);
  assert.equal(made.code, code, made.stderr);
  return made;
}

const WAYS = { 'relocated, without a description': [], 'apart, by the description': ['--strategy', 'apart', ...DESCRIBE] };
for (const [way, options] of Object.entries(WAYS)) {
  test(`${way}: a program of two interfaces does what its core module does`, async (t) => {
    const folder = temporaryFolder(t);
    const [adapter, file, output] = [embedded('adapter', folder), buildC('acme', folder), path.join(folder, 'component.wasm')];
    const before = runCore(file, folder);
    assert.match(before.stdout, /act on the point: 0, written 378/);
    assert.match(before.stderr, /\[over the bridge\]/);
    const { object } = component(file, output, ['--adapter', `acme_host=${adapter}`, '--encoder', TOOLS['wasm-tools'], ...options]);
    assert.deepEqual(errors(schema('component'), object), []);
    assert.equal(object.strategy, options.length === 0 ? 'bump' : 'apart');
    assert.deepEqual(object.adapters.map(({ serves }) => serves), ['acme_host']);
    tool(['validate', output]);
    const checked = heapbumpJson(['check', output, ...(options.length === 0 ? [] : DESCRIBE)]);
    assert.equal(checked.code, 0, checked.stderr);

    const core = path.join(folder, 'acme-log.wasm');
    tool(['component', 'new', embedded('provider', folder), '--adapt', `wasi_snapshot_preview1=${path.join(TESTS, '../adapters/released/wasi_snapshot_preview1.reactor.wasm')}`, '-o', core]);
    const composed = path.join(folder, 'composed.wasm');
    tool(['compose', output, '-d', core, '-o', composed]);
    const inWasmtime = spawnSync(TOOLS.wasmtime, ['run', composed], { encoding: 'utf8' });
    const inNode = await runComponent(fs.readFileSync(output), { modules, args: ['program.wasm'], imports: { 'acme:host/log': SAY }, seconds: 120 });
    for (const [engine, after] of [['wasmtime', inWasmtime], ['jco', inNode]]) {
      assert.equal(after.stdout.toString(), before.stdout, engine);
      assert.equal(after.stderr.toString(), before.stderr, engine);
    }
  });
}

// Every shape of a parameter; each function has a result, so that its value is seen to come through.
const SHAPES = {
  text: ['(param $s string)', ['s1']],
  numbers: ['(param $a u64) (param $b f32) (param $c f64)', ['V', 'F', 'D']],
  words: ['(param $v (list u32))', ['s4']],
  buffer: ['(param $buf (@witx pointer u8)) (param $buf_len (@witx usize))', ['b1']],
  one: ['(param $one (@witx pointer $odd))', ['o12']],
  several: ['(param $a string) (param $buf (@witx pointer u8)) (param $buf_len u32) (param $x (@witx pointer u64)) (param $y (@witx const_pointer u16))', ['s1', 'b1', 'o8', 'i2']],
  results: ['(param $n u32) (result $e (expected (tuple u64 u16 $odd) (error u32)))', ['v', 'o8', 'o2', 'o12']],
  vectors: ['(param $v (list $iovec)) (param $done (@witx pointer (@witx usize)))', ['p8:0w1', 'o4']],
  nested: ['(param $deep (@witx pointer $deep))', ['d']],
};
const TYPES = `(typename $odd (record (field $a u8) (field $b u32) (field $c u16)))
  (typename $iovec (record (field $buf (@witx pointer u8)) (field $buf_len (@witx usize))))
  (typename $deep (record (field $flags u8) (field $vectors (list $iovec)) (field $odd (@witx pointer $odd)) (field $end u32)))`;
const described = () => `${TYPES} (module $shapes ${Object.entries(SHAPES).map(([name, [parameters]]) => `(@interface func (export "${name}") ${parameters}
  ${parameters.includes('result') ? '' : '(result $r u32)'})`).join('\n')})`;
const CORE = { V: 'i64', F: 'f32', D: 'f64', v: 'i32' };
const core = (kind) => (CORE[kind] !== undefined ? [CORE[kind]] : /^[sbp]/.test(kind) ? ['i32', 'i32'] : ['i32']);
const signature = (name) => `(param ${SHAPES[name][1].flatMap(core).join(' ')}) (result i32)`;

function numbers(seed) {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return (below) => {
    state ^= state << 13; state ^= state >>> 17; state ^= state << 5; state >>>= 0;
    return state % below;
  };
}

// A host that logs what it may read, and writes at random into what it may write. Its memory is set by who uses it.
class Host {
  constructor() {
    this.imports = { shapes: Object.fromEntries(Object.keys(SHAPES).map((name) => [name, (...args) => this.call(name, args)])) };
  }
  begin(seed) { [this.random, this.log] = [numbers(seed), []]; }
  at(address, size) {
    assert.ok((address >>> 0) + size <= this.memory.buffer.byteLength, 'outside the memory');
    return Buffer.from(this.memory.buffer, address >>> 0, size);
  }
  read(address, size) { this.log.push(address === 0 ? 'null' : 'there', this.at(address, size).toString('hex')); }
  write(address, size) {
    this.read(address, size);
    const bytes = this.at(address, size);
    for (let i = 0; i < size; i++) if (this.random(3) !== 0) bytes[i] = this.random(256);
  }
  word(address) { return this.at(address, 4).readUInt32LE(); }
  vectors(address, count) {
    for (let i = 0; i < count; i++) this.write(this.word(address + 8 * i), this.word(address + 8 * i + 4));
  }
  call(name, args) {
    this.log.push(name);
    for (const kind of SHAPES[name][1]) {
      const [first, count] = args.splice(0, core(kind).length);
      if (CORE[kind] !== undefined) this.log.push(first);
      else if (kind[0] === 's') this.read(first, Number(kind.slice(1)) * (count >>> 0));
      else if (kind[0] === 'b') this.write(first, count >>> 0);
      else if (kind[0] === 'i') this.read(first, Number(kind.slice(1)));
      else if (kind[0] === 'o') this.write(first, Number(kind.slice(1)));
      else if (kind[0] === 'p') this.vectors(first, count);
      else {
        this.vectors(this.word(first + 4), this.word(first + 8));
        if (this.word(first + 12) !== 0) this.write(this.word(first + 12), 12);
        this.write(first, 1);
        this.write(first + 16, 4);
      }
    }
    return this.random(1 << 20);
  }
}

function program(folder) {
  const names = Object.keys(SHAPES);
  const bytes = wat(`(module ${names.map((name) => `(import "shapes" "${name}" (func $${name} ${signature(name)}))`).join('\n')}
    (memory (export "memory") 3) (func (export "_start")) ${names.map((name) => `(export "${name}" (func $${name}))`).join('\n')})`);
  const files = { file: bytes, adapter: wat(`(module (import "env" "memory" (memory 0)) ${names.map((name) => `(func (export "${name}") ${signature(name)} (i32.const 0))`).join('\n')})`), description: described() };
  for (const [name, content] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), content);
  const output = path.join(folder, 'component.wasm');
  component(path.join(folder, 'file'), output, ['--strategy', 'apart', '--adapter', `shapes=${path.join(folder, 'adapter')}`, '--describe', path.join(folder, 'description'), '--encoder', TOOLS['wasm-tools']]);
  return { bytes, component: fs.readFileSync(output) };
}

const SIZE = 3 * 65536;
// Places that do not overlap, from the lowest address up, sometimes the null pointer, sometimes the memory's very end.
function argumentsFor(name, random, memory) {
  let next = 8 + random(100);
  const place = (size) => {
    next = (next + 7) & ~7;
    const at = next;
    next += size + random(50);
    return at;
  };
  const word = (at, value) => memory.writeUInt32LE(value >>> 0, at);
  const vectors = (count) => {
    const at = place(8 * count);
    for (let i = 0; i < count; i++) {
      const size = random(4) === 0 ? 0 : random(5000);
      word(at + 8 * i, place(size));
      word(at + 8 * i + 4, size);
    }
    return at;
  };
  return SHAPES[name][1].flatMap((kind) => {
    if (kind === 'V') return [BigInt(random(1 << 30)) << 20n];
    if ('FD'.includes(kind)) return [random(1000) / 8];
    if (kind === 'v') return [random(1 << 30)];
    if (kind[0] === 's' || kind[0] === 'b') {
      const size = Number(kind.slice(1));
      const count = [0, 1, random(3000), random(20000)][random(4)];
      if (random(10) === 0 && count * size <= 8) return [0, count];
      return random(6) === 0 && name !== 'several' ? [SIZE - count * size, count] : [place(count * size), count];
    }
    if (kind[0] === 'p') {
      const count = random(4);
      return [vectors(count), count];
    }
    if (kind[0] === 'd') {
      const at = place(20);
      const count = random(3);
      word(at + 4, vectors(count));
      word(at + 8, count);
      word(at + 12, random(3) === 0 ? 0 : place(12));
      return [at];
    }
    return [place(Number(kind.slice(1)))];
  });
}

test('the bridge leaves the memory that a host leaves which works on it directly', async (t) => {
  const folder = temporaryFolder(t);
  const { bytes, component: made } = program(folder);
  const direct = new Host();
  const alone = new WebAssembly.Instance(new WebAssembly.Module(bytes), direct.imports).exports;
  direct.memory = alone.memory;
  const bridged = new Host();
  const { program: over, standIn } = assemble(made, bridged, ['shapes']);
  let calls = 0;
  for (let seed = 1; seed <= 1500; seed++) {
    const random = numbers(seed);
    const name = Object.keys(SHAPES)[random(Object.keys(SHAPES).length)];
    const memories = [alone, over].map(({ memory }) => Buffer.from(memory.buffer));
    for (let i = 0; i < SIZE; i += 1 + random(3000)) memories[0][i] = random(256);
    const args = argumentsFor(name, random, memories[0]);
    memories[0].copy(memories[1]);
    const results = [[alone, direct], [over, bridged]].map(([exports, host]) => (host.begin(seed), exports[name](...args)));
    assert.equal(results[1], results[0], `${name}, seed ${seed}`);
    assert.deepEqual(bridged.log, direct.log, `${name}, seed ${seed}`);
    assert.ok(memories[0].equals(memories[1]), `${name}, seed ${seed}: the memories differ`);
    calls += direct.log.length;
  }
  assert.ok(calls > 3000);

  // What is not inside the memory traps before the host is called; a nested pointer does not unless it is used.
  for (const [name, args] of [['text', [SIZE - 3, 4]], ['text', [-4, 8]], ['words', [0, 1 << 30]], ['buffer', [SIZE, 1]], ['one', [SIZE - 11]], ['vectors', [SIZE - 4, 1, 8]]]) {
    bridged.begin(1);
    assert.throws(() => over[name](...args), WebAssembly.RuntimeError, `${name} ${args}`);
    assert.deepEqual(bridged.log, []);
  }
  const memory = Buffer.from(over.memory.buffer);
  for (const [pointer, count] of [[SIZE - 3, 4], [0xfffffff0, 0x7fffffff], [16, 0xffffffff]]) {
    memory.writeUInt32LE(pointer, 64);
    memory.writeUInt32LE(count, 68);
    bridged.vectors = (address) => bridged.log.push(bridged.word(address), bridged.word(address + 4));
    bridged.begin(1);
    over.vectors(64, 1, 8);
    assert.deepEqual(bridged.log.slice(1, 3), [0xffffffff, count]);
    assert.deepEqual([memory.readUInt32LE(64), memory.readUInt32LE(68)], [pointer, count]);
  }
  // A call that changes a pointer in what it may write traps.
  memory.fill(0, 64, 128);
  memory.writeUInt32LE(256, 64 + 12);
  bridged.vectors = () => {};
  bridged.write = (address, size) => size === 4 && Buffer.from(standIn.memory.buffer).writeUInt32LE(1, address - 4);
  bridged.begin(1);
  assert.throws(() => over.nested(64), WebAssembly.RuntimeError);
});

test('what is in the way is told before any work, all of it, and what would help', (t) => {
  const folder = temporaryFolder(t);
  const file = buildC('acme', folder);
  const digest = path.join(folder, 'digest.wasm');
  fs.writeFileSync(digest, wat(`(module (import "acme_host" "digest" (func (param i32 i32 i32) (result i32))) (import "acme_host" "fly" (func))
    (import "acme_host" "say" (func (param i32 i32) (result i32))) (memory (export "memory") 1) (func (export "_start")))`));
  const adapter = path.join(folder, 'adapter.wasm');
  const names = ['say', 'add', 'reverse', 'divide', 'scale', 'join', 'act', 'next', 'digest', 'fly'];
  fs.writeFileSync(adapter, wat(`(module (import "env" "memory" (memory 0)) ${names.map((name) => `(func (export "${name}"))`).join(' ')})`));
  const empty = path.join(folder, 'empty.wasm');
  fs.writeFileSync(empty, wat('(module)'));
  const output = path.join(folder, 'out.wasm');
  const refused = (input, options, code, pattern) => {
    const { code: found, stderr } = heapbump(['component', input, '-o', output, ...options]);
    assert.equal(found, code, stderr);
    assert.match(stderr, pattern);
    assert.equal(fs.existsSync(output), false);
  };
  const given = ['--adapter', `acme_host=${adapter}`];
  const encoder = ['--encoder', TOOLS['wasm-tools']];
  refused(file, [], 4, /`acme_host` `say`, .*`acme_host` `next`; --adapter NAME=FILE gives .* --describe FILE\.witx says .*\[HB0422\]/);
  refused(file, ['--adapter', `other=${adapter}`, ...encoder], 4, /`acme_host` `say`, .*\[HB0422\]/);
  refused(file, ['--adapter', `acme_host=${empty}`, ...encoder], 4, /`acme_host` `say`, .*\[HB0422\]/);
  refused(file, ['--adapter', `acme_host=${acme('acme.wit')}`, ...encoder], 3, /the adapter for `acme_host` is no core module that can be read: .*\[HB0301\]/);
  refused(file, [...given, '--encoder', 'builtin'], 4, /an encoder that reads it, and the built-in one does not; use --encoder wasm-tools or jco \[HB0425\]/);
  refused(file, [...given, '--strategy', 'apart', ...encoder], 4, /`acme_host` `say`.*--describe FILE\.witx \[HB0422\]/);
  refused(digest, [...given, ...DESCRIBE, ...encoder], 4, /not say enough of what is imported: `acme_host` `digest`: `\$out` points to bytes, and no length is behind it, `acme_host` `fly` is not in it \[HB0427\]/);
  refused(file, [...given, '--describe', acme('acme.witx'), ...encoder], 3, /acme\.witx:1:1: `types\.witx` is used; give that file as well, before this one \(--describe\) \[HB0314\]/);
  refused(file, [...given, ...given, ...encoder], 2, /is given twice/);
  refused(file, ['--adapter', `heapbump=${adapter}`, ...encoder], 2, /no adapter can be given for this module name/);
  refused(file, ['--adapter', `wasi_unstable=${adapter}`, ...encoder], 2, /no adapter can be given for this module name/);
});

// Sabotage: `check` makes the bridge again from the rows on record, and holds those to a description that is given.
test('check fails a bridge that is not what the record or the description says', (t) => {
  const folder = temporaryFolder(t);
  const output = path.join(folder, 'component.wasm');
  component(buildC('acme', folder), output, ['--strategy', 'apart', '--adapter', `acme_host=${embedded('adapter', folder)}`, ...DESCRIBE, '--encoder', TOOLS['wasm-tools']]);
  const good = fs.readFileSync(output);
  const check = (bytes, options, pattern) => {
    fs.writeFileSync(output, bytes);
    const { code, object, stderr } = heapbumpJson(['check', output, ...options]);
    if (pattern === undefined) return assert.equal(code, 0, stderr);
    assert.equal(code, 7, stderr);
    assert.match(stderr, pattern);
    assert.deepEqual(errors(schema('check'), object), []);
  };
  check(good, []);
  check(good, DESCRIBE);
  const edited = (from, to) => {
    assert.equal(from.length, to.length);
    const at = good.indexOf(from, sections(good).findLast(({ id, name }) => id === 0 && name === 'heapbump').start);
    assert.notEqual(at, -1, from);
    return Buffer.concat([good.subarray(0, at), Buffer.from(to), good.subarray(at + from.length)]);
  };
  const other = edited('"counted":true,"size":8,"written":false', '"counted":true,"size":4,"written":false');
  check(other, [], /no instance of it is of the bridge that heapbump makes/);
  check(edited('"serves":"acme_host"', '"serves":"acme_hosx"'), []); // what it served is told by nothing but its file
  const lying = path.join(folder, 'lying.witx');
  fs.writeFileSync(lying, fs.readFileSync(acme('acme.witx'), 'utf8').replace('(param $values (list u64))', '(param $values (list u32))'));
  check(good, ['--describe', acme('types.witx'), '--describe', lying], /the description does not say of `acme_host` `add` what the record in the component says/);
  const bridge = coreModules(good).at(-2);
  const at = good.indexOf(bridge);
  const changed = Buffer.from(good);
  changed[at + bridge.length - 40] ^= 1;
  check(changed, [], /no instance of it is of the bridge/);
});

test('a backtrace through the generated modules names their functions', (t) => {
  const folder = temporaryFolder(t);
  const file = path.join(folder, 'far.wasm');
  fs.writeFileSync(file, wat(`(module (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
    (memory (export "memory") 1) (func $main (export "_start") (drop (call $random (i32.const -8) (i32.const 100)))))`));
  const output = path.join(folder, 'component.wasm');
  component(file, output, ['--strategy', 'apart', '--encoder', 'builtin']);
  const { status, stderr } = spawnSync(TOOLS.wasmtime, ['run', output], { encoding: 'utf8' });
  assert.notEqual(status, 0);
  for (const name of ['heapbump bridge!heapbump.touch', 'heapbump bridge!random_get', 'heapbump shim!random_get', 'heapbump stand-in!_start'])
    assert.ok(stderr.includes(name), `${name} is not in:\n${stderr}`);
});
