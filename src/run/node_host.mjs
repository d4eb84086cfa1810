// The deterministic preview1 host of preview1.cc once more, for `verify --run --engine node`. Reads options (one line of
// JSON), the program's standard input and the module from fd 0, runs the module with the pattern in the region, and writes
// frames (frames.h) to fd 3. The two hosts give the same events for the same program; a test holds them against each other.
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

let event;
const note = (value) => { event.detail += ` -> ${value}`; };
const file = (fd) => fds.get(fd) ?? null;
const directory = (fd) => { const f = file(fd); return !f ? { error: E.badf } : f.type !== DIRECTORY ? { error: E.notdir } : { f }; };
function stringsGet(list_, at, textAt) {
  for (const s of list_) { store32(at, textAt); copyOut(textAt, s); at += 4; textAt += s.length; }
  return E.ok;
}
function stringsSizes(list_, count, size) {
  store32(count, list_.length);
  store32(size, list_.reduce((sum, s) => sum + s.length, 0));
  return E.ok;
}
function readInto(f, iovs, count, position, result) {
  if (count > 1024) return { error: E.inval, position };
  let total = 0;
  for (let i = 0; i < count; i++) {
    const at = load32(iovs + 8 * i), size = load32(iovs + 8 * i + 4);
    const start = position < BigInt(f.content.length) ? Number(position) : f.content.length;
    const some = f.content.subarray(start, start + size);
    inside(at, size);
    if (some.length) copyOut(at, some);
    position += BigInt(some.length);
    f.onPosition?.(position);
    total += some.length;
    if (some.length < size) break;
  }
  note(total);
  store32(result, total);
  return { error: E.ok, position };
}
const noop = (fd) => (file(fd) ? E.ok : E.badf);
const change = (fd) => (file(fd) ? E.rofs : E.badf);
function pathChange(fd, at, size) {
  const d = directory(fd);
  if (d.error) return d.error;
  event.bytes = Buffer.from(slice(at, size));
  return E.rofs;
}
function pathChangeTwo(fd, at, size, at2, size2) {
  const error = pathChange(fd, at, size);
  if (error === E.rofs) event.bytes = Buffer.concat([event.bytes, u8(0), slice(at2, size2)]);
  return error;
}
const socket = (fd) => (file(fd) ? E.notsock : E.badf);

