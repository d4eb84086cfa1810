// Modules of the kinds that relocation does not serve or serves by chance: AssemblyScript with each of its runtimes, Kotlin/Wasm
// with its garbage collected types and exceptions, Emscripten, a QuickJS that Wizer froze, Rust of 2019, and pandoc, which GHC
// compiled.
// Each, apart and by default, prints what the core module prints, in wasmtime and in Node, as far as the engine has the
// proposals that the module uses. tests/fixtures/kinds says how they were made; that of 2019 and pandoc come from npm.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { runComponent } from '../run/component.mjs';
import { runModule } from '../run/host.mjs';
import { heapbumpJson, temporaryFolder, TESTS } from '../run/heapbump.mjs';
import { makeApart, runAssembled } from './parts.mjs';
import { wasmtime } from './sweep.mjs';
import { modules } from './workshop.mjs';

const ENV = { HB_TEST: 'c'.repeat(200), A: 'b'.repeat(3000) };
const ARGS = ['12', 'a longer argument', 'more'];
const STDIN = Buffer.from(Array.from({ length: 3000 }, (_, i) => `${(i * 7919) % 3000} of the input\n`).join(''));
const FLAGS = Object.entries(ENV).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
const BOTH = ['wasmtime', 'jco'];
const assemblyScript = { exit: 3, says: [/^round 20: /m, /^arguments: 12 a longer argument /m, /^HB_TEST: c{200}$/m, /^random$/m, /^clock$/m] };

// {name: {file (of the fixtures) or npm, args, exit (code), says (of the standard output), errors (standard error), engines}}
const KINDS = {
  'AssemblyScript, runtime stub': { ...assemblyScript, file: 'as-stub', engines: BOTH },
  'AssemblyScript, runtime stub, data above 64 KiB': { ...assemblyScript, file: 'as-stub-high', engines: BOTH },
  'AssemblyScript, runtime minimal': { ...assemblyScript, file: 'as-minimal', engines: BOTH },
  'AssemblyScript, runtime incremental': { ...assemblyScript, file: 'as-incremental', engines: BOTH },
  // jco's transpiler 0.15 does not read the final exceptions proposal, nor Node 20's V8.
  'Kotlin/Wasm': { file: 'kotlin', exit: 0, says: [/^round 20: /m, /^caught: twelve$/m, /^random$/m, /^clocks$/m], engines: ['wasmtime'] },
  'Emscripten, STANDALONE_WASM': { file: 'emscripten', exit: 3, says: [/^argument 2: a longer argument$/m, /^HB_TEST: c{200}$/m, /^blocks: 266, /m, /^clock$/m], errors: 'to stderr\n', engines: BOTH },
  'QuickJS, a snapshot': { file: 'quickjs-snapshot', exit: 3, says: [/"a longer argument"/, /"variable": "c{200}"/, /"last": "word \d+"/], errors: 'to stderr\n', engines: BOTH },
  'Rust of 2019, preview0, arguments': { npm: 'wasi-0.0.6/example/cowsay.wasm', exit: 0, says: [/^< 12 a longer argument more >$/m, /\(oo\)/], engines: BOTH },
  'Rust of 2019, preview0, standard input': { npm: 'wasi-0.0.6/example/cowsay.wasm', args: [], exit: 0, says: [/^\/ 0 of the input 1919 of the input/m, /\(oo\)/], engines: BOTH },
};

async function runIn(engine, file, args = ARGS) {
  if (engine === 'wasmtime') return wasmtime(file, { args, options: FLAGS, stdin: STDIN });
  const { stdout, stderr, exitCode, signal } = await runComponent(fs.readFileSync(file), { modules, args: ['program.wasm', ...args], env: ENV, stdin: STDIN });
  return { stdout, stderr: stderr.toString(), code: signal === null ? exitCode : 134 };
}

for (const [name, { file, npm, args = ARGS, exit, says, errors = '', engines }] of Object.entries(KINDS)) {
  test(`${name}: as a component it prints what the core module prints`, async (t) => {
    const folder = temporaryFolder(t);
    const program = npm === undefined ? path.join(TESTS, 'fixtures/kinds', `${file}.wasm`) : path.join(modules, npm);
    const core = await runIn('wasmtime', program, args);
    assert.equal(core.code, exit, core.stderr);
    says.forEach((pattern) => assert.match(core.stdout.toString(), pattern));
    for (const strategy of ['apart', 'auto']) {
      const output = path.join(folder, `${strategy}.wasm`);
      const { code, stderr } = heapbumpJson(['component', program, '-o', output, '--strategy', strategy, '--encoder', 'builtin']);
      assert.equal(code, 0, stderr);
      for (const engine of engines) {
        const made = await runIn(engine, output, args);
        assert.ok(made.stdout.equals(core.stdout), `${engine}, ${strategy}: ${made.stderr.slice(0, 1000)} ${made.stdout.toString().slice(0, 1000)}`);
        assert.equal(made.code, Math.min(exit, 1), `${engine}, ${strategy}: ${made.stderr.slice(0, 1000)}`); // wasi:cli of 0.2 has no other codes
        assert.equal(made.stderr, errors, `${engine}, ${strategy}`);
      }
    }
  });
}

// jco's host hands an empty string out at address 1, of which the adapter makes a pointer: inside the adapter's memory, which the
// bridge must not take for the program's. (Relocated, and in any stock component, the program gets that pointer.)
test('AssemblyScript, which measures its arguments by their pointers: empty ones', async (t) => {
  const program = path.join(TESTS, 'fixtures/kinds/as-incremental.wasm');
  const output = path.join(temporaryFolder(t), 'component.wasm');
  assert.equal(heapbumpJson(['component', program, '-o', output, '--strategy', 'apart', '--encoder', 'builtin']).code, 0);
  for (const args of [['', 'a', '', ''], ['', '']]) {
    const core = await runIn('wasmtime', program, args);
    assert.equal(core.code, 3, core.stderr);
    for (const engine of BOTH) {
      const made = await runIn(engine, output, args);
      assert.ok(made.stdout.equals(core.stdout), `${engine}: ${made.stderr.slice(0, 1000)} ${made.stdout.toString().slice(0, 1000)}`);
    }
  }
});

// It uses the exceptions of before the final proposal, which V8 has, and wasmtime and jco have not: so the parts of the
// component are put together by hand.
test('pandoc, which GHC compiled: the parts of its component convert what the core module converts', async (t) => {
  const program = fs.readFileSync(path.join(modules, 'pandoc-wasm/src/pandoc.wasm'));
  const text = Array.from({ length: 60 }, (_, i) => `# Section ${i}\n\nSome *text* with \`code ${i}\` and a [link](http://example.org/${i}).\n\n1. one\n2. two[^${i}]\n\n[^${i}]: A note.\n\n| a | b |\n|---|---|\n| ${i} | ${i * i} |\n\n`).join('');
  const options = { args: ['pandoc', '+RTS', '-H64m', '-RTS', '-f', 'markdown', '-t', 'html', '-'], stdin: Buffer.from(text), preopens: { '/': {} }, writable: true };
  const core = await runModule(program, options);
  assert.deepEqual([core.exitCode, core.trap], [0, undefined], core.stderr.toString().slice(0, 1000));
  assert.match(core.stdout.toString(), /<h1 id="section-59">Section 59<\/h1>/);
  const made = runAssembled(makeApart(program, temporaryFolder(t)), options);
  assert.equal(made.exitCode, 0, made.stderr.toString().slice(0, 1000));
  assert.ok(made.stdout.equals(core.stdout), made.stdout.toString().slice(0, 1000));
});
