#!/usr/bin/env node
// Measures the sources against the house's limits: lines and cyclomatic complexity of a function, lines of a file.
//
//   scripts/measure.mjs [--tools FOLDER] [--all]     --all: prints every function over a limit, excepted or not
//
// A switch counts as one decision, whatever it has cases, since most are tables of opcodes. The functions are found by
// lizard (https://github.com/terryyin/lizard), one wheel from PyPI pinned by its hash, kept in FOLDER (build/tools).
// Exit code 1: something is over a limit without an exception, or an exception is no longer needed. 77: no lizard.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandLine } from './usage.mjs';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const FOLDERS = ['include', 'src', 'detectors', 'adapters'];
export const LIMITS = { lines: 60, complexity: 20, file: 400 };

// What may be over a limit, and why: a file, a folder (with / at its end) or "file function". One that is no longer needed
// is an error, so that the list only gets shorter.
const REPLACED = 'issue 14 replaces it';
const ALGEBRA = 'a case for each kind of both values';
export const EXCEPTIONS = [
  ...['add', 'subtract', 'mask', 'set_bits', 'scale'].map((name) => [`src/verify/arithmetic.cc heapbump::verify::${name}`, ALGEBRA]),
  ['src/verify/comparison.cc heapbump::verify::compare', ALGEBRA],
  ['src/verify/relation.cc heapbump::verify::join_different', ALGEBRA],
  ['src/verify/search.cc heapbump::verify::Search::names', 'a case for each kind of instruction'],
];

const LIZARD = { version: '1.24.3', file: 'lizard-1.24.3-py2.py3-none-any.whl', sha256: 'f7fccd909719170e323a240cc6927bfea65984d77a8f9c0e6405be582e9861db' };

/** The wheel's path; undefined if it is not there and cannot be had. */
function lizard(folder) {
  const wheel = path.join(folder, LIZARD.file);
  if (!fs.existsSync(wheel)) {
    spawnSync('python3', ['-m', 'pip', 'download', '-q', '--no-deps', '-d', folder, `lizard==${LIZARD.version}`], { stdio: 'ignore' });
  }
  if (!fs.existsSync(wheel)) return undefined;
  const sha256 = createHash('sha256').update(fs.readFileSync(wheel)).digest('hex');
  if (sha256 !== LIZARD.sha256) throw new Error(`${wheel} has the hash ${sha256}, not ${LIZARD.sha256}`);
  return wheel;
}

/** [{file, function, lines, complexity}] by lizard's CSV: nloc, complexity, tokens, parameters, lines, place, file, name, ... */
export function parseFunctions(csv) {
  return csv.split('\n').filter(Boolean).map((row) => {
    const fields = [...row.matchAll(/"((?:[^"]|"")*)"|([^,]+)/g)].map((m) => m[1] ?? m[2]);
    return { file: path.normalize(fields[6]), name: fields[7], lines: Number(fields[4]), complexity: Number(fields[1]) };
  });
}

/** What is over a limit: [{place, what}]. `place` is "file function" or "file". */
export function findExcess(functions, files) {
  const excess = [];
  for (const { file, name, lines, complexity } of functions) {
    const place = `${file} ${name}`;
    if (lines > LIMITS.lines) excess.push({ place, what: `${lines} lines, at most ${LIMITS.lines}` });
    if (complexity > LIMITS.complexity) excess.push({ place, what: `complexity ${complexity}, at most ${LIMITS.complexity}` });
  }
  for (const [file, text] of Object.entries(files)) {
    const lines = text.split('\n').length - 1;
    if (lines > LIMITS.file) excess.push({ place: file, what: `${lines} lines, at most ${LIMITS.file}` });
  }
  return excess;
}

const covers = (exception, place) => (exception.endsWith('/') ? place.startsWith(exception) : place === exception);

/** {over, stale}: what no exception covers, and the exceptions that cover nothing. */
export function judge(excess, exceptions) {
  return {
    over: excess.filter(({ place }) => !exceptions.some(([exception]) => covers(exception, place))),
    stale: exceptions.filter(([exception]) => !excess.some(({ place }) => covers(exception, place))),
  };
}

function sources() {
  const files = {};
  const walk = (folder) => {
    for (const entry of fs.readdirSync(path.join(ROOT, folder), { withFileTypes: true })) {
      const name = path.posix.join(folder, entry.name);
      if (entry.isDirectory()) walk(name);
      else if (/\.(h|cc|mjs)$/.test(name)) files[name] = fs.readFileSync(path.join(ROOT, name), 'utf8');
    }
  };
  FOLDERS.forEach(walk);
  return files;
}

function main() {
  const { values } = commandLine(import.meta.url, { tools: String, all: Boolean });
  const tools = path.resolve(values.tools ?? path.join(ROOT, 'build/tools'));
  fs.mkdirSync(tools, { recursive: true });
  const wheel = lizard(tools);
  if (!wheel) {
    console.error(`scripts/measure.mjs: ${LIZARD.file} is not in ${tools} and pip cannot get it: LEFT OUT`);
    return 77;
  }
  const ran = spawnSync('python3', ['-m', 'lizard', '--modified', '-l', 'cpp', '--csv', ...FOLDERS],
    { cwd: ROOT, encoding: 'utf8', env: { ...process.env, PYTHONPATH: wheel }, maxBuffer: 1 << 26 });
  const functions = parseFunctions(ran.stdout ?? '');
  // lizard ends with the number of its own warnings; what counts is that it saw the tree.
  if (functions.length < 500) throw new Error(`lizard found ${functions.length} functions: ${ran.stderr}`);
  const excess = findExcess(functions, sources());
  const { over, stale } = judge(excess, EXCEPTIONS);
  for (const { place, what } of values.all ? excess : over) console.log(`${place}: ${what}`);
  for (const [exception] of stale) console.log(`${exception}: this exception is no longer needed: take it out of scripts/measure.mjs`);
  console.log(`${functions.length} functions: ${over.length} places over a limit, ${excess.length - over.length} excepted, ${stale.length} exceptions stale`);
  return over.length + stale.length === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main();
