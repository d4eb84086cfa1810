// WASI preview1 (and its predecessor wasi_unstable) for one module instance, the same in every run: a clock that
// moves only when it is read or waited for, seeded random bytes, files in memory, output collected.
//
// Invariant: what the module can observe depends on the options and on its own calls alone. What is recorded of a
// call is its meaning (numbers, file names, the bytes moved), never a guest address, so that two modules whose
// heaps start at different addresses leave the same record.
import crypto from 'node:crypto';
import * as memfs from './memfs.mjs';

const { errno, DIRECTORY, REGULAR, SYMLINK } = memfs;
const CHARACTER_DEVICE = 2;
const ALL_RIGHTS = 0x1fffffffn;
const RIGHT_FD_READ = 1n << 1n;
const RIGHT_FD_WRITE = 1n << 6n;
const O_CREAT = 1, O_DIRECTORY = 2, O_EXCL = 4, O_TRUNC = 8;
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

export class Preview1 {
  // options: args [string], env {name: value}, stdin Uint8Array, preopens [{name, tree}], writable boolean,
  // seed number, clockStep bigint (nanoseconds a clock read takes), maxOutput bytes.
  constructor(options = {}) {
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
    for (const name of Object.getOwnPropertyNames(Preview1.prototype)) {
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

  filestat(node, pointer) {
    const view = this.view(pointer, this.unstable ? 56 : 64);
    view.setBigUint64(0, 1n, true);
    view.setBigUint64(8, node?.inode ?? 0n, true);
    view.setBigUint64(16, 0n, true);
    view.setUint8(16, node?.type ?? CHARACTER_DEVICE);
    let at = 24;
    if (this.unstable) {
      view.setUint32(20, Number(node?.nlink ?? 1n), true);
    } else {
      view.setBigUint64(24, node?.nlink ?? 1n, true);
      at = 32;
    }
    view.setBigUint64(at, sizeOf(node), true);
    view.setBigUint64(at + 8, node?.atim ?? 0n, true);
    view.setBigUint64(at + 16, node?.mtim ?? 0n, true);
    view.setBigUint64(at + 24, node?.ctim ?? 0n, true);
  }
  call_fd_filestat_get(fd, pointer) {
    const { entry, error } = this.descriptor(fd);
    if (error) return { error, note: `fd ${fd}` };
    this.filestat(entry.node, pointer);
    return { error: errno.SUCCESS, note: `fd ${fd} size ${sizeOf(entry.node)}` };
  }
  call_fd_filestat_set_size(fd, size) {
    const { entry, error } = this.descriptor(fd);
    const note = `fd ${fd} size ${size}`;
    if (error) return { error, note };
    if (!this.writable) return { error: errno.ROFS, note };
    if (entry.node?.type !== REGULAR) return { error: errno.INVAL, note };
    const wanted = Number(BigInt.asUintN(64, size));
    if (wanted > this.maxOutput) return { error: errno.FBIG, note };
    resize(entry.node, wanted);
    return { error: errno.SUCCESS, note };
  }
  setTimes(node, atim, mtim, flags) {
    if (!this.writable) return errno.ROFS;
    if ((flags & 3) === 3 || (flags & 12) === 12) return errno.INVAL;
    if (flags & 1) node.atim = BigInt.asUintN(64, atim);
    if (flags & 2) node.atim = this.now(0);
    if (flags & 4) node.mtim = BigInt.asUintN(64, mtim);
    if (flags & 8) node.mtim = this.now(0);
    return errno.SUCCESS;
  }
  call_fd_filestat_set_times(fd, atim, mtim, flags) {
    const { entry, error } = this.descriptor(fd);
    if (error || entry.node === undefined) return { error: error ?? errno.BADF, note: `fd ${fd}` };
    return { error: this.setTimes(entry.node, atim, mtim, flags), note: `fd ${fd} ${atim} ${mtim} ${flags}` };
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

  call_fd_readdir(fd, buffer, size, cookie, pointer) {
    const note = `fd ${fd} cookie ${cookie} size ${size >>> 0}`;
    const { entry, error } = this.descriptor(fd);
    if (error) return { error, note };
    if (entry.node?.type !== DIRECTORY) return { error: errno.NOTDIR, note };
    const names = [['.', entry.node], ['..', entry.path[entry.path.length - 2] ?? entry.node]];
    names.push(...[...entry.node.entries].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
    const pieces = [];
    for (let i = Number(BigInt.asUintN(64, cookie)); i < names.length; i++) {
      const name = Buffer.from(names[i][0]);
      const record = Buffer.alloc(24 + name.length);
      record.writeBigUInt64LE(BigInt(i + 1), 0);
      record.writeBigUInt64LE(names[i][1].inode, 8);
      record.writeUInt32LE(name.length, 16);
      record.writeUInt8(names[i][1].type, 20);
      name.copy(record, 24);
      pieces.push(record);
    }
    const all = Buffer.concat(pieces).subarray(0, size >>> 0);
    this.view(pointer, 4);
    this.bytes(buffer, all.length).set(all);
    this.setU32(pointer, all.length);
    return { error: errno.SUCCESS, note: `${note} used ${all.length}` };
  }

  lookup(fd, name, followLast) {
    const { entry, error } = this.descriptor(fd);
    if (error) return { error };
    if (entry.node?.type !== DIRECTORY) return { error: errno.NOTDIR };
    return memfs.resolve(entry.path, name, followLast);
  }
  call_path_open(fd, lookupFlags, namePointer, nameSize, oflags, rights, inheriting, flags, pointer) {
    const name = this.string(namePointer, nameSize);
    const note = `fd ${fd} ${JSON.stringify(name)} oflags ${oflags} flags ${flags}`;
    const found = this.lookup(fd, name, (lookupFlags & 1) === 1);
    if (found.error) return { error: found.error, note };
    let { node } = found;
    this.view(pointer, 4);
    if (node === undefined) {
      if (!(oflags & O_CREAT)) return { error: errno.NOENT, note };
      if (!this.writable) return { error: errno.ROFS, note };
      if (found.trailingSlash) return { error: errno.ISDIR, note };
      node = memfs.newFile();
      found.parents[found.parents.length - 1].entries.set(found.leaf, node);
    } else {
      if (oflags & O_EXCL && oflags & O_CREAT) return { error: errno.EXIST, note };
      if (node.type === SYMLINK) return { error: errno.LOOP, note };
      if (oflags & O_DIRECTORY && node.type !== DIRECTORY) return { error: errno.NOTDIR, note };
      if (oflags & O_TRUNC) {
        if (!this.writable) return { error: errno.ROFS, note };
        if (node.type !== REGULAR) return { error: errno.ISDIR, note };
        resize(node, 0);
      }
    }
    const parent = this.fds.get(fd >>> 0);
    let number = 3;
    while (this.fds.has(number)) number++;
    this.fds.set(number, {
      node, path: found.leaf === '.' ? found.parents : [...found.parents, node], offset: 0n, flags,
      rights: BigInt.asUintN(64, rights) & parent.inheriting,
      inheriting: BigInt.asUintN(64, inheriting) & parent.inheriting,
    });
    this.setU32(pointer, number);
    return { error: errno.SUCCESS, note: `${note} is fd ${number}` };
  }
  call_path_filestat_get(fd, lookupFlags, namePointer, nameSize, pointer) {
    const name = this.string(namePointer, nameSize);
    const note = `fd ${fd} ${JSON.stringify(name)}`;
    const { node, error } = this.lookup(fd, name, (lookupFlags & 1) === 1);
    if (error || node === undefined) return { error: error ?? errno.NOENT, note };
    this.filestat(node, pointer);
    return { error: errno.SUCCESS, note: `${note} size ${sizeOf(node)}` };
  }
  call_path_filestat_set_times(fd, lookupFlags, namePointer, nameSize, atim, mtim, flags) {
    const name = this.string(namePointer, nameSize);
    const note = `fd ${fd} ${JSON.stringify(name)} ${atim} ${mtim} ${flags}`;
    const { node, error } = this.lookup(fd, name, (lookupFlags & 1) === 1);
    if (error || node === undefined) return { error: error ?? errno.NOENT, note };
    return { error: this.setTimes(node, atim, mtim, flags), note };
  }
  call_path_readlink(fd, namePointer, nameSize, buffer, size, pointer) {
    const name = this.string(namePointer, nameSize);
    const note = `fd ${fd} ${JSON.stringify(name)}`;
    const { node, error } = this.lookup(fd, name, false);
    if (error || node === undefined) return { error: error ?? errno.NOENT, note };
    if (node.type !== SYMLINK) return { error: errno.INVAL, note };
    const target = Buffer.from(node.target).subarray(0, size >>> 0);
    this.view(pointer, 4);
    this.bytes(buffer, target.length).set(target);
    this.setU32(pointer, target.length);
    return { error: errno.SUCCESS, note: `${note} ${node.target}` };
  }

  // The calls that change the tree. Each looks its names up, then checks the folder is writable.
  change(fd, namePointer, nameSize, action) {
    const name = this.string(namePointer, nameSize);
    const note = `fd ${fd} ${JSON.stringify(name)}`;
    const found = this.lookup(fd, name, false);
    if (found.error) return { error: found.error, note };
    if (!this.writable) return { error: errno.ROFS, note };
    if (found.leaf === '.') return { error: errno.INVAL, note };
    return { error: action(found.parents[found.parents.length - 1].entries, found.leaf, found), note };
  }
  call_path_create_directory(fd, namePointer, nameSize) {
    return this.change(fd, namePointer, nameSize, (entries, leaf, { node }) => {
      if (node !== undefined) return errno.EXIST;
      entries.set(leaf, memfs.newDirectory());
      return errno.SUCCESS;
    });
  }
  call_path_remove_directory(fd, namePointer, nameSize) {
    return this.change(fd, namePointer, nameSize, (entries, leaf, { node }) => {
      if (node === undefined) return errno.NOENT;
      if (node.type !== DIRECTORY) return errno.NOTDIR;
      if (node.entries.size > 0) return errno.NOTEMPTY;
      entries.delete(leaf);
      return errno.SUCCESS;
    });
  }
  call_path_unlink_file(fd, namePointer, nameSize) {
    return this.change(fd, namePointer, nameSize, (entries, leaf, { node }) => {
      if (node === undefined) return errno.NOENT;
      if (node.type === DIRECTORY) return errno.ISDIR;
      entries.delete(leaf);
      node.nlink -= 1n;
      return errno.SUCCESS;
    });
  }
  call_path_symlink(targetPointer, targetSize, fd, namePointer, nameSize) {
    const target = this.string(targetPointer, targetSize);
    return this.change(fd, namePointer, nameSize, (entries, leaf, { node }) => {
      if (node !== undefined) return errno.EXIST;
      if (target.startsWith('/')) return errno.PERM;
      entries.set(leaf, memfs.newSymlink(target));
      return errno.SUCCESS;
    });
  }
  call_path_link(fromFd, lookupFlags, fromPointer, fromSize, fd, namePointer, nameSize) {
    const source = this.lookup(fromFd, this.string(fromPointer, fromSize), (lookupFlags & 1) === 1);
    return this.change(fd, namePointer, nameSize, (entries, leaf, { node }) => {
      if (source.error || source.node === undefined) return source.error ?? errno.NOENT;
      if (node !== undefined) return errno.EXIST;
      if (source.node.type === DIRECTORY) return errno.PERM;
      entries.set(leaf, source.node);
      source.node.nlink += 1n;
      return errno.SUCCESS;
    });
  }
  call_path_rename(fromFd, fromPointer, fromSize, fd, namePointer, nameSize) {
    const source = this.lookup(fromFd, this.string(fromPointer, fromSize), false);
    return this.change(fd, namePointer, nameSize, (entries, leaf, { node, parents }) => {
      if (source.error || source.node === undefined) return source.error ?? errno.NOENT;
      if (source.leaf === '.') return errno.INVAL;
      if (source.node.type === DIRECTORY && parents.includes(source.node)) return errno.INVAL;
      if (node !== undefined && node !== source.node) {
        if (node.type === DIRECTORY) {
          if (source.node.type !== DIRECTORY) return errno.ISDIR;
          if (node.entries.size > 0) return errno.NOTEMPTY;
        } else if (source.node.type === DIRECTORY) return errno.NOTDIR;
      }
      source.parents[source.parents.length - 1].entries.delete(source.leaf);
      entries.set(leaf, source.node);
      return errno.SUCCESS;
    });
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

function sizeOf(node) {
  return node?.type === REGULAR ? BigInt(node.data.length) : node?.type === SYMLINK ? BigInt(node.target.length) : 0n;
}

// Files grow by doubling, so that many small writes stay linear.
function resize(node, size) {
  const old = node.data;
  if (old.byteOffset === 0 && size <= old.buffer.byteLength) {
    node.data = new Uint8Array(old.buffer, 0, size);
    node.data.fill(0, Math.min(old.length, size));
    return;
  }
  const data = new Uint8Array(new ArrayBuffer(Math.max(size, 2 * old.length)), 0, size);
  data.set(old.subarray(0, size));
  node.data = data;
}
