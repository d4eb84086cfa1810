// Every adapter that npm's jco packages carry, command and reactor, is placed: what comes out is valid, differs in nothing but
// what placing is meant to change, and asks for no memory. Placing twice, and the same twice, are told apart.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { heapbump, heapbumpJson, REAL, reserve, sha256, temporaryFolder, TESTS } from '../run/heapbump.mjs';

function adapters() {
  return fs.readdirSync(REAL).filter((name) => /^jco-\d/.test(name)).flatMap((name) => {
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
