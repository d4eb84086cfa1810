// The test host must notice what the differential tests rely on it to notice. Each module here does one thing that
// a wrong reservation would do, or that a host could get wrong.
import assert from 'node:assert/strict';
import test from 'node:test';
import { compareText, differential, runInThread } from './differential.mjs';
import { parseArguments, parseInvocation, runModule } from './host.mjs';
import { wat } from './wat.mjs';

// A module of one memory and the preview1 functions that `body` names, each as $name.
const SIGNATURES = {
  fd_write: '(param i32 i32 i32 i32) (result i32)', fd_read: '(param i32 i32 i32 i32) (result i32)',
  random_get: '(param i32 i32) (result i32)', clock_time_get: '(param i32 i64 i32) (result i32)',
  path_open: '(param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)',
  fd_readdir: '(param i32 i32 i32 i64 i32) (result i32)', proc_exit: '(param i32)',
  fd_filestat_get: '(param i32 i32) (result i32)', path_create_directory: '(param i32 i32 i32) (result i32)',
  poll_oneoff: '(param i32 i32 i32 i32) (result i32)', fd_seek: '(param i32 i64 i32 i32) (result i32)',
  args_sizes_get: '(param i32 i32) (result i32)', environ_get: '(param i32 i32) (result i32)',
};
function module(body, { pages = 4, data = '' } = {}) {
  const used = Object.keys(SIGNATURES).filter((name) => body.includes(`$${name}`));
  const imports = used.map((name) => `(import "wasi_snapshot_preview1" "${name}" (func $${name} ${SIGNATURES[name]}))`);
  return wat(`(module ${imports.join('\n')} (memory (export "memory") ${pages}) ${data} ${body})`);
}
// Writes [address, address + size) to standard output.
const PRINT = `(func $print (param $address i32) (param $size i32)
  (i32.store (i32.const 0) (local.get $address)) (i32.store (i32.const 4) (local.get $size))
  (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))`;
const start = (instructions) => module(`${PRINT} (func (export "_start") ${instructions})`,
  { data: '(data (i32.const 16) "hello\\n")' });
const REGION = { base: 0x20000, size: 0x20000 };
const MANIFEST = { region: REGION, heap: { base_before: 0x20000, base_after: 0x40000 } };

test('the same module and options leave the same record', async () => {
  const bytes = start(`(drop (call $random_get (i32.const 100) (i32.const 8)))
    (drop (call $clock_time_get (i32.const 0) (i64.const 0) (i32.const 108))) (call $print (i32.const 100) (i32.const 16))`);
  const [first, second, other] = [await runModule(bytes), await runModule(bytes), await runModule(bytes, { seed: 2 })];
  assert.equal(first.traceHash, second.traceHash);
  assert.deepEqual(first.stdout, second.stdout);
  assert.notDeepEqual(first.stdout, other.stdout);
  assert.equal(first.stdout.readBigUInt64LE(8), 1_600_000_000_000_100_000n);
});

test('exit codes, traps and limits are distinguished', async () => {
  assert.equal((await runModule(module('(func (export "_start") (call $proc_exit (i32.const 9)))'))).exitCode, 9);
  assert.match((await runModule(module('(func (export "_start") unreachable)'))).trap, /unreachable/);
  const endless = module('(func (export "_start") (loop (drop (call $random_get (i32.const 0) (i32.const 1))) (br 0)))');
  assert.equal((await runModule(endless, { maxCalls: 10 })).limit, 'host calls');
  const spinning = module('(func (export "_start") (loop (br 0)))');
  assert.match((await runInThread(spinning, {}, 1)).limit, /^time/);
});

test('an intact region is reported as intact, and is compared at every host call', async () => {
  const result = await runModule(start('(call $print (i32.const 16) (i32.const 6)) (call $print (i32.const 16) (i32.const 6))'),
    { region: REGION });
  assert.equal(result.stdout.toString(), 'hello\nhello\n');
  assert.deepEqual(result.canary, { checks: 3, damage: undefined });
});

test('a single byte written to the region is seen, with its address and the call after it', async () => {
  const result = await runModule(start(`(call $print (i32.const 16) (i32.const 6)) (i32.store8 (i32.const 0x3ffff)
    (i32.xor (i32.load8_u (i32.const 0x3ffff)) (i32.const 1))) (call $print (i32.const 16) (i32.const 6))`), { region: REGION });
  assert.equal(result.canary.damage.address, 0x3ffff);
  assert.equal(result.canary.damage.bytes, 1);
  assert.match(result.canary.damage.when, /call 1 \(fd_write\)/);
});

