// WASI preview1 (and its predecessor wasi_unstable) for one module instance, the same in every run: a clock that
// moves only when it is read or waited for, seeded random bytes, files in memory, output collected.
//
// Invariant: what the module can observe depends on the options and on its own calls alone. What is recorded of a
// call is its meaning (numbers, file names, the bytes moved), never a guest address, so that two modules whose
// heaps start at different addresses leave the same record.
import crypto from 'node:crypto';
import * as memfs from './memfs.mjs';
import { CHARACTER_DEVICE, FileCalls, resize, sizeOf } from './preview1_files.mjs';

const { errno, DIRECTORY, REGULAR } = memfs;
const ALL_RIGHTS = 0x1fffffffn;
const RIGHT_FD_READ = 1n << 1n;
const RIGHT_FD_WRITE = 1n << 6n;
const FDFLAG_APPEND = 1;
const REALTIME_START = 1_600_000_000_000_000_000n;
const MONOTONIC_START = 1_000_000_000n;

// Thrown through the module by proc_exit.
export class Exit {
  constructor(code) {
    this.code = code;
  }
}

// Thrown through the module when a limit of the run is reached.
export class LimitReached {
  constructor(what) {
    this.what = what;
  }
}

class Random {
  constructor(seed) {
    this.state = (Math.imul(seed | 0, 0x85ebca6b) ^ 0xc2b2ae35) >>> 0;
  }
  fill(bytes) {
    for (let i = 0; i < bytes.length; i++) {
      this.state = (this.state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      bytes[i] = (mixed ^ (mixed >>> 14)) & 0xff;
    }
  }
}

// Short data in full, long data by its hash.
export function show(bytes) {
  if (bytes.length <= 48) return JSON.stringify(Buffer.from(bytes).toString('latin1'));
  return `${bytes.length} bytes sha256:${crypto.createHash('sha256').update(bytes).digest('hex').slice(0, 16)}`;
}

class Fault extends Error {} // a guest address outside the memory: errno FAULT

export class Preview1 extends FileCalls {
  // options: args [string], env {name: value}, stdin Uint8Array, preopens [{name, tree}], writable boolean,
  // seed number, clockStep bigint (nanoseconds a clock read takes), maxOutput bytes.
  constructor(options = {}) {
    super();
    this.args = (options.args ?? ['module.wasm']).map((arg) => Buffer.from(`${arg}\0`));
    this.env = Object.entries(options.env ?? {}).map(([name, value]) => Buffer.from(`${name}=${value}\0`));
    this.stdin = options.stdin ?? new Uint8Array(0);
    this.stdinAt = 0;
    this.writable = options.writable ?? false;
    this.random = new Random(options.seed ?? 1);
    this.elapsed = 0n;
    this.clockStep = options.clockStep ?? 100_000n;
    this.maxOutput = options.maxOutput ?? 256 * 1024 * 1024;
    this.outputSize = 0;
    this.output = { 1: [], 2: [] };
    this.fds = new Map([[0, { stdio: 0 }], [1, { stdio: 1 }], [2, { stdio: 2 }]]);
    let fd = 3;
    for (const { name, tree } of options.preopens ?? []) {
      this.fds.set(fd++, { node: tree, path: [tree], preopen: Buffer.from(name), offset: 0n, flags: 0 });
    }
    for (const entry of this.fds.values()) Object.assign(entry, { rights: ALL_RIGHTS, inheriting: ALL_RIGHTS });
    this.memory = undefined;
  }

  stdout() {
    return Buffer.concat(this.output[1]);
  }
  stderr() {
    return Buffer.concat(this.output[2]);
  }

  // The import object of one module name. `wrap(name, implementation)` is given each function; the implementation
  // returns {error, note} where `note` is what the record says about the call.
  imports(wrap, unstable = false) {
    const object = {};
    const names = [Preview1, FileCalls].flatMap(({ prototype }) => Object.getOwnPropertyNames(prototype));
    for (const name of names) {
      const match = /^call_(.*)$/.exec(name);
      if (match === null) continue;
      object[match[1]] = wrap(match[1], (...args) => {
        this.unstable = unstable;
        try {
          return this[name](...args);
        } catch (error) {
          if (error instanceof Fault || error instanceof RangeError) return { error: errno.FAULT, note: 'fault' };
          throw error;
        }
      });
    }
    return object;
  }

