#!/usr/bin/env node
// Runs a Go module of GOOS=js (such as those of npm's esbuild-wasm) with the wasm_exec.js that came with it, and
// watches a region of its memory at every call out of the module.
//
//   gojs.mjs MODULE --wasm-exec FILE [--stdin FILE] [--region BASE:SIZE] [--canary-seed N] [-- ARGS...]
//
// Invariant: as host.mjs: the pattern is written after instantiation, before the program starts, and the damage that
// is reported is the first that was seen. The host is Node itself, so only outputs can be compared, not host calls.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import { Canary } from './canary.mjs';
import { parseRegion } from './host.mjs';

// options: wasmExec (path), args, stdin, region, canarySeed, seconds, cwd
// -> {exitCode, signal, stdout, stderr, calls, pagesBefore, pagesAfter, canary: {checks, damage}}
export async function runGoJs(bytes, options) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'heapbump-gojs-'));
  try {
    const [module, settings, report] = ['module.wasm', 'settings.json', 'report.json'].map((name) => path.join(folder, name));
    fs.writeFileSync(module, bytes);
    fs.writeFileSync(settings, JSON.stringify({ module, report, wasmExec: path.resolve(options.wasmExec),
      args: options.args ?? [], region: options.region, canarySeed: options.canarySeed ?? 1 }));
    const child = spawn(process.execPath, ['--stack-size=4000', fileURLToPath(import.meta.url), '--child', settings],
      { stdio: ['pipe', 'pipe', 'pipe'], cwd: options.cwd });
    const timer = setTimeout(() => child.kill('SIGKILL'), (options.seconds ?? 300) * 1000);
    const output = { stdout: [], stderr: [] };
    for (const name of ['stdout', 'stderr']) child[name].on('data', (data) => output[name].push(data));
    child.stdin.on('error', () => {});
    child.stdin.end(options.stdin ?? '');
    const [exitCode, signal] = await new Promise((resolve) => child.on('close', (...ended) => resolve(ended)));
    clearTimeout(timer);
    const seen = fs.existsSync(report) ? JSON.parse(fs.readFileSync(report, 'utf8')) : {};
    return { exitCode, signal, stdout: Buffer.concat(output.stdout), stderr: Buffer.concat(output.stderr), ...seen };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function child(settings) {
  const { module, report, wasmExec, args, region, canarySeed } = settings;
  const require = createRequire(wasmExec);
  globalThis.require = require;
  globalThis.fs = fs;
  globalThis.path ??= path;
  globalThis.crypto ??= require('node:crypto').webcrypto;
  // Loaded as a function with a `module` of its own, so that older versions do not take it for the main program.
  const load = vm.runInThisContext(`(function (require, module, exports) {${fs.readFileSync(wasmExec, 'utf8')}\n})`, { filename: wasmExec });
  load(require, {}, {});
  const go = new globalThis.Go();
  go.argv = ['js', ...args];
  go.env = { TMPDIR: os.tmpdir(), HOME: os.tmpdir() };

  let memory;
  let canary;
  let calls = 0;
  let pagesBefore = 0;
  const write = () => {
    if (memory === undefined) return;
    canary?.check(memory, 'the end');
    fs.writeFileSync(report, JSON.stringify({ calls, pagesBefore, pagesAfter: memory.buffer.byteLength / 65536,
      canary: canary && { checks: canary.checks, damage: canary.damage } }));
    memory = undefined;
  };
  go.exit = (code) => {
    write();
    process.exit(code);
  };
  for (const functions of Object.values(go.importObject)) {
    for (const [name, implementation] of Object.entries(functions)) {
      if (typeof implementation !== 'function') continue;
      functions[name] = (...parameters) => {
        calls++;
        if (canary !== undefined && memory !== undefined) canary.check(memory, `call ${calls} (${name})`);
        return implementation(...parameters);
      };
    }
  }
  process.on('exit', write);
  WebAssembly.instantiate(fs.readFileSync(module), go.importObject).then(({ instance }) => {
    memory = instance.exports.mem;
    pagesBefore = memory.buffer.byteLength / 65536;
    if (region !== undefined) {
      canary = new Canary(region, canarySeed);
      canary.write(memory);
    }
    return go.run(instance);
  }).catch((error) => {
    process.stderr.write(`trap: ${error?.stack ?? error}\n`);
    write();
    process.exit(134);
  });
}

async function main(argv) {
  const options = {};
  const rest = [];
  for (let i = 0; i < argv.length; i++) {
    if (argv[i] === '--') {
      options.args = argv.slice(i + 1);
      break;
    }
    if (argv[i] === '--wasm-exec') options.wasmExec = argv[++i];
    else if (argv[i] === '--stdin') options.stdin = fs.readFileSync(argv[++i]);
    else if (argv[i] === '--region') options.region = parseRegion(argv[++i]);
    else if (argv[i] === '--canary-seed') options.canarySeed = Number(argv[++i]);
    else rest.push(argv[i]);
  }
  if (rest.length !== 1 || options.wasmExec === undefined) throw new Error('usage: gojs.mjs MODULE --wasm-exec FILE [options] [-- ARGS...]');
  const { stdout, stderr, exitCode, canary, ...seen } = await runGoJs(fs.readFileSync(rest[0]), options);
  fs.writeSync(2, stderr);
  for (let at = 0; at < stdout.length;) at += fs.writeSync(1, stdout, at);
  console.error(JSON.stringify({ ...seen, canary }));
  return canary?.damage === undefined ? exitCode ?? 134 : 7;
}

if (process.argv[1] !== undefined && fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  if (process.argv[2] === '--child') child(JSON.parse(fs.readFileSync(process.argv[3], 'utf8')));
  else {
    main(process.argv.slice(2)).then((code) => process.exit(code), (error) => {
      console.error(`gojs.mjs: ${error.stack ?? error}`);
      process.exit(2);
    });
  }
}
