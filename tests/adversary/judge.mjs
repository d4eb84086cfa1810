// The verdict on one program: what reserve makes of it, whether the reserved module behaves as the original, and whether
// verify passes what does not.
//
// Invariant: the original is the only truth. A reserved module is right when it ends the same and prints the same under
// fresh zeros and under two complementary patterns over its region, and the region is intact at each host call and at the
// end. Nothing here asks heapbump whether it was right.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { runModule } from '../run/host.mjs';

const LIMITS = { maxCalls: 20_000, maxOutput: 64 << 20, traceLimit: 0 };
const SEEDS = [0, 1, 2]; // canary.mjs: zeros, a pattern, its complement

export function heapbump(program, args) {
  const { status, signal, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 28, timeout: 60_000 });
  return { code: error?.code ?? signal ?? status, stdout, stderr };
}

const reasonOf = (object, fallback) => (object?.refusals?.[0] ? `${object.refusals[0].code} ${object.refusals[0].message}` : fallback);
const parse = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

export async function runOriginal(bytes, note) {
  note('original');
  const started = performance.now();
  const result = await runModule(bytes, LIMITS);
  return { took: performance.now() - started, exitCode: result.exitCode, trap: result.trap, limit: result.limit, stdout: result.stdout, pages: result.memory.buffer.byteLength / 65536 };
}

// -> undefined when right, otherwise what went wrong first.
export async function faultOf(before, bytes, region, note) {
  if (!WebAssembly.validate(bytes)) return 'the engine does not accept the output';
  for (const canarySeed of SEEDS) {
    note(`reserved, pattern ${canarySeed}`);
    let after;
    try {
      after = await runModule(bytes, { ...LIMITS, region, canarySeed });
    } catch (error) {
      return error.message; // the region lies outside the memory, or the module cannot be instantiated
    }
    if (after.limit !== undefined) return `reaches the limit of ${after.limit}`;
    if (after.trap !== before.trap) return after.trap ? `traps: ${after.trap}` : 'does not trap';
    if (after.exitCode !== before.exitCode) return `exits with ${after.exitCode}, not ${before.exitCode}`;
    if (!after.stdout.equals(before.stdout)) return `prints otherwise (pattern ${canarySeed})`;
    if (after.canary.damage !== undefined) return `writes the region at 0x${after.canary.damage.address.toString(16)}`;
    if (after.canary.checks === 0) return 'the region was never compared';
  }
  return undefined;
}

// Asks `reserve` (or another program with the same face) for an output. -> {code, reason, manifest, output}
export function reserveBy(program, file, strategy, verb = 'reserve') {
  const [output, manifestFile] = [`${file}.${strategy}.wasm`, `${file}.${strategy}.json`];
  for (const old of [output, manifestFile]) fs.rmSync(old, { force: true });
  const { code, stdout, stderr } = heapbump(program, [verb, file, '-o', output, '--strategy', strategy, '--manifest', manifestFile, '--prove', 'none', '--json']);
  if (code !== 0) return { code, reason: reasonOf(parse(stdout), `exit ${code}: ${stderr.trim().split('\n')[0]}`) };
  if (!fs.existsSync(manifestFile)) return { code, reason: 'nothing needed' };
  return { code, manifest: JSON.parse(fs.readFileSync(manifestFile, 'utf8')), output, manifestFile };
}

// Whether verify alone passes the pair.
export function verified(program, file, { output, manifestFile }) {
  const { code, stdout, stderr } = heapbump(program, ['verify', file, output, '--manifest', manifestFile, '--json']);
  const mismatch = parse(stdout)?.mismatches?.[0];
  return { passed: code === 0, code, reason: mismatch ? `${mismatch.check ?? ''} ${mismatch.message ?? ''}`.trim() : `exit ${code}: ${stderr.trim().split('\n')[0]}` };
}

// Everything about one module. settings: {heapbump, naive (a relocator that asks nothing), strategies}
// -> {original, entries: [{by, strategy, accepted, reason, fault, verify}]}
export async function judge(file, truth, settings, note) {
  const bytes = fs.readFileSync(file);
  const original = await runOriginal(bytes, note);
  const entries = [];
  if (original.limit !== undefined || original.trap !== undefined) return { original, entries };
  const seen = [];
  const asked = [...(settings.strategies ?? ['auto', 'bump', 'tail']).map((strategy) => ({ by: 'reserve', strategy, program: settings.heapbump })),
    ...(settings.other ? ['bump', 'tail'].map((strategy) => ({ by: 'other', strategy, program: settings.other })) : []),
    ...(settings.naive ? ['bump', 'tail'].map((strategy) => ({ by: 'naive', strategy, program: settings.naive })) : [])];
  for (const { by, strategy, program } of asked) {
    const made = by === 'naive' ? reserveBy(program, file, strategy, String(truth)) : reserveBy(program, file, strategy);
    const entry = { by, strategy, accepted: made.manifest !== undefined, code: made.code, reason: made.reason };
    entries.push(entry);
    if (made.manifest === undefined) continue;
    entry.took = made.manifest.strategy;
    const output = fs.readFileSync(made.output);
    const same = seen.find((old) => old.output.equals(output));
    if (same !== undefined) {
      if (by === 'reserve') entries.pop(); // auto took this strategy
      else Object.assign(entry, { fault: same.entry.fault, verify: same.entry.verify });
      continue;
    }
    seen.push({ output, entry });
    note(`${by} ${strategy}: verify`);
    entry.verify = verified(settings.heapbump, file, made);
    note(`${by} ${strategy}`, entry);
    entry.fault = await faultOf(original, output, made.manifest.region, (what) => note(`${by} ${strategy}: ${what}`, entry, 5 + original.took / 20));
  }
  return { original, entries };
}
