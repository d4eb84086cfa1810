// Every block of docs/users is run and compared, and every page is in the index.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { runtimes } from '../components/runtimes.mjs';
import { blocks, failure, isLike, steps } from './console.mjs';

const { HEAPBUMP, BUILD, WASM_OPT, CARGO, SHARED } = process.env;
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const at = (name) => path.join(ROOT, name);
const PAGES = fs.readdirSync(at('docs/users')).sort();
const VERSION = /VERSION (\d+\.\d+\.\d+)/.exec(fs.readFileSync(at('CMakeLists.txt'), 'utf8'))[1];
const fixture = (name) => at(`tests/fixtures/${name}`);
const WIT = 'package local:reactor; world reactor { export add: func(n: u32) -> u64; export total: func() -> u64; }';

/** Copies files into the folder: {name there: path here}. */
const put = (folder, files) => Object.entries(files).forEach(([name, file]) => fs.copyFileSync(file, path.join(folder, name)));
const APP = {
  'app.wasm': fixture('go/busy-go1.26.wasm'),
  'wasi_snapshot_preview1.command.wasm': at('adapters/released/wasi_snapshot_preview1.command.wasm'),
};
function putReactor(folder) {
  put(folder, { 'reactor.wasm': fixture('go/reactor-go1.24.wasm') });
  fs.writeFileSync(path.join(folder, 'reactor.wit'), WIT);
}
function putEmbedded(folder) {
  putReactor(folder);
  execFileSync(runtimes()['wasm-tools'], ['component', 'embed', 'reactor.wit', 'reactor.wasm', '-o', 'reactor.embedded.wasm'], { cwd: folder });
}

// What the commands of a page find: {needs: [what the machine must have], setup(folder) -> the folder to work in}
const SETUPS = {
  'README.md': { setup: (folder) => put(folder, { ...APP, 'program.wasm': APP['app.wasm'] }) },
  'go-developer.md': { setup: (folder) => (put(folder, APP), putReactor(folder)) },
  'not-solved.md': {
    setup(folder) {
      put(folder, APP);
      execFileSync(HEAPBUMP, ['component', 'app.wasm', '-o', 'app.component.wasm'], { cwd: folder, stdio: 'ignore' });
      const text = '(module (import "gojs" "runtime.ticks" (func)) (import "wasi_snapshot_preview1" "sched_yield" (func (result i32))) (memory (export "memory") 1) (func (export "_start")))';
      execFileSync(runtimes()['wasm-tools'], ['parse', '-o', 'unknown-host.wasm'], { cwd: folder, input: text });
    },
  },
  'order-of-tools.md': { needs: { 'wasm-opt': WASM_OPT }, setup: (folder) => put(folder, APP) },
  'packager.md': { needs: { 'the shared library': SHARED }, setup: (folder) => fs.symlinkSync(BUILD, path.join(folder, 'build')) },
  'platform-operator.md': {
    setup(folder) {
      fs.mkdirSync(path.join(folder, 'modules'));
      const names = ['go/busy-go1.21.wasm', 'go/busy-go1.26.wasm', 'go/reactor-go1.24.wasm', 'kinds/kotlin.wasm', 'tinygo/busy-conservative.wasm', 'tinygo/busy-conservative-opt0.wasm'];
      put(folder, Object.fromEntries(names.map((name) => [`modules/${path.basename(name)}`, fixture(name)])));
      fs.writeFileSync(path.join(folder, 'not-a-module.wasm'), 'text');
    },
  },
  'rust-tool-author.md': {
    needs: { cargo: CARGO, 'the shared library': SHARED },
    setup(folder, page) {
      fs.cpSync(at('bindings/rust'), path.join(folder, `heapbump-rust-${VERSION}`), { recursive: true });
      const tool = path.join(folder, 'tool');
      fs.mkdirSync(path.join(tool, 'src'), { recursive: true });
      for (const { named, text } of page.filter(({ language }) => ['toml', 'rust'].includes(language))) fs.writeFileSync(path.join(tool, named), text);
      put(tool, APP);
      return tool;
    },
  },
  'which-adapter.md': { setup: (folder) => (put(folder, APP), putEmbedded(folder)) },
};

function environment(folder) {
  const bin = path.join(folder, 'bin');
  fs.mkdirSync(bin);
  for (const [name, file] of Object.entries({ ...runtimes(), heapbump: HEAPBUMP })) fs.symlinkSync(file, path.join(bin, name));
  const libraries = { HEAPBUMP_LIB_DIR: BUILD, LD_LIBRARY_PATH: BUILD, CARGO_NET_OFFLINE: 'true', CARGO_TERM_COLOR: 'never' };
  return { ...process.env, ...libraries, PATH: `${bin}:${process.env.PATH}` };
}

test('the comparison sees a difference', () => {
  assert.ok(isLike('a 1 b\nc\nd\n', 'a ... b\n...\nd'));
  assert.ok(isLike('', '') && isLike('x\n', '...'));
  for (const [seen, expected] of [['a\n', 'b'], ['a\nb\n', 'a'], ['a\n', ''], ['', 'a'], ['ab\n', 'a.'], ['a\n', 'a\n...\nz']]) assert.ok(!isLike(seen, expected), `${seen} ${expected}`);
  assert.match(failure({ command: 'exit 3', exitCode: 0, expected: '' }, '/', process.env), /exit code 3/);
  assert.deepEqual(steps('$ a   # exit code 7\nb\n$ c\n'), [{ command: 'a   # exit code 7', exitCode: 7, expected: 'b' }, { command: 'c', exitCode: 0, expected: '' }]);
});

test('every page is in the index, and has blocks', () => {
  const index = fs.readFileSync(at('docs/README.md'), 'utf8');
  assert.deepEqual(PAGES.filter((name) => !index.includes(`(users/${name})`)), []);
  assert.deepEqual(Object.keys(SETUPS).sort(), ['README.md', ...PAGES].sort());
});

for (const [name, { needs = {}, setup }] of Object.entries(SETUPS)) {
  const missing = Object.keys(needs).filter((need) => !needs[need] || /NOTFOUND|^(OFF|FALSE|0)$/.test(needs[need]));
  test(`${name} prints what is seen`, { skip: missing.length > 0 && `this machine lacks ${missing.join(', ')}` }, (t) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'heapbump-users-'));
    t.after(() => fs.rmSync(folder, { recursive: true }));
    const page = blocks(fs.readFileSync(at(name === 'README.md' ? name : `docs/users/${name}`), 'utf8'));
    const env = environment(folder);
    const cwd = setup(folder, page) ?? folder;
    const all = page.filter(({ language }) => language === 'console').flatMap(({ text }) => steps(text));
    assert.ok(all.length > 1, 'the page shows nothing');
    const failures = all.map((step) => failure(step, cwd, env)).filter(Boolean);
    assert.ok(failures.length === 0, failures.join('\n\n'));
  });
}
