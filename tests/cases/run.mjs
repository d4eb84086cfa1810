#!/usr/bin/env node
// Runs golden command-line cases: each *.case file holds commands with the output and exit code they must have.
// The format is in README.md.
//
// Invariant: everything a command prints and its exit code is compared; nothing is ignored unless the case says so
// with {*}. BLESS=1 writes what was seen into the case instead of comparing.
import { spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const SKIPPED = 77;
const COMMAND_TIMEOUT_MS = Number(process.env.CASE_TIMEOUT_MS ?? 120_000);

// -> {needs: [word], parts: [{kind: 'text', lines} | {kind: 'file', name, body} | {kind: 'step', ...}]}
export function parseCase(text, file) {
  const parts = [];
  const needs = [];
  let current;
  text.replace(/\n$/, '').split('\n').forEach((line, i) => {
    const fail = (what) => {
      throw new Error(`${file}:${i + 1}: ${what}`);
    };
    const step = () => (current?.kind === 'step' ? current : fail('expected output before the first command'));
    if (line.startsWith('$ ')) parts.push((current = { kind: 'step', command: line.slice(2), out: [], err: [], code: 0 }));
    else if (line === '|' || line.startsWith('| ')) step().out.push(line.slice(2));
    else if (line === '!' || line.startsWith('! ')) step().err.push(line.slice(2));
    else if (/^\? (\d+|SIG[A-Z]+|timeout)$/.test(line)) step().code = /^\? \d/.test(line) ? Number(line.slice(2)) : line.slice(2);
    else if (line.startsWith('= ')) parts.push((current = { kind: 'file', name: line.slice(2), body: [] }));
    else if (current?.kind === 'file' && (line.startsWith('  ') || line === '')) current.body.push(line.slice(2));
    else if (line.startsWith('% needs ')) {
      needs.push(...line.slice(8).split(/\s+/));
      parts.push({ kind: 'text', lines: [line] });
    } else if (line === '' || line.startsWith('#')) parts.push((current = { kind: 'text', lines: [line] }));
    else fail(`cannot read ${JSON.stringify(line)}; lines begin with # % = $ | ! or ?`);
  });
  return { needs, parts };
}

// Output as it is written in a case: folders by their variable, binary data by size and hash.
function asLines(buffer, folders) {
  if (buffer.length === 0) return [];
  let text = buffer.toString('utf8');
  if (text.includes('\0') || !Buffer.from(text, 'utf8').equals(buffer)) {
    return [`{binary: ${buffer.length} bytes, sha256 ${crypto.createHash('sha256').update(buffer).digest('hex')}}`];
  }
  for (const [variable, folder] of folders) text = text.split(folder).join(`$${variable}`);
  const lines = text.split('\n');
  if (lines.pop() !== '') lines.push(`${text.slice(text.lastIndexOf('\n') + 1)}{no newline}`);
  return lines;
}

function matches(expected, actual) {
  if (expected === actual) return true;
  if (!expected.includes('{*}')) return false;
  const pieces = expected.split('{*}').map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${pieces.join('.*')}$`).test(actual);
}

const sameLines = (expected, actual) =>
  expected.length === actual.length && expected.every((line, i) => matches(line, actual[i]));

function show(step) {
  const mark = (sign, lines) => lines.map((line) => (line === '' ? sign : `${sign} ${line}`));
  return [`$ ${step.command}`, ...mark('|', step.out), ...mark('!', step.err),
    ...(step.code === 0 ? [] : [`? ${step.code}`])];
}

function difference(expected, actual) {
  const [a, b] = [show(expected), show(actual)];
  const lines = [a[0]];
  for (let i = 1; i < Math.max(a.length, b.length); i++) {
    if (a[i] !== undefined && b[i] !== undefined && matches(a[i], b[i])) lines.push(`  ${b[i]}`);
    else lines.push(...(a[i] === undefined ? [] : [`- ${a[i]}`]), ...(b[i] === undefined ? [] : [`+ ${b[i]}`]));
  }
  return lines.map((line) => `    ${line}`).join('\n');
}

function removeFolder(folder) {
  spawnSync('chmod', ['-R', 'u+rwX', folder]);
  fs.rmSync(folder, { recursive: true, force: true });
}

// -> 'passed', 'failed', 'blessed' or 'skipped'
export function runCase(file, settings) {
  const text = fs.readFileSync(file, 'utf8');
  const { needs, parts } = parseCase(text, file);
  const available = { real: settings.real, root: process.getuid?.() === 0, user: process.getuid?.() !== 0 };
  const lacking = needs.filter((need) => !available[need]);
  if (lacking.length > 0) {
    console.log(`skipped ${path.basename(file)}: needs ${lacking.join(', ')}`);
    return 'skipped';
  }
  const work = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'heapbump-case-'));
  const folders = [['WORK', work], ['REAL', settings.real], ['FIXTURES', settings.fixtures], ['CASES', HERE],
    ['TESTS', path.dirname(HERE)]].filter(([, folder]) => folder !== undefined);
  const env = {
    PATH: [path.dirname(settings.heapbump), process.env.PATH].join(':'), HOME: work, TMPDIR: work, LC_ALL: 'C.UTF-8',
    TZ: 'UTC', TERM: 'dumb', ...Object.fromEntries(folders),
  };
  let failures = 0;
  try {
    for (const part of parts) {
      if (part.kind === 'file') {
        const target = path.join(work, part.name);
        fs.mkdirSync(path.dirname(target), { recursive: true });
        fs.writeFileSync(target, part.body.join('\n').trimEnd() + '\n');
      }
      if (part.kind !== 'step') continue;
      const ran = spawnSync('/bin/sh', ['-c', part.command], {
        cwd: work, env, timeout: COMMAND_TIMEOUT_MS, maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'],
      });
      const code = ran.error?.code === 'ETIMEDOUT' ? 'timeout' : ran.status ?? ran.signal;
      const actual = { command: part.command, out: asLines(ran.stdout, folders), err: asLines(ran.stderr, folders), code };
      if (sameLines(part.out, actual.out) && sameLines(part.err, actual.err) && part.code === code) continue;
      failures++;
      if (!settings.bless) console.log(`${path.basename(file)}: expected (-) and seen (+) differ\n${difference(part, actual)}`);
      if (!sameLines(part.out, actual.out)) part.out = actual.out;
      if (!sameLines(part.err, actual.err)) part.err = actual.err;
      part.code = code;
    }
  } finally {
    removeFolder(work);
  }
  if (failures === 0) return 'passed';
  if (!settings.bless) return 'failed';
  const lines = parts.flatMap((part) => (part.kind === 'step' ? show(part) : part.kind === 'text' ? part.lines
    : [`= ${part.name}`, ...part.body.map((line) => (line === '' ? '' : `  ${line}`))]));
  fs.writeFileSync(file, lines.join('\n') + '\n');
  console.log(`blessed ${path.basename(file)}: ${failures} commands`);
  return 'blessed';
}

function main(argv) {
  const settings = { fixtures: path.join(path.dirname(HERE), 'fixtures'), bless: process.env.BLESS === '1' };
  const files = [];
  for (let i = 0; i < argv.length; i++) {
    if (argv[i] === '--heapbump') settings.heapbump = path.resolve(argv[++i]);
    else if (argv[i] === '--real') settings.real = path.resolve(argv[++i]);
    else files.push(argv[i]);
  }
  if (settings.heapbump === undefined || !fs.existsSync(settings.heapbump)) {
    console.error('usage: run.mjs --heapbump PROGRAM [--real NODE_MODULES] CASE...   (BLESS=1 records what is seen)');
    return 2;
  }
  if (settings.real !== undefined && !fs.existsSync(settings.real)) settings.real = undefined;
  const results = files.map((file) => runCase(path.resolve(file), settings));
  const count = (what) => results.filter((result) => result === what).length;
  console.log(`${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped, ${count('blessed')} blessed`);
  if (count('failed') > 0 || results.length === 0) return 1;
  return count('skipped') === results.length ? SKIPPED : 0;
}

process.exitCode = main(process.argv.slice(2));
