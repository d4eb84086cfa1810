#!/usr/bin/env node
// Runs one core module under the deterministic preview1 host and records what it did. See README.md.
//
// Invariant: the same bytes and options give the same record, on any machine and Node version. A damaged canary is
// reported with the host call at which it was first seen, never passed over.
import crypto from 'node:crypto';
import fs from 'node:fs';
import { pathToFileURL } from 'node:url';
import { Canary } from './canary.mjs';
import { resetInodes, treeFromFolder, treeFromObject } from './memfs.mjs';
import { Exit, LimitReached, Preview1 } from './preview1.mjs';
import { describe } from './wasm.mjs';

const WASI_MODULES = { wasi_snapshot_preview1: false, wasi_unstable: true };
const DEFAULT_TRACE_LIMIT = 200_000;
const DEFAULT_MAX_CALLS = 20_000_000;

// The record of a run: every line goes into a hash, the first `limit` lines are kept to read.
class Trace {
  constructor(limit) {
    this.limit = limit;
    this.lines = [];
    this.count = 0;
    this.hash = crypto.createHash('sha256');
    this.pending = '';
  }
  add(line) {
    this.count++;
    if (this.lines.length < this.limit) this.lines.push(line);
    this.pending += line + '\n';
    if (this.pending.length > 65536) this.flush();
  }
  flush() {
    this.hash.update(this.pending);
    this.pending = '';
  }
  digest() {
    this.flush();
    return this.hash.copy().digest('hex');
  }
}

function zeroOf(type) {
  if (type === undefined || type.results.length === 0) return undefined;
  const values = type.results.map((valueType) => (valueType === 0x7e ? 0n : valueType <= 0x7f && valueType >= 0x7b ? 0 : null));
  return values.length === 1 ? values[0] : values;
}

function showValue(value) {
  return typeof value === 'bigint' ? `${value}n` : typeof value === 'number' ? String(value) : String(value);
}

