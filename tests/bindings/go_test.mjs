// The Go module as it is released: packed with a built heapbump.wasm, vetted, its own tests run (one compares its answers with the
// program's), and its example run to a component that runs, as somebody would who has Go alone.
//
//   CORE=heapbump.wasm EXPECTED=... HEAPBUMP_RUNTIMES=... node --test go_test.mjs
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { assertReadmeWorks } from './readme.mjs';

const at = (name) => fileURLToPath(new URL(name, import.meta.url));
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'heapbump-go-'));
after(() => fs.rmSync(folder, { recursive: true }));
const module = execFileSync('node', [at('../../bindings/go/pack.mjs'), process.env.CORE, folder], { encoding: 'utf8' }).trim();
const environment = { FIXTURES: at('../fixtures'), GOFLAGS: '-mod=readonly', GOTOOLCHAIN: 'local', CGO_ENABLED: '0' };
const go = (...args) => spawnSync('go', args, { cwd: module, encoding: 'utf8', env: { ...process.env, ...environment } });

test('it is formatted and vetted', () => {
  assert.equal(spawnSync('gofmt', ['-l', '.'], { cwd: module, encoding: 'utf8' }).stdout, '');
  const { status, stderr } = go('vet', './...');
  assert.equal(status, 0, stderr);
});

test('its own tests pass', () => {
  const { status, stdout, stderr } = go('test', '-count=1', '-v', '.');
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout, /--- PASS: TestSameBytesAsTheProgram/);
});

test('the example makes a component that runs, and says why it cannot', () => {
  const version = path.basename(module).replace('heapbump-go-', '');
  execFileSync('tar', ['-C', folder, '-czf', path.join(folder, `go-heapbump-${version}.tar.gz`), path.basename(module)]);
  assertReadmeWorks('Go', folder, environment);
  const refused = go('run', './cmd/component', path.join(module, 'README.md'), path.join(folder, 'never.wasm'));
  assert.match(refused.stderr, /README\.md: .* \[HB\d{4}\]/);
  assert.equal(fs.existsSync(path.join(folder, 'never.wasm')), false);
});
