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
import { assertReadmeWorks } from './readme.mjs';
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

test('the commands of the README make a component that runs', () => {
  const version = /^version = "(.*)"$/m.exec(fs.readFileSync(path.join(BINDING, 'Cargo.toml'), 'utf8'))[1];
  const libraries = path.join(folder, `heapbump-${version}/lib/x86_64-linux-gnu`);
  fs.mkdirSync(libraries, { recursive: true });
  for (const name of fs.readdirSync(path.dirname(LIBRARY)).filter((file) => file.startsWith('libheapbump.so'))) fs.copyFileSync(path.join(path.dirname(LIBRARY), name), path.join(libraries, name));
  execFileSync('tar', ['-C', folder, '-czf', path.join(folder, `heapbump-${version}-linux-x86_64.tar.gz`), `heapbump-${version}`]);
  fs.rmSync(path.join(folder, `heapbump-${version}`), { recursive: true });
  execFileSync('tar', ['-C', path.dirname(BINDING), '--transform', `s,^rust,heapbump-rust-${version},`, '--exclude=target', '-czf', path.join(folder, `rust-heapbump-${version}.tar.gz`), 'rust']);
  assertReadmeWorks('Rust', folder, { CARGO_NET_OFFLINE: 'true', CARGO_TERM_QUIET: 'true', CARGO_TARGET_DIR: path.join(folder, 'target') });
});