test('a byte written just outside the region is no damage', async () => {
  const result = await runModule(start('(i32.store8 (i32.const 0x1ffff) (i32.const 1))'), { region: { base: 0x20000, size: 0x10000 } });
  assert.equal(result.canary.damage, undefined);
});

test('damage is seen after the last host call as well', async () => {
  const result = await runModule(start('(i32.store8 (i32.const 0x20000) (i32.const 0)) (i32.store8 (i32.const 0x20001) (i32.const 0))'),
    { region: REGION });
  assert.equal(result.canary.damage.when, 'the end');
});

test('differential: equal modules are the same, a write is damage, a read shows by the second pattern', async () => {
  const same = start('(call $print (i32.const 16) (i32.const 6))');
  assert.equal((await differential(same, same, MANIFEST)).verdict, 'same');
  const writes = start('(i32.store (i32.const 0x20010) (i32.const 0)) (call $print (i32.const 16) (i32.const 6))');
  assert.equal((await differential(same, writes, MANIFEST)).verdict, 'damaged');
  const reads = start('(if (i32.and (i32.load8_u (i32.const 0x20010)) (i32.const 1)) (then (call $print (i32.const 16) (i32.const 6)) (return)))' +
    '(call $print (i32.const 16) (i32.const 6)) (call $print (i32.const 16) (i32.const 6))');
  assert.equal((await differential(same, reads, MANIFEST)).verdict, 'different');
});

test('differential: a different exit, output or call is a difference', async () => {
  const one = module('(func (export "_start") (call $proc_exit (i32.const 1)))');
  const two = module('(func (export "_start") (call $proc_exit (i32.const 2)))');
  assert.equal((await differential(one, two, MANIFEST)).verdict, 'different');
  const silent = start('');
  assert.equal((await differential(silent, start('(call $print (i32.const 16) (i32.const 6))'), MANIFEST)).verdict, 'different');
  const random = (size) => module(`(func (export "_start") (drop (call $random_get (i32.const 0) (i32.const ${size}))))`);
  assert.equal((await differential(random(8), random(9), MANIFEST)).verdict, 'different');
  assert.equal((await differential(random(8), random(8), MANIFEST)).verdict, 'same');
});

test('differential: addresses of buffers do not matter, printed addresses are named', async () => {
  const at = (address) => start(`(i64.store (i32.const ${address}) (i64.const 0x0a6f6c6c65)) (call $print (i32.const ${address}) (i32.const 5))`);
  assert.equal((await differential(at(0x8000), at(0x9000), MANIFEST)).verdict, 'same');
  assert.equal(compareText('heap at 0x20010, ok', 'heap at 0x40010, ok', 0x20000), 'addresses');
  assert.equal(compareText('heap at 131072', 'heap at 262144', 0x20000), 'addresses');
  assert.equal(compareText('heap at 0x20010', 'heap at 0x40011', 0x20000), 'different');
  assert.equal(compareText('sum 20010 x', 'sum 40010 y', 0x20000), 'different');
});

test('standard input, arguments and environment arrive', async () => {
  const result = await runModule(start(`(i32.store (i32.const 32) (i32.const 200)) (i32.store (i32.const 36) (i32.const 100))
    (drop (call $fd_read (i32.const 0) (i32.const 32) (i32.const 1) (i32.const 40))) (call $print (i32.const 200) (i32.load (i32.const 40)))
    (drop (call $environ_get (i32.const 300) (i32.const 400))) (call $print (i32.load (i32.const 300)) (i32.const 4))
    (drop (call $args_sizes_get (i32.const 500) (i32.const 504))) (call $proc_exit (i32.load (i32.const 500)))`),
    { stdin: Buffer.from('input'), env: { A: 'b' }, args: ['x', 'y', 'z'] });
  assert.equal(result.stdout.toString(), 'inputA=b\0');
  assert.equal(result.exitCode, 3);
});

