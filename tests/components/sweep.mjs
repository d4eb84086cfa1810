#!/usr/bin/env node
// Makes a component of every module in some folders and compares what it prints with what the core module prints.
//
//   HEAPBUMP=... HEAPBUMP_RUNTIMES=... HEAPBUMP_REAL_MODULES=... node sweep.mjs [--strategy auto|apart] [--engines wasmtime,jco]
//     [--encoder builtin|...] [--list] FOLDER...
//
// The table counts modules by strategy, engine and verdict:
//   same      the same standard output, and success or failure
//   more      the component prints what the core prints and more between: hosts write only the first buffer of a fd_write
//   varies    the core module prints something else each time, the component something of the same length or so
//   differs   anything else; listed
//   engine    the engine does not have a proposal that the module uses
//   core      the core module itself does not run (it traps at once, or is no module)
//   refused   no component was made, by the code
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runComponent } from '../run/component.mjs';
import { runtimes } from './runtimes.mjs';

const FEATURES = ['-W', 'gc=y,function-references=y,exceptions=y,threads=y,shared-memory=y,multi-memory=y,custom-page-sizes=y,tail-call=y,wide-arithmetic=y'];
const STDIN = Buffer.from('3 4\nhello\nworld\n');
const NAME = 'program.wasm';
const SECONDS = 60;

export function wasmtime(file, { args = [], options = [], stdin = STDIN, env } = {}) {
  const ran = spawnSync(runtimes().wasmtime, ['run', ...FEATURES, '--argv0', NAME, ...options, file, ...args], { input: stdin, maxBuffer: 1 << 28, timeout: SECONDS * 1000, env: { ...process.env, ...env } });
  return { stdout: ran.stdout, stderr: ran.stderr.toString(), code: ran.status, timedOut: ran.error?.code === 'ETIMEDOUT' };
}

function wasmFiles(folder) {
  return fs.statSync(folder).isFile() ? [folder] : fs.readdirSync(folder).sort().flatMap((name) => {
    const file = path.join(folder, name);
    return fs.statSync(file).isDirectory() ? wasmFiles(file) : name.endsWith('.wasm') ? [file] : [];
  });
}

const isSubsequence = (short, long) => {
  let at = 0;
  for (let i = 0; i < long.length && at < short.length; i++) at += long[i] === short[at];
  return at === short.length;
};

export function verdict(core, again, made) {
  if (core.timedOut) return 'core';
  // Exit codes other than 0 and 1 are 1 in wasi:cli 0.2.
  if ((core.code === 0) !== (made.code === 0)) return 'differs';
  if (core.stdout.equals(made.stdout)) return 'same';
  if (!core.stdout.equals(again.stdout)) return 'varies';
  return made.stdout.length > core.stdout.length && isSubsequence(core.stdout, made.stdout) ? 'more' : 'differs';
}

// What an engine says of a proposal that it does not have.
const NOT_KNOWN = /proposal not enabled|support is not enabled|invalid memory limits flags|CompileError/;
const CANNOT_RUN = /unknown import|failed to (parse|compile|instantiate)|WebAssembly translation error|is not supported|Invalid input WebAssembly/;

async function judge(file, { strategy, encoder, engines }, folder) {
  const output = path.join(folder, 'component.wasm');
  const made = spawnSync(process.env.HEAPBUMP, ['component', file, '-o', output, '--strategy', strategy, '--encoder', encoder, '--json'], { maxBuffer: 1 << 28 });
  if (made.status !== 0) {
    const text = made.stderr.toString();
    return { strategy: 'refused', verdicts: { '-': `refused ${/\[(HB\d+)\]/.exec(text)?.[1] ?? made.signal}` }, detail: text.trim().slice(0, 300) };
  }
  const report = JSON.parse(made.stdout);
  const core = wasmtime(file);
  const again = wasmtime(file);
  const verdicts = {};
  const detail = [report.why];
  for (const engine of engines) {
    if (core.stdout.length === 0 && core.code !== 0 && CANNOT_RUN.test(core.stderr)) {
      verdicts[engine] = 'core';
      continue;
    }
    let ran;
    if (engine === 'wasmtime') {
      ran = wasmtime(output);
    } else {
      const made = await runComponent(fs.readFileSync(output), { modules: process.env.HEAPBUMP_REAL_MODULES, args: [NAME], env: {}, stdin: STDIN, seconds: SECONDS })
        .catch((error) => ({ stdout: Buffer.alloc(0), stderr: String(error.stack), exitCode: 134, signal: null }));
      const { stdout, stderr, exitCode, signal } = made;
      ran = { stdout, stderr: stderr.toString(), code: signal === null ? exitCode : 134 };
    }
    verdicts[engine] = NOT_KNOWN.test(ran.stderr) ? 'engine' : verdict(core, again, ran);
    if (!['same', 'more'].includes(verdicts[engine])) detail.push(`${engine}: ${verdicts[engine]}: core ${core.code} ${JSON.stringify(core.stdout.toString().slice(0, 200))} ${core.stderr.slice(0, 200)}; component ${ran.code} ${JSON.stringify(ran.stdout.toString().slice(0, 200))} ${ran.stderr.slice(0, 400)}`);
  }
  return { strategy: report.strategy, verdicts, detail: detail.join('\n    ') };
}

async function main(argv) {
  const options = { strategy: 'auto', encoder: 'builtin', engines: ['wasmtime', 'jco'], list: false };
  const folders = [];
  while (argv.length > 0) {
    const word = argv.shift();
    if (word === '--strategy' || word === '--encoder') options[word.slice(2)] = argv.shift();
    else if (word === '--engines') options.engines = argv.shift().split(',');
    else if (word === '--list') options.list = true;
    else folders.push(word);
  }
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'heapbump-sweep-'));
  const counts = {};
  for (const file of folders.flatMap(wasmFiles)) {
    const { strategy, verdicts, detail } = await judge(file, options, folder);
    for (const [engine, one] of Object.entries(verdicts)) counts[`${strategy}\t${engine}\t${one}`] = (counts[`${strategy}\t${engine}\t${one}`] ?? 0) + 1;
    const fine = Object.values(verdicts).every((one) => one === 'same' || one === 'more');
    if (options.list || !fine) console.log(`${file}: ${strategy}, ${JSON.stringify(verdicts)}\n    ${detail}`);
  }
  fs.rmSync(folder, { recursive: true });
  console.log(`\nstrategy\tengine\tverdict\tmodules\n${Object.entries(counts).sort().map(([key, count]) => `${key}\t${count}`).join('\n')}`);
  return Object.keys(counts).some((key) => key.endsWith('\tdiffers')) ? 1 : 0;
}

if (process.argv[1] !== undefined && import.meta.url === `file://${fs.realpathSync(process.argv[1])}`) process.exitCode = await main(process.argv.slice(2));
