// Big Go as others shipped it, Go 1.13 to 1.26: each module is detected as proven, reserved, accepted by V8, and undone
// byte for byte. Nothing is executed here.
import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import { checkReserved, heapbumpJson, REAL, reserve, temporaryFolder } from '../run/heapbump.mjs';

const MODULES = [
  ['@esbuild/wasi-preview1', 'go1.25.5', 'bump', 0x700000],
  ['esbuild-wasm-0.0.15', undefined, 'bump'], ['esbuild-wasm-0.6.31', undefined, 'bump'], ['esbuild-wasm-0.8.57', undefined, 'bump'],
  ['esbuild-wasm-0.12.29', undefined, 'bump'], ['esbuild-wasm-0.14.54', undefined, 'bump'], ['esbuild-wasm-0.16.17', undefined, 'bump'],
  ['esbuild-wasm-0.18.20', undefined, 'bump'], ['esbuild-wasm-0.20.2', undefined, 'bump'], ['esbuild-wasm-0.23.1', undefined, 'gap'],
  ['esbuild-wasm-0.25.12', undefined, 'gap'], ['esbuild-wasm-0.28.2', undefined, 'bump'],
];

for (const [name, version, strategy, base] of MODULES) {
  const file = path.join(REAL, name, 'esbuild.wasm');
  test(`${name}: detected as Go, proven`, () => {
    const { code, object } = heapbumpJson(['detect', file]);
    assert.equal(code, 0);
    assert.equal(object.toolchain.name, 'Go');
    assert.equal(object.confidence, 'proven');
    assert.equal(object.detector, 'go');
    if (version !== undefined) assert.equal(object.toolchain.version, version);
    if (base !== undefined) assert.equal(object.heap.base, base);
    assert.ok(object.evidence.filter(({ signal }) => signal === 'moduledata-field').length >= 5, 'the fields that were checked are not cited');
    assert.ok(object.evidence.some(({ signal, detail }) => signal === 'moduledata' && /0x[0-9a-f]+/.test(detail)), 'no moduledata address');
  });
  test(`${name}: reserved by ${strategy}, valid, on record and undone`, (t) => {
    const folder = temporaryFolder(t);
    const result = reserve(file, folder, ['--pages', '2']);
    assert.equal(result.report.strategy, strategy);
    assert.equal(result.manifest.region.pages, 2);
    checkReserved(result, folder);
    // Beside the shim, one data word and the memory's limits change at most; no instruction does.
    const heapEdits = result.report.edits.filter(({ section }) => section === 'data');
    assert.equal(heapEdits.length, strategy === 'bump' ? 1 : 0);
    assert.equal(result.report.edits.filter(({ section, function: index }) => section === 'code' && index !== null && index !== result.manifest.placement.function_index).length, 0);
  });
}
