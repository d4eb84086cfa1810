// The TinyGo detector on made-up programs: forms of the heap start that move, numbers that only look like it and stay,
// and uses that nothing explains, which must be refused. What is reserved is also run, with a pattern in the region.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { Canary } from '../run/canary.mjs';
import { blockCollector, GLOBAL_BASE, leakingAllocator } from './shapes.mjs';

const heapbump = process.env.HEAPBUMP;
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'heapbump-shapes-'));
after(() => fs.rmSync(work, { recursive: true }));
let count = 0;

function assemble(text) {
  const file = path.join(work, `${count++}.wasm`);
  fs.writeFileSync(`${file}.wat`, text);
  execFileSync('wat2wasm', ['--enable-all', `${file}.wat`, '-o', file]);
  return file;
}
const tool = (...args) => {
  const { stdout, stderr, status } = spawnSync(heapbump, args, { encoding: 'utf8' });
  return { stdout, stderr, status };
};
const detect = (file) => JSON.parse(tool('detect', file, '--json').stdout);
const values = (found, role) => found.sites.filter((site) => site.role === role).map((site) => site.value).sort();

function execute(file, region, seed) {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(fs.readFileSync(file)), {});
  const canary = region && new Canary(region, seed);
  canary?.write(exports.memory);
  exports._start();
  const results = [exports.run(10), exports.run(900)];
  canary?.check(exports.memory, 'the end');
  return { results, damage: canary?.damage, exports };
}

// Reserves, runs before and after, and gives back the finding and the reserved instance's exports.
function moves(text, base) {
  const file = assemble(text);
  const found = detect(file);
  assert.deepEqual(found.refusals, []);
  assert.equal(found.detector, 'tinygo');
  assert.equal(found.heap.base, base);
  const reserved = `${file}.reserved`;
  const said = tool('reserve', file, '-o', reserved, '--manifest', `${file}.json`);
  assert.equal(said.status, 0, said.stderr);
  const { region } = JSON.parse(fs.readFileSync(`${file}.json`, 'utf8'));
  const before = execute(file);
  let now;
  for (const seed of [1, 2]) {
    now = execute(reserved, region, seed);
    assert.equal(now.damage, undefined);
    assert.deepEqual(now.results, before.results);
  }
  assert.ok(execute(file, { ...region, size: 1024 }, 1).damage !== undefined); // so the check can fail
  return { found, exports: now.exports, before: before.exports };
}

function refused(text, pattern, code = 5) {
  const file = assemble(text);
  const { status, stderr } = tool('reserve', file, '-o', `${file}.reserved`);
  assert.equal(status, code, stderr);
  assert.match(stderr, pattern);
  assert.ok(!fs.existsSync(`${file}.reserved`));
}

const BASE = 86416;

test('the block collector moves, the end of its roots stays', () => {
  const { found, exports, before } = moves(blockCollector(), BASE);
  assert.equal(exports.found.value, before.found.value);
  assert.ok(exports.found.value > 0);
  assert.equal(found.confidence, 'strong');
  assert.deepEqual(values(found, 'heap-start'), [BASE - 64, BASE, BASE, BASE, BASE]);
  assert.deepEqual(values(found, 'gc-root-end'), [BASE]);
});

test('the leaking allocator moves, also from a heap base that is not aligned', () => {
  const { found } = moves(leakingAllocator(), 66252);
  assert.deepEqual(values(found, 'heap-start'), [66252]);
});

test('a declared maximum that the last doubling just reached is raised so far that it does again', () => {
  const { exports, before } = moves(leakingAllocator({ pages: '2 16' }), 66252);
  assert.equal(before.memory.buffer.byteLength, 16 * 65536);
  assert.ok(exports.memory.buffer.byteLength > 16 * 65536);
});

test('heapptr that only its data word sets, part of it outside any segment', () => {
  const { found } = moves(leakingAllocator({ base: 66256, begin: '', data: '(data (i32.const 65604) "\\d0\\02\\01")' }), 66256);
  assert.deepEqual(found.sites.map(({ kind, role }) => [kind, role]), [['data-word32', 'heap-start']]);
});

