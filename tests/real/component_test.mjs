// The whole way, by stock tools: esbuild's wasip1 build, reserved, becomes a component with the stock command adapter and
// works; untouched it traps. The same for the Go fixtures, as command and as reactor.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { componentNew, runComponent } from '../run/component.mjs';
import { differential } from '../run/differential.mjs';
import { runModule } from '../run/host.mjs';
import { REAL, reserve, temporaryFolder, TESTS } from '../run/heapbump.mjs';
import { typescript } from './large_input.mjs';

const ESBUILD = path.join(REAL, '@esbuild/wasi-preview1/esbuild.wasm');
const FIXTURES = path.join(TESTS, 'fixtures/go');
const modules = REAL;
const asComponent = async (bytes, options) => runComponent(await componentNew(bytes, { modules }), { modules, ...options });

test('esbuild as shipped fails as a component: the adapter finds its memory overwritten', async () => {
  const { exitCode, stdout, stderr } = await asComponent(fs.readFileSync(ESBUILD), { args: ['esbuild', '--version'] });
  assert.notEqual(exitCode, 0);
  assert.equal(stdout.toString(), '');
  assert.match(stderr.toString(), /assertion failed at adapter line \d+/);
});

test('esbuild, reserved, prints its version as a component', async (t) => {
  const { reserved } = reserve(ESBUILD, temporaryFolder(t), ['--pages', '2']);
  const { exitCode, stdout, stderr } = await asComponent(reserved, { args: ['esbuild', '--version'] });
  assert.equal(stdout.toString(), '0.27.2\n', stderr.toString());
  assert.equal(exitCode, 0);
});

test('esbuild, reserved, transforms TypeScript as a component and as a module just as before', async (t) => {
  const { original, reserved, manifest } = reserve(ESBUILD, temporaryFolder(t));
  const stdin = Buffer.from(typescript(1500));
  const args = ['esbuild', '--loader=ts', '--minify', '--target=es2020'];
  const before = await runModule(original, { args, stdin });
  assert.equal(before.exitCode, 0, before.stderr.toString());
  assert.ok(before.stdout.length > 200_000);
  const { verdict, differences } = await differential(original, reserved, manifest, { args, stdin });
  assert.deepEqual([verdict, differences], ['same', []]);
  const component = await asComponent(reserved, { args, stdin });
  assert.equal(component.exitCode, 0, component.stderr.toString());
  assert.ok(component.stdout.equals(before.stdout), 'the component printed something else');
});

const env = { HOME: '/home/someone', LANG: 'C', A: 'b'.repeat(3000) };
for (const [name, works] of [['busy-go1.21.wasm', true], ['busy-go1.23.wasm', true], ['busy-go1.24.wasm', false], ['busy-go1.25.wasm', false], ['busy-go1.26.wasm', false]]) {
  test(`${name}, reserved, prints as a component what the module prints`, async (t) => {
    const folder = temporaryFolder(t);
    const { original, reserved } = reserve(path.join(FIXTURES, name), folder);
    const data = path.join(folder, 'data');
    fs.mkdirSync(data);
    fs.writeFileSync(path.join(data, 'file.txt'), 'contents of a file\n'.repeat(5000));
    const options = { args: ['busy', '12', 'more'], env, preopens: { '/data': data }, stdin: Buffer.from('a line of input\n'.repeat(20000)) };
    const before = await runModule(original, options);
    assert.equal(before.exitCode, 3, before.stderr.toString());
    const after = await asComponent(reserved, options);
    assert.equal(after.stdout.toString(), before.stdout.toString());
    assert.equal(after.stderr.toString(), 'done\n');
    assert.equal(after.exitCode, 1); // wasi:cli/exit knows no other failure
    const stock = await asComponent(original, options);
    assert.equal(stock.stdout.equals(before.stdout) && stock.stderr.toString() === 'done\n', works);
  });
}

test('the Go reactor, reserved, answers as a component what the module answers', async (t) => {
  const { original, reserved } = reserve(path.join(FIXTURES, 'reactor-go1.24.wasm'), temporaryFolder(t));
  const wit = `package local:reactor;
    world reactor {
      export add: func(n: u32) -> u64;
      export total: func() -> u64;
      export collect: func() -> u32;
      export drop: func();
      export report: func();
    }`;
  const calls = ['add(200)', 'collect()', 'add(300)', 'report()', 'collect()', 'total()', 'drop()', 'collect()', 'add(10)', 'report()'];
  const before = await runModule(original, { invoke: calls, env: { A: 'b', C: 'd' } });
  assert.equal(before.trap, undefined, before.stderr.toString());
  const component = await componentNew(reserved, { modules, kind: 'reactor', wit, world: 'reactor' });
  const after = await runComponent(component, { modules, calls, env: { A: 'b', C: 'd' } });
  assert.equal(after.exitCode, 0, after.stderr.toString());
  assert.equal(after.stdout.toString(), before.stdout.toString());
  const answers = after.stderr.toString().trim().split('\n').map((line) => line.split(': ')[1]);
  assert.deepEqual(answers, before.results);
});
