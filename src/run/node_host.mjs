// The deterministic preview1 host of preview1.cc once more, for `verify --run --engine node`. Reads options (one line of
// JSON), the program's standard input and the module from fd 0, runs the module with the pattern in the region, and writes
// frames (frames.h) to fd 3. The two hosts give the same events for the same program; a test holds them against each other.
// CMake makes one script of node_host.mjs (options, frames, memory, files), node_calls.mjs and node_main.mjs, in this order.
import fs from 'node:fs';
import path from 'node:path';

const all = fs.readFileSync(0);
const lineEnd = all.indexOf(10);
const options = JSON.parse(all.subarray(0, lineEnd).toString());
const inputEnd = lineEnd + 1 + options.standard_input;
const standardInput = all.subarray(lineEnd + 1, inputEnd);
const moduleBytes = all.subarray(inputEnd);
const strings = (list) => list.map((hex) => Buffer.concat([Buffer.from(hex, 'hex'), Buffer.from([0])]));
const args = strings(options.arguments);
const environ = strings(options.environment);

// Frames.
const u8 = (v) => Buffer.from([v]);
const u32 = (v) => { const b = Buffer.alloc(4); b.writeUInt32LE(Number(v) >>> 0); return b; };
const u64 = (v) => { const b = Buffer.alloc(8); b.writeBigUInt64LE(BigInt.asUintN(64, BigInt(v))); return b; };
const text = (v) => { const b = Buffer.isBuffer(v) ? v : Buffer.from(v); return Buffer.concat([u32(b.length), b]); };
let queue = [];
let queued = 0;
function flush() {
  const bytes = Buffer.concat(queue);
  queue = [];
  queued = 0;
  for (let at = 0; at < bytes.length;) {
    try { at += fs.writeSync(3, bytes, at); } catch (e) { if (e.code !== 'EAGAIN') process.exit(1); }
  }
}
function send(type, payload) {
  queue.push(Buffer.from(type), text(payload));
  queued += payload.length;
  if (queued > 65536) flush();
}

// Endings; the order is that of `enum class End`.
const RETURNED = 0, EXITED = 1, TRAPPED = 2, TOUCHED = 3, LIMIT = 5, UNSUPPORTED = 6; // 4: reads are not watched
class Stop extends Error {}
let decided = null;
function stop(end, message, exitCode = 0) {
  decided = { end, message, exitCode };
  throw new Stop(message);
}
let memory = null;
let touched = null;
function finish(end, message, exitCode = 0) {
  ({ end, message, exitCode } = decided ?? { end, message, exitCode });
  if (memory && !intact() && end !== TOUCHED) { end = TOUCHED; message = 'found when the program had ended'; }
  const pages = memory ? memory.buffer.byteLength / 65536 : 0;
  send('X', Buffer.concat([u8(end), u32(exitCode), u32(pages), u64(0), u64(touched?.at ?? 0), u64(touched?.count ?? 0), text(message)]));
  flush();
  process.exit(0);
}

// Randomness and the pattern (host_options.h).
const M = (1n << 64n) - 1n;
function mix(x) {
  x = (x + 0x9e3779b97f4a7c15n) & M;
  x = ((x ^ (x >> 30n)) * 0xbf58476d1ce4e5b9n) & M;
  x = ((x ^ (x >> 27n)) * 0x94d049bb133111ebn) & M;
  return x ^ (x >> 31n);
}
function patternBytes(seed, first, count) {
  const from = first - (first % 8);
  const words = Buffer.alloc(Math.ceil((first + count - from) / 8) * 8);
  for (let i = 0; i < words.length; i += 8) words.writeBigUInt64LE(mix(seed ^ BigInt((from + i) / 8)), i);
  return words.subarray(first - from, first - from + count);
}
const canary = options.canary ?? null;
const zeros = canary && BigInt(canary.seed) === 0n; // what memory begins with
const pattern = zeros ? Buffer.alloc(canary.size) : canary ? patternBytes(BigInt(canary.seed), 0, canary.size) : null;
const bytes = () => new Uint8Array(memory.buffer);
const region = () => Buffer.from(memory.buffer, Math.min(canary.base, memory.buffer.byteLength)).subarray(0, canary.size);
function plant() { if (canary && memory) pattern.copy(region()); }
function intact() {
  if (!canary) return true;
  if (touched) return false;
  const now = region();
  if (now.equals(pattern)) return true;
  touched = { at: canary.base, count: 0 };
  for (let i = 0; i < pattern.length; i++) if (now[i] !== pattern[i] && touched.count++ === 0) touched.at = canary.base + i;
  return false;
}

