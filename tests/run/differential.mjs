#!/usr/bin/env node
// Runs a module before and after reserving, and says whether it did the same. See README.md.
//
// Invariant: three runs under the same host: the original, the reserved one with one pattern over its region, the
// reserved one with the complement of that pattern. Host calls, results, output and exit must agree and both
// patterns must be intact. Differences that are only heap addresses moved by the reservation are named as such.
import fs from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';
import { parseArguments, runModule } from './host.mjs';

const TOKEN = /[0-9A-Za-z]+/g;

function isShiftedBy(a, b, shift) {
  for (const [form, radix] of [[/^(0x)?[0-9a-f]+$/i, 16], [/^[0-9]+$/, 10]]) {
    if (!form.test(a) || !form.test(b)) continue;
    const [from, to] = [a, b].map((text) => parseInt(text.replace(/^0x/i, ''), radix));
    if (Math.abs(to - from) === shift) return true;
  }
  return false;
}

// 'same', 'addresses' (equal but for numbers that differ by exactly `shift`), or 'different'.
export function compareText(a, b, shift) {
  if (a === b) return 'same';
  if (a.length > 4_000_000 || shift === 0) return 'different';
  const [inA, inB] = [a.match(TOKEN) ?? [], b.match(TOKEN) ?? []];
  if (inA.length !== inB.length || a.replace(TOKEN, '0') !== b.replace(TOKEN, '0')) return 'different';
  return inA.every((token, i) => token === inB[i] || isShiftedBy(token, inB[i], shift)) ? 'addresses' : 'different';
}

const withoutHash = (line) => line.replace(/sha256:[0-9a-f]{16}/g, 'sha256');

// Compares two results of runModule. -> {verdict: 'same' | 'addresses' | 'different', differences: [text]}
export function compareRuns(before, after, shift) {
  const differences = [];
  let addressesOnly = true;
  function compare(what, a, b) {
    const verdict = compareText(a, b, shift);
    if (verdict === 'same') return;
    if (verdict === 'different') addressesOnly = false;
    let at = 0;
    while (at < a.length && a[at] === b[at]) at++;
    const cut = (text) => JSON.stringify(text.slice(Math.max(0, at - 20), at + 100));
    differences.push(`${what}: ${cut(a)} became ${cut(b)}${verdict === 'addresses' ? ' (heap addresses)' : ''}`);
  }
  compare('exit', String(before.exitCode ?? before.trap ?? before.limit), String(after.exitCode ?? after.trap ?? after.limit));
  compare('stdout', before.stdout.toString('latin1'), after.stdout.toString('latin1'));
  compare('stderr', before.stderr.toString('latin1'), after.stderr.toString('latin1'));
  compare('results', before.results.join(' '), after.results.join(' '));
  if (before.traceHash !== after.traceHash) {
    const outputMoved = differences.length > 0 && addressesOnly;
    const shared = Math.min(before.trace.length, after.trace.length);
    let explained = true;
    for (let i = 0; i < shared; i++) {
      const [a, b] = [before.trace[i], after.trace[i]];
      if (a === b || (outputMoved && withoutHash(a) === withoutHash(b))) continue;
      compare(`host call ${i}`, a, b);
      explained = addressesOnly;
      if (!addressesOnly || differences.length > 20) break;
    }
    if (before.calls !== after.calls) {
      addressesOnly = false;
      differences.push(`host calls: ${before.calls} became ${after.calls}`);
    } else if (explained && before.calls > shared) {
      addressesOnly = false;
      differences.push(`host calls after the first ${shared} differ`);
    }
  }
  return { verdict: differences.length === 0 ? 'same' : addressesOnly ? 'addresses' : 'different', differences };
}

// How far heap addresses may move, from a manifest.
export function shiftOf(manifest) {
  const { base_before: before, base_after: after } = manifest.heap ?? {};
  return Number.isInteger(before) && Number.isInteger(after) && after !== before ? after - before : manifest.region.size;
}

