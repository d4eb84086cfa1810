// Every rule of the detectors on its pair of modules: the one that it accepts, and the one that it refuses for the premise alone.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { heapbump as runHeapbump, heapbumpJson, temporaryFolder } from '../run/heapbump.mjs';
import { assemble, difference, filled, readCase, tokens } from './cases.mjs';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const MOST_TOKENS = 16; // in which the two modules of a pair may differ
const heapbump = (...args) => execFileSync(process.env.HEAPBUMP, args, { encoding: 'utf8' });
const rules = JSON.parse(heapbump('rules', '--json')).rules;

// -> [{id, stem}] of all pairs that are there, whole or not
function pairs() {
  const found = new Map();
  for (const detector of fs.readdirSync(HERE, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
    for (const name of fs.readdirSync(path.join(HERE, detector.name))) {
      const match = name.match(/^([a-z0-9-]+)((?:\.[a-z0-9-]+)?)\.(accepts|refuses)\.wat$/);
      if (match) found.set(path.join(HERE, detector.name, match[1] + match[2]), `${detector.name}.${match[1]}`);
    }
  }
  return [...found].map(([stem, id]) => ({ stem, id }));
}

const countOf = ({ sites, evidence }, id) => [...sites, ...evidence].filter(({ rule }) => rule === id).length;

test('every rule has a pair of modules, and every pair a rule', () => {
  const ids = rules.map(({ id }) => id);
  const tested = new Set(pairs().map(({ id }) => id));
  assert.deepEqual(ids.filter((id) => !tested.has(id)), [], 'rules without a pair');
  assert.deepEqual([...tested].filter((id) => !ids.includes(id)), [], 'pairs without a rule');
});

for (const { stem, id } of pairs()) {
  const name = path.relative(HERE, stem);
  test(`${name}: the modules differ in the premise, and ${id} decides`, (t) => {
    const [accepting, refusing] = ['accepts', 'refuses'].map((kind) => `${stem}.${kind}.wat`);
    const [one, other] = [accepting, refusing].map(readCase);
    assert.equal(one.program, other.program);
    assert.deepEqual(one.customs, other.customs);
    const differing = difference(tokens(filled(one)), tokens(filled(other)));
    assert.ok(Math.max(...differing) > 0 && Math.max(...differing) <= MOST_TOKENS, `the modules differ in ${differing} tokens`);

    const folder = temporaryFolder(t);
    const [module, otherModule] = [accepting, refusing].map((file) => assemble(file, folder));
    const [accepted, refused] = [module, otherModule].map((file) => heapbumpJson(['detect', file]).object);
    assert.equal(accepted.status, 'found', JSON.stringify(accepted.refusals));
    assert.equal(accepted.detector, id.split('.')[0]);
    assert.equal(refused.status, 'refused');
    const named = refused.refusals.some(({ rule }) => rule === id);
    const decided = countOf(accepted, id) - countOf(refused, id);
    assert.ok(named || decided > 0, `${id} decides nothing: ${JSON.stringify(refused.refusals)}, ${JSON.stringify(accepted.sites)}`);

    assert.ok(other.verifies, 'a refusing case does not say whether it verifies');
    const { code, stderr } = runHeapbump(['reserve', module, '-o', path.join(folder, 'reserved.wasm')]);
    if (one.verifies) assert.equal(code, 0, `reserve: ${stderr}`);
    else assert.match(stderr, /\[HB0701\]$/m, `verify follows the module now: take out the case's line ";; not verified"`);
  });
}

// A search that calls itself for each of them would leave the stack.
test('the address of a word that keeps an address is passed on by 60,000 functions: an answer, and no end of the stack', (t) => {
  const folder = temporaryFolder(t);
  const most = 60_000;
  const links = Array.from({ length: most }, (_, i) => `(func $link${i} (param $p i32) (call $link${i + 1} (local.get $p)))`);
  const ends = `(func $link${most} (param $p i32) (i32.store8 (local.get $p) (i32.const 7)))
    (func $run (param $p i32) (local $frame i32)
      (local.set $frame (i32.sub (global.get $stack) (i32.const 32)))
      (i32.store offset=16 (local.get $frame) (local.get $p))
      (call $link0 (i32.add (local.get $frame) (i32.const 16))))`;
  const file = path.join(folder, 'chain.wat');
  fs.writeFileSync(file, [`;; in ${path.relative(folder, path.join(HERE, 'wasm-ld/bump.wat'))}`, ';; hole symbols',
    '(global $base i32 (i32.const 70816))', '(export "__heap_base" (global $base))', ...links, ends, ';; end',
    ';; hole program', '(call $run (local.get $a))', ';; end', ''].join('\n'));
  const { code, stderr } = runHeapbump(['detect', assemble(file, folder)]);
  assert.ok(code === 0 || code === 5, `exit code ${code}: ${stderr}`);
});

test('docs/rules.md is what the tables say', () => {
  const page = fs.readFileSync(path.join(HERE, '../../docs/rules.md'), 'utf8');
  assert.equal(page, heapbump('rules', '--markdown'), 'run: heapbump rules --markdown > docs/rules.md');
});

test('every rule can be explained, in any case of letters', () => {
  for (const { id, summary } of rules) assert.ok(heapbump('explain', id.toUpperCase()).startsWith(`${id}: ${summary}\n`));
  const { status, stderr } = spawnSync(process.env.HEAPBUMP, ['explain', 'go.no-such-rule'], { encoding: 'utf8' });
  assert.equal(status, 2);
  assert.match(stderr, /HB0203/);
});
