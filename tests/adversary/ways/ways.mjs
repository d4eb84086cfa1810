#!/usr/bin/env node
// Builds a program for each way of the tables beside this file, has it reserved, and demands: refused, or right. See ../README.md.
//
//   ways.mjs --heapbump PROGRAM --work FOLDER [--all] [--levels LIST] [--only REGEX] [--jobs N] [--naive PROGRAM] [--keep] [--reasons]
//   ways.mjs --show NAME                   the program of a way
//
// Without --all: a part of the operations with their sources, at -O0 and -O2. --naive says as well which ways do no harm when relocated by a
// program that asks nothing, so that they show nothing; --reasons why each was refused.
//
// Exit code: 0 as recorded in known.json, 1 otherwise, 2 wrong use, 77 no compiler.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandLine } from '../../../scripts/usage.mjs';
import { findToolchains } from '../../matrix/toolchains.mjs';
import { Pool } from '../pool.mjs';
import * as buffers from './buffers.mjs';
import * as carriers from './carriers.mjs';
import * as limits from './limits.mjs';
import * as operations from './operations.mjs';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const SOUNDNESS = path.join(HERE, '../../../docs/soundness.md');
const COMPILER = 'clang19'; // known.json is about its code
const REFUSED = 5; // heapbump's exit code

const HEAD = `#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stdint.h>
#define APART __attribute__((noinline)) static
`;
const textOf = ({ top, program }) => `${HEAD}${top}\nint main(int argc, char **argv) {\n  ${program}\n  return 0;\n}\n`;

// Programs that look at no address: reserve has to accept them, or the refusals of the others mean nothing.
const CONTROLS = [undefined, 4].map((initial) => ({
  name: `control with ${initial ?? 'few'} pages`, top: '', program: 'char *p = malloc(3000 + argc); strcpy(p, "x"); printf("%s %d\\n", p, argc);', initial, reduced: true, control: true,
}));
const WAYS = [...CONTROLS, ...[operations, carriers, limits, buffers].flatMap(({ programs }) => programs())];

const specOf = (way, opt, truth) => ({
  language: 'c', allocator: 'libc', parameters: {}, features: [], text: textOf(way), truth, initial: way.initial,
  build: { compiler: COMPILER, opt, lto: 'no', bulk: 'no', stack: 'last', relocations: 'no', base: 'hidden', names: 'kept', shape: 'linked' },
});

// known.json: {name: {levels, reason}}; the reason is a quotation from what docs/soundness.md says is not seen. -> what is wrong with it
function faultsOfKnown(known) {
  const plain = (text) => text.replace(/\s+/g, ' ');
  const notSeen = plain(fs.readFileSync(SOUNDNESS, 'utf8').match(/\*\*Not seen\.\*\*.*?(?=\n\n)/s)[0]);
  return Object.entries(known).flatMap(([name, { reason }]) => [
    ...(WAYS.some((way) => way.name === name) ? [] : [`known.json: no way has the name ${name}`]),
    ...(reason && notSeen.includes(plain(reason)) ? [] : [`known.json: ${name}: docs/soundness.md does not say under "Not seen": ${reason}`]),
  ]);
}

// -> 'refused', 'right', 'wrong' or, when nothing can be said, 'unjudged'; and why
function verdictOf(result) {
  const entry = result.entries.find(({ by }) => by === 'reserve');
  if (!result.built || entry === undefined) return ['unjudged', result.failure ?? result.why ?? result.trap ?? result.limit ?? 'nothing was reserved'];
  if (entry.accepted) return entry.fault === undefined ? ['right', ''] : ['wrong', entry.fault];
  return entry.code === REFUSED ? ['refused', entry.reason] : ['unjudged', `exit code ${entry.code}: ${entry.reason}`];
}

// What the test objects to in one verdict; undefined when it is as recorded.
function objection(verdict, why, { isKnown, isControl }) {
  if (verdict === 'unjudged') return `cannot be judged: ${why}`;
  if (isControl && verdict !== 'right') return `is ${verdict}, and nothing is wrong with it: ${why}`;
  if (verdict === 'wrong' && !isKnown) return `is accepted and wrong: ${why}`;
  if (verdict !== 'wrong' && isKnown) return `is recorded as accepted and wrong, and is ${verdict}: take it out of known.json`;
  return undefined;
}

