// What keeps the adapter busy, apart: 10 MB through the streams, thousands of small writes, hundreds of variables and arguments,
// files and folders read and changed, clocks, random bytes. The component prints what the core module prints, in Node and in wasmtime, and while a
// host call runs nothing in the program's memory changes but the buffers that the call was given.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { runComponent } from '../run/component.mjs';
import { runModule } from '../run/host.mjs';
import { heapbump, temporaryFolder, TESTS } from '../run/heapbump.mjs';
import { buildC, buildRust } from './build.mjs';
import { wasmtime } from './sweep.mjs';
import { modules } from './workshop.mjs';

const PROGRAMS = {
  'wasi-libc C': [(folder) => buildC('stress', folder), 5000],
  TinyGo: [() => path.join(TESTS, 'fixtures/tinygo/stress-conservative.wasm'), 5000],
  'Big Go': [() => path.join(TESTS, 'fixtures/go/busy-go1.26.wasm'), 12],
  Rust: [(folder) => buildRust('busy', folder), 12],
};

for (const [name, [file, rounds]] of Object.entries(PROGRAMS)) {
  test(`${name}, stress, apart`, async (t) => {
    const folder = temporaryFolder(t);
    const program = file(folder);
    const output = path.join(folder, 'component.wasm');
    const { code, stderr } = heapbump(['component', program, '-o', output, '--strategy', 'apart', '--encoder', 'builtin']);
    assert.equal(code, 0, stderr);
    const data = path.join(folder, 'data');
    fs.mkdirSync(data);
    for (let i = 0; i < 60; i++) fs.writeFileSync(path.join(data, `a-file-with-a-long-name-${i}.txt`), `line ${i}\n`.repeat(30 * i + 5));
    const env = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`VARIABLE_${i}`, `value ${i} `.repeat(1 + (i % 13))]));
    const args = ['program.wasm', String(rounds), ...Array.from({ length: 200 }, (_, i) => `argument-${i}`)];
    const stdin = Buffer.from(Array.from({ length: 10_000_000 / 50 }, (_, i) => `${i} `.padEnd(49, 'abcdefgh') + '\n').join(''));
    const options = { args, env, stdin, preopens: { '/data': data } };
    const before = await runModule(fs.readFileSync(program), options);
    assert.equal(before.trap, undefined, before.stderr.toString());
    const after = await runComponent(fs.readFileSync(output), { modules, ...options, watch: { base: 0, size: 0, apart: true } });
    assert.ok(after.stdout.equals(before.stdout), `jco: ${after.stderr.toString().slice(0, 1000)}`);
    assert.deepEqual(after.watched.list, []);
    assert.equal(after.watched.violations, 0);
    assert.ok(after.watched.outside > 20, `watched at ${after.watched.outside} calls only`);
    const flags = [...Object.entries(env).flatMap(([key, value]) => ['--env', `${key}=${value}`]), '--dir', `${data}::/data`];
    const native = wasmtime(output, { args: args.slice(1), stdin, options: flags });
    assert.ok(native.stdout.equals(before.stdout), `wasmtime: ${native.stderr.slice(0, 1000)}`);
    assert.equal(native.code === 0, before.exitCode === 0);
  });
}

// -> {path: what is there}, of a whole tree
function tree(folder, below = '') {
  return Object.assign({}, ...fs.readdirSync(path.join(folder, below), { withFileTypes: true }).map((entry) => {
    const name = path.join(below, entry.name);
    if (entry.isDirectory()) return { [name]: 'folder', ...tree(folder, name) };
    const bytes = entry.isSymbolicLink() ? Buffer.from(`to ${fs.readlinkSync(path.join(folder, name))}`) : fs.readFileSync(path.join(folder, name));
    return { [name]: `${bytes.length} ${crypto.createHash('sha256').update(bytes).digest('hex')}` };
  }));
}

test('300 files made, written, renamed, linked, cut and removed: the same output and the same files', async (t) => {
  const folder = temporaryFolder(t);
  const program = buildC('tree', folder);
  const output = path.join(folder, 'component.wasm');
  const { code, stderr } = heapbump(['component', program, '-o', output, '--strategy', 'apart', '--encoder', 'builtin']);
  assert.equal(code, 0, stderr);
  const run = async (name, how) => {
    const data = path.join(folder, name);
    fs.mkdirSync(data);
    const result = await how(data);
    assert.equal(result.code, 0, `${name}: ${result.stderr.toString().slice(0, 1000)}`);
    return { stdout: result.stdout.toString(), tree: tree(data) };
  };
  const inWasmtime = (file) => (data) => wasmtime(file, { options: ['--dir', `${data}::/data`] });
  const core = await run('core', inWasmtime(program));
  assert.match(core.stdout, /^done$/m);
  assert.ok(Object.keys(core.tree).length > 250, `${Object.keys(core.tree).length} files`);
  assert.deepEqual(await run('wasmtime', inWasmtime(output)), core);
  const inNode = await run('jco', async (data) => {
    const { exitCode, ...rest } = await runComponent(fs.readFileSync(output), { modules, args: ['program.wasm'], preopens: { '/data': data }, watch: { base: 0, size: 0, apart: true } });
    assert.deepEqual(rest.watched.list, []);
    return { code: exitCode, ...rest };
  });
  assert.deepEqual(inNode, core);
});