// [arguments as in HostFunction::params, handler]
const table = {
  args_get: ['pp', (p, t) => stringsGet(args, p, t)],
  args_sizes_get: ['pp', (c, s) => stringsSizes(args, c, s)],
  clock_res_get: ['ip', (id, p) => { if (id > 3) return E.inval; store64(p, TICK); return E.ok; }],
  clock_time_get: ['iIp', (id, precision, p) => {
    if (id > 3) return E.inval;
    now += TICK;
    store64(p, id === 0 ? now : now - START);
    return E.ok;
  }],
  environ_get: ['pp', (p, t) => stringsGet(environ, p, t)],
  environ_sizes_get: ['pp', (c, s) => stringsSizes(environ, c, s)],
  fd_advise: ['iIIi', noop],
  fd_allocate: ['iII', change],
  fd_close: ['i', (fd) => (fds.delete(fd) ? E.ok : E.badf)],
  fd_datasync: ['i', noop],
  fd_fdstat_get: ['ip', (fd, p) => {
    const f = file(fd);
    if (!f) return E.badf;
    const rights = f.type === UNKNOWN ? ALL & ~36n : ALL;
    inside(p, 24);
    store64(p, f.type); store64(p + 8, rights); store64(p + 16, rights);
    return E.ok;
  }],
  fd_fdstat_set_flags: ['ii', noop],
  fd_fdstat_set_rights: ['iII', noop],
  fd_filestat_get: ['ip', (fd, p) => {
    const f = file(fd);
    return f ? storeStat(p, { type: f.type, inode: f.inode, size: f.type === REGULAR ? f.content.length : 0 }) : E.badf;
  }],
  fd_filestat_set_size: ['iI', change],
  fd_filestat_set_times: ['iIIi', change],
  fd_pread: ['ipiIp', (fd, iovs, count, offset, result) => {
    const f = file(fd);
    if (!f || f.output) return E.badf;
    if (f.type === DIRECTORY) return E.isdir;
    if (f.input) return E.spipe;
    return readInto({ content: f.content }, iovs, count, offset, result).error;
  }],
  fd_prestat_dir_name: ['ipi', (fd, p, size) => {
    if (!file(fd)?.preopened) return E.badf;
    if (size < 1) return E.inval;
    copyOut(p, Buffer.from('/'));
    return E.ok;
  }],
  fd_prestat_get: ['ip', (fd, p) => {
    if (!file(fd)?.preopened) return E.badf;
    store32(p, 0); store32(p + 4, 1);
    return E.ok;
  }],
  fd_pwrite: ['ipiIp', (fd) => { const f = file(fd); return !f ? E.badf : f.output ? E.spipe : E.rofs; }],
  fd_read: ['ipip', (fd, iovs, count, result) => {
    const f = file(fd);
    if (!f || f.output) return E.badf;
    if (f.type === DIRECTORY) return E.isdir;
    f.onPosition = (p) => { f.position = p; };
    return readInto(f, iovs, count, f.position, result).error;
  }],
  fd_readdir: ['ipiIp', (fd, p, size, cookie, result) => {
    const d = directory(fd);
    if (d.error) return d.error;
    const { error, entries } = list(d.f.path);
    if (error) return error;
    let out = Buffer.alloc(0);
    for (; cookie < BigInt(entries.length) && out.length < size; cookie++) {
      const { name, stat } = entries[Number(cookie)];
      const data = Buffer.from(name);
      out = Buffer.concat([out, u64(cookie + 1n), u64(stat.inode), u32(data.length), u32(stat.type), data]);
    }
    out = out.subarray(0, size);
    note(out.length);
    copyOut(p, out);
    store32(result, out.length);
    return E.ok;
  }],
  fd_renumber: ['ii', (from, to) => {
    if (!file(from) || !file(to)) return E.badf;
    if (from === to) return E.ok;
    fds.set(to, fds.get(from));
    fds.delete(from);
    return E.ok;
  }],
  fd_seek: ['iIip', (fd, offset, whence, result) => {
    const f = file(fd);
    if (!f) return E.badf;
    if (f.type === UNKNOWN) return E.spipe;
    if (f.type === DIRECTORY) return E.isdir;
    if (whence > 2) return E.inval;
    const target = ([0n, f.position, BigInt(f.content.length)][whence] + offset) & M;
    if (target >> 63n) return E.inval;
    f.position = target;
    store64(result, target);
    return E.ok;
  }],
  fd_sync: ['i', noop],
  fd_tell: ['ip', (fd, p) => {
    const f = file(fd);
    if (!f) return E.badf;
    if (f.type === UNKNOWN) return E.spipe;
    store64(p, f.position);
    return E.ok;
  }],
  fd_write: ['ipip', (fd, iovs, count, result) => {
    const f = file(fd);
    if (!f) return E.badf;
    if (!f.output) return f.type === REGULAR ? E.rofs : E.badf;
    if (count > 1024) return E.inval;
    const parts = [];
    try {
      for (let i = 0; i < count; i++) parts.push(Buffer.from(slice(load32(iovs + 8 * i), load32(iovs + 8 * i + 4))));
    } finally {
      event.bytes = Buffer.concat(parts);
    }
    note(event.bytes.length);
    store32(result, event.bytes.length);
    return E.ok;
  }],
  path_create_directory: ['ipi', pathChange],
  path_filestat_get: ['iipip', (fd, flags, at, size, p) => {
    const d = directory(fd);
    if (d.error) return d.error;
    event.bytes = Buffer.from(slice(at, size));
    const to = join(d.f.path, event.bytes.toString());
    if (to.error) return to.error;
    const found = resolve(to.path);
    return found.error ?? storeStat(p, statOf(found.host, to.path));
  }],
  path_filestat_set_times: ['iipiIIi', (fd, flags, at, size) => pathChange(fd, at, size)],
  path_link: ['iipiipi', (fd, flags, at, size, fd2, at2, size2) => pathChangeTwo(fd, at, size, at2, size2)],
  path_open: ['iipiiIIip', (fd, lookup, at, size, how, rights, inherited, flags, result) => {
    const d = directory(fd);
    if (d.error) return d.error;
    event.bytes = Buffer.from(slice(at, size));
    const to = join(d.f.path, event.bytes.toString());
    if (to.error) return to.error;
    const found = resolve(to.path);
    if (found.error) return (how & 1) && found.error === E.noent ? E.rofs : found.error;
    const stat = statOf(found.host, to.path);
    if ((how & 1) && (how & 4)) return E.exist;
    if (how & 8) return E.rofs;
    if ((how & 2) && stat.type !== DIRECTORY) return E.notdir;
    const f = fill({ type: stat.type, path: to.path, inode: stat.inode });
    if (stat.type === REGULAR) {
      if (stat.size > 256 << 20) return E.acces;
      try { f.content = fs.readFileSync(found.host); } catch { return E.acces; }
    } else if (stat.type !== DIRECTORY) {
      return E.acces;
    }
    let number = 3;
    while (fds.has(number)) number++;
    store32(result, number);
    fds.set(number, f);
    note(number);
    return E.ok;
  }],
  path_readlink: ['ipipip', (fd, at, size) => { const e = pathChange(fd, at, size); return e === E.rofs ? E.inval : e; }],
  path_remove_directory: ['ipi', pathChange],
  path_rename: ['ipiipi', (fd, at, size, fd2, at2, size2) => pathChangeTwo(fd, at, size, at2, size2)],
  path_symlink: ['piipi', (old, oldSize, fd, at, size) => pathChange(fd, at, size)],
  path_unlink_file: ['ipi', pathChange],
  poll_oneoff: ['ppip', (subscriptions, events, count, result) => {
    if (count === 0 || count > 1024) return E.inval;
    inside(subscriptions, 48 * count);
    inside(events, 32 * count);
    let ready = [];
    let wake = null;
    for (let pass = 0; pass < 2 && ready.length === 0; pass++) {
      for (let i = 0; i < count; i++) {
        const at = subscriptions + 48 * i;
        const userdata = load64(at), type = load8(at + 8);
        if (type > 2) return E.inval;
        if (type === 0) {
          const absolute = (load16(at + 40) & 1) !== 0;
          const since = absolute ? (load32(at + 16) === 0 ? 0n : START) : now;
          const timeout = load64(at + 24);
          let due = timeout > M - since ? M : since + timeout;
          if (due < now) due = now;
          if (pass === 0 && (wake === null || due < wake)) wake = due;
          if (pass === 1 && due === wake) ready.push([userdata, E.ok, type, 0n]);
        } else if (pass === 0) {
          const f = file(load32(at + 16));
          const left = !f || f.position > BigInt(f.content.length) ? 0n : BigInt(f.content.length) - f.position;
          ready.push([userdata, f ? E.ok : E.badf, type, left]);
        }
      }
    }
    if (ready.length && ready[0][2] === 0) now = wake;
    ready.forEach(([userdata, error, type, left], i) => {
      const at = events + 32 * i;
      bytes().fill(0, at, at + 32);
      store64(at, userdata); store16(at + 8, error); store8(at + 10, type); store64(at + 16, left);
    });
    note(ready.length);
    store32(result, ready.length);
    return E.ok;
  }],
  proc_exit: ['i', (code) => { event.exit = code; return E.ok; }],
  proc_raise: ['i', () => E.nosys],
  random_get: ['pi', (p, size) => {
    inside(p, size);
    copyOut(p, patternBytes(BigInt(options.random_seed), randomAt, size));
    randomAt += size;
    return E.ok;
  }],
  sched_yield: ['', () => { now += TICK; return E.ok; }],
  sock_accept: ['iip', socket],
  sock_recv: ['ipiipp', socket],
  sock_send: ['ipiip', socket],
  sock_shutdown: ['ii', socket],
};

