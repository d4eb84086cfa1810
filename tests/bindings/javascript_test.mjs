// The npm package: packed with a built heapbump.wasm, installed into an empty folder, its answers compared with the
// program's, and its command line used as somebody would who has Node alone.
//
//   CORE=heapbump.wasm EXPECTED=... HEAPBUMP_RUNTIMES=... node --test javascript_test.mjs
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, { after } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { differing, readExpected, summary } from '../install/same_bytes.mjs';
import { assertReadmeWorks } from './readme.mjs';

const { CORE, EXPECTED } = process.env;
const at = (name) => fileURLToPath(new URL(name, import.meta.url));
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'heapbump-js-'));
after(() => fs.rmSync(folder, { recursive: true }));
const GO = at('../fixtures/go/busy-go1.26.wasm');
const go = fs.readFileSync(GO);
let heapbump;

test('the package is packed and installed', async () => {
  const packed = execFileSync('node', [at('../../bindings/javascript/pack.mjs'), CORE, folder], { encoding: 'utf8' }).trim();
  fs.writeFileSync(path.join(folder, 'package.json'), '{"private": true}');
  execFileSync('npm', ['install', '--silent', '--offline', '--no-audit', '--no-fund', packed], { cwd: folder });
  heapbump = await import(pathToFileURL(path.join(folder, 'node_modules/heapbump/index.js')));
  const { version } = JSON.parse(fs.readFileSync(path.join(folder, 'node_modules/heapbump/package.json'), 'utf8'));
  assert.equal(await heapbump.version(), version);
  assert.equal(JSON.parse(fs.readFileSync(at('../../bindings/javascript/package.json'), 'utf8')).version, version);
});

test('the module asks for nothing but what its C library names', async () => {
  const imports = WebAssembly.Module.imports(await WebAssembly.compile(fs.readFileSync(CORE)));
  assert.deepEqual(imports.filter(({ module }) => module !== 'wasi_snapshot_preview1'), []);
  assert.deepEqual(imports.filter(({ name }) => /^(path_|sock_|fd_prestat)/.test(name)), []);
});

test('it gives what the program writes', async () => {
  const expected = readExpected(EXPECTED);
  const answers = new Map();
  for (const { verb, file } of expected) {
    let found;
    try {
      const { module, component, manifestText: manifest, reportText: report } = await heapbump[verb](fs.readFileSync(file));
      found = summary(0, { module, component, manifest, report });
    } catch (error) {
      if (!(error instanceof heapbump.Refused)) throw error;
      found = summary(error.exitCode, { report: error.reportText });
    }
    answers.set(`${verb} ${file}`, found);
  }
  assert.deepEqual(differing(expected, (verb, file) => answers.get(`${verb} ${file}`)), []);
});

test('verify, check, undo, and calls side by side', async () => {
  const made = await heapbump.reserve(go, { pages: 4, placement: 'none' });
  assert.equal(made.manifest.region.pages, 4);
  assert.equal((await heapbump.verify(go, made.module, made.manifest)).report.status, 'verified');
  await assert.rejects(heapbump.verify(go, go.subarray(0, -1)), (error) => error instanceof heapbump.Refused && error.exitCode >= 3);
  assert.deepEqual(Buffer.from((await heapbump.undo(made.module)).module), go);
  const [bump, apart] = await Promise.all([heapbump.component(go), heapbump.component(go, { strategy: 'apart', flavor: 'command' })]);
  assert.deepEqual([bump.report.strategy, apart.report.strategy], ['bump', 'apart']);
  for (const { component } of [bump, apart]) assert.equal((await heapbump.check(component)).report.exit_code, 0);
  await assert.rejects(heapbump.component(go, { flavor: 'none such' }), TypeError);
});

test('a refusal says why, and wrong options are wrong', async () => {
  const refused = await heapbump.detect(go.subarray(0, 5000)).catch((error) => error);
  assert.ok(refused instanceof heapbump.Refused);
  assert.match(refused.code, /^HB03\d\d$/);
  assert.equal(typeof refused.offset, 'number');
  assert.equal(refused.report.exit_code, 3);
  for (const wrong of [{ pages: 0 }, { pages: '2' }, { strategy: 'apart' }, { minConfidence: '' }, { page: 2 }]) await assert.rejects(heapbump.reserve(go, wrong), TypeError);
  await assert.rejects(heapbump.reserve(go, { pages: 65537 }), (error) => error.exitCode === 2);
  await assert.rejects(heapbump.detect('text'), TypeError);
  const nothing = await heapbump.detect(new ArrayBuffer(0)).catch((error) => error);
  assert.equal(nothing.exitCode, 3);
});

test('the command line makes a component that runs', () => {
  const run = (...args) => spawnSync(path.join(folder, 'node_modules/.bin/heapbump'), args, { cwd: folder, encoding: 'utf8' });
  assertReadmeWorks('Node', folder, { npm_config_offline: 'true', npm_config_audit: 'false', npm_config_fund: 'false' });
  assert.equal(run('reserve', GO, '-o', 'reserved.wasm', '--manifest', 'layout.json').status, 0);
  assert.equal(run('verify', GO, 'reserved.wasm', '--manifest', 'layout.json').status, 0);
  assert.equal(run('undo', 'reserved.wasm', '-o', 'original.wasm').status, 0);
  assert.deepEqual(fs.readFileSync(path.join(folder, 'original.wasm')), go);
  assert.equal(JSON.parse(run('detect', GO, '--json').stdout).toolchain.name, 'Go');
  const refused = run('reserve', at('../../README.md'), '-o', 'never.wasm');
  assert.match(refused.stderr, /error: .*\[HB0\d{3}\]/);
  assert.equal(fs.existsSync(path.join(folder, 'never.wasm')), false);
  const unknown = run('undo', 'reserved.wasm', '-o', 'never.wasm', '--pages', '2');
  assert.deepEqual([unknown.status, /undo has no option --pages/.test(unknown.stderr)], [2, true]);
  assert.deepEqual([run().status, run('detect').status, run('reserve', GO).status, run('detect', 'missing').status, run('--help').status], [2, 2, 2, 1, 0]);
});
