// The Rust crates: built without any registry against the library that was built here, their own tests run, their answers
// compared with the program's, and the example run to a component that runs.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { differing, readExpected, readParts, summary } from '../install/same_bytes.mjs';
import { assertRunsLike } from './runs_like.mjs';

const { LIBRARY, EXPECTED } = process.env;
const at = (name) => fileURLToPath(new URL(name, import.meta.url));
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'heapbump-rust-'));
after(() => fs.rmSync(folder, { recursive: true }));

const BINDING = at('../../bindings/rust');
const env = { ...process.env, HEAPBUMP_LIB_DIR: path.dirname(LIBRARY), CARGO_TARGET_DIR: path.join(folder, 'target'), RUSTFLAGS: '-D warnings' };
const cargo = (args, options = {}) => execFileSync('cargo', ['--offline', ...args],
  { cwd: BINDING, env, encoding: 'utf8', stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'inherit'], maxBuffer: 1 << 28, ...options });

test('the tests of the crates pass', () => {
  const said = cargo(['test', '--quiet', '--workspace']);
  assert.match(said, /test result: ok\. [1-9]\d* passed; 0 failed; 0 ignored/);
});

test('they give what the program writes', () => {
  const expected = readExpected(EXPECTED);
  const out = (index) => path.join(folder, 'answers', String(index));
  cargo(['run', '--quiet', '--example', 'answers'], { input: expected.map(({ verb, file }, index) => `${verb}\n${file}\n${out(index)}\n`).join('') });
  const answer = (verb, file) => {
    const place = out(expected.findIndex((one) => one.verb === verb && one.file === file));
    return summary(Number(fs.readFileSync(path.join(place, 'exit_code'))), readParts(place, (part) => part));
  };
  assert.deepEqual(differing(expected, answer), []);
});

test('the example makes a component that runs', () => {
  const component = path.join(folder, 'app.component.wasm');
  const module = at('../fixtures/go/busy-go1.26.wasm');
  cargo(['run', '--quiet', '--example', 'component', '--', module, component]);
  assertRunsLike(component, module);
  const refused = spawnSync(path.join(folder, 'target/debug/examples/component'), [at('../../README.md'), component], { encoding: 'utf8' });
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /\[HB0\d{3}\]/);
});
