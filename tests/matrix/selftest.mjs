#!/usr/bin/env node
// Shows that the judge sees what it is there to see: a heapbump that lies or reserves wrongly, in each way that a wrong
// detector could, must get a fault of the right kind; the true one gets none.
//
//   selftest.mjs --heapbump PROGRAM --work FOLDER [--modules NODE_MODULES]
//   selftest.mjs detect|reserve|undo|verify ...     (stands in for heapbump, with HEAPBUMP and LIE in the environment)
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandLine } from '../../scripts/usage.mjs';
import { sections } from '../run/wasm.mjs';
import { Builder, semaphore } from './build.mjs';
import { judge } from './judge.mjs';
import { makeSurroundings, programRun } from './surroundings.mjs';
import { findToolchains } from './toolchains.mjs';

const SELF = fileURLToPath(import.meta.url);

const leb = (value) => (value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)]);

// The module with two pages more of declared memory and nothing else: what "tail" is where it is not sound.
function naiveTail(bytes) {
  const memory = sections(bytes).find(({ id }) => id === 5);
  let at = memory.payload + 2; // count, flags
  let pages = 0;
  for (let shift = 0; ; shift += 7, at++) {
    pages |= (bytes[at] & 127) << shift;
    if (bytes[at] < 128) break;
  }
  const payload = Buffer.concat([bytes.subarray(memory.payload, memory.payload + 2), Buffer.from(leb(pages + 2)), bytes.subarray(at + 1, memory.end)]);
  return { base: pages * 65536, bytes: Buffer.concat([bytes.subarray(0, memory.start), Buffer.from([5, ...leb(payload.length)]), payload, bytes.subarray(memory.end)]) };
}

// Takes back the edit of one site: the n-th heap start in the code stays where it was.
function leaveBehind(out, edits, n) {
  const before = (edit) => edits.filter((other) => other.file_offset < edit.file_offset)
    .reduce((sum, { old_hex: old, new_hex: new_ }) => sum + (new_.length - old.length) / 2, 0);
  const edit = edits.filter(({ reason, section }) => section === 'code' && reason.startsWith('heap-start'))[n];
  if (edit === undefined) return false;
  const bytes = fs.readFileSync(out);
  Buffer.from(edit.old_hex, 'hex').copy(bytes, edit.file_offset + before(edit));
  fs.writeFileSync(out, bytes);
  return true;
}

function standIn(argv) {
  const lie = process.env.LIE;
  const value = (name) => (argv.includes(name) ? argv[argv.indexOf(name) + 1] : undefined);
  const truth = spawnSync(process.env.HEAPBUMP, argv, { encoding: 'utf8' });
  let { stdout } = truth;
  if (argv[0] === 'detect' && lie === 'base') {
    const object = JSON.parse(stdout);
    object.heap.base += 16;
    stdout = JSON.stringify(object);
  }
  if (argv[0] === 'detect' && lie === 'tail') stdout = JSON.stringify({ ...JSON.parse(stdout), strategies: [{ name: 'tail', sound: true }] });
  if (argv[0] === 'reserve' && lie === 'tail') {
    const { base, bytes } = naiveTail(fs.readFileSync(argv[1]));
    fs.writeFileSync(value('-o'), bytes);
    fs.writeFileSync(value('--manifest') ?? '/dev/null', JSON.stringify({ strategy: 'tail', heap: {}, region: { base, size: 131072 } }));
    return { code: 0, stdout: '{}' };
  }
  const site = /^site-([0-9]+)$/.exec(lie)?.[1];
  if (argv[0] === 'reserve' && site !== undefined && truth.status === 0 && argv.includes('--manifest')) leaveBehind(value('-o'), JSON.parse(stdout).edits, Number(site));
  if (argv[0] === 'undo' && lie === 'undo') fs.appendFileSync(value('-o'), 'x');
  process.stderr.write(truth.stderr);
  return { code: truth.status, stdout };
}

async function main() {
  const { values: { heapbump, work, modules } } = commandLine(import.meta.url, { heapbump: path.resolve, work: path.resolve, modules: path.resolve },
    { needs: ['heapbump', 'work'] });
  const found = findToolchains({ modules, work });
  const compiler = found.compilers.find(({ version }) => version === 19) ?? found.compilers[0];
  if (compiler === undefined || found.libcs.system === undefined) throw new Error('no compiler or C library for WebAssembly is installed');
  const builder = new Builder(found, path.join(work, 'objects'), semaphore(2));
  const surroundings = makeSurroundings(work);
  const folder = path.join(work, 'selftest');
  fs.mkdirSync(folder, { recursive: true });
  const program = path.join(folder, 'stand-in');
  fs.writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${SELF}' "$@"\n`, { mode: 0o755 });
  process.env.HEAPBUMP = heapbump;

  const make = async (allocator) => {
    const cell = { language: 'c', compiler: compiler.name, opt: 'O2', program: 'heap', allocator, libc: 'system', stack: 'last', shape: compiler.version > 14 ? 'relocations' : 'padded', names: 'names' };
    const { bytes, truth } = await builder.build(cell);
    const file = path.join(folder, `${allocator}.wasm`);
    fs.writeFileSync(file, bytes);
    return { file, truth, run: programRun(cell, surroundings) };
  };
  // bump is sound for the C library's allocator; tail is not for the hand-written one, which takes memory.size for its end.
  const programs = { bump: await make('dlmalloc'), tail: await make('bump2') };
  const cases = [
    ['', 'bump', undefined],
    ['base', 'bump', /the linker says/],
    ['undo', 'bump', /undo does not give the original back/],
    ['tail', 'tail', /the region was written/],
    ['site-0', 'bump', /the region was written|behaves differently/],
  ];
  let wrong = 0;
  for (const [lie, strategy, expected] of cases) {
    process.env.LIE = lie;
    const { faults, strategies } = await judge({ ...programs[strategy], settings: { heapbump: program, strategies: [strategy], verify: false } });
    const right = expected === undefined ? faults.length === 0 && strategies[strategy].strategy === strategy : faults.some((fault) => expected.test(fault));
    if (!right) wrong++;
    console.log(`${right ? 'ok' : 'NOT OK'}  ${lie === '' ? 'the truth' : `lie "${lie}"`}: ${faults.length === 0 ? `no fault${strategies[strategy].reason ? `, ${strategies[strategy].reason}` : ''}` : faults.join('; ')}`);
  }
  console.log(`${cases.length - wrong} passed, ${wrong} failed`);
  process.exitCode = wrong === 0 ? 0 : 1;
}

if (process.env.LIE !== undefined && ['detect', 'reserve', 'undo', 'verify'].includes(process.argv[2])) {
  const { code, stdout } = standIn(process.argv.slice(2));
  fs.writeSync(1, stdout);
  process.exit(code ?? 1);
} else {
  main().catch((error) => {
    console.error(`selftest.mjs: ${error.stack ?? error}`);
    process.exit(2);
  });
}