  // Guest memory. Every range is checked, because a view made past the end would throw something less clear.
  bytes(address, size) {
    address >>>= 0;
    size >>>= 0;
    if (size > this.memory.buffer.byteLength - address) throw new Fault();
    return new Uint8Array(this.memory.buffer, address, size);
  }
  view(address, size) {
    address >>>= 0;
    if (size > this.memory.buffer.byteLength - address) throw new Fault();
    return new DataView(this.memory.buffer, address, size);
  }
  setU32(address, value) {
    this.view(address, 4).setUint32(0, value, true);
  }
  setU64(address, value) {
    this.view(address, 8).setBigUint64(0, value, true);
  }
  string(address, size) {
    return Buffer.from(this.bytes(address, size)).toString('utf8');
  }
  vectors(address, count) {
    const table = this.view(address, (count >>> 0) * 8);
    return Array.from({ length: count >>> 0 }, (_, i) =>
      this.bytes(table.getUint32(i * 8, true), table.getUint32(i * 8 + 4, true)));
  }

  descriptor(fd, right = 0n) {
    const entry = this.fds.get(fd >>> 0);
    if (entry === undefined) return { error: errno.BADF };
    if (right !== 0n && (entry.rights & right) === 0n) return { error: errno.NOTCAPABLE };
    return { entry };
  }

  listing(strings, tablePointer, bufferPointer) {
    for (const string of strings) {
      this.setU32(tablePointer, bufferPointer);
      this.bytes(bufferPointer, string.length).set(string);
      tablePointer += 4;
      bufferPointer += string.length;
    }
    return { error: errno.SUCCESS, note: `${strings.length} strings` };
  }
  sizes(strings, countPointer, sizePointer) {
    const size = strings.reduce((sum, string) => sum + string.length, 0);
    this.setU32(countPointer, strings.length);
    this.setU32(sizePointer, size);
    return { error: errno.SUCCESS, note: `${strings.length}, ${size} bytes` };
  }
  call_args_get(table, buffer) {
    return this.listing(this.args, table, buffer);
  }
  call_args_sizes_get(count, size) {
    return this.sizes(this.args, count, size);
  }
  call_environ_get(table, buffer) {
    return this.listing(this.env, table, buffer);
  }
  call_environ_sizes_get(count, size) {
    return this.sizes(this.env, count, size);
  }

  now(clock) {
    return (clock === 0 ? REALTIME_START : MONOTONIC_START) + this.elapsed;
  }
  call_clock_res_get(clock, pointer) {
    if (clock >>> 0 > 3) return { error: errno.INVAL };
    this.setU64(pointer, 1000n);
    return { error: errno.SUCCESS, note: `clock ${clock}` };
  }
  call_clock_time_get(clock, precision, pointer) {
    if (clock >>> 0 > 3) return { error: errno.INVAL };
    this.elapsed += this.clockStep;
    this.setU64(pointer, this.now(clock));
    return { error: errno.SUCCESS, note: `clock ${clock} at ${this.elapsed}` };
  }
  call_random_get(pointer, size) {
    this.random.fill(this.bytes(pointer, size));
    return { error: errno.SUCCESS, note: `${size >>> 0} bytes` };
  }
  call_sched_yield() {
    return { error: errno.SUCCESS };
  }
  call_proc_exit(code) {
    throw new Exit(code >>> 0);
  }
  call_proc_raise(signal) {
    return { error: errno.NOSYS, note: `signal ${signal}` };
  }

  call_fd_prestat_get(fd, pointer) {
    const { entry, error } = this.descriptor(fd);
    if (error || entry.preopen === undefined) return { error: errno.BADF, note: `fd ${fd}` };
    this.setU32(pointer, 0);
    this.setU32(pointer + 4, entry.preopen.length);
    return { error: errno.SUCCESS, note: `fd ${fd}` };
  }
  call_fd_prestat_dir_name(fd, pointer, size) {
    const { entry, error } = this.descriptor(fd);
    if (error || entry.preopen === undefined) return { error: errno.BADF, note: `fd ${fd}` };
    if (size >>> 0 < entry.preopen.length) return { error: errno.NAMETOOLONG, note: `fd ${fd}` };
    this.bytes(pointer, entry.preopen.length).set(entry.preopen);
    return { error: errno.SUCCESS, note: `fd ${fd} ${entry.preopen}` };
  }

  call_fd_fdstat_get(fd, pointer) {
    const { entry, error } = this.descriptor(fd);
    if (error) return { error, note: `fd ${fd}` };
    const view = this.view(pointer, 24);
    view.setUint8(0, entry.stdio === undefined ? entry.node.type : CHARACTER_DEVICE);
    view.setUint16(2, entry.flags ?? 0, true);
    view.setBigUint64(8, entry.rights, true);
    view.setBigUint64(16, entry.inheriting, true);
    return { error: errno.SUCCESS, note: `fd ${fd}` };
  }
  call_fd_fdstat_set_flags(fd, flags) {
    const { entry, error } = this.descriptor(fd);
    if (error === undefined) entry.flags = flags;
    return { error: error ?? errno.SUCCESS, note: `fd ${fd} flags ${flags}` };
  }
  call_fd_fdstat_set_rights(fd, rights, inheriting) {
    const { entry, error } = this.descriptor(fd);
    if (error) return { error, note: `fd ${fd}` };
    const base = BigInt.asUintN(64, rights);
    const inherit = BigInt.asUintN(64, inheriting);
    if ((base & ~entry.rights) !== 0n || (inherit & ~entry.inheriting) !== 0n) {
      return { error: errno.NOTCAPABLE, note: `fd ${fd}` };
    }
    entry.rights = base;
    entry.inheriting = inherit;
    return { error: errno.SUCCESS, note: `fd ${fd}` };
  }

