// The bridge of a component made apart, for each of the 46 functions: under a host that logs what it is given and writes what
// a seed says, a program whose calls go over the bridge has the same results, and the same memory to the last byte, as one
// whose host works on its memory directly. Buffers are at random places, also at the memory's very end; what lies outside
// traps before the host is called. Sizes and layouts here are written from the WITX documents, not from heapbump's table.
import assert from 'node:assert/strict';
import test from 'node:test';
import { temporaryFolder } from '../run/heapbump.mjs';
import { wat } from '../run/wat.mjs';
import { assemble, makeApart } from './parts.mjs';

// v, V: i32, i64. s: string in. oN: N bytes out. b: buffer out, as long as the next o4 says. f: bytes out, all. n: name out.
// w, r: vectors whose bytes are read, written. A: array of pointers and its strings. P: subscriptions, events, count.
// c: whence, S: filestat, which preview0 has otherwise.
const CALLS = {
  args_get: 'A', args_sizes_get: 'o4 o4', clock_res_get: 'v o8', clock_time_get: 'v V o8', environ_get: 'A', environ_sizes_get: 'o4 o4',
  fd_advise: 'v V V v', fd_allocate: 'v V V', fd_close: 'v', fd_datasync: 'v', fd_fdstat_get: 'v o24', fd_fdstat_set_flags: 'v v',
  fd_fdstat_set_rights: 'v V V', fd_filestat_get: 'v S', fd_filestat_set_size: 'v V', fd_filestat_set_times: 'v V V v',
  fd_pread: 'v r V o4', fd_prestat_dir_name: 'v n', fd_prestat_get: 'v o8', fd_pwrite: 'v w V o4', fd_read: 'v r o4', fd_readdir: 'v b V o4',
  fd_renumber: 'v v', fd_seek: 'v V c o8', fd_sync: 'v', fd_tell: 'v o8', fd_write: 'v w o4', path_create_directory: 'v s',
  path_filestat_get: 'v v s S', path_filestat_set_times: 'v v s V V v', path_link: 'v v s v s', path_open: 'v v s v V V v o4',
  path_readlink: 'v s b o4', path_remove_directory: 'v s', path_rename: 'v s v s', path_symlink: 's v s', path_unlink_file: 'v s',
  poll_oneoff: 'P o4', proc_exit: 'v', proc_raise: 'v', random_get: 'f', sched_yield: '', sock_accept: 'v v o4', sock_recv: 'v r v o4 o2',
  sock_send: 'v w v o4', sock_shutdown: 'v v',
};
const OLD_FILESTAT = 56;
const FILESTAT = 64;
const SUBSCRIPTION = { wasi_snapshot_preview1: 48, wasi_unstable: 56 };
const EVENT = 32;
const CORE = { v: ['i32'], V: ['i64'], c: ['i32'], S: ['i32'], s: ['i32', 'i32'], b: ['i32', 'i32'], f: ['i32', 'i32'], n: ['i32', 'i32'], w: ['i32', 'i32'], r: ['i32', 'i32'], A: ['i32', 'i32'], P: ['i32', 'i32', 'i32'] };
const kinds = (name) => CALLS[name].split(' ').filter((kind) => kind !== '');
const core = (kind) => CORE[kind] ?? ['i32'];
const PAGE = 65536;
const STRINGS = ['program', 'a', '', 'some longer argument with blanks', 'x'.repeat(70000)];

// A small generator of numbers, the same for the same seed.
function numbers(seed) {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return (below) => {
    state ^= state << 13; state ^= state >>> 17; state ^= state << 5; state >>>= 0;
    return state % below;
  };
}

// A program that exports what it imports, and its memory.
function programOf(module, names, pages) {
  const imports = names.map((name) => {
    const parameters = kinds(name).flatMap(core);
    const result = name === 'proc_exit' ? '' : '(result i32)';
    return `(import "${module}" "${name}" (func $${name} ${parameters.length ? `(param ${parameters.join(' ')})` : ''} ${result}))`;
  });
  return wat(`(module ${imports.join('\n')} (memory (export "memory") ${pages}) (func (export "_start"))
    ${names.map((name) => `(export "${name}" (func $${name}))`).join('\n')})`);
}