test('negated forms: x + -base', () => {
  const { found } = moves(blockCollector({ less: (x) => `(i32.add ${x} (i32.const ${-BASE}))` }), BASE);
  assert.deepEqual(values(found, 'heap-start').filter((value) => value < 0), [-BASE, -BASE]);
});

test('a negated size and a size that is not folded', () => {
  moves(blockCollector({ size: `(i32.div_u (i32.add (local.get $end) (i32.const ${64 - BASE})) (i32.const 65))` }), BASE);
  moves(blockCollector({ size: `(i32.div_u (i32.add (i32.sub (local.get $end) (i32.const ${BASE})) (i32.const 64)) (i32.const 65))` }), BASE);
});

test('an offset folded into the heap base moves with it', () => {
  // blocks are numbered from 1 here: base - 16 + (n + 1) * 16
  const { found } = moves(blockCollector({ plus: (x) => `(i32.add (i32.add ${x} (i32.const -16)) (i32.const ${BASE + 16}))` }), BASE);
  assert.ok(values(found, 'heap-start').includes(BASE + 16));
});

test('the heap\'s first bytes written by address, as constant and as access offset', () => {
  const { found } = moves(blockCollector({ start: `(i32.store (i32.const ${BASE + 4}) (i32.const 0)) (i64.store offset=${BASE} (i32.const 0) (i64.const 0))` }), BASE);
  assert.ok(values(found, 'heap-start').includes(BASE + 4));
  assert.ok(found.sites.some(({ kind, role }) => kind === 'memarg-offset' && role === 'heap-start'));
});

test('roots given as start and length', () => {
  const { found } = moves(blockCollector({ extra: '(func $scan (param i32 i32) (call $markRoots (local.get 0) (i32.add (local.get 0) (local.get 1))))',
    roots: `(call $scan (i32.const ${GLOBAL_BASE}) (i32.const ${BASE - GLOBAL_BASE}))` }), BASE);
  assert.deepEqual(values(found, 'gc-root-end'), [BASE - GLOBAL_BASE]);
});

test('roots walked in place', () => {
  const walk = `(local $at i32) (local $v i32) (local.set $at (i32.const ${GLOBAL_BASE}))
    (loop $next (local.set $v (i32.load (local.get $at)))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4))) (i32.const ${BASE}))))`;
  const { found } = moves(blockCollector({ roots: walk }), BASE);
  assert.deepEqual(values(found, 'gc-root-end'), [BASE]);
});

test('heapStart as a variable: its data word and its store move together', () => {
  const word = (x) => `(i32.sub ${x} (i32.load (i32.const 65620)))`;
  const { found } = moves(blockCollector({ base: 66240, less: word, plus: (x) => `(i32.add ${x} (i32.load (i32.const 65620)))`,
    isHeap: '(i32.ge_u (local.get $v) (i32.load (i32.const 65620)))',
    size: '(i32.div_u (i32.add (i32.sub (local.get $end) (i32.load (i32.const 65620))) (i32.const 64)) (i32.const 65))',
    roots: '(call $markRoots (i32.load (i32.const 65624)) (i32.load (i32.const 65628)))',
    start: '(i32.store (i32.const 65620) (i32.const 66240))',
    data: '(data (i32.const 65620) "\\c0\\02\\01\\00\\00\\00\\01\\00\\c0\\02\\01\\00")' }), 66240);
  assert.deepEqual(found.sites.map(({ kind, role }) => [kind, role]).sort(),
    [['data-word32', 'gc-root-end'], ['data-word32', 'heap-start'], ['i32.const', 'heap-start']]);
});

