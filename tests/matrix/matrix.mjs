#!/usr/bin/env node
// The build matrix: programs that use the heap hard, built every way, reserved, run before and after. See README.md.
//
//   matrix.mjs --heapbump PROGRAM --work FOLDER [--modules NODE_MODULES] [--full | --cover N] [--only TEXT]
//              [--jobs N] [--keep] [--json FILE] [--no-floors]
//
// Ends with 0 when no module that was reserved behaves differently or touches its region, every base is the linker's,
// every undo is exact, and no group falls below its floor; with 1 otherwise.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { commandLine } from '../../scripts/usage.mjs';
import { Builder, CannotBuild, semaphore } from './build.mjs';
import { allCells, covering, idOf } from './cells.mjs';
import { floorOf } from './floors.mjs';
import { Judges } from './judges.mjs';
import { makeSurroundings, programRun } from './surroundings.mjs';
import { findToolchains } from './toolchains.mjs';

function parse() {
  const { values } = commandLine(import.meta.url, { heapbump: path.resolve, work: path.resolve, modules: path.resolve, cover: Number, full: Boolean,
    only: RegExp, jobs: Number, keep: Boolean, json: String, 'no-floors': Boolean }, { needs: ['heapbump', 'work'] });
  return { jobs: os.availableParallelism?.() ?? os.cpus().length, floors: !values['no-floors'], ...values, cover: values.full ? undefined : values.cover ?? 3 };
}

const groupOf = ({ language, allocator, libc }) => `${language} ${allocator}${libc === 'none' ? '' : `, ${libc} libc`}`;

// What the refusal says, without the numbers that differ from module to module.
const shapeOfReason = (reason) => reason.replace(/0x[0-9a-f]+/gi, 'N').replace(/\b\d+\b/g, 'N').replace(/"[^"]*"/g, '"..."').replace(/,? in function N( \([^()]*\))?( at file offset N)?/g, '');

class Tally {
  constructor() {
    this.groups = new Map();
    this.reasons = new Map();
  }
  add(cell, { faults, detect, strategies }) {
    const name = groupOf(cell);
    const group = this.groups.get(name) ?? { modules: 0, found: 0, reserved: 0, bump: 0, tail: 0, faulty: 0 };
    this.groups.set(name, group);
    group.modules++;
    if (detect.code === 0) group.found++;
    if (strategies.auto?.strategy) group.reserved++;
    for (const strategy of ['bump', 'tail']) if (strategies[strategy]?.strategy) group[strategy]++;
    if (faults.length > 0) group.faulty++;
    for (const [strategy, { reason, code }] of Object.entries(strategies)) {
      // gap is Go's; what no strategy can do is told once.
      if (reason === undefined || strategy === 'gap' || (strategy !== 'auto' && !strategies.auto?.strategy)) continue;
      const key = `${strategy.padEnd(4)} exit ${code}  ${shapeOfReason(reason)}`;
      const entry = this.reasons.get(key) ?? { count: 0, example: idOf(cell) };
      entry.count++;
      this.reasons.set(key, entry);
    }
  }
  print() {
    const row = (name, cells) => console.log(`  ${name.padEnd(30)}${cells.map((cell) => String(cell).padStart(10)).join('')}`);
    row('', ['modules', 'found', 'reserved', 'bump', 'tail', 'faulty']);
    const total = { modules: 0, found: 0, reserved: 0, bump: 0, tail: 0, faulty: 0 };
    for (const [name, group] of [...this.groups].sort()) {
      row(name, Object.values(group));
      for (const field of Object.keys(total)) total[field] += group[field];
    }
    row('total', Object.values(total));
    console.log('\nRefusals by strategy (count, exit code, reason without its numbers; one example):');
    for (const [key, { count, example }] of [...this.reasons].sort((a, b) => b[1].count - a[1].count)) console.log(`  ${String(count).padStart(5)}  ${key}\n         ${example}`);
    return total;
  }
}

