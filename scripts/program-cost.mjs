#!/usr/bin/env node
// What a program pays for having room made in it: instructions, compiled size and file size of the module as it was, reserved, and as
// a component relocated and apart. Prints the table of docs/performance.md.
//
//   HEAPBUMP=... HEAPBUMP_RUNTIMES=... node scripts/program-cost.mjs
//
// Instructions are wasmtime's fuel, the least with which the program ends, found by halving to a ten-thousandth. That a program prints
// the same in each form is checked on the way.
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { program } from '../tests/bench/modules.mjs';
import { runtimes } from '../tests/components/runtimes.mjs';
import { commandLine } from './usage.mjs';

commandLine(import.meta.url);
const FIXTURES = path.join(path.dirname(fileURLToPath(import.meta.url)), '../tests/fixtures');
const { wasmtime } = runtimes();
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'heapbump-cost-'));
process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
const file = (name) => path.join(folder, name);
program(file('c.wasm'));
const numbers = Array.from({ length: 90 }, (_, i) => `${(i * 7919) % 1000}.25`).join('\n');
const PROGRAMS = [
  { name: 'C: sorts 90 numbers', module: file('c.wasm'), input: numbers },
  { name: 'TinyGo: busy, block collector', module: path.join(FIXTURES, 'tinygo/busy-conservative.wasm'), input: '' },
  { name: 'TinyGo: busy, without a collector', module: path.join(FIXTURES, 'tinygo/busy-leaking-asyncify.wasm'), input: '' },
];
const FORMS = [
  { name: 'as it was', make: (from, to) => fs.copyFileSync(from, to) },
  { name: 'reserved', make: (from, to) => heapbump('reserve', from, '-o', to) },
  { name: 'component, relocated', make: (from, to) => heapbump('component', from, '-o', to, '--strategy', 'auto', '--encoder', 'builtin') },
  { name: 'component, apart', make: (from, to) => heapbump('component', from, '-o', to, '--strategy', 'apart', '--encoder', 'builtin') },
];

function heapbump(...args) {
  const ran = spawnSync(process.env.HEAPBUMP, args, { encoding: 'utf8' });
  if (ran.status !== 0) throw new Error(ran.stderr);
  return ran.stderr;
}

const run = (module, fuel, input) => spawnSync(wasmtime, ['run', '-W', `fuel=${fuel}`, module], { input, encoding: 'utf8' });

function fuel(module, input) {
  const ends = (amount) => run(module, amount, input).status === 0;
  let [low, high] = [0, 1 << 20];
  while (!ends(high)) {
    [low, high] = [high, high * 4];
    if (high > 2 ** 50) throw new Error(`${module} does not end`);
  }
  while (high - low > high / 10000) {
    const middle = Math.floor((low + high) / 2);
    if (ends(middle)) high = middle; else low = middle;
  }
  return high;
}

function compiledSize(module) {
  execFileSync(wasmtime, ['compile', module, '-o', file('compiled')]);
  return fs.statSync(file('compiled')).size;
}

const percent = (value, of) => `${value >= of ? '+' : ''}${(100 * (value / of - 1)).toFixed(2)} %`;
console.log('| program | form | instructions | compiled | file |\n|---|---|---|---|---|');
for (const { name, module, input } of PROGRAMS) {
  let first;
  let printed;
  for (const form of FORMS) {
    const made = file('made.wasm');
    form.make(module, made);
    const row = [fuel(made, input), compiledSize(made), fs.statSync(made).size];
    const { stdout } = run(made, 2 * row[0], input);
    printed ??= stdout;
    if (stdout !== printed) throw new Error(`${name} prints something else ${form.name}`);
    first ??= row;
    const shown = row === first ? row.map((value) => value.toLocaleString('en')) : row.map((value, i) => percent(value, first[i]));
    console.log(`| ${row === first ? name : ''} | ${form.name} | ${shown.join(' | ')} |`);
  }
}
