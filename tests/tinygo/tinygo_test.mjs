// TinyGo modules from npm: found with and without their names, reserved, and run by their own JavaScript with a pattern
// in the region. HEAPBUMP and HEAPBUMP_REAL_MODULES come from CTest.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const heapbump = process.env.HEAPBUMP;
const modules = process.env.HEAPBUMP_REAL_MODULES;
const runner = fileURLToPath(new URL('package.mjs', import.meta.url));
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'heapbump-tinygo-'));
after(() => fs.rmSync(work, { recursive: true }));

// Heap bases as read by hand from the modules' disassembly: what the runtime's block arithmetic or heapptr starts with.
const packages = [
  { name: 'gofmt-0.4.9', file: 'gofmt.wasm', base: 131504, version: '0.31.2' },
  { name: 'gofmt-0.7.3', file: 'gofmt.wasm', base: 129936, version: '0.40.1' },
  { name: 'sh-syntax-0.3.7', file: 'main.wasm', base: 155968 },
  { name: 'sh-syntax-0.5.8', file: 'main.wasm', base: 1189808, version: '0.37.0' },
  { name: 'sh-syntax-0.7.0', file: 'main.wasm', base: 1181200, version: '0.42.0' },
  { name: 'astrojs-compiler-0.1.0-canary.23', file: 'astro.wasm', base: 233540 },
  { name: 'astrojs-compiler-0.9.2', file: 'astro.wasm', base: 251372 },
];
const moduleOf = ({ name, file }) => path.join(modules, name, file);
const json = (...args) => JSON.parse(execFileSync(heapbump, [...args, '--json'], { encoding: 'utf8', maxBuffer: 1 << 28 }));
const run = async (...args) => JSON.parse((await promisify(execFile)(process.execPath, [runner, ...args], { maxBuffer: 1 << 26 })).stdout.trim().split('\n').pop());

for (const item of packages) {
  const original = moduleOf(item);
  const reserved = path.join(work, `${item.name}.wasm`);
  const layout = path.join(work, `${item.name}.json`);

  test(`${item.name} is found with names and without`, () => {
    const found = json('detect', original);
    assert.equal(found.detector, 'tinygo');
    assert.equal(found.heap.base, item.base);
    assert.equal(found.confidence, 'strong');
    if (item.version) assert.equal(found.toolchain.version, item.version);
    const stripped = path.join(work, `${item.name}.stripped.wasm`);
    fs.copyFileSync(original, stripped);
    execFileSync('wasm-strip', [stripped]);
    const without = json('detect', stripped);
    assert.equal(without.heap.base, item.base);
    assert.equal(without.confidence, 'strong');
    assert.deepEqual(without.sites.map(({ role, value, kind }) => [role, value, kind]),
      found.sites.map(({ role, value, kind }) => [role, value, kind]));
  });

  test(`${item.name} is reserved, and undone byte for byte`, () => {
    execFileSync(heapbump, ['reserve', original, '-o', reserved, '--manifest', layout]);
    assert.ok(WebAssembly.validate(fs.readFileSync(reserved)));
    const back = path.join(work, 'back.wasm');
    execFileSync(heapbump, ['undo', reserved, '-o', back]);
    assert.deepEqual(fs.readFileSync(back), fs.readFileSync(original));
  });

  test(`${item.name} works as before and leaves the region alone`, async () => {
    const { base, size } = JSON.parse(fs.readFileSync(layout, 'utf8')).region;
    const [before, ...both] = await Promise.all([run(item.name, modules, original),
      ...['1', '2'].map((seed) => run(item.name, modules, reserved, `${base}:${size}`, seed))]);
    for (const now of both) {
      assert.equal(now.damage, null);
      assert.equal(now.output, before.output);
      assert.ok(now.pages > 0 && now.length > 0);
    }
  });
}

test('without the reservation the same region is overwritten', async () => {
  const item = packages.find(({ name }) => name === 'sh-syntax-0.5.8');
  const { damage } = await run(item.name, modules, moduleOf(item), `${item.base}:131072`, '1');
  assert.ok(damage.bytes > 1000);
});

test('gofmt 0.4.9: nine uses of the heap start, one folded into the metadata size, and the root end that stays', () => {
  const { sites } = json('detect', moduleOf(packages[0]));
  const of = (role, value) => sites.filter((site) => site.role === role && site.value === value).length;
  assert.equal(of('heap-start', 131504), 9);
  assert.equal(of('heap-start', 131440), 1);
  assert.equal(of('gc-root-end', 131504), 1);
  assert.equal(sites.filter(({ role }) => role === 'heap-start').length, 10);
});

// What a collection scans as roots is a range of constants in the code: those instructions must be there unchanged.
for (const item of packages.filter(({ name }) => name !== 'gofmt-0.7.3')) {
  test(`${item.name}: the collector scans the same roots`, () => {
    const [before, now] = [moduleOf(item), path.join(work, `${item.name}.wasm`)].map((file) => fs.readFileSync(file));
    const roots = json('detect', moduleOf(item)).sites.filter(({ role }) => role === 'gc-root-end');
    assert.equal(roots.length, 1);
    const at = roots[0].file_offset;
    const instructions = before.subarray(at - 6, at + 8);
    assert.equal(before.indexOf(instructions), at - 6);
    assert.notEqual(now.indexOf(instructions), -1);
  });
}
