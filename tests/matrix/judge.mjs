// What heapbump makes of one module: detect, then every strategy that it calls sound, each run before and after.
// Used as a child process: one message {file, truth, run, settings} in, one result out.
//
// Invariant: a module is judged by its behaviour and by the linker's word alone; nothing here knows what heapbump
// ought to find inside it. The run of the original is the measure; a region that was written, an output that changed,
// an undo that differs, or a heap base other than the linker's is a fault.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { compareRuns, shiftOf } from '../run/differential.mjs';
import { runModule } from '../run/host.mjs';

const STRATEGIES = ['auto', 'bump', 'tail', 'gap'];

function heapbump(settings, args) {
  const { status, signal, stdout, stderr } = spawnSync(settings.heapbump, args, { encoding: 'utf8', maxBuffer: 1 << 28, timeout: 60_000 });
  let object;
  try {
    object = JSON.parse(stdout);
  } catch {
    object = {};
  }
  return { code: status ?? signal ?? 'timeout', object, stderr };
}

const reasonOf = ({ object, stderr, code }) => {
  const first = object.refusals?.[0];
  return first ? `${first.code ?? ''} ${first.message ?? ''}`.trim() : `exit ${code}: ${stderr.trim().split('\n')[0]}`;
};

// Runs the reserved module twice, with complementary patterns over the region. -> faults
async function faultsOf(before, reserved, manifest, options, allowed) {
  const faults = [];
  for (const canarySeed of [1, 2]) {
    const after = await runModule(reserved, { ...options, region: manifest.region, canarySeed });
    const { damage } = after.canary;
    if (damage !== undefined) faults.push(`the region was written: ${damage.bytes} bytes, first at 0x${damage.address.toString(16)}, seen at ${damage.when}`);
    const { verdict, differences } = compareRuns(before, after, shiftOf(manifest));
    if (!allowed.includes(verdict)) faults.push(`behaves differently: ${differences[0]}`);
    if (after.canary.checks === 0) faults.push('the region was never compared');
    if (faults.length > 0) break;
  }
  return faults;
}

// -> {faults: [text], detect: {...}, strategies: {name: {code, reason, strategy}}, reserved: [paths kept when settings.keep]}
export async function judge({ file, truth, run = {}, settings }) {
  const original = fs.readFileSync(file);
  const options = { maxCalls: 2_000_000, ...run };
  if (typeof options.stdin === 'string') options.stdin = Buffer.from(options.stdin);
  const allowed = run.allowed ?? ['same'];
  const faults = [];
  const found = heapbump(settings, ['detect', '--json', file]);
  const detect = {
    code: found.code, detector: found.object.detector, confidence: found.object.confidence, base: found.object.heap?.base ?? undefined,
    sound: (found.object.strategies ?? []).filter(({ sound }) => sound).map(({ name }) => name),
    reason: found.code === 0 ? undefined : reasonOf(found),
  };
  if (![0, 4, 5].includes(found.code)) faults.push(`detect: exit ${found.code}: ${found.stderr.trim().split('\n')[0]}`);
  if (detect.base !== undefined && truth !== undefined && found.code === 0 && detect.base !== truth) {
    faults.push(`detect: heap base 0x${detect.base.toString(16)}, the linker says 0x${truth.toString(16)}`);
  }
  let before;
  const strategies = {};
  const judged = new Set();
  const reserved = [];
  for (const name of settings.strategies ?? STRATEGIES) {
    const out = `${file}.${name}`;
    const manifestFile = `${out}.json`;
    for (const old of [out, manifestFile]) fs.rmSync(old, { force: true });
    const made = heapbump(settings, ['reserve', file, '-o', out, '--strategy', name, '--manifest', manifestFile, '--json']);
    const entry = (strategies[name] = { code: made.code });
    if (made.code !== 0) {
      entry.reason = reasonOf(made);
      if (![4, 5, 6, 7].includes(made.code)) faults.push(`reserve ${name}: exit ${made.code}: ${made.stderr.trim().split('\n')[0]}`);
      if (fs.existsSync(out) || fs.existsSync(manifestFile)) faults.push(`reserve ${name}: refused, yet wrote a file`);
      continue;
    }
    if (!fs.existsSync(manifestFile)) {
      entry.reason = 'nothing needed';
      fs.rmSync(out, { force: true });
      continue;
    }
    const manifest = JSON.parse(fs.readFileSync(manifestFile, 'utf8'));
    if (manifest.region === null) {
      entry.reason = 'nothing needed';
      for (const made of [out, manifestFile]) fs.rmSync(made, { force: true });
      continue;
    }
    entry.strategy = manifest.strategy;
    const note = (text) => faults.push(`${name}${name === 'auto' ? ` (${manifest.strategy})` : ''}: ${text}`);
    if (!detect.sound.includes(manifest.strategy)) note(`reserved by ${manifest.strategy}, which detect does not call sound`);
    const bytes = fs.readFileSync(out);
    const undone = heapbump(settings, ['undo', out, '-o', `${out}.undone`]);
    if (undone.code !== 0 || !fs.readFileSync(`${out}.undone`).equals(original)) note('undo does not give the original back');
    fs.rmSync(`${out}.undone`, { force: true });
    const again = heapbump(settings, ['reserve', out, '-o', `${out}.again`, '--strategy', name, '--json']);
    if (again.code !== 0 || (fs.existsSync(`${out}.again`) && !fs.readFileSync(`${out}.again`).equals(bytes))) note('reserving again changes something');
    fs.rmSync(`${out}.again`, { force: true });
    if (settings.verify) {
      const verified = heapbump(settings, ['verify', file, out, '--manifest', manifestFile, '--json']);
      if (verified.code !== 0) note(`verify: exit ${verified.code}: ${reasonOf(verified)}`);
    }
    if (!WebAssembly.validate(bytes)) note('the engine does not accept the output');
    else if (!judged.has(manifest.strategy)) {
      judged.add(manifest.strategy);
      before ??= await runModule(original, options);
      if (before.limit !== undefined || (before.trap !== undefined && !settings.mayTrap)) {
        note(`the original itself ends with ${before.limit ?? before.trap}`);
      } else {
        for (const fault of await faultsOf(before, bytes, manifest, options, allowed)) note(fault);
      }
    }
    if (settings.keep) reserved.push({ strategy: name, file: out, manifest: manifestFile });
    else for (const old of [out, manifestFile]) fs.rmSync(old, { force: true });
  }
  return { faults, detect, strategies, reserved, behaviour: before && { exit: before.exitCode, trap: before.trap, calls: before.calls, stdout: before.stdout.toString('latin1') } };
}

if (process.send !== undefined && process.argv[1] !== undefined && fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.on('message', (task) => {
    judge(task).then((result) => process.send({ result }), (error) => process.send({ failure: String(error.stack ?? error) }));
  });
}

export const JUDGE = path.join(path.dirname(fileURLToPath(import.meta.url)), 'judge.mjs');
