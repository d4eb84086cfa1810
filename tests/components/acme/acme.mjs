// The made-up interface of this folder: its core modules, and a host for the core module of programs/acme.c.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { TESTS } from '../../run/heapbump.mjs';
import { runtimes } from '../runtimes.mjs';

const TOOLS = runtimes();
export const acme = (name) => path.join(TESTS, 'components/acme', name);
export const tool = (args) => {
  const ran = spawnSync(TOOLS['wasm-tools'], args, { encoding: 'utf8' });
  assert.equal(ran.status, 0, `${args.join(' ')}: ${ran.stderr}`);
};

// The core modules of the interface, with their component types. -> path
export function embedded(world, folder) {
  const output = path.join(folder, `${world}.wasm`);
  tool(['component', 'embed', '--world', world, acme('acme.wit'), acme(`${world}.wat`), '-o', output]);
  return output;
}

// What the core module does: the program's own memory, the interface in JavaScript. -> {stdout, stderr}
export function runCore(file, folder) {
  const script = path.join(folder, 'core.mjs');
  fs.writeFileSync(script, CORE_HOST);
  const ran = spawnSync(process.execPath, ['--no-warnings', script, file], { encoding: 'utf8' });
  assert.equal(ran.status, 0, ran.stderr);
  return ran;
}

const CORE_HOST = `
import fs from 'node:fs';
import { WASI } from 'node:wasi';
const wasi = new WASI({ version: 'preview1', args: ['program.wasm'], env: {} });
let memory;
const view = () => new DataView(memory.buffer);
const bytes = (at, size) => Buffer.from(memory.buffer, at >>> 0, size >>> 0);
const say = (at, size) => (fs.writeSync(2, '[' + bytes(at, size) + ']\\n'), 0);
const counters = new Map();
const scale = (point, by) => {
  const x = Math.trunc(view().getInt32(point + 4, true) * by);
  view().setInt32(point + 4, x, true);
  view().setFloat64(point + 8, view().getFloat64(point + 8, true) * by, true);
  return x;
};
const acme_host = {
  say, scale,
  add(values, count, sum) {
    if (count === 0) return 1;
    let total = 0n;
    for (let i = 0; i < count; i++) total += view().getBigUint64(values + 8 * i, true);
    view().setBigUint64(sum, total, true);
    return 0;
  },
  reverse(text, size, buffer, room, written) {
    if (written !== 0) view().setUint32(written, size, true);
    if (size > room) return 2;
    bytes(buffer, size).set(Buffer.from(bytes(text, size)).reverse());
    return 0;
  },
  divide(a, b, quotient, rest) {
    if (b === 0) return 1;
    view().setBigUint64(quotient, a / BigInt(b), true);
    view().setUint32(rest, Number(a % BigInt(b)), true);
    return 0;
  },
  join(pieces, count, buffer, room, size) {
    let total = 0;
    for (let i = 0; i < count; i++) {
      const [from, left] = [view().getUint32(pieces + 8 * i, true), view().getUint32(pieces + 8 * i + 4, true)];
      if (total + left > room) return 2;
      bytes(buffer + total, left).set(bytes(from, left));
      total += left;
    }
    view().setUint32(size, total, true);
    return 0;
  },
  act(wanted, o) {
    const field = (at) => view().getUint32(o + at, true);
    let written = 0;
    if (wanted & 1n) {
      say(field(0), field(4));
      if (field(12) === 0) return 2;
      view().setUint8(field(8), field(4));
      written = 1;
    }
    if (wanted & 2n) written += scale(field(16), 3);
    view().setUint32(o + 20, written, true);
    return 0;
  },
  next(counter, value) {
    if (counter >>> 0 >= 100) return 1;
    counters.set(counter, (counters.get(counter) ?? 0n) + 1n);
    view().setBigUint64(value, counters.get(counter), true);
    return 0;
  },
};
const { instance } = await WebAssembly.instantiate(fs.readFileSync(process.argv[2]), { ...wasi.getImportObject(), acme_host });
memory = instance.exports.memory;
wasi.start(instance);
`;
export const SAY = "import fs from 'node:fs'; export function say(text) { fs.writeSync(2, '[' + text + ']\\n'); }";