// A host whose memory is set by whoever uses it. `old`: it has preview0's layouts. `first`: it looks at the first buffer that
// is not empty alone, as the adapter does; else at all of them, as its caller may expect.
class Host {
  constructor({ module, old = false, first }) {
    Object.assign(this, { old, first, log: [] });
    this.imports = { [module]: Object.fromEntries(Object.keys(CALLS).filter((name) => !(old && name === 'sock_accept')).map((name) => [name, (...args) => this.call(name, args)])) };
  }
  begin(seed) {
    this.random = numbers(seed);
    this.log = [];
    this.sent = Buffer.alloc(0);
    this.room = [0, 3, 1000, 100_000, 1 << 24][this.random(5)]; // of what is written; beyond it the write is short
    this.offset = undefined;
    this.error = this.random(6) === 0 ? 8 : 0;
  }
  bytes() { return Buffer.from(this.memory.buffer); }
  u32(at) { return this.bytes().readUInt32LE(at >>> 0); }
  read(at, size) { return Buffer.from(this.bytes().subarray(at >>> 0, (at >>> 0) + size)); }
  write(at, bytes) {
    assert.ok((at >>> 0) + bytes.length <= this.memory.buffer.byteLength, 'the host would write outside the memory');
    Buffer.from(bytes).copy(this.bytes(), at >>> 0);
  }
  some(size) {
    const bytes = Buffer.alloc(size);
    for (let i = 0; i < size; i++) bytes[i] = this.random(256);
    return bytes;
  }
  vectors(at, count) {
    return Array.from({ length: count >>> 0 }, (_, i) => [this.u32((at >>> 0) + 8 * i), this.u32((at >>> 0) + 8 * i + 4)]);
  }

