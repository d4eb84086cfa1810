// Every adapter that npm's jco packages carry, command and reactor, is placed: what comes out is valid and keeps its imports and
// exports, placing twice is refused. Components are made with each of them, stock and placed, and checked; those for WASI 0.2
// run, watched.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { runComponent } from '../run/component.mjs';
import { runModule } from '../run/host.mjs';
import { heapbump, heapbumpJson, REAL, reserve, sha256, temporaryFolder, TESTS } from '../run/heapbump.mjs';

import { assertChecked, compose, modules, PLACEMENTS, PROGRAMS } from './workshop.mjs';

const packages = () => fs.readdirSync(REAL).filter((name) => /^jco-\d/.test(name));
function adapters(names = packages()) {
  return names.flatMap((name) => {
    const folder = fs.existsSync(path.join(REAL, name, 'lib')) ? path.join(REAL, name, 'lib') : path.join(REAL, name);
    return fs.readdirSync(folder).filter((file) => /(command|reactor)\.wasm$/.test(file)).map((file) => path.join(folder, file));
  });
}

const exportsOf = (module) => WebAssembly.Module.exports(module).map(({ name, kind }) => `${kind} ${name}`);
const importsOf = (module) => WebAssembly.Module.imports(module).map(({ module: from, name, kind }) => `${kind} ${from} ${name}`);

test('every stock adapter of the jco packages is placed, and keeps its imports and exports', (t) => {
  const folder = temporaryFolder(t);
  const { manifestFile, manifest } = reserve(path.join(TESTS, 'fixtures/go/busy-go1.26.wasm'), folder, ['--placement', 'adapter']);
  const files = adapters();
  assert.ok(files.length >= 52, `only ${files.length} adapters were found`);
  const seen = new Set();
  for (const file of files) {
    const output = path.join(folder, 'placed.wasm');
    const { code, object, stderr } = heapbumpJson(['place', file, '--manifest', manifestFile, '-o', output]);
    assert.equal(code, 0, `${file}: ${stderr}`);
    const [before, after] = [fs.readFileSync(file), fs.readFileSync(output)];
    assert.deepEqual(importsOf(new WebAssembly.Module(after)), importsOf(new WebAssembly.Module(before)));
    assert.deepEqual(exportsOf(new WebAssembly.Module(after)), exportsOf(new WebAssembly.Module(before)));
    assert.equal(object.family, 'preview1');
    assert.equal(object.flavor, /command/.test(file) ? 'command' : 'reactor');
    assert.equal(object.state_base, manifest.slots.find(({ name }) => name === 'state').base);
    assert.equal(object.stack_top, manifest.region.base + manifest.region.size);
    assert.equal(object.module_sha256, manifest.module.output_sha256);
    assert.ok(object.stack_bound > 0 && object.stack_bound < 65536, `stack bound ${object.stack_bound}`);
    assert.equal(object.output.sha256, sha256(after));
    const again = heapbump(['place', output, '--manifest', manifestFile, '-o', path.join(folder, 'twice.wasm')]);
    assert.equal(again.code, 4);
    assert.match(again.stderr, /already placed this adapter.*\[HB0419\]/);
    seen.add(object.input.sha256);
  }
  assert.ok(seen.size >= 46, `only ${seen.size} of them are different`);
  t.diagnostic(`${files.length} adapters, ${seen.size} of them different`);
});

// By version: what today's component new still reads, and what today's WASI host still runs.
const numbers = (name) => name.slice('jco-'.length).split('.').map(Number);
const atLeast = (name, major, minor) => numbers(name)[0] > major || (numbers(name)[0] === major && numbers(name)[1] >= minor);
const READ = packages().filter((name) => atLeast(name, 0, 10));
const kindOf = (file) => (/command/.test(file) ? 'command' : 'reactor');

for (const placement of PLACEMENTS) {
  test(`${placement}: check passes the component made with every adapter that component new reads`, async (t) => {
    const folder = temporaryFolder(t);
    const programs = Object.fromEntries(['command', 'reactor'].map((kind) => [kind, PROGRAMS.find((one) => one.kind === kind && one.name.startsWith('TinyGo'))]));
    const made = Object.fromEntries(Object.entries(programs).map(([kind, { file }]) => {
      fs.mkdirSync(path.join(folder, kind));
      return [kind, reserve(file(), path.join(folder, kind), ['--placement', placement])];
    }));
    const placedOr = (file) => {
      if (placement === 'shim') return file;
      const placed = path.join(folder, 'placed.wasm');
      const { code, stderr } = heapbump(['place', file, '--manifest', made[kindOf(file)].manifestFile, '-o', placed]);
      assert.equal(code, 0, `${file}: ${stderr}`);
      return placed;
    };
    for (const file of adapters(packages().filter((name) => !READ.includes(name)))) {
      const kind = kindOf(file);
      await assert.rejects(compose(made[kind].reserved, file, programs[kind], folder), undefined, `${file} is read after all`);
    }
    assert.ok(READ.length >= 20);
    const options = { args: ['busy'], env: { HB_TEST: 'abc' } };
    const before = await runModule(made.command.original, options);
    let ran = 0;
    for (const name of READ) {
      for (const file of adapters([name])) {
        const kind = kindOf(file);
        const { component, output } = await compose(made[kind].reserved, placedOr(file), programs[kind], folder);
        const bound = assertChecked(output, ['--manifest', made[kind].manifestFile]);
        if (!atLeast(name, 1, 0) || kind !== 'command') continue;
        const { stdout, stderr, watched } = await runComponent(component, { modules, ...options, watch: made[kind].manifest.region });
        assert.equal(stdout.toString(), before.stdout.toString(), `${file}: ${stderr}`);
        assert.deepEqual(watched.list, [], file);
        assert.ok(watched.stackUsed > 0 && watched.stackUsed <= bound, file);
        ran++;
      }
    }
    assert.ok(ran >= 13, `only ${ran} ran`);
  });
}
