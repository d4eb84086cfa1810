#!/usr/bin/env node
// Shows that the judge sees damage and that the generator is what it says: each check here breaks something on purpose.
//
//   selftest.mjs --heapbump PROGRAM --naive PROGRAM --sabotage PROGRAM --work FOLDER
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { findToolchains } from '../matrix/toolchains.mjs';
import { ALLOCATORS } from './allocators.mjs';
import { Builder } from './build.mjs';
import { FEATURES } from './features.mjs';
import { faultOf, judge, reserveBy, runOriginal } from './judge.mjs';
import { translate } from './languages.mjs';
import { NotInSubset, parseProgram } from './parse.mjs';
import { Pool } from './pool.mjs';
import { compose, describeProgram, plainBuild, plainParameters, settle, VERSION } from './program.mjs';
import { passedWrong, wrongOf } from './report.mjs';
import { shrink } from './shrink.mjs';

const option = (name) => path.resolve(process.argv[process.argv.indexOf(`--${name}`) + 1]);
const [heapbump, naive, sabotage, work] = ['heapbump', 'naive', 'sabotage', 'work'].map(option);
const HERE = path.dirname(fileURLToPath(import.meta.url));
fs.mkdirSync(work, { recursive: true });
const builder = new Builder(findToolchains({ work }), work);
const compiler = builder.found.compilers[0].name;
const quiet = () => {};

function plain(allocator, change = {}) {
  return settle({ version: VERSION, seed: 0, allocator, parameters: plainParameters(allocator), features: [], work: 'churn', scale: 1, language: 'c',
    ...change, build: { ...plainBuild(), compiler, ...change.build } });
}

function built(name, spec) {
  const made = builder.build(spec, path.join(work, name));
  const file = path.join(work, `${name}.wasm`);
  fs.writeFileSync(file, made.bytes);
  return { file, truth: made.truth, bytes: made.bytes };
}

test('a seed always names the same program', () => {
  for (const seed of [1, 77, 4096]) assert.deepEqual(describeProgram(seed), describeProgram(seed));
  const texts = new Set(Array.from({ length: 200 }, (_, seed) => compose(describeProgram(seed))));
  assert.ok(texts.size > 180, `only ${texts.size} of 200 programs differ`);
});

test('every allocator and every feature is reached', () => {
  const [allocators, features] = [new Set(), new Set()];
  for (let seed = 0; seed < 3000; seed++) {
    const spec = describeProgram(seed);
    allocators.add(spec.allocator);
    for (const name of spec.features) features.add(name);
  }
  assert.deepEqual([...allocators].sort(), Object.keys(ALLOCATORS).sort());
  assert.deepEqual([...features].sort(), Object.keys(FEATURES).sort());
});

test('a rightly reserved module has no fault, and each broken one has', async () => {
  const { file, bytes } = built('plain', plain('libc'));
  const made = reserveBy(heapbump, file, 'bump');
  assert.ok(made.manifest, `the C library's malloc is not reserved: ${made.reason}`);
  const original = await runOriginal(bytes, quiet);
  assert.equal(original.trap, undefined);
  assert.equal(await faultOf(original, fs.readFileSync(made.output), made.manifest.region, quiet), undefined);
  for (const way of ['all-sites-left', 'minimum-not-raised']) {
    const broken = path.join(work, `${way}.wasm`);
    const { status, stderr } = spawnSync(sabotage, [way, file, made.output, broken], { encoding: 'utf8' });
    assert.equal(status, 0, `sabotage ${way}: ${stderr}`);
    assert.notEqual(await faultOf(original, fs.readFileSync(broken), made.manifest.region, quiet), undefined, `${way} was not seen`);
  }
});

test('a region that is written or read is seen', async () => {
  const { file, bytes } = built('regions', plain('bump', { features: ['hash_all'] }));
  const original = await runOriginal(bytes, quiet);
  const made = reserveBy(naive, file, 'bump', String(built('regions', plain('bump', { features: ['hash_all'] })).truth));
  assert.match(await faultOf(original, fs.readFileSync(made.output), made.manifest.region, quiet), /prints otherwise/);
  const { bytes: untouched } = built('untouched', plain('bump'));
  const before = await runOriginal(untouched, quiet);
  assert.match(await faultOf(before, untouched, { base: 65536, size: 65536 }, quiet), /writes the region|prints otherwise|exits|traps/);
});

// What a detector would do that accepts everything, and a verify that passes everything.
test('a faulty reserve and a verify that passes everything are both found wrong', async () => {
  const yes = path.join(work, 'says-yes');
  fs.writeFileSync(yes, '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  for (const feature of ['size_printed', 'hash_all', 'size_at_most', 'budget']) {
    const { file, truth } = built(feature, plain('bump', { features: [feature] }));
    const result = await judge(file, truth, { heapbump: yes, naive, strategies: [] }, quiet);
    assert.equal(wrongOf(result, 'naive').length, 2, `${feature}: the naive relocator was not found wrong`);
    assert.equal(passedWrong(result).length, 2, `${feature}: a verify that passes everything was not found wrong`);
  }
});

test('what takes too long costs one worker, and the next program is judged', async () => {
  const pool = new Pool({ jobs: 1, work, settings: { heapbump, naive, work }, seconds: 0.001 });
  const first = await pool.judge(plain('bump'));
  assert.equal(first.built, false);
  assert.match(first.why, /does not end/);
  pool.seconds = 60;
  const second = await pool.judge(plain('bump'));
  assert.equal(second.built, true, second.why ?? second.failure);
  const third = await pool.judge(plain('bump', { build: { compiler: 'none' } }));
  assert.match(third.why, /none is not installed/);
  await pool.stop();
});

test('shrinking keeps what fails and drops the rest', async () => {
  const spec = settle({ ...describeProgram(12), features: ['low_arena', 'size_printed', 'poison'], language: 'c' });
  const small = await shrink(spec, async (candidate) => candidate.features.includes('size_printed'));
  assert.deepEqual(small.features, ['size_printed']);
  assert.deepEqual(small.parameters, settle({ ...small, parameters: plainParameters(small.allocator) }).parameters);
});

test('what is not in the subset is refused, not translated otherwise', () => {
  for (const text of ['static float x;', 'static u32 f(void) { return *p; }', 'static u32 f(void) { goto x; }', 'struct { u32 a; } s;']) assert.throws(() => parseProgram(text), NotInSubset);
  assert.match(translate('static u32 f(u32 n) { return n + 1; }', 'rust', {}), /wrapping_add\(1u32\)/);
  assert.match(translate('static u32 f(u32 n) { return n - 1; }', 'zig', {}), /-% @as\(u32, 1\)/);
});

test('the program ends with an error where something is wrong', () => {
  const run = (args) => spawnSync(process.execPath, [path.join(HERE, 'adversary.mjs'), '--work', work, '--quiet', '--jobs', '1', ...args], { encoding: 'utf8' });
  const yes = path.join(work, 'says-yes');
  fs.writeFileSync(path.join(work, 'spec.json'), JSON.stringify(plain('bump', { features: ['size_printed'] })));
  assert.equal(run(['--heapbump', yes, '--naive', naive, '--spec', path.join(work, 'spec.json')]).status, 1);
  assert.equal(run(['--nonsense', '1']).status, 2);
  fs.writeFileSync(path.join(work, 'known.json'), JSON.stringify({ version: VERSION, wrong: { 1: ['detector bump'] } }));
  const stale = run(['--heapbump', heapbump, '--programs', '1', '--seed', '1', '--known', path.join(work, 'known.json')]);
  assert.equal(stale.status, 1, stale.stdout);
});
