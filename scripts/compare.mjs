#!/usr/bin/env node
// Holds the answers of two heapbump programs against each other, byte for byte, over every file given.
//
//   scripts/compare.mjs OLD NEW [--jobs N] [--all-files] [--ignore FIELD]... [--list FILE] PATH...
//
// OLD and NEW are programs. A PATH is a file or a folder, which is searched for *.wasm files (with --all-files: for every
// file, as fuzz corpora have no names). For each file it compares `detect --json`, and the output module, manifest and
// report of `reserve` under several requests, and `verify --json` of what OLD reserved. --ignore leaves a JSON field out
// of the comparison at every depth ("rule" always is). --list writes the files that differ.
//
// Where OLD meets its ceiling of work (HB0411) and NEW answers, that is counted and is no difference; the other way round
// is one. Ends with 1 if anything differs, 0 if all is equal.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { commandLine } from './usage.mjs';

const REQUESTS = [[], ['--pages', '5'], ['--placement', 'adapter'], ['--strategy', 'tail'], ['--strategy', 'bump', '--min-confidence', 'weak']];
const SECONDS = 120;

function parse() {
  const { values, positionals } = commandLine(import.meta.url,
    { jobs: Number, ignore: [String], list: String, 'all-files': Boolean }, { least: 3 });
  const [before, now] = positionals.splice(0, 2).map((name) => path.resolve(name));
  return { old: before, new: now, paths: positionals, list: values.list, all: values['all-files'],
    jobs: Math.max(1, values.jobs ?? os.availableParallelism?.() ?? os.cpus().length), ignore: new Set(['rule', ...values.ignore ?? []]) };
}

function* filesUnder(name, all) {
  if (!fs.statSync(name).isDirectory()) {
    yield name;
    return;
  }
  for (const entry of fs.readdirSync(name, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const inside = path.join(name, entry.name);
    if (entry.isDirectory()) yield* filesUnder(inside, all);
    else if (entry.isFile() && (all || entry.name.endsWith('.wasm'))) yield inside;
  }
}

/** Exit code, or the signal's name, and both streams of one run. */
function run(program, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: SECONDS * 1000, killSignal: 'SIGKILL' });
    const streams = { stdout: [], stderr: [] };
    for (const name of ['stdout', 'stderr']) child[name].on('data', (part) => streams[name].push(part));
    child.on('error', reject);
    child.on('close', (code, signal) =>
      resolve({ end: code ?? signal, stdout: Buffer.concat(streams.stdout).toString('latin1'), stderr: Buffer.concat(streams.stderr).toString('latin1') }));
  });
}

/** The text without the ignored fields, where it is JSON; sorted as it is. */
function stripped(text, ignore) {
  try {
    return JSON.stringify(JSON.parse(text, function (key, value) { return ignore.has(key) ? undefined : value; }));
  } catch {
    return text;
  }
}

async function answersOf(program, file, work, reservedBy, ignore) {
  const answers = new Map();
  const note = (name, { end, stdout, stderr }) => answers.set(name, `exit ${end}\n${stripped(stdout, ignore)}\n${stderr}`);
  note('detect', await run(program, ['detect', file, '--json']));
  for (const [number, request] of REQUESTS.entries()) {
    const at = (name) => path.join(work, `${number}.${name}`);
    const name = `reserve ${request.join(' ')}`.trim();
    const outputs = { output: at('wasm'), manifest: at('manifest'), report: at('report') };
    for (const output of Object.values(outputs)) fs.rmSync(output, { force: true });
    note(name, await run(program, ['reserve', file, '-o', outputs.output, '--manifest', outputs.manifest, '--report', outputs.report, '--json', ...request]));
    for (const [kind, output] of Object.entries(outputs)) {
      const bytes = fs.existsSync(output) ? fs.readFileSync(output, 'latin1') : '';
      answers.set(`${name}: ${kind}`, kind === 'output' ? bytes : stripped(bytes, ignore));
    }
    if (reservedBy === work && fs.existsSync(outputs.output)) fs.copyFileSync(outputs.output, at('kept'));
    const kept = path.join(reservedBy, `${number}.kept`);
    if (fs.existsSync(kept)) note(`verify after ${name}`, await run(program, ['verify', file, kept, '--json']));
  }
  return answers;
}

async function compareOne(options, file, work) {
  const folders = ['old', 'new'].map((name) => path.join(work, name));
  for (const folder of folders) fs.mkdirSync(folder, { recursive: true });
  const before = await answersOf(options.old, file, folders[0], folders[0], options.ignore);
  const after = await answersOf(options.new, file, folders[1], folders[0], options.ignore);
  const result = { answers: before.size, differing: [], answered: 0 };
  for (const [name, was] of before) {
    const is = after.get(name);
    if (was === is) continue;
    const owner = name.split(':')[0];
    if (before.get(owner)?.includes('HB0411') && !after.get(owner)?.includes('HB0411')) result.answered++;
    else result.differing.push({ name, was, is: is ?? '(no answer)' });
  }
  fs.rmSync(work, { recursive: true });
  return result;
}

/** Where two texts part, with a little of each. */
function parting({ name, was, is }) {
  let at = 0;
  while (at < was.length && was[at] === is[at]) at++;
  const shown = (text) => JSON.stringify(text.slice(Math.max(0, at - 60), at + 100));
  return `  ${name}: differs at ${at}\n    old ${shown(was)}\n    new ${shown(is)}`;
}

async function main() {
  const options = parse();
  const work = fs.mkdtempSync(path.join(os.tmpdir(), 'heapbump-compare-'));
  const files = options.paths.flatMap((name) => [...filesUnder(name, options.all)]);
  const differing = [];
  let next = 0, answers = 0, answered = 0;
  const worker = async (number) => {
    while (next < files.length) {
      const file = files[next++];
      const result = await compareOne(options, file, path.join(work, String(number)));
      answers += result.answers;
      answered += result.answered;
      if (result.differing.length === 0) continue;
      differing.push(file);
      console.log(`${file}\n${result.differing.slice(0, 3).map(parting).join('\n')}`);
    }
  };
  try {
    await Promise.all(Array.from({ length: options.jobs }, (_, number) => worker(number)));
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
  }
  if (options.list) fs.writeFileSync(options.list, differing.map((name) => `${name}\n`).join(''));
  console.log(`${files.length} files, ${answers} answers compared, ${answered} answered where the ceiling of work was met before, ${differing.length} files differ`);
  return files.length === 0 || differing.length > 0 ? 1 : 0;
}

process.exitCode = await main();