async function main() {
  const options = parse();
  os.setPriority(5);
  fs.mkdirSync(options.work, { recursive: true });
  const found = findToolchains(options);
  const { cells: every, leftOut } = allCells(found);
  const chosen = (options.cover === undefined ? every : covering(every, options.cover)).filter((cell) => !options.only || options.only.test(idOf(cell)));
  console.log('Toolchains:');
  for (const { name, version } of found.compilers) console.log(`  ${name}: clang ${version} with lld ${version}`);
  for (const { name, what } of Object.values(found.libcs)) console.log(`  libc "${name}": ${what}`);
  for (const [name, at] of Object.entries({ 'wasm-opt': found.wasmOpt, rustc: found.rust?.rustc, zig: found.zig && 'npm package' })) if (at) console.log(`  ${name}: ${at}`);
  for (const { what, why } of found.absent) console.log(`  LEFT OUT: ${what}: ${why}`);
  for (const { what, why, count } of leftOut) console.log(`  LEFT OUT: ${count} cells, ${what}: ${why}`);
  console.log(`Cells: ${chosen.length} of ${every.length}${options.cover ? ` (every combination of ${options.cover} axes' values occurs)` : ''}`);

  const slots = semaphore(options.jobs);
  const builder = new Builder(found, path.join(options.work, 'objects'), slots);
  const judges = new Judges(options.jobs, 300);
  const surroundings = makeSurroundings(options.work);
  const modules = path.join(options.work, 'modules');
  fs.rmSync(modules, { recursive: true, force: true });
  fs.mkdirSync(modules, { recursive: true });
  const tally = new Tally();
  const unbuilt = new Map();
  const results = [];
  const started = Date.now();
  let done = 0;
  await Promise.all(chosen.map(async (cell) => {
    const id = idOf(cell);
    let built;
    try {
      built = await builder.build(cell);
    } catch (error) {
      if (!(error instanceof CannotBuild)) throw error;
      const list = unbuilt.get(error.message) ?? [];
      unbuilt.set(error.message, [...list, id]);
      return;
    }
    const file = path.join(modules, `${id}.wasm`);
    fs.writeFileSync(file, built.bytes);
    const result = await slots(() => judges.ask({
      file, truth: built.truth, run: programRun(cell, surroundings), settings: { heapbump: options.heapbump, verify: true, keep: options.keep },
    }));
    tally.add(cell, result);
    results.push({ id, cell, truth: built.truth, ...result });
    for (const fault of result.faults) console.log(`FAULT ${id}: ${fault}`);
    if (result.faults.length === 0 && !options.keep) fs.rmSync(file);
    if (++done % 100 === 0) console.log(`  ${done} modules judged, ${Math.round((Date.now() - started) / 1000)} s`);
  }));
  judges.stop();

  console.log(`\n${done} modules built and judged in ${Math.round((Date.now() - started) / 1000)} s (${builder.ran} compiler, linker and optimizer runs):\n`);
  const total = tally.print();
  let failed = total.faulty > 0;
  for (const [message, ids] of unbuilt) console.log(`\nNOT BUILT: ${ids.length} cells (${ids[0]}, ...): ${message}`);
  // The twins: the same program with and without its names must be found at the same place.
  const named = new Map(results.filter(({ cell }) => cell.names === 'names').map((entry) => [idOf({ ...entry.cell, names: '' }), entry]));
  let pairs = 0;
  let lost = 0;
  for (const entry of results.filter(({ cell }) => cell.names === 'stripped')) {
    const twin = named.get(idOf({ ...entry.cell, names: '' }));
    if (twin === undefined) continue;
    pairs++;
    if (twin.detect.code === 0 && entry.detect.code !== 0) lost++;
    if (twin.detect.code === 0 && entry.detect.code === 0 && twin.detect.base !== entry.detect.base) {
      failed = true;
      console.log(`FAULT ${entry.id}: base ${entry.detect.base}, with names ${twin.detect.base}`);
    }
  }
  const proven = results.filter(({ truth, detect }) => truth !== undefined && detect.code === 0 && detect.base !== undefined).length;
  console.log(`\nHeap base compared with the linker's: ${proven} modules. Pairs with and without names: ${pairs}; found only with names: ${lost}.`);
  if (options.floors && !options.only) {
    for (const [name, group] of tally.groups) {
      const floor = floorOf(name);
      if (group.reserved / group.modules < floor) {
        failed = true;
        console.log(`BELOW THE FLOOR: ${name}: ${group.reserved} of ${group.modules} reserved, at least ${Math.round(floor * 100)}% expected`);
      }
    }
  }
  if (done === 0) {
    failed = true;
    console.log('no module was judged: no toolchain is installed');
  }
  if (options.json) fs.writeFileSync(options.json, JSON.stringify(results, null, 1));
  console.log(failed ? 'FAILED' : 'passed');
  process.exitCode = failed ? 1 : 0;
}

main().catch((error) => {
  console.error(`matrix.mjs: ${error.stack ?? error}`);
  process.exit(2);
});