// Parses "name", "name(1, 2n, 0.5)" into {name, args}.
export function parseInvocation(text) {
  const match = /^([^(]*)(?:\((.*)\))?$/s.exec(text);
  if (match === null) throw new Error(`cannot read --invoke ${text}`);
  const args = (match[2] ?? '').split(',').map((arg) => arg.trim()).filter((arg) => arg !== '');
  return { name: match[1], args: args.map((arg) => (arg.endsWith('n') ? BigInt(arg.slice(0, -1)) : Number(arg))) };
}

// Runs `bytes` (a Uint8Array). All options may be left out:
//   args, env, stdin, seed, clockStep, maxOutput, writable   as Preview1 takes them
//   preopens   {guestName: folderPath | {file: contents}}
//   region     {base, size} and canarySeed (1): write the pattern after instantiation, compare at every host call
//   compare    'call' (default) or 'end'
//   invoke     [text]: call these exports after _initialize (or instead of _start when both are there)
//   drive      async (exports, context) => any: called after _initialize instead of invoke
//   imports    {module: {name: function}}, or (context) => the same: further imports, recorded like the others
//   stubs      true: imports that nobody gives are functions that return 0 and are recorded
//   prepare    (exports, context): after instantiation, before anything is called
//   traceLimit, maxCalls
// -> {exitCode, trap, limit, stdout, stderr, results, calls, trace, traceHash, memory, canary, missing}
export async function runModule(bytes, options = {}) {
  resetInodes();
  const info = describe(bytes);
  const preopens = Object.entries(options.preopens ?? {}).map(([name, source]) => ({
    name, tree: typeof source === 'string' ? treeFromFolder(source) : treeFromObject(source),
  }));
  const host = new Preview1({ ...options, preopens });
  const trace = new Trace(options.traceLimit ?? DEFAULT_TRACE_LIMIT);
  const maxCalls = options.maxCalls ?? DEFAULT_MAX_CALLS;
  const compareAtCalls = options.compare !== 'end';
  const context = { host, trace, memory: undefined, canary: undefined, exports: undefined };
  let damageNoted = false;

  function observe(what) {
    if (context.canary === undefined || damageNoted) return;
    if (!context.canary.check(context.memory, what)) damageNoted = true;
  }
  function enter(name) {
    if (trace.count >= maxCalls) throw new LimitReached('host calls');
    if (compareAtCalls) observe(`call ${trace.count} (${name})`);
  }
  context.check = (what) => observe(what);

  function wrapWasi(name, implementation) {
    return (...args) => {
      enter(name);
      if (name === 'proc_exit') trace.add(`proc_exit ${args[0] >>> 0}`);
      const { error, note } = implementation(...args);
      trace.add(`${name} ${note ?? ''} -> ${error}`);
      return error;
    };
  }
  function wrapOther(module, name, implementation) {
    return (...args) => {
      enter(`${module}.${name}`);
      const result = implementation(...args);
      trace.add(`${module}.${name}(${args.map(showValue)}) -> ${Array.isArray(result) ? result.map(showValue) : showValue(result)}`);
      return result;
    };
  }

  const given = typeof options.imports === 'function' ? options.imports(context) : options.imports ?? {};
  const importObject = {};
  const missing = [];
  for (const entry of info.imports) {
    const { module, name, kind } = entry;
    const object = (importObject[module] ??= module in WASI_MODULES ? host.imports(wrapWasi, WASI_MODULES[module]) : {});
    if (given[module]?.[name] !== undefined) {
      const value = given[module][name];
      object[name] = typeof value === 'function' ? wrapOther(module, name, value) : value;
    } else if (kind === 'memory') {
      object[name] = new WebAssembly.Memory({ initial: entry.limits.min, maximum: entry.limits.max });
      context.memory = object[name];
    } else if (object[name] === undefined) {
      missing.push(`${module}.${name}`);
      if (!options.stubs) continue;
      if (kind === 'function') object[name] = wrapOther(module, name, () => zeroOf(entry.type));
      else if (kind === 'global') {
        const value = { 0x7f: 'i32', 0x7e: 'i64', 0x7d: 'f32', 0x7c: 'f64' }[entry.valueType] ?? 'externref';
        object[name] = new WebAssembly.Global({ value, mutable: entry.mutable }, value === 'i64' ? 0n : value === 'externref' ? null : 0);
      } else if (kind === 'table') object[name] = new WebAssembly.Table({ element: 'anyfunc', initial: 0 });
    }
  }

  const result = { exitCode: undefined, trap: undefined, limit: undefined, results: [], missing };
  const compiled = await WebAssembly.compile(bytes);
  const instance = await WebAssembly.instantiate(compiled, importObject);
  const { exports } = instance;
  context.exports = exports;
  context.memory = Object.values(exports).find((value) => value instanceof WebAssembly.Memory) ?? context.memory;
  host.memory = context.memory;
  if (options.region !== undefined) {
    context.canary = new Canary(options.region, options.canarySeed ?? 1);
    context.canary.write(context.memory);
  }

  try {
    options.prepare?.(exports, context);
    const invocations = (options.invoke ?? []).map(parseInvocation);
    if (invocations.length > 0 || options.drive !== undefined || exports._start === undefined) {
      if (exports._initialize !== undefined) exports._initialize();
      for (const { name, args } of invocations) {
        if (typeof exports[name] !== 'function') throw new Error(`the module exports no function "${name}"`);
        const value = exports[name](...args);
        trace.add(`invoke ${name}(${args.map(showValue)}) -> ${showValue(value)}`);
        result.results.push(showValue(value));
        observe(`after invoke ${name}`);
      }
      if (options.drive !== undefined) result.driven = await options.drive(exports, context);
    } else {
      exports._start();
    }
    result.exitCode = 0;
  } catch (error) {
    if (error instanceof Exit) result.exitCode = error.code;
    else if (error instanceof LimitReached) result.limit = error.what;
    else if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) result.trap = error.message;
    else throw error;
    if (result.trap !== undefined) trace.add(`trap ${result.trap}`);
  }
  observe('the end');
  return Object.assign(result, {
    stdout: host.stdout(),
    stderr: host.stderr(),
    calls: trace.count,
    trace: trace.lines,
    traceHash: trace.digest(),
    memory: context.memory,
    canary: context.canary && { checks: context.canary.checks, damage: context.canary.damage },
  });
}

