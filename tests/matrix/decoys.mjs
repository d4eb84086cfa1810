#!/usr/bin/env node
// Programs that look like what they are not (decoys/): their own numbers equal the heap's start, they print it, keep it,
// scan up to it, or their last object ends at it. Each must be handled rightly or refused, never corrupted.
//
//   decoys.mjs --heapbump PROGRAM --work FOLDER [--modules NODE_MODULES] [--jobs N] [--only REGEX] [--short] [--keep]
//
// --short takes one compiler and optimization level of the three times three for each of the other combinations, in turn.
// A decoy is linked twice: once to learn where its heap starts, then with that number compiled in as HB.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandLine } from '../../scripts/usage.mjs';
import { Builder, exportedGlobal, semaphore } from './build.mjs';
import { canLink } from './cells.mjs';
import { Judges } from './judges.mjs';
import { makeSurroundings } from './surroundings.mjs';
import { findToolchains } from './toolchains.mjs';

const FOLDER = path.join(path.dirname(fileURLToPath(import.meta.url)), 'decoys');
const TRUTH = ['--export=__heap_base', '--export=__data_end'];
// Only what prints an address may print another one.
const ALLOWED = { prints_heap_base: ['same', 'addresses'] };

async function build(builder, cell, decoy) {
  const program = path.join(FOLDER, decoy);
  const last = decoy === 'bss_ends_at_base'; // its object has to come after all of the C library's
  const at = async (hb) => {
    const extra = last ? ['--whole-archive', '-lc', '--no-whole-archive'] : [];
    const truth = fs.readFileSync(await builder.linked({ ...cell, program }, [...TRUTH, ...extra], [`-DHB=${hb}`]));
    return { truth: exportedGlobal(truth, '__heap_base'), end: exportedGlobal(truth, '__data_end'), file: await builder.linked({ ...cell, program }, extra, [`-DHB=${hb}`]) };
  };
  const { truth } = await at(0x11110);
  const second = await at(truth);
  if (second.truth !== truth) throw new Error(`${decoy}: the heap's start moved from ${truth} to ${second.truth} by a number of the same size`);
  if (last && second.end !== truth) throw new Error(`${decoy}: the data ends at ${second.end}, the heap starts at ${truth}`);
  if (cell.shape === 'wasm-opt') second.file = await builder.optimized(second.file, 'O2');
  return { bytes: fs.readFileSync(second.file), truth };
}

async function main() {
  const { values } = commandLine(import.meta.url, { heapbump: path.resolve, work: path.resolve, modules: path.resolve, jobs: Number, only: RegExp,
    keep: Boolean, short: Boolean }, { needs: ['heapbump', 'work'] });
  const options = { jobs: os.availableParallelism?.() ?? os.cpus().length, ...values };
  os.setPriority(5);
  const found = findToolchains(options);
  for (const { what, why } of found.absent) console.log(`LEFT OUT: ${what}: ${why}`);
  const slots = semaphore(options.jobs);
  const builder = new Builder(found, path.join(options.work, 'objects'), slots);
  const judges = new Judges(options.jobs, 120);
  const surroundings = makeSurroundings(options.work);
  const decoys = fs.readdirSync(FOLDER).filter((name) => name.endsWith('.c')).map((name) => path.basename(name, '.c'));
  const counts = Object.fromEntries(decoys.map((decoy) => [decoy, { modules: 0, bump: 0, tail: 0, refused: 0, faulty: 0 }]));
  const reasons = new Map();
  const tasks = [];
  for (const { name: compiler } of found.compilers) {
    for (const opt of ['O0', 'O2', 'Oz']) {
      for (const libc of Object.keys(found.libcs)) {
        for (const stack of ['last', 'first']) {
          for (const shape of found.wasmOpt ? ['padded', 'wasm-opt'] : ['padded']) {
            for (const decoy of decoys) {
              if (!canLink(compiler, 'dlmalloc', libc)) continue; // see cells.mjs
              if (decoy === 'bss_ends_at_base' && stack === 'last') continue; // the stack lies between
              const cell = { language: 'c', compiler, opt, allocator: 'dlmalloc', libc, stack, shape };
              const id = `${decoy}.${compiler}.${opt}.${libc}.${stack}.${shape}`;
              if (!options.only || options.only.test(id)) tasks.push({ cell, decoy, id });
            }
          }
        }
      }
    }
  }
  if (options.short) {
    const kinds = new Map(); // the tasks of each combination of the other axes
    for (const task of tasks) {
      const { cell: { libc, stack, shape }, decoy } = task;
      const kind = [libc, stack, shape, decoy].join();
      kinds.set(kind, [...(kinds.get(kind) ?? []), task]);
    }
    tasks.splice(0, tasks.length, ...[...kinds.values()].map((list, turn) => list[(turn * 5) % list.length]));
  }
  const modules = path.join(options.work, 'decoys');
  fs.mkdirSync(modules, { recursive: true });
  let compared = 0;
  await Promise.all(tasks.map(async ({ cell, decoy, id }) => {
    const { bytes, truth } = await build(builder, cell, decoy);
    const file = path.join(modules, `${id}.wasm`);
    fs.writeFileSync(file, bytes);
    const { faults, strategies, detect } = await slots(() => judges.ask({ file, truth, run: { args: surroundings.args, env: surroundings.env, allowed: ALLOWED[decoy] },
      settings: { heapbump: options.heapbump, verify: true, keep: options.keep } }));
    const count = counts[decoy];
    count.modules++;
    for (const strategy of ['bump', 'tail']) if (strategies[strategy]?.strategy) count[strategy]++;
    if (!strategies.auto?.strategy) count.refused++;
    if (detect.base !== undefined) compared++;
    for (const { reason } of [strategies.bump, strategies.auto]) {
      if (reason === undefined) continue;
      const key = `${decoy}: ${reason.replace(/0x[0-9a-f]+/gi, 'N').replace(/\b\d+\b/g, 'N').replace(/,? in function N( \([^()]*\))?( at file offset N)?/g, '')}`;
      reasons.set(key, (reasons.get(key) ?? 0) + 1);
      break;
    }
    if (faults.length > 0) count.faulty++;
    for (const fault of faults) console.log(`FAULT ${id}: ${fault}`);
    if (faults.length === 0 && !options.keep) fs.rmSync(file);
  }));
  judges.stop();
  console.log(`\n${''.padEnd(24)}${['modules', 'bump', 'tail', 'refused', 'faulty'].map((head) => head.padStart(9)).join('')}`);
  for (const [decoy, count] of Object.entries(counts)) console.log(`${decoy.padEnd(24)}${Object.values(count).map((value) => String(value).padStart(9)).join('')}`);
  console.log('\nWhy bump was refused:');
  for (const [reason, count] of [...reasons].sort((a, b) => b[1] - a[1])) console.log(`${String(count).padStart(5)}  ${reason}`);
  const faulty = Object.values(counts).reduce((sum, count) => sum + count.faulty, 0);
  const judged = Object.values(counts).reduce((sum, count) => sum + count.modules, 0);
  console.log(`\n${judged} modules judged, heap base compared with the linker's in ${compared}; ${faulty} faulty`);
  process.exitCode = faulty > 0 || judged === 0 ? 1 : 0;
}

main().catch((error) => {
  console.error(`decoys.mjs: ${error.stack ?? error}`);
  process.exit(2);
});
