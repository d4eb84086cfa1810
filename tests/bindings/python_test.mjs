// The Python wheel: built from what was built here, installed into a new virtual environment by pip alone, its own tests
// run there, its answers compared with the program's, and its example run to a component that runs.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { differing, readExpected } from '../install/same_bytes.mjs';
import { assertReadmeWorks } from './readme.mjs';
import { assertRunsLike } from './runs_like.mjs';

const { LIBRARY, PROGRAM, EXPECTED } = process.env;
const at = (name) => fileURLToPath(new URL(name, import.meta.url));
const BINDING = at('../../bindings/python');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'heapbump-python-'));
after(() => fs.rmSync(folder, { recursive: true }));

const environment = path.join(folder, 'environment');
const run = (program, args, options = {}) => execFileSync(program, args, { encoding: 'utf8', cwd: folder, stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 1 << 28, ...options });
const python = (...args) => run(path.join(environment, 'bin/python'), args);

test('the wheel is built and installed, and is the same when built twice', () => {
  const env = { ...process.env, HEAPBUMP_LIBRARY: LIBRARY, HEAPBUMP_PROGRAM: PROGRAM };
  const build = (out) => {
    fs.mkdirSync(out);
    run('python3', ['-m', 'pip', 'wheel', '--quiet', '--no-deps', '--no-index', '--no-build-isolation', '--wheel-dir', out, BINDING], { env });
    const [wheel, ...more] = fs.readdirSync(out);
    assert.deepEqual(more, []);
    return path.join(out, wheel);
  };
  const wheel = build(path.join(folder, 'one'));
  assert.deepEqual(fs.readFileSync(build(path.join(folder, 'two'))), fs.readFileSync(wheel));
  run('python3', ['-m', 'venv', '--without-pip', environment]);
  run('python3', ['-m', 'pip', '--python', path.join(environment, 'bin/python'), 'install', '--quiet', '--no-index', '--no-deps', wheel]);
  const version = run(path.join(environment, 'bin/heapbump'), ['--version']);
  assert.equal(python('-c', 'import heapbump; print("heapbump", heapbump.version())'), `${version.split('\n')[0]}\n`);
});

test('its own tests pass', () => {
  run(path.join(environment, 'bin/python'), [path.join(BINDING, 'tests/test_heapbump.py')], { env: { ...process.env, FIXTURES: at('../fixtures') } });
});

test('it gives what the program writes', () => {
  const expected = readExpected(EXPECTED);
  const answers = JSON.parse(python(at('answers.py'), path.join(EXPECTED, 'expected.json')));
  assert.equal(answers.length, expected.length);
  assert.deepEqual(differing(expected, (verb, file) => answers.find((one) => one.verb === verb && one.file === file)), []);
});

test('the example makes a component that runs', () => {
  const component = path.join(folder, 'app.component.wasm');
  const module = at('../fixtures/go/busy-go1.26.wasm');
  assert.match(python(path.join(BINDING, 'examples/component.py'), module, component), /strategy bump/);
  assertRunsLike(component, module);
});

test('the commands of the README make a component that runs', () => {
  const [wheel] = fs.readdirSync(path.join(folder, 'one'));
  fs.copyFileSync(path.join(folder, 'one', wheel), path.join(folder, wheel));
  assertReadmeWorks('Python', folder, { PIP_NO_INDEX: '1', PIP_QUIET: '1' });
});