test('files are read from a private copy, folders are listed in order, nothing can be changed', async () => {
  const open = (name, size, oflags) => `(call $path_open (i32.const 3) (i32.const 0) (i32.const ${name}) (i32.const ${size})
    (i32.const ${oflags}) (i64.const -1) (i64.const -1) (i32.const 0) (i32.const 60))`;
  const bytes = module(`${PRINT} (func (export "_start") (local $size i32)
      (if ${open(1000, 5, 0)} (then unreachable))
      (i32.store (i32.const 32) (i32.const 2000)) (i32.store (i32.const 36) (i32.const 100))
      (drop (call $fd_seek (i32.load (i32.const 60)) (i64.const 2) (i32.const 0) (i32.const 48)))
      (drop (call $fd_read (i32.load (i32.const 60)) (i32.const 32) (i32.const 1) (i32.const 40)))
      (call $print (i32.const 2000) (i32.load (i32.const 40)))
      (drop (call $fd_readdir (i32.const 3) (i32.const 3000) (i32.const 500) (i64.const 2) (i32.const 40)))
      (call $print (i32.const 3024) (i32.const 5)) (call $print (i32.const 3053) (i32.const 1))
      (i32.store8 (i32.const 2999) (i32.add (i32.const 48) (i32.eq (i32.const 69) ${open(1010, 3, 1)})))
      (i32.store8 (i32.const 2998) (i32.add (i32.const 48) (i32.eq (i32.const 69) (call $path_create_directory (i32.const 3) (i32.const 1010) (i32.const 3)))))
      (i32.store8 (i32.const 2997) (i32.add (i32.const 48) (i32.eq (i32.const 63) ${open(1020, 4, 0)})))
      (call $print (i32.const 2997) (i32.const 3)))`,
    { data: '(data (i32.const 1000) "a.txt") (data (i32.const 1010) "new") (data (i32.const 1020) "../x")' });
  const result = await runModule(bytes, { preopens: { '/': { b: {}, 'a.txt': 'contents' } } });
  assert.equal(result.stdout.toString(), 'ntentsa.txtb111');
});

test('a wait on a clock moves the time to its deadline', async () => {
  const bytes = start(`(i64.store (i32.const 100) (i64.const 7)) (i32.store (i32.const 116) (i32.const 1))
    (i64.store (i32.const 124) (i64.const 5000000000)) (drop (call $poll_oneoff (i32.const 100) (i32.const 200) (i32.const 1) (i32.const 300)))
    (drop (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 400))) (call $print (i32.const 400) (i32.const 8))`);
  assert.equal((await runModule(bytes)).stdout.readBigUInt64LE(), 6_000_100_000n);
});

test('an address outside the memory gives FAULT, not a crash of the host', async () => {
  const bytes = module('(func (export "_start") (call $proc_exit (call $random_get (i32.const 0x7fffff00) (i32.const 64))))');
  assert.equal((await runModule(bytes)).exitCode, 21);
});

test('reactors: _initialize first, then the exports asked for, with values recorded', async () => {
  const bytes = wat(`(module (memory (export "memory") 1) (global $g (mut i32) (i32.const 0))
    (func (export "_initialize") (global.set $g (i32.const 40)))
    (func (export "add") (param i32) (result i32) (i32.add (global.get $g) (local.get 0)))
    (func (export "big") (param i64) (result i64) (i64.mul (local.get 0) (i64.const 3))))`);
  const result = await runModule(bytes, { invoke: ['add(2)', 'big(5n)'] });
  assert.deepEqual(result.results, ['42', '15n']);
  assert.deepEqual(parseInvocation('f'), { name: 'f', args: [] });
});

test('imports nobody gives are refused, or replaced on request and recorded', async () => {
  const bytes = wat(`(module (import "env" "f" (func $f (param i32) (result i64))) (memory (export "memory") 1)
    (func (export "_start") (drop (call $f (i32.const 5)))))`);
  await assert.rejects(runModule(bytes), /f/);
  const result = await runModule(bytes, { stubs: true });
  assert.deepEqual(result.trace, ['env.f(5) -> 0n']);
  assert.deepEqual(result.missing, ['env.f']);
});

test('wrong options are refused', () => {
  assert.throws(() => parseArguments(['--nonsense']), /unknown option/);
  assert.throws(() => parseArguments(['--region', 'x:y']), /region/);
  assert.deepEqual(parseArguments(['a.wasm', '--', 'p', '--q']).options.args, ['module.wasm', 'p', '--q']);
});
