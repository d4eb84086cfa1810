#!/usr/bin/env node
// Generates programs, has them reserved, runs them before and after, and says which were wrong. See README.md.
//
//   adversary.mjs --heapbump PROGRAM --work FOLDER [--programs N] [--seed S] [--jobs N] [--naive PROGRAM] [--other PROGRAM]
//                 [--cases FOLDER] [--known FILE [--bless]] [--only REGEX] [--spec FILE] [--seconds N] [--modules FOLDER]
//                 [--strategies LIST] [--keep] [--quiet] [--show SEED]
//
// Exit code: 0 nothing wrong but what is recorded as known, 1 otherwise, 2 wrong use.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { commandLine } from '../../scripts/usage.mjs';
import { findToolchains } from '../matrix/toolchains.mjs';
import { Pool } from './pool.mjs';
import { compose, describeProgram, tagsOf, VERSION } from './program.mjs';
import { passedWrong, Report, wrongOf } from './report.mjs';
import { shrink } from './shrink.mjs';

const OPTIONS = {
  ...Object.fromEntries(['programs', 'seed', 'jobs', 'seconds', 'show', 'shrink'].map((name) => [name, Number])),
  ...Object.fromEntries(['heapbump', 'work', 'naive', 'other', 'cases', 'known', 'spec', 'modules'].map((name) => [name, path.resolve])),
  ...Object.fromEntries(['bless', 'keep', 'quiet'].map((name) => [name, Boolean])),
  only: RegExp,
  strategies: (list) => list.split(','),
};

const kinds = (result) => [...wrongOf(result, 'reserve').map(({ took }) => `detector ${took}`), ...passedWrong(result).map(({ by, took }) => `verify ${by} ${took}`)];

function describeFailure({ spec, result }) {
  const lines = [`WRONG ${spec.seed}: ${tagsOf(spec).join(', ')}`];
  for (const { by, strategy, took, accepted, fault, verify } of result.entries) {
    if (accepted && fault !== undefined) lines.push(`    ${by} ${strategy}${took === strategy ? '' : ` (${took})`}: ${fault}; verify ${verify?.passed ? 'passes it' : `refuses it: ${verify?.reason.slice(0, 120)}`}`);
  }
  return lines.join('\n');
}

// A folder from which the program can be built anew: description, source, commands, verdict.
function writeCase(folder, { spec, result }, shrunk) {
  const at = path.join(folder, `${spec.seed}`);
  fs.mkdirSync(at, { recursive: true });
  const best = shrunk ?? { spec, result };
  fs.writeFileSync(path.join(at, 'spec.json'), JSON.stringify(best.spec, null, 1) + '\n');
  fs.writeFileSync(path.join(at, 'prog.c'), compose(best.spec));
  fs.writeFileSync(path.join(at, 'build.txt'), (best.result.commands ?? []).map((command) => command.replace(/\S*\/(\d+\/)?prog/g, 'prog')).join('\n') + '\n');
  fs.writeFileSync(path.join(at, 'verdict.txt'), `${describeFailure(best)}\nfrom ${JSON.stringify(spec)}\n`);
}

async function writeCases(options, pool, failures) {
  for (const failure of failures.slice(0, options.shrink ?? 20)) {
    const wanted = kinds(failure.result)[0];
    let last;
    const spec = await shrink(failure.spec, async (candidate) => {
      const result = await pool.judge(candidate);
      if (!kinds(result).includes(wanted)) return false;
      last = { spec: candidate, result };
      return true;
    });
    writeCase(options.cases, failure, last && { ...last, spec });
    console.log(`case ${failure.spec.seed} (${wanted}): ${tagsOf(spec).join(', ')}`);
  }
}

// known.json: {version, wrong: {seed: [kinds]}} for the seeds of the short run. A seed that is right again is an error too.
// Seeds that this machine cannot build are passed over.
function compareWithKnown(options, failures, notBuilt) {
  const found = Object.fromEntries(failures.map(({ spec, result }) => [spec.seed, kinds(result).sort()]));
  if (options.bless) {
    fs.writeFileSync(options.known, JSON.stringify({ version: VERSION, wrong: found }, null, 1) + '\n');
    return 0;
  }
  const known = JSON.parse(fs.readFileSync(options.known, 'utf8'));
  let faults = 0;
  const fault = (text) => (faults++, console.log(`FAULT ${text}`));
  if (known.version !== VERSION) fault(`${options.known} is of version ${known.version} of the generator, which is now ${VERSION}: run with --bless`);
  for (const [seed, list] of Object.entries(found)) for (const kind of list) if (!(known.wrong[seed] ?? []).includes(kind)) fault(`seed ${seed} is wrong (${kind}) and not recorded`);
  for (const [seed, list] of Object.entries(known.wrong)) if (!notBuilt.has(seed)) for (const kind of list) if (!(found[seed] ?? []).includes(kind)) fault(`seed ${seed} is recorded as wrong (${kind}) and is right now: run with --bless`);
  return faults;
}

async function main() {
  const options = { programs: 100, seed: 1, jobs: os.availableParallelism?.() ?? os.cpus().length, seconds: 20, ...commandLine(import.meta.url, OPTIONS).values };
  if (options.show !== undefined) {
    const spec = describeProgram(options.show);
    return console.log(`${JSON.stringify(spec)}\n${tagsOf(spec).join(', ')}\n${compose(spec)}`);
  }
  if (!options.heapbump || !options.work) throw new Error('--heapbump and --work are needed (the head of this file says more)');
  fs.mkdirSync(options.work, { recursive: true });
  const work = fs.mkdtempSync(path.join(options.work, 'run-'));
  const settings = { heapbump: options.heapbump, naive: options.naive, other: options.other, strategies: options.strategies, modules: options.modules, work: options.work, keep: options.keep };
  for (const { what, why } of findToolchains(settings).absent) console.log(`LEFT OUT: ${what}: ${why}`);
  const pool = new Pool({ jobs: options.jobs, work, settings, seconds: options.seconds });
  const specs = options.spec ? [JSON.parse(fs.readFileSync(options.spec, 'utf8'))]
    : Array.from({ length: options.programs }, (_, i) => describeProgram(options.seed + i)).filter((spec) => !options.only || options.only.test(tagsOf(spec).join(', ')));
  const report = new Report();
  const started = Date.now();
  await Promise.all(specs.map(async (spec) => {
    const result = await pool.judge(spec);
    report.add(spec, result);
    if (options.spec) console.log(JSON.stringify(result, null, 1));
    if (kinds(result).length > 0 && !options.quiet) console.log(describeFailure({ spec, result }));
    if (report.total.programs % 500 === 0) console.log(`... ${report.total.programs} after ${Math.round((Date.now() - started) / 1000)} s`);
  }));
  report.failures.sort((a, b) => a.spec.seed - b.spec.seed);
  report.print((text) => console.log(text));
  if (options.cases) await writeCases(options, pool, report.failures);
  await pool.stop();
  if (!options.keep) fs.rmSync(work, { recursive: true, force: true });
  else console.log(`kept in ${work}`);
  console.log(`${Math.round((Date.now() - started) / 1000)} s`);
  if (report.total.judged === 0) process.exitCode = 1;
  else if (options.known) process.exitCode = compareWithKnown(options, report.failures, report.notBuilt) > 0 ? 1 : 0;
  else process.exitCode = report.total.wrong + report.total.verifyWrong > 0 ? 1 : 0;
}

main().catch((error) => {
  console.error(`adversary.mjs: ${error.stack ?? error}`);
  process.exit(2);
});