let outputBytes = 0;
let calls = 0;
// Before a call of the host is answered, and after it.
function enter(full) {
  if (!intact()) stop(TOUCHED, `found at the call of ${full}`);
}
function leave(name) {
  send('E', Buffer.concat([u32(event.result), text(name), text(event.detail), text(event.bytes)]));
  outputBytes += event.bytes.length + event.detail.length;
  if (event.exit !== undefined) stop(EXITED, '', event.exit);
  if (outputBytes > options.output_bytes) stop(LIMIT, 'the program writes too much');
  if (++calls > options.host_calls) stop(LIMIT, 'the program makes too many host calls');
}
function hostCall(full, [params, handler], name, values) {
  enter(full);
  const unsigned = [...params].map((p, i) => (p === 'I' ? BigInt.asUintN(64, values[i]) : values[i] >>> 0));
  event = { detail: [...params].map((p, i) => (p === 'p' ? '_' : String(unsigned[i]))).join(', '), bytes: Buffer.alloc(0) };
  try { event.result = handler(...unsigned); } catch (e) {
    if (!(e instanceof Fault)) throw e;
    event.result = E.fault;
  }
  leave(name);
  return event.result;
}

// Numbers by the letter of their type (calls.h).
const scratch = new DataView(new ArrayBuffer(8));
function toValue({ type, bits }) {
  scratch.setBigUint64(0, BigInt(bits), true);
  if (type === 'I') return scratch.getBigInt64(0, true);
  return type === 'i' ? scratch.getInt32(0, true) : type === 'f' ? scratch.getFloat32(0, true) : scratch.getFloat64(0, true);
}
function toBits(type, value) {
  if (Number.isNaN(value)) return 'nan';
  scratch.setBigUint64(0, 0n, true);
  if (type === 'I') scratch.setBigInt64(0, value, true);
  else if (type === 'i') scratch.setInt32(0, value, true);
  else if (type === 'f') scratch.setFloat32(0, value, true);
  else if (type === 'F') scratch.setFloat64(0, value, true);
  return String(scratch.getBigUint64(0, true));
}
const shown = (types, values) => Buffer.from(values.map((v, i) => `${toBits(types[i], v)} `).join(''));
function stubCall(full, stub, values) {
  enter(full);
  event = { result: 0, detail: '', bytes: shown(stub.parameters, values) };
  leave(full);
  return stub.results.length > 1 ? stub.answer : stub.answer[0];
}