// "BASE:SIZE", decimal or 0x.
export function parseRegion(text) {
  const [base, size] = text.split(':').map(Number);
  if (!Number.isInteger(base) || !Number.isInteger(size)) throw new Error(`cannot read the region ${text}`);
  return { base, size };
}

// Options shared by this program and differential.mjs. -> {options, rest}; what follows `--` are the module's args.
export function parseArguments(argv) {
  const options = { args: [], env: {}, preopens: {}, invoke: [] };
  const rest = [];
  const values = {
    '--stdin': (v) => (options.stdin = v === '-' ? fs.readFileSync(0) : fs.readFileSync(v)),
    '--env': (v) => (options.env[v.slice(0, v.indexOf('='))] = v.slice(v.indexOf('=') + 1)),
    '--dir': (v) => (options.preopens[v.includes('::') ? v.split('::')[1] : '/'] = v.split('::')[0]),
    '--seed': (v) => (options.seed = Number(v)),
    '--canary-seed': (v) => (options.canarySeed = Number(v)),
    '--region': (v) => (options.region = parseRegion(v)),
    '--invoke': (v) => options.invoke.push(v),
    '--arg0': (v) => (options.arg0 = v),
    '--trace': (v) => (options.traceFile = v),
    '--max-calls': (v) => (options.maxCalls = Number(v)),
    '--manifest': (v) => (options.manifestFile = v),
    '--timeout': (v) => (options.timeout = Number(v)),
  };
  for (let i = 0; i < argv.length; i++) {
    if (argv[i] === '--') {
      options.args = argv.slice(i + 1);
      break;
    }
    if (argv[i] === '--stubs') options.stubs = true;
    else if (argv[i] === '--writable') options.writable = true;
    else if (argv[i] === '--compare-end') options.compare = 'end';
    else if (argv[i] === '--json') options.json = true;
    else if (values[argv[i]] !== undefined) {
      if (i + 1 >= argv.length) throw new Error(`${argv[i]} needs a value`);
      values[argv[i]](argv[++i]);
    } else if (argv[i].startsWith('--')) throw new Error(`unknown option ${argv[i]}`);
    else rest.push(argv[i]);
  }
  options.args = [options.arg0 ?? 'module.wasm', ...options.args];
  return { options, rest };
}

async function main() {
  const { options, rest } = parseArguments(process.argv.slice(2));
  if (rest.length !== 1) throw new Error('usage: host.mjs [options] MODULE.wasm [-- ARGS...]');
  const result = await runModule(fs.readFileSync(rest[0]), options);
  if (options.traceFile !== undefined) fs.writeFileSync(options.traceFile, result.trace.join('\n') + '\n');
  fs.writeSync(2, result.stderr);
  for (let at = 0; at < result.stdout.length;) at += fs.writeSync(1, result.stdout, at);
  if (result.trap !== undefined) console.error(`trap: ${result.trap}`);
  if (result.limit !== undefined) console.error(`stopped: limit of ${result.limit} reached`);
  if (result.results.length > 0) console.error(`results: ${result.results.join(' ')}`);
  console.error(`${result.calls} host calls, sha256:${result.traceHash.slice(0, 16)}`);
  if (result.canary !== undefined) {
    const { checks, damage } = result.canary;
    console.error(damage === undefined ? `canary intact in ${checks} comparisons`
      : `canary DAMAGED: ${damage.bytes} bytes, first at 0x${damage.address.toString(16)}, seen at ${damage.when}: ` +
        `expected ${damage.expected}, found ${damage.found}`);
    if (damage !== undefined) process.exit(7);
  }
  process.exit(result.trap !== undefined || result.limit !== undefined ? 134 : result.exitCode);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  main().catch((error) => {
    console.error(`host.mjs: ${error.stack ?? error}`);
    process.exit(2);
  });
}