test('calls at their edges: no buffers, empty ones, at the end of the memory, inside each other, of any length', async (t) => {
  const folder = temporaryFolder(t);
  const program = buildC('edges', folder);
  const output = path.join(folder, 'component.wasm');
  const { code, stderr } = heapbump(['component', program, '-o', output, '--strategy', 'apart', '--encoder', 'builtin']);
  assert.equal(code, 0, stderr);
  const stdin = Buffer.from('some lines\n'.repeat(20));
  const inFolder = async (name, how) => {
    const data = path.join(folder, name);
    fs.mkdirSync(data);
    for (let i = 0; i < 30; i++) fs.writeFileSync(path.join(data, `${'long-'.repeat(i)}file-${i}`), 'x'.repeat(i));
    const { stdout, stderr: errors } = await how(data);
    return `${stdout}${errors}`;
  };
  const inWasmtime = (file, args) => (data) => wasmtime(file, { args, stdin, options: ['--dir', `${data}::/data`] });
  const all = ['paths', 'two words', ''], some = ['no paths', 'two words', ''];
  const core = await inFolder('core', inWasmtime(program, all));
  assert.match(core, /^by 64 bytes: \d+ entries/m);
  assert.match(core, /^random: 0, even 1, before and behind 0 0$/m);
  assert.match(core, /^grown by 11$/m);
  assert.equal(await inFolder('wasmtime', inWasmtime(output, all)), core);
  const inNode = (data) => runComponent(fs.readFileSync(output), { modules, args: ['program.wasm', ...some], stdin, preopens: { '/data': data } });
  assert.equal(await inFolder('jco', inNode), await inFolder('core, some', inWasmtime(program, some)));
});

test('a call with no buffer at all is answered as by the host: the adapter goes apart by itself', async (t) => {
  const folder = temporaryFolder(t);
  const program = buildC('closed', folder);
  const made = (...options) => {
    const output = path.join(folder, 'component.wasm');
    const { code, stderr } = heapbump(['component', program, '-o', output, '--encoder', 'builtin', ...options]);
    assert.equal(code, 0, stderr);
    return { says: stderr, prints: String(wasmtime(output).stdout) };
  };
  assert.equal(String(wasmtime(program).stdout), 'errno 8\n');
  const { says, prints } = made();
  assert.match(says, /apart/);
  assert.match(says, /no buffer at all/);
  assert.equal(prints, 'errno 8\n');
  assert.equal(made('--strategy', 'bump').prints, 'errno 0\n'); // the adapter's answer: asked for, given
});

test('the watch sees a bridge that writes a byte too many', async (t) => {
  const folder = temporaryFolder(t);
  const output = path.join(folder, 'component.wasm');
  const { code, stderr } = heapbump(['component', PROGRAMS['wasi-libc C'][0](folder), '-o', output, '--strategy', 'apart', '--encoder', 'builtin']);
  assert.equal(code, 0, stderr);
  // fd_prestat_get and the like: the 8 bytes of a result become 24. `i32.const 8; call copy_out` ends their functions.
  const bytes = fs.readFileSync(output);
  const at = bytes.lastIndexOf('heapbump bridge'); // the bridge's name section, behind its code
  let changed = 0;
  for (let i = bytes.lastIndexOf('wasi_snapshot_preview1.fd_prestat_get', at); i < at; i++) {
    if (bytes[i] === 0x41 && bytes[i + 1] === 8 && bytes[i + 2] === 0x10 && bytes[i + 4] === 0x20 && bytes[i + 6] === 0x0b) {
      bytes[i + 1] = 24;
      changed++;
    }
  }
  assert.ok(changed > 0, 'no such place was found');
  const { watched } = await runComponent(bytes, { modules, args: ['program.wasm', '10'], env: {}, preopens: { '/data': folder }, watch: { base: 0, size: 0, apart: true } });
  assert.ok(watched.violations > 0, 'nothing was seen');
});
