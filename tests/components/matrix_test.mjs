// Big Go, wasi-libc C and Rust, each with the shim and with a placed adapter, as command and as reactor where it is one: the
// component that the stock tool makes prints what the core module prints, and `check` passes it.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { componentNew, runComponent, stockAdapter } from '../run/component.mjs';
import { runModule } from '../run/host.mjs';
import { heapbump, REAL, reserve, temporaryFolder, TESTS } from '../run/heapbump.mjs';
import { buildC, buildRust } from './build.mjs';

const modules = REAL;
const go = (name) => path.join(TESTS, 'fixtures/go', name);

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

// Reserves FILE, makes the component, checks it. -> {component, original, manifest, manifestFile, reserved}
export async function build(file, placement, folder, { kind = 'command', wit, world } = {}) {
  const result = reserve(file, folder, ['--placement', placement]);
  const adapter = adapterFor(placement, kind, result.manifestFile, folder);
  const component = Buffer.from(await componentNew(result.reserved, { modules, kind, adapter, wit, world }));
  const output = path.join(folder, 'component.wasm');
  fs.writeFileSync(output, component);
  return { ...result, component, output };
}

export function assertChecked(output, args = []) {
  const { code, stderr } = heapbump(['check', output, ...args]);
  assert.equal(code, 0, stderr);
}

const busy = {
  args: ['busy', '12', 'more'], env: { HOME: '/home/someone', A: 'b'.repeat(3000) },
  stdin: Buffer.from('a line of input\n'.repeat(5000)),
};
const commands = [
  ['Big Go 1.21', () => go('busy-go1.21.wasm')], ['Big Go 1.26', () => go('busy-go1.26.wasm')],
  ['wasi-libc C', (folder) => buildC('stress', folder)], ['Rust', (folder) => buildRust('busy', folder)],
];
for (const [name, file] of commands) {
  for (const placement of ['shim', 'adapter']) {
    test(`${name}, command, ${placement}: prints what the core module prints`, async (t) => {
      const folder = temporaryFolder(t);
      const module = file(folder);
      if (module === undefined) return t.skip('LEFT OUT: rustc has no WASI library here');
      const data = path.join(folder, 'data');
      fs.mkdirSync(data);
      for (let i = 0; i < 5; i++) fs.writeFileSync(path.join(data, `file${i}.txt`), `contents ${i}\n`.repeat(400 * i + 1));
      const { component, original, output, manifestFile } = await build(module, placement, folder);
      assertChecked(output, ['--manifest', manifestFile]);
      const options = { ...busy, args: [busy.args[0], '40'], preopens: { '/data': data } };
      const before = await runModule(original, options);
      const after = await runComponent(component, { modules, ...options });
      assert.equal(after.stdout.toString(), before.stdout.toString(), after.stderr.toString());
      assert.equal(after.exitCode === 0, before.exitCode === 0, after.stderr.toString());
      assert.ok(before.stdout.length > 60);
    });
  }
}

const reactors = [
  ['Big Go', () => go('reactor-go1.24.wasm'), ['add(200)', 'total()', 'add(300)', 'total()']],
  ['wasi-libc C', (folder) => buildC('reactor', folder, ['-mexec-model=reactor']), ['add(200)', 'total()', 'add(3000)', 'total()']],
];
for (const [name, file, calls] of reactors) {
  for (const placement of ['shim', 'adapter']) {
    test(`${name}, reactor, ${placement}: answers what the core module answers`, async (t) => {
      const folder = temporaryFolder(t);
      const wit = 'package local:reactor; world reactor { export add: func(n: u32) -> u64; export total: func() -> u64; }';
      const { component, original, output } = await build(file(folder), placement, folder, { kind: 'reactor', wit, world: 'reactor' });
      assertChecked(output);
      const env = { HOME: 'someone' };
      const before = await runModule(original, { invoke: calls, env });
      assert.equal(before.trap, undefined, before.stderr.toString());
      const after = await runComponent(component, { modules, calls, env });
      assert.equal(after.exitCode, 0, after.stderr.toString());
      assert.equal(after.stdout.toString(), before.stdout.toString());
      const answers = after.stderr.toString().trim().split('\n').map((line) => line.split(': ')[1]);
      assert.deepEqual(answers, before.results);
    });
  }
}

for (const placement of ['shim', 'adapter']) {
  test(`stress, ${placement}: 10 MB through the streams, thousands of small writes, many variables, files, folders`, async (t) => {
    const folder = temporaryFolder(t);
    const { component, original } = await build(buildC('stress', folder), placement, folder);
    const data = path.join(folder, 'data');
    fs.mkdirSync(data);
    for (let i = 0; i < 60; i++) fs.writeFileSync(path.join(data, `a-file-with-a-long-name-${i}.txt`), `line ${i}\n`.repeat(30 * i + 5));
    const env = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`VARIABLE_${i}`, `value ${i} `.repeat(1 + (i % 13))]));
    const args = ['stress', '5000', ...Array.from({ length: 200 }, (_, i) => `argument-${i}`)];
    const stdin = Buffer.from(Array.from({ length: 10_000_000 / 50 }, (_, i) => `${i} `.padEnd(49, 'abcdefgh') + '\n').join(''));
    const options = { args, env, stdin, preopens: { '/data': data } };
    const before = await runModule(original, options);
    assert.equal(before.exitCode ?? 0, 0, before.stderr.toString());
    assert.ok(before.stdout.length > 10_000_000);
    const after = await runComponent(component, { modules, ...options });
    assert.equal(after.exitCode, 0, after.stderr.toString());
    assert.ok(after.stdout.equals(before.stdout), 'the component printed something else');
  });
}
