// Reserved esbuild-wasm modules, one for each way that Go has laid its heap out, transform a large input under Node with a
// pattern over the region: it must stay intact, with two patterns, and the output must be the original's.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { runGoJs } from '../run/gojs.mjs';
import { REAL, reserve, temporaryFolder } from '../run/heapbump.mjs';
import { javascript } from './large_input.mjs';

const FUNCTIONS = 1500; // about 450 KB, which makes the heap grow past 50 MB

async function minify(bytes, name, folder, options = {}) {
  fs.writeFileSync(path.join(folder, 'large.js'), javascript(FUNCTIONS));
  const outfile = path.join(folder, 'out.js');
  fs.rmSync(outfile, { force: true });
  const result = await runGoJs(bytes, {
    wasmExec: path.join(REAL, name, 'wasm_exec.js'), args: ['--minify', '--outfile=out.js', 'large.js'], cwd: folder, ...options,
  });
  return { ...result, output: fs.existsSync(outfile) ? fs.readFileSync(outfile, 'utf8') : undefined };
}

for (const name of ['esbuild-wasm-0.0.15', 'esbuild-wasm-0.8.57', 'esbuild-wasm-0.16.17', 'esbuild-wasm-0.18.20', 'esbuild-wasm-0.25.12', 'esbuild-wasm-0.28.2']) {
  test(`${name} works as before, and never touches the region`, async (t) => {
    const folder = temporaryFolder(t);
    const { original, reserved, manifest } = reserve(path.join(REAL, name, 'esbuild.wasm'), folder);
    const before = await minify(original, name, folder);
    assert.equal(before.exitCode, 0, before.stderr.toString());
    assert.ok(before.output.length > 100_000);
    for (const canarySeed of [1, 2]) {
      const after = await minify(reserved, name, folder, { region: manifest.region, canarySeed });
      assert.equal(after.exitCode, 0, after.stderr.toString());
      assert.equal(after.output, before.output);
      assert.equal(after.canary.damage, undefined);
      assert.ok(after.canary.checks > 100);
      assert.ok(after.pagesAfter > after.pagesBefore, 'the heap did not grow');
    }
  });
}

test('the same region in the untouched module is overwritten, so that the check can fail', async (t) => {
  const folder = temporaryFolder(t);
  const name = 'esbuild-wasm-0.28.2';
  const { original, manifest } = reserve(path.join(REAL, name, 'esbuild.wasm'), folder);
  const broken = await minify(original, name, folder, { region: manifest.region });
  assert.notEqual(broken.canary.damage, undefined);
});