let module;
try { module = new WebAssembly.Module(moduleBytes); } catch (e) { finish(UNSUPPORTED, `node cannot read the module: ${e.message}`); }
const stubs = new Map(options.stubs.map((stub) => [JSON.stringify([stub.module, stub.name]), { ...stub, answer: stub.results.map(toValue) }]));
const imports = Object.create(null);
for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
  if (kind !== 'function') finish(UNSUPPORTED, `imports ${from}.${name}, which is not a function`);
  const full = `${from}.${name}`;
  const entry = from === 'wasi_snapshot_preview1' && Object.hasOwn(table, name) ? table[name] : null;
  const stub = entry ? null : stubs.get(JSON.stringify([from, name]));
  (imports[from] ??= Object.create(null))[name] = (...values) => {
    if (entry) return hostCall(full, entry, name, values);
    if (stub) return stubCall(full, stub, values);
    enter(full);
    return stop(UNSUPPORTED, `calls ${full}, which the host does not have and no --stub answers`);
  };
}
let exports;
function call(name, label = name, args_ = [], results = '') {
  const f = exports[name];
  if (f.length !== args_.length) finish(UNSUPPORTED, `${label} takes other parameters`);
  const value = f(...args_.map(toValue));
  const values = value === undefined ? [] : Array.isArray(value) ? value : [value];
  send('E', Buffer.concat([u32(0), text(`return of ${label}`), text(''), text(shown(results, values))]));
}
try {
  exports = new WebAssembly.Instance(module, imports).exports;
  memory = Object.values(exports).find((e) => e instanceof WebAssembly.Memory) ?? null;
  if (!memory) finish(UNSUPPORTED, 'exports no memory');
  plant();
  if (options.start_imported) finish(UNSUPPORTED, 'start function is an imported function');
  if (options.start !== null) call(options.start, 'start function');
  const entry = ['_start', '_initialize'].find((name) => typeof exports[name] === 'function');
  if (!entry && options.start === null && options.invoke.length === 0)
    finish(UNSUPPORTED, 'exports neither _start nor _initialize, and no export to invoke was named');
  if (entry) call(entry);
  for (const { name, label, arguments: given, results } of options.invoke) {
    if (typeof exports[name] !== 'function') finish(UNSUPPORTED, `has no exported function ${name}`);
    call(name, label, given, results);
  }
  finish(RETURNED, '');
} catch (e) {
  if (e instanceof Stop) finish();
  finish(TRAPPED, e instanceof Error ? e.message : String(e));
}