async function judgeAll(options, known) {
  const levels = options.levels ?? (options.all ? ['O0', 'O1', 'O2', 'Oz'] : ['O0', 'O2']);
  const ways = WAYS.filter(({ name, reduced }) => (options.all || reduced || known[name]) && (!options.only || options.only.test(name)));
  const settings = { heapbump: options.heapbump, naive: options.naive, strategies: ['auto'], work: options.work, keep: options.keep };
  const work = fs.mkdtempSync(path.join(options.work, 'run-'));
  const pool = new Pool({ jobs: options.jobs ?? os.availableParallelism(), work, settings, seconds: 20 });
  const results = await Promise.all(ways.flatMap((way) => levels.map(async (opt) => {
    const result = await pool.judge(specOf(way, opt, options.naive !== undefined));
    return { name: way.name, opt, result, isControl: way.control === true, isKnown: (known[way.name]?.levels ?? []).includes(opt) };
  })));
  await pool.stop();
  if (options.keep) console.log(`kept in ${work}`);
  else fs.rmSync(work, { recursive: true, force: true });
  return results;
}

// The ways that a relocation which asks nothing leaves right at every level: such a way can never be wrong.
function printHarmless(results) {
  const harmful = new Set(results.filter(({ result }) => result.entries.some(({ by, strategy, fault }) => by === 'naive' && strategy === 'bump' && fault !== undefined)).map(({ name }) => name));
  for (const name of new Set(results.filter(({ isControl }) => !isControl).map(({ name }) => name))) if (!harmful.has(name)) console.log(`HARMLESS ${name}`);
}

async function main() {
  const { values: options } = commandLine(import.meta.url, {
    ...Object.fromEntries(['heapbump', 'work', 'naive'].map((name) => [name, path.resolve])), ...Object.fromEntries(['all', 'keep', 'reasons'].map((name) => [name, Boolean])),
    jobs: Number, only: RegExp, levels: (list) => list.split(','), show: String,
  });
  if (options.show !== undefined) return console.log(WAYS.filter(({ name }) => name === options.show).map(textOf).join('\n') || `no way has the name ${options.show}`);
  if (!options.heapbump || !options.work) throw new Error('--heapbump and --work are needed (the head of this file says more)');
  const { compilers, libcs } = findToolchains({ work: options.work });
  if (!libcs.system || !compilers.some(({ name }) => name === COMPILER)) {
    console.log(`LEFT OUT: ${COMPILER} for WASI or wasi-libc is not installed`);
    return void (process.exitCode = 77);
  }
  fs.mkdirSync(options.work, { recursive: true });
  const started = Date.now();
  const known = JSON.parse(fs.readFileSync(path.join(HERE, 'known.json'), 'utf8'));
  const faults = faultsOfKnown(known);
  const results = await judgeAll(options, known);
  const counts = { refused: 0, right: 0, wrong: 0, unjudged: 0 };
  for (const { name, opt, result, ...recorded } of results) {
    const [verdict, why] = verdictOf(result);
    counts[verdict]++;
    const text = objection(verdict, why, recorded);
    if (options.reasons) console.log(`${name}, -${opt}: ${verdict}: ${why}`);
    if (text !== undefined) faults.push(`${name}, -${opt}: ${text}`);
  }
  if (options.naive) printHarmless(results);
  for (const fault of faults) console.log(`FAULT ${fault}`);
  console.log(`${results.length} programs: ${Object.entries(counts).map(([verdict, count]) => `${count} ${verdict}`).join(', ')}; ${Math.round((Date.now() - started) / 1000)} s`);
  if (faults.length > 0 || results.length === 0) process.exitCode = 1;
}

main().catch((error) => {
  console.error(`ways.mjs: ${error.stack ?? error}`);
  process.exit(2);
});