  call(name, args) {
    const list = [];
    for (const kind of kinds(name)) list.push({ kind, args: args.splice(0, core(kind).length) });
    this.list = list;
    const has = (kind) => list.find((one) => one.kind === kind);
    const values = list.filter(({ kind }) => 'vVc'.includes(kind)).map(({ kind, args: [value] }) => (kind === 'c' ? this.whence(value) : value));
    if (has('w')) return this.gather(list, has('w').args, values, name);
    if (has('A') || (name.endsWith('sizes_get'))) return this.strings(list);
    this.log.push(name, ...values, ...list.filter(({ kind }) => kind === 's').map(({ args: [at, size] }) => this.read(at, size).toString('hex')));
    if (this.error !== 0 && name !== 'proc_exit' && !has('f')) return this.error;
    if (has('r')) return this.scatter(list, has('r').args);
    if (has('P')) return this.poll(list, has('P').args);
    for (const [i, { kind, args: [at, size] }] of list.entries()) {
      if (kind === 'b') {
        this.used = this.random((size >>> 0) + 1);
        this.write(at, this.some(this.used));
      } else if (kind === 'f') {
        this.write(at, Buffer.alloc(size >>> 0, 0x5a)); // the same however it is cut into parts
      } else if (kind === 'n') {
        this.write(at, this.some(Math.min(size >>> 0, 5)));
      } else if (kind === 'S') {
        this.filestat(at);
      } else if (kind.startsWith('o')) {
        this.result(at, Number(kind.slice(1)), i > 0 && list.slice(0, i).some((one) => one.kind === 'b') ? this.used : undefined);
      }
    }
    return name === 'proc_exit' ? undefined : 0;
  }
  // A result with padding is not written as a whole.
  result(at, size, value) {
    const bytes = this.some(size);
    if (value !== undefined) bytes.writeUInt32LE(value);
    if (size === 24) {
      this.write(at, bytes.subarray(0, 1));
      this.write((at >>> 0) + 2, bytes.subarray(2, 4));
      this.write((at >>> 0) + 8, bytes.subarray(8));
    } else {
      this.write(at, bytes);
    }
  }
  whence(value) { return this.old && value < 3 ? [1, 2, 0][value] : value; }
  filestat(at) {
    const bytes = this.some(FILESTAT);
    bytes.writeUInt32LE(0, 28); // a link count of 32 bits
    at >>>= 0;
    this.write(at, bytes.subarray(0, 17));
    if (this.old) {
      this.write(at + 20, bytes.subarray(24, 28));
      this.write(at + 24, bytes.subarray(32));
    } else {
      this.write(at + 24, bytes.subarray(24));
    }
  }
  gather(list, [at, count], values, name) {
    const vectors = this.vectors(at, count);
    const taken = [];
    const total = () => taken.reduce((sum, bytes) => sum + bytes.length, 0);
    if (this.error !== 0 && this.sent.length === 0) return this.error;
    for (const [address, size] of vectors) {
      const part = this.read(address, Math.min(size, Math.max(0, this.room - this.sent.length - total())));
      taken.push(part);
      if (part.length < size || (this.first && size > 0)) break;
    }
    // An offset in the file is told once: what follows goes behind it.
    if (name === 'fd_pwrite') {
      const offset = BigInt(values[values.length - 1]);
      if (this.offset === undefined) this.offset = offset;
      else assert.equal(offset, this.offset + BigInt(this.sent.length), 'a later part goes to another place in the file');
      values = [...values.slice(0, -1), this.offset];
    }
    this.sent = Buffer.concat([this.sent, ...taken]);
    this.log = [name, ...values, this.sent.toString('hex')];
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(total());
    this.write(list[list.length - 1].args[0], bytes);
    return 0;
  }
  scatter(list, [at, count]) {
    const [address, size] = this.vectors(at, count).find(([, length]) => length > 0) ?? [0, 0];
    const taken = Math.min(size, [size, this.random(size + 1)][this.random(2)]);
    if (taken > 0) this.write(address, this.some(taken));
    const outs = list.filter(({ kind }) => kind.startsWith('o'));
    this.result(outs[0].args[0], 4, taken);
    if (outs.length > 1) this.write(outs[1].args[0], this.some(2));
    return 0;
  }
  strings(list) {
    if (list.length === 2) {
      this.result(list[0].args[0], 4, STRINGS.length);
      this.result(list[1].args[0], 4, STRINGS.reduce((sum, text) => sum + text.length + 1, 0));
      return 0;
    }
    let [pointers, at] = list[0].args.map((value) => value >>> 0);
    for (const text of STRINGS) {
      const pointer = Buffer.alloc(4);
      const apart = this.hollow && text === '';
      pointer.writeUInt32LE(apart ? 1 : at);
      this.write(pointers, pointer);
      if (apart) {
        this.write(1, Buffer.alloc(1));
        pointers += 4;
        continue;
      }
      this.write(at, Buffer.from(`${text}\0`));
      pointers += 4;
      at += text.length + 1;
    }
    return 0;
  }
  poll(list, [at, events, count]) {
    const size = this.old ? 56 : 48;
    for (let i = 0; i < count >>> 0; i++) {
      const one = this.read((at >>> 0) + i * size, size);
      const clock = one[8] === 0;
      // userdata, tag, then the clock's id, timeout, precision and flags, or the descriptor
      const fields = clock ? (this.old ? one.subarray(24) : one.subarray(16)) : one.subarray(16, 20);
      this.log.push(one.subarray(0, 9).toString('hex'), clock ? Buffer.concat([fields.subarray(0, 4), fields.subarray(8, 26)]).toString('hex') : fields.toString('hex'));
    }
    const told = this.random((count >>> 0) + 1);
    for (let i = 0; i < told; i++) {
      const bytes = this.some(EVENT);
      const to = (events >>> 0) + i * EVENT;
      for (const [from, end] of [[0, 11], [16, 26]]) this.write(to + from, bytes.subarray(from, end));
    }
    this.result(list[1].args[0], 4, told);
    return 0;
  }
}

