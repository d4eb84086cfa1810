// The GitHub Action: its script with the variables that a runner sets, and that action.yml passes on what the script reads.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../run/heapbump.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FIXTURES = path.join(ROOT, 'tests/fixtures/go');

function runAction(t, inputs) {
  const folder = temporaryFolder(t);
  const env = { PATH: process.env.PATH, RUNNER_TEMP: folder, GITHUB_ACTION_PATH: ROOT, GITHUB_OUTPUT: path.join(folder, 'output'), GITHUB_STEP_SUMMARY: path.join(folder, 'summary.md'),
    INPUT_PROGRAM: process.env.HEAPBUMP, ...inputs };
  const { status, stderr } = spawnSync('sh', [path.join(ROOT, 'packaging/action.sh')], { cwd: folder, env, encoding: 'utf8' });
  const read = (file) => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '');
  return { status, stderr, folder, output: Object.fromEntries(read(env.GITHUB_OUTPUT).split('\n').filter(Boolean).map((line) => line.split('='))), summary: read(env.GITHUB_STEP_SUMMARY) };
}

test('it audits, sums up, and makes components', (t) => {
  const { status, stderr, folder, output, summary } = runAction(t, { INPUT_PATH: FIXTURES, INPUT_COMPONENTS: 'made' });
  assert.equal(status, 0, stderr);
  assert.match(summary, /^## heapbump audit: \d of \d files can become components/);
  assert.equal(JSON.parse(fs.readFileSync(output.sarif, 'utf8')).version, '2.1.0');
  assert.ok(fs.readFileSync(output.report, 'utf8').includes('busy-go1.26.wasm'));
  assert.ok(fs.existsSync(path.join(folder, 'made/busy-go1.26.wasm')));
});

test('it fails where it is asked to, with a report', (t) => {
  const tree = path.join(temporaryFolder(t), '-a $(touch x) tree');
  fs.mkdirSync(tree);
  fs.writeFileSync(path.join(tree, 'cut.wasm'), fs.readFileSync(path.join(FIXTURES, 'busy-go1.26.wasm')).subarray(0, 5000));
  const { status, output, summary } = runAction(t, { INPUT_PATH: tree, INPUT_FAIL_ON: 'malformed' });
  assert.equal(status, 7);
  assert.match(summary, /0 of 1 files/);
  assert.equal(JSON.parse(fs.readFileSync(output.sarif, 'utf8')).runs.length, 1);
  const missing = runAction(t, { INPUT_PATH: path.join(tree, 'none') });
  assert.notEqual(missing.status, 0);
});

test('action.yml hands over each variable that the script reads', () => {
  const action = fs.readFileSync(path.join(ROOT, 'action.yml'), 'utf8');
  const script = fs.readFileSync(path.join(ROOT, 'packaging/action.sh'), 'utf8');
  const names = [...new Set(script.match(/\bINPUT_[A-Z_]+/g))].sort();
  assert.deepEqual([...new Set(action.match(/\bINPUT_[A-Z_]+(?=:)/g))].sort(), names);
  for (const name of names) {
    const input = name.slice('INPUT_'.length).toLowerCase().replace('_', '-');
    assert.ok(action.includes(`  ${input}: {`) && action.includes(`${name}: \${{ inputs.${input} }}`), name);
  }
  // An input within `run:` would be code.
  assert.doesNotMatch(/^ +run: (.*)$/m.exec(action)[1], /\$\{\{/);
});
