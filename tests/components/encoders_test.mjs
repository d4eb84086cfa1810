// `--encoder builtin`, `wasm-tools` and `jco`, by their names on PATH, over one program of each kind of heap, relocated and apart:
// each makes a component that `check` passes, names itself and its version, and prints what the core module prints. The
// wasm-tools is the real one; in the place of the command jco is stand_in.mjs, over the library that jco calls.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { heapbump, PROGRAM, temporaryFolder, TESTS } from '../run/heapbump.mjs';
import { buildC } from './build.mjs';
import { runtimes } from './runtimes.mjs';
import { wasmtime } from './sweep.mjs';

const STAND_IN = fileURLToPath(new URL('stand_in.mjs', import.meta.url));
const TOOLS = runtimes();
const ENCODERS = { builtin: /^builtin$/, 'wasm-tools': /^wasm-tools 1\.262\.0/, jco: /^jco \d+\.\d+\.\d+$/ };
const fixture = (name) => path.join(TESTS, 'fixtures', name);

// {name: [file(folder), strategies that `auto` may take]}
const PROGRAMS = {
  'wasi-libc C': [(folder) => buildC('stress', folder), ['bump', 'tail']],
  'TinyGo, block collector': [() => fixture('tinygo/busy-conservative.wasm'), ['bump']],
  'Big Go 1.21': [() => fixture('go/busy-go1.21.wasm'), ['tail', 'gap', 'bump']],
  'AssemblyScript, runtime incremental': [() => fixture('kinds/as-incremental.wasm'), ['apart']],
  'a snapshot of QuickJS': [() => fixture('kinds/quickjs-snapshot.wasm'), ['apart', 'tail']],
  'Emscripten': [() => fixture('kinds/emscripten.wasm'), ['apart', 'bump', 'tail']],
};

// -> environment in which all three are found by name
function environment(folder) {
  const bin = path.join(folder, 'bin');
  fs.mkdirSync(bin);
  fs.symlinkSync(TOOLS['wasm-tools'], path.join(bin, 'wasm-tools'));
  fs.writeFileSync(path.join(bin, 'jco'), `#!/bin/sh\nexec '${process.execPath}' '${STAND_IN}' jco "$@"\n`, { mode: 0o755 });
  return { ...process.env, PATH: `${bin}:/usr/bin:/bin` };
}

for (const [name, [file, strategies]] of Object.entries(PROGRAMS)) {
  test(`${name}: each encoder makes a component that prints what the core module prints`, (t) => {
    const folder = temporaryFolder(t);
    const env = environment(folder);
    const program = file(folder);
    const options = { args: ['12'], options: ['--env', `HB_TEST=${'c'.repeat(200)}`], stdin: Buffer.from('a line of input\n'.repeat(500)) };
    const core = wasmtime(program, options);
    assert.ok(core.stdout.length > 60, core.stderr);
    for (const [encoder, version] of Object.entries(ENCODERS)) {
      for (const strategy of ['auto', 'apart']) {
        const what = `${encoder}, ${strategy}`;
        const output = path.join(folder, 'component.wasm');
        const { code, stdout, stderr } = heapbump(['component', program, '-o', output, '--strategy', strategy, '--encoder', encoder, '--json'], { env });
        assert.equal(code, 0, `${what}: ${stderr}`);
        const report = JSON.parse(stdout);
        assert.match(report.encoder, version);
        assert.ok((strategy === 'apart' ? ['apart'] : strategies).includes(report.strategy), `${what}: ${report.strategy}`);
        assert.equal(heapbump(['check', output]).code, 0, what);
        const valid = spawnSync(TOOLS['wasm-tools'], ['validate', output], { encoding: 'utf8' });
        assert.equal(valid.status, 0, `${what}: ${valid.stderr}`);
        const made = wasmtime(output, options);
        assert.ok(made.stdout.equals(core.stdout), `${what}: ${made.stderr.slice(0, 1000)}`);
        assert.equal(made.code === 0, core.code === 0, what);
      }
    }
  });
}

test('an encoder that is not there is named', (t) => {
  const folder = temporaryFolder(t);
  for (const encoder of ['wasm-tools', 'jco']) {
    const ran = spawnSync(PROGRAM, ['component', fixture('kinds/as-stub.wasm'), '-o', path.join(folder, 'x.wasm'), '--encoder', encoder], { env: { PATH: folder }, encoding: 'utf8' });
    assert.notEqual(ran.status, 0);
    assert.match(ran.stderr, new RegExp(`${encoder} is not on PATH`));
    assert.ok(!fs.existsSync(path.join(folder, 'x.wasm')));
  }
});