  call_fd_advise(fd) {
    return { error: this.descriptor(fd).error ?? errno.SUCCESS, note: `fd ${fd}` };
  }
  call_fd_allocate(fd) {
    return { error: this.descriptor(fd).error ?? errno.NOTSUP, note: `fd ${fd}` };
  }
  call_fd_datasync(fd) {
    return { error: this.descriptor(fd).error ?? errno.SUCCESS, note: `fd ${fd}` };
  }
  call_fd_sync(fd) {
    return { error: this.descriptor(fd).error ?? errno.SUCCESS, note: `fd ${fd}` };
  }
  call_fd_close(fd) {
    const { error } = this.descriptor(fd);
    if (error === undefined) this.fds.delete(fd >>> 0);
    return { error: error ?? errno.SUCCESS, note: `fd ${fd}` };
  }
  call_fd_renumber(from, to) {
    const note = `fd ${from} to ${to}`;
    const { entry, error } = this.descriptor(from);
    if (error || this.descriptor(to).error) return { error: errno.BADF, note };
    if (from !== to) {
      this.fds.set(to >>> 0, entry);
      this.fds.delete(from >>> 0);
    }
    return { error: errno.SUCCESS, note };
  }

  seekable(fd) {
    const { entry, error } = this.descriptor(fd);
    if (error) return { error };
    if (entry.stdio !== undefined) return { error: errno.SPIPE };
    return { entry };
  }
  call_fd_seek(fd, offset, whence, pointer) {
    const note = `fd ${fd} ${offset} whence ${whence}`;
    const { entry, error } = this.seekable(fd);
    if (error) return { error, note };
    // wasi_unstable numbered these cur, end, set; preview1 set, cur, end.
    const from = (this.unstable ? ['cur', 'end', 'set'] : ['set', 'cur', 'end'])[whence];
    if (from === undefined) return { error: errno.INVAL, note };
    const start = from === 'set' ? 0n : from === 'cur' ? entry.offset : sizeOf(entry.node);
    if (start + offset < 0n) return { error: errno.INVAL, note };
    this.view(pointer, 8);
    entry.offset = start + offset;
    this.setU64(pointer, entry.offset);
    return { error: errno.SUCCESS, note: `${note} now ${entry.offset}` };
  }
  call_fd_tell(fd, pointer) {
    const { entry, error } = this.seekable(fd);
    if (error) return { error, note: `fd ${fd}` };
    this.setU64(pointer, entry.offset);
    return { error: errno.SUCCESS, note: `fd ${fd} ${entry.offset}` };
  }

  readInto(entry, vectors, offset) {
    const source = entry.stdio === 0 ? this.stdin : entry.node.data;
    let at = entry.stdio === 0 ? this.stdinAt : Math.min(Number(offset), source.length);
    const start = at;
    for (const vector of vectors) {
      const piece = source.subarray(at, at + vector.length);
      vector.set(piece);
      at += piece.length;
    }
    if (entry.stdio === 0) this.stdinAt = at;
    return source.subarray(start, at);
  }
  read(fd, vectorsAt, count, offset, pointer) {
    const { entry, error } = this.descriptor(fd, RIGHT_FD_READ);
    if (error) return { error, note: `fd ${fd}` };
    if (entry.stdio > 0) return { error: errno.BADF, note: `fd ${fd}` };
    if (entry.node?.type === DIRECTORY) return { error: errno.ISDIR, note: `fd ${fd}` };
    if (entry.stdio === 0 && offset !== undefined) return { error: errno.SPIPE, note: `fd ${fd}` };
    const vectors = this.vectors(vectorsAt, count);
    this.view(pointer, 4);
    const data = this.readInto(entry, vectors, offset ?? entry.offset);
    if (offset === undefined && entry.stdio === undefined) entry.offset += BigInt(data.length);
    this.setU32(pointer, data.length);
    return { error: errno.SUCCESS, note: `fd ${fd} [${vectors.map((v) => v.length)}] ${show(data)}` };
  }
  call_fd_read(fd, vectors, count, pointer) {
    return this.read(fd, vectors, count, undefined, pointer);
  }
  call_fd_pread(fd, vectors, count, offset, pointer) {
    return this.read(fd, vectors, count, BigInt.asUintN(64, offset), pointer);
  }

