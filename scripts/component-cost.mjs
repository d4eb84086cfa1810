#!/usr/bin/env node
// What a component made apart costs against a relocated one: instructions and time for a C `cat` of 100 MB, size, memory.
//
//   HEAPBUMP=... HEAPBUMP_RUNTIMES=... node scripts/component-cost.mjs [MEGABYTES]
//
// Instructions are wasmtime's fuel: the least with which the program ends (found by halving, on a hundredth of the input for
// speed, and reported for each byte). Time is the median of five runs, memory the largest resident set.
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runtimes } from '../tests/components/runtimes.mjs';
import { commandLine } from './usage.mjs';

const CAT = `#include <unistd.h>
static char buffer[65536];
int main(void) {
  for (ssize_t n; (n = read(0, buffer, sizeof buffer)) > 0;)
    for (ssize_t at = 0; at < n;) {
      ssize_t wrote = write(1, buffer + at, (size_t)(n - at));
      if (wrote <= 0) return 1;
      at += wrote;
    }
  return 0;
}
`;
const { positionals: [given] } = commandLine(import.meta.url);
const megabytes = Number(given ?? 100);
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'heapbump-cost-'));
process.on('exit', () => fs.rmSync(folder, { recursive: true }));
const file = (name) => path.join(folder, name);
const { wasmtime } = runtimes();

fs.writeFileSync(file('cat.c'), CAT);
execFileSync('clang-19', ['--target=wasm32-wasi', '-O2', '-Wl,--strip-all', file('cat.c'), '-o', file('core.wasm')]);
for (const strategy of ['tail', 'apart']) {
  const ran = spawnSync(process.env.HEAPBUMP, ['component', file('core.wasm'), '-o', file(`${strategy}.wasm`), '--strategy', strategy === 'apart' ? 'apart' : 'auto', '--encoder', 'builtin'], { encoding: 'utf8' });
  if (ran.status !== 0) throw new Error(ran.stderr);
  if (strategy === 'tail' && /\(apart\)/.test(ran.stderr)) throw new Error(`it was not relocated: ${ran.stderr}`);
}
fs.writeFileSync(file('large'), Buffer.alloc(megabytes * 1e6, 'some text to copy\n'));
fs.writeFileSync(file('small'), Buffer.alloc(megabytes * 1e4, 'some text to copy\n'));

// -> milliseconds, user milliseconds, KiB
function time(program) {
  const script = `import resource, subprocess, sys, time
start = time.time()
subprocess.run(sys.argv[3:], stdin=open(sys.argv[1]), stdout=open(sys.argv[2], 'w'), check=True)
use = resource.getrusage(resource.RUSAGE_CHILDREN)
print(time.time() - start, use.ru_utime, use.ru_maxrss)`;
  const rows = Array.from({ length: 5 }, () => execFileSync('python3', ['-c', script, file('large'), file('copy'), wasmtime, 'run', '--allow-precompiled', file(`${program}.cwasm`)], { encoding: 'utf8' }).trim().split(' ').map(Number));
  if (!fs.readFileSync(file('copy')).equals(fs.readFileSync(file('large')))) throw new Error(`${program} printed something else`);
  const middle = (i) => rows.map((row) => row[i]).sort((a, b) => a - b)[2];
  return [middle(0) * 1000, middle(1) * 1000, middle(2)];
}

function fuel(program) {
  const ends = (amount) => spawnSync(wasmtime, ['run', '-W', `fuel=${amount}`, file(`${program}.wasm`)], { input: fs.readFileSync(file('small')) }).status === 0;
  let [low, high] = [0, 1];
  while (!ends(high)) [low, high] = [high, high * 2];
  while (high - low > Math.max(1, high / 1000)) {
    const middle = Math.floor((low + high) / 2);
    if (ends(middle)) high = middle; else low = middle;
  }
  return high;
}

console.log(`C cat, ${megabytes} MB from standard input to standard output\n`);
console.log('| | instructions a byte | time (ms) | user time (ms) | memory (KiB) | size (bytes) |\n|---|---|---|---|---|---|');
for (const program of ['core', 'tail', 'apart']) {
  execFileSync(wasmtime, ['compile', file(`${program}.wasm`), '-o', file(`${program}.cwasm`)]);
  const [wall, user, memory] = time(program); // of the precompiled file, so that compiling is not timed
  console.log(`| ${program} | ${(fuel(program) / (megabytes * 1e4)).toFixed(3)} | ${wall.toFixed(0)} | ${user.toFixed(0)} | ${memory} | ${fs.statSync(file(`${program}.wasm`)).size} |`);
}