const LENGTHS = [0, 1, 7, 8, 9, 100, 4096, 65535, 65536, 70001, 200_000];
const PAGES = 20;

// Arguments of one call, with every buffer in a place of its own; now and then the last one ends where the memory ends.
function argumentsOf(name, module, random, memory) {
  const bytes = Buffer.from(memory.buffer);
  let at = 1 + random(64);
  const place = (size) => {
    const here = at;
    at += size + random(20);
    assert.ok(at < bytes.length);
    return here;
  };
  const length = () => LENGTHS[random(LENGTHS.length)];
  const out = [];
  for (const kind of kinds(name)) {
    if (kind === 'v') out.push(random(2 ** 31));
    else if (kind === 'V') out.push(BigInt(random(2 ** 31)));
    else if (kind === 'c') out.push(random(5));
    else if (kind === 'S') out.push(place(module === 'wasi_unstable' ? OLD_FILESTAT : FILESTAT));
    else if ('sbfn'.includes(kind)) {
      const size = length();
      out.push(place(size), size);
    } else if ('wr'.includes(kind)) {
      const count = random(5);
      const vectors = place(8 * count);
      for (let i = 0; i < count; i++) {
        const size = random(3) === 0 ? 0 : length();
        bytes.writeUInt32LE(place(size), vectors + 8 * i);
        bytes.writeUInt32LE(size, vectors + 8 * i + 4);
      }
      out.push(vectors, count);
    } else if (kind === 'A') {
      out.push(place(4 * STRINGS.length), place(STRINGS.reduce((sum, text) => sum + text.length + 1, 0)));
    } else if (kind === 'P') {
      const count = random(6);
      const subscriptions = place(SUBSCRIPTION[module] * count);
      for (let i = 0; i < count; i++) bytes[subscriptions + i * SUBSCRIPTION[module] + 8] = random(3);
      out.push(subscriptions, place(EVENT * count), count);
    } else {
      out.push(place(Number(kind.slice(1))));
    }
  }
  return { args: out, end: at };
}

function pair(t, module) {
  const old = module === 'wasi_unstable';
  const names = Object.keys(CALLS).filter((name) => !(old && name === 'sock_accept'));
  const bytes = programOf(module, names, PAGES);
  const direct = new Host({ module, old, first: false });
  const straight = new WebAssembly.Instance(new WebAssembly.Module(bytes), direct.imports).exports;
  direct.memory = straight.memory;
  const bridged = new Host({ module: 'wasi_snapshot_preview1', first: true });
  const { program } = assemble(makeApart(bytes, temporaryFolder(t)), bridged, [module]);
  return { names, direct, straight, bridged, program };
}

