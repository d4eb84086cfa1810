#!/usr/bin/env node
// Judges every module under a folder as the build matrix does: each strategy that heapbump offers, run before and after
// with a pattern over the region, undone, verified. For modules of any origin; knows nothing of the folder.
//
//   sweep.mjs --heapbump PROGRAM [--jobs N] [--start] [--match REGEX] [--list FILE] [--seconds N] [--json FILE]
//             [--stdin FILE] [--arg TEXT]... FOLDER
//
// --start takes only modules that export _start; --list takes only the paths (relative to FOLDER) that are in FILE, one a
// line. Prints one line a module. Ends with 1 if a module that was reserved behaved differently or touched its region.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { commandLine } from '../../scripts/usage.mjs';
import { describe } from '../run/wasm.mjs';
import { semaphore } from './build.mjs';
import { Judges } from './judges.mjs';
import { makeSurroundings } from './surroundings.mjs';

function parse() {
  const { values, positionals: [folder] } = commandLine(import.meta.url, { heapbump: path.resolve, jobs: Number, start: Boolean, match: RegExp,
    list: (file) => new Set(fs.readFileSync(file, 'utf8').split('\n')), seconds: Number, json: String,
    stdin: (file) => fs.readFileSync(file, 'utf8'), arg: [String] }, { needs: ['heapbump'], least: 1 });
  return { jobs: os.availableParallelism?.() ?? os.cpus().length, seconds: 300, ...values, args: values.arg ?? [], folder };
}

function* modulesUnder(folder, prefix = '') {
  for (const entry of fs.readdirSync(path.join(folder, prefix), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const name = path.join(prefix, entry.name);
    if (entry.isDirectory()) yield* modulesUnder(folder, name);
    else if (name.endsWith('.wasm')) yield name;
  }
}

function exportsStart(file) {
  try {
    return describe(fs.readFileSync(file)).exports.some(({ name, kind }) => name === '_start' && kind === 'function');
  } catch {
    return false; // a component, or bytes that are no module
  }
}

async function main() {
  const options = parse();
  os.setPriority(5);
  const work = fs.mkdtempSync(path.join(os.tmpdir(), 'heapbump-sweep-'));
  const surroundings = makeSurroundings(work);
  const names = [...modulesUnder(options.folder)].filter((name) => (!options.match || options.match.test(name)) && (!options.list || options.list.has(name)) &&
    (!options.start || exportsStart(path.join(options.folder, name))));
  const slots = semaphore(options.jobs);
  const judges = new Judges(options.jobs, options.seconds);
  const counts = { reserved: 0, refused: 0, 'nothing needed': 0, faulty: 0 };
  const strategies = {};
  const results = [];
  await Promise.all(names.map((name, i) => slots(async () => {
    const file = path.join(work, `${i}.wasm`);
    fs.copyFileSync(path.join(options.folder, name), file);
    fs.chmodSync(file, 0o644);
    const result = await judges.ask({
      file,
      // Output and host calls must be the same; numbers that are heap addresses may move, since these programs may print them.
      run: { args: [path.basename(name), ...options.args], env: surroundings.env, stdin: options.stdin ?? surroundings.stdin, stubs: true, allowed: ['same', 'addresses'],
        preopens: { '/': surroundings.folder } },
      settings: { heapbump: options.heapbump, verify: true, mayTrap: true },
    });
    fs.rmSync(file);
    results.push({ name, ...result });
    const { auto } = result.strategies;
    const sound = Object.entries(result.strategies).filter(([key, { strategy }]) => key !== 'auto' && strategy).map(([key]) => key);
    const verdict = result.faults.length > 0 ? 'faulty' : auto?.strategy ? 'reserved' : auto?.code === 0 ? 'nothing needed' : 'refused';
    counts[verdict]++;
    if (auto?.strategy) strategies[auto.strategy] = (strategies[auto.strategy] ?? 0) + 1;
    const behaviour = result.behaviour ? `; ${result.behaviour.calls} host calls, ${result.behaviour.trap ? `trap ${result.behaviour.trap}` : `exit ${result.behaviour.exit ?? 'none'}`}` : '';
    console.log(`${verdict.padEnd(8)} ${name}: ${result.detect.detector ?? 'no detector'}, ` +
      (auto?.strategy ? `${auto.strategy} (sound: ${sound.join(', ')})${behaviour}` : auto?.reason ?? ''));
    for (const fault of result.faults) console.log(`  FAULT ${fault}`);
  })));
  judges.stop();
  fs.rmSync(work, { recursive: true, force: true });
  if (options.json) fs.writeFileSync(options.json, JSON.stringify(results.sort((a, b) => (a.name < b.name ? -1 : 1)), null, 1));
  console.log(`\n${names.length} modules: ${counts.reserved} reserved (${Object.entries(strategies).map(([name, count]) => `${name} ${count}`).join(', ')}), ` +
    `${counts['nothing needed']} need nothing, ${counts.refused} refused, ${counts.faulty} faulty`);
  process.exitCode = counts.faulty > 0 ? 1 : 0;
}

main().catch((error) => {
  console.error(`sweep.mjs: ${error.stack ?? error}`);
  process.exit(2);
});