test('the old share of one in 64, by a shift, and heapStart aligned in place', () => {
  const aligned = '(i32.and (i32.add (i32.load (i32.const 65620)) (i32.const 15)) (i32.const -16))';
  moves(blockCollector({ base: 66248, less: (x) => `(i32.sub ${x} ${aligned})`, plus: (x) => `(i32.add ${x} (i32.load (i32.const 65620)))`,
    isHeap: '(i32.ge_u (local.get $v) (i32.load (i32.const 65620)))',
    size: `(i32.shr_u (i32.sub (local.get $end) ${aligned}) (i32.const 6))`,
    start: `(i32.store (i32.const 65620) (i32.const 66248)) (i32.store (i32.const 65620) ${aligned})` }), 66248);
});

test('no stack pointer, no names: the layout still agrees by the memory\'s size', () => {
  const text = blockCollector().replace(/\(global \$sp[^\n]*\n/, '');
  const { found } = moves(text, BASE);
  assert.deepEqual(values(found, 'stack-top'), []);
});

test('seconds of a day equal to the heap base stay where they are factors and divisors', () => {
  const day = 86400;
  const { exports } = moves(blockCollector({ base: day, extra: `
    (func (export "seconds") (param i32) (result i32) (i32.mul (local.get 0) (i32.const ${day})))
    (func (export "days") (param i32) (result i32) (i32.div_u (local.get 0) (i32.const ${day})))
    (func (export "rest") (param i32) (result i32) (i32.rem_u (local.get 0) (i32.const ${day})))` }), day);
  assert.deepEqual([exports.seconds(3), exports.days(86400 * 7), exports.rest(86405)], [259200, 7, 5]);
});

test('a 64-bit number equal to the heap base is no address', () => {
  const found = detect(assemble(blockCollector({ extra: `(func (export "wide") (param i64) (result i64) (i64.sub (local.get 0) (i64.const ${BASE})))` })));
  assert.deepEqual(found.refusals, []);
  assert.equal(found.sites.filter(({ kind, role }) => kind === 'i64.const' && role === 'unrelated').length, 1);
});

test('numbers above the heap base stay', () => {
  const { exports, found } = moves(blockCollector({ extra: `
    (func (export "limit") (param i32) (result i32) (i32.lt_u (local.get 0) (i32.const 100000)))
    (func (export "field") (param i32) (result i32) (i32.load offset=100004 (local.get 0)))
    (func (export "sum") (param i32) (result i32) (i32.add (local.get 0) (i32.const 131071)))` }), BASE);
  assert.deepEqual([exports.limit(99999), exports.limit(100000), exports.sum(1)], [1, 0, 131072]);
  assert.deepEqual(values(found, 'unrelated'), [100000, 100004, 131071]);
});

test('the end of a static object stays, also where it is the heap base', () => {
  const { exports } = moves(blockCollector({ extra: `
    (func (export "walk") (result i32) (local $at i32) (local $n i32) (local.set $at (i32.const ${BASE - 400}))
      (loop $next (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br_if $next (i32.ne (local.tee $at (i32.add (local.get $at) (i32.const 4))) (i32.const ${BASE}))))
      (local.get $n))` }), BASE);
  assert.equal(exports.walk(), 100);
});

test('an object at the heap base less 64 is not taken for the folded constant', () => {
  const { exports } = moves(blockCollector({ extra: `
    (func (export "poke") (i32.store (i32.const ${BASE - 64}) (i32.const 77)))
    (func (export "peek") (result i32) (i32.load (i32.const ${BASE - 64})))` }), BASE);
  exports.poke();
  assert.equal(exports.peek(), 77);
  assert.equal(new DataView(exports.memory.buffer).getUint32(BASE - 64, true), 77);
});

const unexplained = {
  'the heap base compared with a plain number': `(func (export "f") (param i32) (result i32) (i32.lt_u (local.get 0) (i32.const ${BASE})))`,
  'the heap base taken from a plain number': `(func (export "f") (param i32) (result i32) (i32.sub (local.get 0) (i32.const ${BASE})))`,
  'the heap base added to a plain number': `(func (export "f") (param i32) (result i32) (i32.add (local.get 0) (i32.const ${BASE})))`,
  'the heap base returned to the host': `(func (export "f") (result i32) (i32.const ${BASE}))`,
  'the heap base in a variable that is not known': `(func (export "f") (i32.store (i32.const 65700) (i32.const ${BASE})))`,
  'the heap base stored through a pointer': `(func (export "f") (param i32) (i32.store (local.get 0) (i32.const ${BASE})))`,
  'the heap base in a global': `(global $g (mut i32) (i32.const 0)) (func (export "f") (global.set $g (i32.const ${BASE})))`,
  'the heap base passed to an import': `(func (export "f") (call_indirect (param i32) (i32.const ${BASE}) (i32.const 0))) (table 1 funcref)`,
  'bits of the heap base': `(func (export "f") (param i32) (result i32) (i32.xor (local.get 0) (i32.const ${BASE})))`,
  'the heap base as a factor and as a bound': `(func (export "f") (param i32) (result i32) (local i32)
    (local.set 1 (i32.const ${BASE})) (i32.add (i32.mul (local.get 0) (local.get 1)) (i32.lt_u (i32.load (i32.const 65604)) (local.get 1))))`,
  'a shifted difference that never reaches the metadata': `(func (export "f") (param i32) (result i32) (i32.shr_u (i32.sub (local.get 0) (i32.const ${BASE})) (i32.const 4)))`,
  'a fixed address inside the heap': `(func (export "f") (result i32) (i32.load (i32.const 100000)))`,
  'a fixed address inside the heap as access offset': '(func (export "f") (result i32) (i32.load offset=100000 (i32.const 0)))',
  'an address summed up inside the heap': `(func (export "f") (result i32) (i32.load (i32.add (i32.const 99000) (i32.const 1000))))`,
  'the heap base as access offset from a pointer': `(func (export "f") (param i32) (result i32) (i32.load offset=${BASE} (local.get 0)))`,
  'a number in the heap compared with the heap\'s end': `(func (export "f") (result i32) (i32.lt_u (i32.load (i32.const 65600)) (i32.const 200000)))`,
  'two words stored at once': `(func (export "f") (param i32) (i64.store (local.get 0) (i64.const ${BigInt(BASE) << 32n})))`,
};
for (const [what, extra] of Object.entries(unexplained)) {
  test(`refused: ${what}`, () => refused(blockCollector({ extra }), /not explained|HB0504/));
}

test('refused: a data word that holds the heap base and that nothing reads by its address', () => {
  refused(blockCollector({ base: 86416, data: '(data (i32.const 65700) "\\90\\51\\01\\00")' }), /data word/);
});

test('refused: one use of another heap start', () => {
  refused(blockCollector({ isHeap: `(i32.ge_u (local.get $v) (i32.const ${BASE + 4096}))` }), /HB0504/);
  refused(blockCollector({ extra: `(func (export "f") (param i32) (result i32)
    (i32.load (i32.add (i32.shl (local.get 0) (i32.const 4)) (i32.const ${BASE + 4096}))))` }), /HB0504/);
});

test('refused: two values for heapptr', () => {
  refused(leakingAllocator({ begin: '(i32.store (i32.const 65604) (i32.const 66256)) (i32.store (i32.const 65604) (i32.const 70000))' }), /HB0502/);
});

test('refused: a heap start below the end of the data', () => {
  refused(blockCollector({ base: 66240, data: '(data (i32.const 66300) "x")' }), /HB0506/);
});

test('refused below strong: only the arithmetic speaks for it', () => {
  const text = blockCollector({ pages: 4, stackPointer: 70000 });
  refused(text, /HB0503/);
});

test('not TinyGo: memory.size is read and compared, but bounds no heap', () => {
  const file = assemble(`(module (memory 2) (func (export "_start") (i32.store (i32.const 65600) (i32.shl (memory.size) (i32.const 16))))
    (func (export "f") (param i32) (result i32) (i32.lt_u (local.get 0) (i32.load (i32.const 65600)))))`);
  assert.notEqual(detect(file).detector, 'tinygo');
});