for (const module of ['wasi_snapshot_preview1', 'wasi_unstable']) {
  test(`${module}: every call has the results, and leaves the memory, that it has without a bridge`, (t) => {
    const { names, direct, straight, bridged, program } = pair(t, module);
    for (const name of names) {
      for (let round = 0; round < 20; round++) {
        const seed = round * 64 + names.indexOf(name);
        const random = numbers(seed);
        const before = Buffer.alloc(PAGES * PAGE);
        for (let i = 0; i < before.length; i += 4) before.writeUInt32LE(Math.imul(i + seed, 2654435761) >>> 0, i);
        before.copy(Buffer.from(straight.memory.buffer));
        const { args } = argumentsOf(name, module, random, straight.memory);
        Buffer.from(straight.memory.buffer).copy(Buffer.from(program.memory.buffer));
        const what = `${name}(${args.join(', ')}), round ${round}`;
        direct.begin(seed);
        bridged.begin(seed);
        // The parts of a random_get are not to be distinguished; nor is the call that asks for sizes.
        const expected = straight[name](...args);
        const found = program[name](...args);
        assert.equal(found, expected, what);
        if (name !== 'random_get') assert.deepEqual(bridged.log, direct.log, what);
        assert.ok(Buffer.from(program.memory.buffer).equals(Buffer.from(straight.memory.buffer)), `${what}: the memory is another`);
      }
    }
  });

  test(`${module}: a buffer that is not all inside the memory traps, and the host is not called`, (t) => {
    const { names, bridged, program } = pair(t, module);
    const end = PAGES * PAGE;
    const sizeOf = (kind) => ({ S: module === 'wasi_unstable' ? OLD_FILESTAT : FILESTAT })[kind] ?? Number(kind.slice(1));
    let tried = 0;
    for (const name of names) {
      const list = kinds(name);
      list.forEach((kind, at) => {
        if ('vVc'.includes(kind)) return;
        for (const [address, length] of [[end - 10, 11], [end, 1], [0xffffffff, 1], [0xfffffff0, 0x20], [16, 0xffffffff]]) {
          const args = list.flatMap((other, i) => {
            if (i !== at) return { v: [1], V: [1n], c: [0], s: [64, 3], b: [64, 3], f: [64, 3], n: [64, 3], w: [64, 0], r: [64, 0], A: [64, 128], P: [64, 64, 1] }[other] ?? [256];
            if ('sbfn'.includes(kind)) return [address, length];
            if (kind === 'A') return [end - 4, 64];
            if (kind === 'P') return [address, 64, length];
            if (kind === 'w' || kind === 'r') {
              Buffer.from(program.memory.buffer).writeUInt32LE(address, 64);
              Buffer.from(program.memory.buffer).writeUInt32LE(length, 68);
              return [64, 1];
            }
            return [end - sizeOf(kind) + 1];
          });
          bridged.begin(1);
          bridged.error = 0;
          assert.throws(() => program[name](...args), WebAssembly.RuntimeError, `${name}(${args.join(', ')})`);
          assert.deepEqual(bridged.log, [], `${name}: the host was called`);
          tried++;
        }
      });
    }
    assert.ok(tried > 200, `only ${tried} were tried`);
  });

  test(`${module}: buffers that end where the memory ends are served`, (t) => {
    const { names, bridged, program } = pair(t, module);
    const end = PAGES * PAGE;
    for (const name of names.filter((one) => kinds(one).some((kind) => 'sbfn'.includes(kind) || kind.startsWith('o')))) {
      for (const length of [1, 5, 8, 13, 100]) {
        const args = kinds(name).flatMap((kind) => {
          if ('sbfn'.includes(kind)) return [end - length, length];
          if (kind.startsWith('o')) return [end - Number(kind.slice(1))];
          return { v: [1], V: [1n], c: [0], w: [64, 0], r: [64, 0], A: [64, 128], P: [64, 64, 1], S: [512] }[kind];
        });
        bridged.begin(2);
        bridged.error = 0;
        assert.doesNotThrow(() => program[name](...args), `${name}(${args.join(', ')})`);
      }
    }
  });
}

test('a host that fails after a part was written is heard at the next call', (t) => {
  const { bridged, program } = pair(t, 'wasi_snapshot_preview1');
  const memory = Buffer.from(program.memory.buffer);
  memory.writeUInt32LE(4096, 64);
  memory.writeUInt32LE(150_000, 68);
  bridged.begin(3);
  bridged.error = 0;
  bridged.room = 1 << 24;
  const { call } = bridged;
  let calls = 0;
  bridged.call = (...all) => (++calls === 2 ? 29 : call.apply(bridged, all));
  assert.equal(program.fd_write(1, 64, 1, 32), 0);
  assert.equal(memory.readUInt32LE(32), 65536);
  assert.equal(calls, 2);
});