// Runs both modules in this thread. `options` is what runModule takes, or a function that makes it (for each run
// anew). -> {verdict, differences, runs: [original, reserved, reserved again]}; verdict 'damaged' when the region
// was written.
export async function differential(original, reserved, manifest, options = {}, run = runModule) {
  const fresh = () => (typeof options === 'function' ? options() : { ...options });
  const { base, size } = manifest.region;
  const before = await run(original, { ...fresh(), region: undefined });
  const runs = [before];
  const differences = [];
  let verdict = 'same';
  for (const canarySeed of [1, 2]) {
    const after = await run(reserved, { ...fresh(), region: { base, size }, canarySeed });
    runs.push(after);
    const compared = compareRuns(before, after, shiftOf(manifest));
    differences.push(...compared.differences.map((text) => `pattern ${canarySeed}: ${text}`));
    const { damage } = after.canary;
    if (damage !== undefined) {
      differences.unshift(`pattern ${canarySeed}: the region was written: ${damage.bytes} bytes, first at ` +
        `0x${damage.address.toString(16)}, seen at ${damage.when}: expected ${damage.expected}, found ${damage.found}`);
      verdict = 'damaged';
    } else if (verdict !== 'damaged' && compared.verdict !== 'same' && verdict !== 'different') {
      verdict = compared.verdict;
    }
  }
  return { verdict, differences, runs };
}

// Runs in a thread of its own, so that a module which never ends can be stopped.
export function runInThread(bytes, options, seconds) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(fileURLToPath(import.meta.url), {
      workerData: { bytes, options }, resourceLimits: { stackSizeMb: 16 },
    });
    const timer = setTimeout(() => {
      worker.terminate();
      resolve({ limit: `time (${seconds} s)`, results: [], calls: 0, trace: [], traceHash: '', missing: [],
        stdout: Buffer.alloc(0), stderr: Buffer.alloc(0), canary: options.region && { checks: 0 } });
    }, seconds * 1000);
    worker.once('message', (result) => {
      clearTimeout(timer);
      if (result.failure !== undefined) reject(new Error(result.failure));
      else resolve({ ...result, stdout: Buffer.from(result.stdout), stderr: Buffer.from(result.stderr) });
    });
    worker.once('error', (error) => (clearTimeout(timer), reject(error)));
  });
}

async function main() {
  const { options, rest } = parseArguments(process.argv.slice(2));
  if (rest.length !== 2 || options.manifestFile === undefined) {
    throw new Error('usage: differential.mjs ORIGINAL RESERVED --manifest layout.json [options] [-- ARGS...]');
  }
  const [original, reserved] = rest.map((file) => fs.readFileSync(file));
  const manifest = JSON.parse(fs.readFileSync(options.manifestFile, 'utf8'));
  const seconds = options.timeout ?? 300;
  const { verdict, differences, runs } = await differential(original, reserved, manifest, options,
    (bytes, runOptions) => runInThread(bytes, runOptions, seconds));
  const [before, ...after] = runs;
  const inconclusive = before.limit !== undefined;
  const summary = {
    verdict: inconclusive ? 'inconclusive' : verdict, differences,
    calls: before.calls, exit: before.exitCode, trap: before.trap, limit: before.limit,
    stdoutBytes: before.stdout.length, comparisons: after.map(({ canary }) => canary.checks),
  };
  if (options.json) console.log(JSON.stringify(summary));
  else {
    for (const difference of differences) console.log(difference);
    console.log(`${summary.verdict}: ${before.calls} host calls, ${before.stdout.length} bytes of output, ` +
      `${before.trap ? `trap: ${before.trap}` : before.limit ? `stopped by limit of ${before.limit}` : `exit ${before.exitCode}`}, ` +
      `region compared ${summary.comparisons.join(' + ')} times`);
  }
  process.exit({ same: 0, different: 7, damaged: 7, addresses: 8, inconclusive: 9 }[summary.verdict]);
}

if (!isMainThread && workerData?.bytes !== undefined) {
  runModule(workerData.bytes, workerData.options)
    .then(({ memory, ...result }) => parentPort.postMessage(result))
    .catch((error) => parentPort.postMessage({ failure: String(error.stack ?? error) }));
} else if (process.argv[1] !== undefined && fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  main().catch((error) => {
    console.error(`differential.mjs: ${error.stack ?? error}`);
    process.exit(2);
  });
}
