// Big Go, TinyGo, wasi-libc C and Rust, each with the shim and with a placed adapter, as command and as reactor: `check` passes
// the component that the stock tool makes, it prints what the core module prints, and while it runs the module's code never
// writes the region and the adapter nothing but the region and the buffers that it was given.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { runComponent } from '../run/component.mjs';
import { runModule } from '../run/host.mjs';
import { temporaryFolder, TESTS } from '../run/heapbump.mjs';
import { buildC } from './build.mjs';
import { assertChecked, build, modules, PLACEMENTS, PROGRAMS } from './workshop.mjs';

// Runs a component under watch (run/watch.mjs). bound: the most stack that `check` says its adapter can use.
async function runWatched(component, { manifest, bound }, options) {
  const after = await runComponent(component, { modules, ...options, watch: manifest.region });
  const { watched } = after;
  assert.deepEqual(watched.list, []);
  assert.equal(watched.violations, 0);
  assert.ok(watched.region > 2 && watched.outside > 2, `watched at ${watched.region} and ${watched.outside} calls only`);
  assert.ok(watched.adapterChanged > 1, 'the adapter did not use the region');
  assert.ok(watched.stackUsed > 0 && watched.stackUsed <= bound, `${watched.stackUsed} bytes of stack were used; check says at most ${bound}`);
  return after;
}

for (const { name, kind, file } of PROGRAMS.filter((program) => program.kind === 'command')) {
  for (const placement of PLACEMENTS) {
    test(`${name}, ${kind}, ${placement}: prints what the core module prints`, async (t) => {
      const folder = temporaryFolder(t);
      const data = path.join(folder, 'data');
      fs.mkdirSync(data);
      for (let i = 0; i < 5; i++) fs.writeFileSync(path.join(data, `file${i}.txt`), `contents ${i}\n`.repeat(400 * i + 1));
      const { component, original, output, manifestFile, manifest } = await build(file(folder), placement, folder);
      const bound = assertChecked(output, ['--manifest', manifestFile]);
      const options = {
        args: ['busy', '12'], env: { HOME: '/home/someone', A: 'b'.repeat(3000), HB_TEST: 'c'.repeat(200) },
        stdin: Buffer.from('a line of input\n'.repeat(5000)), preopens: { '/data': data },
      };
      const before = await runModule(original, options);
      const after = await runWatched(component, { manifest, bound }, options);
      assert.equal(after.stdout.toString(), before.stdout.toString(), after.stderr.toString());
      assert.equal(after.exitCode === 0, before.exitCode === 0, after.stderr.toString());
      assert.ok(before.stdout.length > 60);
    });
  }
}

for (const program of PROGRAMS.filter(({ kind }) => kind === 'reactor')) {
  const { name, kind, file, calls } = program;
  for (const placement of PLACEMENTS) {
    test(`${name}, ${kind}, ${placement}: answers what the core module answers`, async (t) => {
      const folder = temporaryFolder(t);
      const { component, original, output, manifest } = await build(file(folder), placement, folder, program);
      const bound = assertChecked(output);
      const env = { HOME: 'someone', HB_TEST: 'c'.repeat(200) };
      const before = await runModule(original, { invoke: calls, env });
      assert.equal(before.trap, undefined, before.stderr.toString());
      const after = await runWatched(component, { manifest, bound }, { calls, env });
      assert.equal(after.exitCode, 0, after.stderr.toString());
      assert.equal(after.stdout.toString(), before.stdout.toString());
      const answers = after.stderr.toString().trim().split('\n').map((line) => line.split(': ')[1]);
      assert.deepEqual(answers, before.results);
    });
  }
}

// The adapter is kept busy, and the collector or the allocator between its calls.
const STRESSED = [
  ['wasi-libc C', (folder) => buildC('stress', folder)],
  ['TinyGo', () => path.join(TESTS, 'fixtures/tinygo/stress-conservative.wasm')],
  ['Big Go', () => path.join(TESTS, 'fixtures/go/busy-go1.26.wasm')],
];
for (const [name, file] of STRESSED) {
  for (const placement of PLACEMENTS) {
    test(`${name}, stress, ${placement}: 10 MB through the streams, thousands of small writes, many variables, files, folders`, async (t) => {
      const folder = temporaryFolder(t);
      const { component, original, output, manifest } = await build(file(folder), placement, folder);
      const bound = assertChecked(output);
      const data = path.join(folder, 'data');
      fs.mkdirSync(data);
      for (let i = 0; i < 60; i++) fs.writeFileSync(path.join(data, `a-file-with-a-long-name-${i}.txt`), `line ${i}\n`.repeat(30 * i + 5));
      const env = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`VARIABLE_${i}`, `value ${i} `.repeat(1 + (i % 13))]));
      const rounds = name === 'Big Go' ? '12' : '5000';
      const args = ['stress', rounds, ...Array.from({ length: 200 }, (_, i) => `argument-${i}`)];
      const stdin = Buffer.from(Array.from({ length: 10_000_000 / 50 }, (_, i) => `${i} `.padEnd(49, 'abcdefgh') + '\n').join(''));
      const options = { args, env, stdin, preopens: { '/data': data } };
      const before = await runModule(original, options);
      assert.equal(before.trap, undefined, before.stderr.toString());
      if (name !== 'Big Go') assert.ok(before.stdout.length > 10_000_000); // that one prints a checksum of its input
      const after = await runWatched(component, { manifest, bound }, options);
      assert.equal(after.exitCode === 0, before.exitCode === 0, after.stderr.toString());
      assert.ok(after.stdout.equals(before.stdout), 'the component printed something else');
    });
  }
}