// The guest's memory. A bad address throws; the caller answers EFAULT.
class Fault extends Error {}
const inside = (at, size) => { if (at + size > memory.buffer.byteLength) throw new Fault(); };
const view = () => new DataView(memory.buffer);
const load8 = (at) => { inside(at, 1); return view().getUint8(at); };
const load16 = (at) => { inside(at, 2); return view().getUint16(at, true); };
const load32 = (at) => { inside(at, 4); return view().getUint32(at, true); };
const load64 = (at) => { inside(at, 8); return view().getBigUint64(at, true); };
const store8 = (at, v) => { inside(at, 1); view().setUint8(at, Number(v)); };
const store16 = (at, v) => { inside(at, 2); view().setUint16(at, Number(v), true); };
const store32 = (at, v) => { inside(at, 4); view().setUint32(at, Number(v), true); };
const store64 = (at, v) => { inside(at, 8); view().setBigUint64(at, BigInt.asUintN(64, BigInt(v)), true); };
const slice = (at, size) => { inside(at, size); return Buffer.from(memory.buffer, at, size); };
const copyOut = (at, data) => { inside(at, data.length); bytes().set(data, at); };

const E = { ok: 0, acces: 2, badf: 8, exist: 20, fault: 21, inval: 28, isdir: 31, loop: 32, noent: 44, nosys: 52,
            notdir: 54, notsock: 57, rofs: 69, spipe: 70, notcapable: 76 };
const UNKNOWN = 0, DIRECTORY = 3, REGULAR = 4;
const START = 1700000000000000000n, TICK = 1000n, ALL = (1n << 30n) - 1n;
let now = START;
let randomAt = 0;

// Files. A value of { error } is an errno.
const root = options.folder === null ? null : (() => { try { return fs.realpathSync(options.folder); } catch { return ''; } })();
function join(base, name) {
  const parts = [];
  for (const part of [...base.split('/'), ...name.split('/')]) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.length === 0) return { error: E.notcapable };
    else parts.pop();
  }
  return { path: parts.join('/') };
}
function inode(name) {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(name)) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & M;
  return hash;
}
function resolve(name) {
  if (!root) return { error: E.noent };
  if (name.includes('\0')) return { error: E.inval };
  let host;
  try { host = fs.realpathSync(name === '' ? root : path.join(root, name)); } catch (e) {
    return { error: e.code === 'ENOTDIR' ? E.notdir : e.code === 'ELOOP' ? E.loop : E.noent };
  }
  return host === root || host.startsWith(root === '/' ? '/' : root + '/') ? { host } : { error: E.notcapable };
}
function statOf(host, name) {
  const out = { type: UNKNOWN, inode: inode(name), size: 0 };
  try {
    const s = fs.statSync(host);
    if (s.isDirectory()) out.type = DIRECTORY;
    if (s.isFile()) { out.type = REGULAR; out.size = s.size; }
  } catch { /* a dangling link is of unknown type */ }
  return out;
}
function list(name) {
  const at = resolve(name);
  if (at.error) return at;
  let names;
  try { names = fs.readdirSync(at.host, { encoding: 'buffer' }).sort(Buffer.compare).map(String); } catch { return { error: E.notdir }; }
  const self = { type: DIRECTORY, inode: inode(name), size: 0 };
  return { entries: [{ name: '.', stat: self }, { name: '..', stat: self },
                     ...names.map((n) => ({ name: n, stat: statOf(path.join(at.host, n), join(name, n).path) }))] };
}
function storeStat(at, s) {
  inside(at, 64);
  bytes().fill(0, at, at + 64);
  store64(at, 1); store64(at + 8, s.inode); store8(at + 16, s.type); store64(at + 24, 1); store64(at + 32, s.size);
  for (const offset of [40, 48, 56]) store64(at + offset, START);
  return E.ok;
}

const fds = new Map([[0, { type: UNKNOWN, input: true, content: standardInput }], [1, { type: UNKNOWN, output: true }],
                     [2, { type: UNKNOWN, output: true }]]);
if (root !== null) fds.set(3, { type: DIRECTORY, preopened: true });
for (const file of fds.values()) fill(file);
function fill(file) {
  file.content ??= Buffer.alloc(0); file.position ??= 0n; file.path ??= ''; file.inode ??= 0n;
  return file;
}