// The adapter's poll_oneoff sets the count of events to 0 before it looks at anything, so after an error it is 0.
for (const module of ['wasi_snapshot_preview1', 'wasi_unstable']) {
  test(`${module}: a poll that fails leaves the count as the adapter leaves it, and the events alone`, (t) => {
    const { bridged, program } = pair(t, module);
    const memory = Buffer.from(program.memory.buffer);
    const [subscriptions, events, told] = [64, 512, 1024];
    for (const [count, written, left] of [[0, 0, 0], [2, 0, 0], [2, undefined, 77]]) {
      memory.fill(0x55, events, told);
      memory.writeUInt32LE(77, told);
      bridged.begin(5);
      bridged.call = (name, args) => {
        assert.equal(name, 'poll_oneoff');
        if (written !== undefined) bridged.bytes().writeUInt32LE(written, args[3] >>> 0);
        bridged.bytes().fill(0, args[1] >>> 0, (args[1] >>> 0) + EVENT * count); // the adapter keeps handles there
        return 28;
      };
      assert.equal(program.poll_oneoff(subscriptions, events, count, told), 28);
      assert.equal(memory.readUInt32LE(told), left);
      assert.ok(memory.subarray(events, told).every((byte) => byte === 0x55), 'the events were written');
    }
  });
}

// The adapter looks at no descriptor if it is given no buffer at all, so a closed one would pass for an open one.
for (const module of ['wasi_snapshot_preview1', 'wasi_unstable']) {
  test(`${module}: without any byte to read or write the host is called once, with one empty buffer`, (t) => {
    const { names, bridged, program } = pair(t, module);
    const memory = Buffer.from(program.memory.buffer);
    const withVectors = names.filter((name) => /[wr]/.test(kinds(name).join('')));
    assert.equal(withVectors.length, 6);
    for (const name of withVectors) {
      for (const count of [0, 1, 3]) {
        memory.fill(0, 64, 64 + 8 * 3);
        bridged.begin(4);
        bridged.error = 0;
        const lengths = [];
        const { call } = bridged;
        bridged.call = (called, args) => {
          const at = kinds(called).findIndex((kind) => 'wr'.includes(kind));
          lengths.push(bridged.vectors(args[at], args[at + 1]).map(([, length]) => length));
          return call.call(bridged, called, args);
        };
        const args = kinds(name).flatMap((kind, i) => ({ v: [1], V: [1n], w: [64, count], r: [64, count] }[kind] ?? [128 + 8 * i]));
        memory.fill(0x55, 128, 192);
        assert.equal(program[name](...args), 0, name);
        bridged.call = call;
        assert.deepEqual(lengths, [[0]], `${name} with ${count} buffers`);
        assert.equal(memory.readUInt32LE(128 + 8 * kinds(name).indexOf('o4')), 0, name);
      }
    }
  });
}

// jco asks for no memory where a string is empty and hands out the address 1; the adapter writes the string's end there.
for (const module of ['wasi_snapshot_preview1', 'wasi_unstable']) {
  test(`${module}: an empty argument is inside the program's buffer, wherever the adapter has it`, (t) => {
    const { bridged, program } = pair(t, module);
    bridged.begin(1);
    bridged.error = 0;
    bridged.hollow = true;
    const memory = Buffer.from(program.memory.buffer);
    memory.fill(0x77);
    const [pointers, at] = [5000, 9001];
    const size = STRINGS.reduce((sum, text) => sum + text.length + 1, 0);
    assert.equal(program.args_get(pointers, at), 0);
    const strings = STRINGS.map((_, i) => memory.readUInt32LE(pointers + 4 * i)).map((one) => {
      assert.ok(one >= at && one < at + size, `a pointer to ${one}`);
      return memory.subarray(one, memory.indexOf(0, one)).toString();
    });
    assert.deepEqual(strings, STRINGS);
    for (const [from, end] of [[0, pointers], [pointers + 4 * STRINGS.length, at], [at + size, memory.length]]) {
      assert.ok(memory.subarray(from, end).every((byte) => byte === 0x77), `something else was written between ${from} and ${end}`);
    }
  });
}