  write(fd, vectorsAt, count, offset, pointer) {
    const { entry, error } = this.descriptor(fd, RIGHT_FD_WRITE);
    if (error) return { error, note: `fd ${fd}` };
    if (entry.stdio === 0 || entry.node?.type === DIRECTORY) return { error: errno.BADF, note: `fd ${fd}` };
    if (entry.stdio !== undefined && offset !== undefined) return { error: errno.SPIPE, note: `fd ${fd}` };
    const data = Buffer.concat(this.vectors(vectorsAt, count));
    this.view(pointer, 4);
    this.outputSize += data.length;
    if (this.outputSize > this.maxOutput) throw new LimitReached('output');
    if (entry.stdio !== undefined) {
      this.output[entry.stdio].push(data);
    } else if (!this.writable) {
      return { error: errno.ROFS, note: `fd ${fd}` };
    } else {
      if (offset === undefined && entry.flags & FDFLAG_APPEND) entry.offset = sizeOf(entry.node);
      const at = Number(offset ?? entry.offset);
      if (at + data.length > this.maxOutput) return { error: errno.FBIG, note: `fd ${fd}` };
      if (at + data.length > entry.node.data.length) resize(entry.node, at + data.length);
      entry.node.data.set(data, at);
      if (offset === undefined) entry.offset += BigInt(data.length);
    }
    this.setU32(pointer, data.length);
    return { error: errno.SUCCESS, note: `fd ${fd} ${count >>> 0} pieces ${show(data)}` };
  }
  call_fd_write(fd, vectors, count, pointer) {
    return this.write(fd, vectors, count, undefined, pointer);
  }
  call_fd_pwrite(fd, vectors, count, offset, pointer) {
    return this.write(fd, vectors, count, BigInt.asUintN(64, offset), pointer);
  }

  // A file or pipe is always ready; a wait on clocks alone moves the time to the first that is due.
  call_poll_oneoff(subscriptions, events, count, pointer) {
    count >>>= 0;
    if (count === 0) return { error: errno.INVAL, note: 'nothing to wait for' };
    const stride = this.unstable ? 56 : 48;
    const ready = [];
    const clocks = [];
    for (let i = 0; i < count; i++) {
      const view = this.view(subscriptions + i * stride, stride);
      const userdata = view.getBigUint64(0, true);
      const type = view.getUint8(8);
      if (type === 0) {
        const at = this.unstable ? 24 : 16;
        const clock = view.getUint32(at, true);
        const timeout = view.getBigUint64(at + 8, true);
        const absolute = (view.getUint16(at + 24, true) & 1) === 1;
        const wait = absolute ? timeout - this.now(clock) : timeout;
        clocks.push({ userdata, type, error: clock > 3 ? errno.INVAL : 0, wait: wait > 0n ? wait : 0n, bytes: 0n });
      } else if (type <= 2) {
        const { entry, error } = this.descriptor(view.getUint32(16, true));
        const left = entry?.stdio === 0 ? this.stdin.length - this.stdinAt
          : entry?.node?.type === REGULAR ? Math.max(0, entry.node.data.length - Number(entry.offset)) : 0;
        ready.push({ userdata, type, error: error ?? 0, bytes: type === 1 ? BigInt(left) : 65536n });
      } else {
        return { error: errno.INVAL, note: `subscription type ${type}` };
      }
    }
    if (ready.length === 0) {
      const first = clocks.reduce((least, { wait }) => (wait < least ? wait : least), clocks[0].wait);
      this.elapsed += first;
      ready.push(...clocks.filter(({ wait }) => wait === first));
    } else {
      ready.push(...clocks.filter(({ wait }) => wait === 0n));
    }
    this.view(pointer, 4);
    ready.forEach((event, i) => {
      const view = this.view(events + i * 32, 32);
      view.setBigUint64(0, event.userdata, true);
      view.setUint16(8, event.error, true);
      view.setUint8(10, event.type);
      view.setBigUint64(16, event.bytes, true);
      view.setUint16(24, 0, true);
    });
    this.setU32(pointer, ready.length);
    const what = ready.map(({ type, error }) => `${['clock', 'read', 'write'][type]}:${error}`);
    return { error: errno.SUCCESS, note: `${count} subscriptions, ready ${what} at ${this.elapsed}` };
  }

  call_sock_accept(fd) {
    return { error: this.descriptor(fd).error ?? errno.NOTSOCK, note: `fd ${fd}` };
  }
  call_sock_recv(fd) {
    return { error: this.descriptor(fd).error ?? errno.NOTSOCK, note: `fd ${fd}` };
  }
  call_sock_send(fd) {
    return { error: this.descriptor(fd).error ?? errno.NOTSOCK, note: `fd ${fd}` };
  }
  call_sock_shutdown(fd) {
    return { error: this.descriptor(fd).error ?? errno.NOTSOCK, note: `fd ${fd}` };
  }
}
