// TinyGo commands and a reactor made components by the stock tools: the untouched module fails there, the reserved one does
// what it does as a core module. HEAPBUMP, HEAPBUMP_REAL_MODULES and FIXTURES come from CTest.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { componentNew, runComponent } from '../run/component.mjs';
import { differential } from '../run/differential.mjs';

const { HEAPBUMP: heapbump, HEAPBUMP_REAL_MODULES: modules, FIXTURES: fixtures } = process.env;
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'heapbump-tinygo-component-'));
after(() => fs.rmSync(work, { recursive: true }));

const programs = { 'busy-conservative': 89216, 'busy-leaking-asyncify': 89216, 'busy-conservative-opt0': 95968 };
const args = ['module.wasm', 'one', 'two'];
const env = { HB_TEST: 'x'.repeat(300) };

for (const [name, base] of Object.entries(programs)) {
  test(`${name}: reserved, run as core module and as component`, async () => {
    const original = path.join(fixtures, 'tinygo', `${name}.wasm`);
    const reserved = path.join(work, `${name}.wasm`);
    execFileSync(heapbump, ['reserve', original, '-o', reserved, '--manifest', `${reserved}.json`]);
    const manifest = JSON.parse(fs.readFileSync(`${reserved}.json`, 'utf8'));
    assert.equal(manifest.heap.base_before, base);

    const [before, now] = [original, reserved].map((file) => fs.readFileSync(file));
    const { verdict, differences, runs } = await differential(before, now, manifest, { args, env });
    assert.equal(verdict, 'same', differences.join('\n'));

    const asComponent = async (bytes) => runComponent(await componentNew(bytes, { modules }), { modules, args, env });
    const works = await asComponent(now);
    assert.equal(works.stdout.toString(), runs[0].stdout.toString());
    assert.equal(works.exitCode, 0);
    const fails = await asComponent(before);
    assert.notEqual(`${fails.exitCode} ${fails.stdout}`, `${works.exitCode} ${works.stdout}`);
  });
}

test('reactor-conservative: reserved, answers as a component what the core module answers; untouched it does not', async () => {
  const original = path.join(fixtures, 'tinygo', 'reactor-conservative.wasm');
  const reserved = path.join(work, 'reactor.wasm');
  execFileSync(heapbump, ['reserve', original, '-o', reserved, '--manifest', `${reserved}.json`]);
  const manifest = JSON.parse(fs.readFileSync(`${reserved}.json`, 'utf8'));
  const [before, now] = [original, reserved].map((file) => fs.readFileSync(file));
  const calls = ['add(200)', 'total()', 'collect()', 'add(9000)', 'collect()', 'add(30)', 'total()'];
  const { verdict, differences, runs } = await differential(before, now, manifest, { invoke: calls, env });
  assert.equal(verdict, 'same', differences.join('\n'));

  const wit = `package local:reactor;
    world reactor { export add: func(n: u32) -> u64; export total: func() -> u64; export collect: func() -> u32; }`;
  const asComponent = async (bytes) =>
    runComponent(await componentNew(bytes, { modules, kind: 'reactor', wit, world: 'reactor' }), { modules, calls, env });
  const works = await asComponent(now);
  assert.equal(works.exitCode, 0, works.stderr.toString());
  assert.equal(works.stdout.toString(), runs[0].stdout.toString());
  assert.deepEqual(works.stderr.toString().trim().split('\n').map((line) => line.split(': ')[1]), runs[0].results);
  const fails = await asComponent(before);
  assert.match(fails.stderr.toString(), /trap: RuntimeError/);
  assert.notEqual(fails.stdout.toString(), works.stdout.toString());
});
