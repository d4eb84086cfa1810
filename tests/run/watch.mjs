// Watches the memory that a running component's main module and adapter share. Installed in the process that runs a
// transpiled component, before its core modules are instantiated: every call that goes in or out of one of the two is
// taken as an end of what ran until then, and what that changed in memory is compared with what it may change.
//
// Invariant: while the main module's code runs, no byte of the region changes; while the adapter's runs (and the host's,
// called by it), no byte outside the region changes but those of the buffers which the preview1 call was given, and the
// memory does not grow. The region begins filled with a pattern, so that writing zeroes is seen as well. The region is compared
// every time; all else for the first calls of each function, then for a share of them (SAMPLE).

// The buffers of each preview1 function (wasi_snapshot_preview1.witx), as (arguments, reader of u32, {args, env}) ->
// [address, bytes, address, bytes, ...]. Functions that are not here are given none.
const text = (strings) => strings.reduce((sum, string) => sum + Buffer.byteLength(string) + 1, 0);
const variables = ({ env }) => Object.entries(env).map(([name, value]) => `${name}=${value}`);
const vectors = (at, count, u32) => Array.from({ length: count >>> 0 }, (_, i) => [u32((at >>> 0) + 8 * i), u32((at >>> 0) + 8 * i + 4)]).flat();
const BUFFERS = {
  args_get: ([pointers, bytes], _, { args }) => [pointers, 4 * args.length, bytes, text(args)],
  args_sizes_get: ([count, size]) => [count, 4, size, 4],
  environ_get: ([pointers, bytes], _, given) => [pointers, 4 * variables(given).length, bytes, text(variables(given))],
  environ_sizes_get: ([count, size]) => [count, 4, size, 4],
  clock_res_get: ([, result]) => [result, 8],
  clock_time_get: ([, , result]) => [result, 8],
  fd_fdstat_get: ([, result]) => [result, 24],
  fd_filestat_get: ([, result]) => [result, 64],
  fd_prestat_get: ([, result]) => [result, 8],
  fd_prestat_dir_name: ([, name, size]) => [name, size],
  fd_read: ([, at, count, result], u32) => [...vectors(at, count, u32), result, 4],
  fd_pread: ([, at, count, , result], u32) => [...vectors(at, count, u32), result, 4],
  fd_write: ([, , , result]) => [result, 4],
  fd_pwrite: ([, , , , result]) => [result, 4],
  fd_readdir: ([, buffer, size, , result]) => [buffer, size, result, 4],
  fd_seek: ([, , , result]) => [result, 8],
  fd_tell: ([, result]) => [result, 8],
  path_filestat_get: ([, , , , result]) => [result, 64],
  path_open: ([, , , , , , , , result]) => [result, 4],
  path_readlink: ([, , , buffer, size, result]) => [buffer, size, result, 4],
  poll_oneoff: ([, events, count, result]) => [events, 32 * count, result, 4],
  random_get: ([buffer, size]) => [buffer, size],
  sock_accept: ([, , result]) => [result, 4],
  sock_recv: ([, at, count, , size, flags], u32) => [...vectors(at, count, u32), size, 4, flags, 4],
};

const PREVIEW1 = 'wasi_snapshot_preview1';
const KEPT = 5; // violations of a kind that are reported one by one
const MIB = 1 << 20;
const ALWAYS = 100; // so many calls of each function are compared in full; then one in SAMPLE for each MiB of memory,
const SAMPLE = 4; // while the region is compared every time

class Watch {
  // region {base, size}, args, env: what the component is given.
  constructor({ region, args, env }) {
    Object.assign(this, { region, given: { args, env }, memory: undefined, frames: [], calls: {}, violations: [] });
    this.counts = { calls: 0, region: 0, outside: 0, skipped: 0, violations: 0, adapterChanged: 0 };
    this.lowest = region.base + region.size; // of what the adapter changed in the region's last page
  }

  bytes() {
    return Buffer.from(this.memory.buffer);
  }
  inRegion(buffer) {
    return buffer.subarray(this.region.base, this.region.base + this.region.size);
  }

  begin(memory) {
    this.memory = memory;
    const region = this.inRegion(this.bytes());
    for (let i = 0; i < region.length; i++) region[i] = 0xa5 ^ (i & 0xff) ^ (i >> 8);
    this.before = Buffer.from(this.bytes());
    this.full = true;
  }

  violation(owner, what, from, to, now) {
    this.counts.violations++;
    if (this.violations.filter((known) => known.owner === owner && known.what === what).length >= KEPT) return;
    let first = from;
    while (first < to && this.before[first] === now[first]) first++;
    let bytes = 0;
    for (let i = first; i < to; i++) bytes += this.before[i] !== now[i];
    this.violations.push({ owner, what, call: this.counts.calls, during: this.frames.map(({ name }) => name), address: first, bytes });
  }

  // Judges what the running code, if any, did since the last call of this, and begins anew.
  settle() {
    if (this.memory === undefined) return;
    const top = this.frames[this.frames.length - 1];
    const now = this.bytes();
    if (top?.owner === 'main') {
      this.counts.region++;
      const { base, size } = this.region;
      if (!this.inRegion(now).equals(this.inRegion(this.before))) this.violation('main', 'wrote the region', base, base + size, now);
    } else if (top?.owner === 'adapter') {
      this.judgeAdapter(top, now);
    }
  }

  judgeAdapter(top, now) {
    if (now.length !== this.before.length) {
      return this.violation('adapter', `let the memory grow from ${this.before.length / 65536} to ${now.length / 65536} pages`, 0, 0, now);
    }
    if (this.full) {
      this.counts.outside++;
      // Between the ranges that may change, sorted, nothing may.
      const allowed = [[this.region.base, this.region.size], ...top.buffers].sort(([a], [b]) => a - b);
      let at = 0;
      for (const [base, size] of [...allowed, [now.length, 0]]) {
        if (base > at && now.compare(this.before, at, base, at, base) !== 0) this.violation('adapter', 'wrote outside the region', at, base, now);
        at = Math.max(at, Math.min(base + size, now.length));
      }
    }
    if (!this.inRegion(now).equals(this.inRegion(this.before))) this.counts.adapterChanged++;
    // How deep the stack got: bytes below what was reached before that are no longer the pattern.
    const stack = this.region.base + Math.max(0, this.region.size - 65536);
    if (now.compare(this.before, stack, this.lowest, stack, this.lowest) === 0) return;
    let at = stack;
    while (now[at] === this.before[at]) at++;
    this.lowest = at;
  }

  // What comes next is judged by what is there now.
  remember(owner, name) {
    if (this.memory === undefined) return;
    const now = this.bytes();
    const due = this.calls[name] <= ALWAYS || this.calls[name] % (SAMPLE * Math.ceil(now.length / MIB)) === 0;
    if (owner === 'adapter' && !due) {
      this.full = false;
      this.counts.skipped++;
      this.inRegion(now).copy(this.before, this.region.base);
      if (this.before.length !== now.length) this.before = Buffer.from(now);
    } else if (owner === 'adapter') {
      this.full = true;
      if (this.before.length === now.length) now.copy(this.before);
      else this.before = Buffer.from(now);
    } else {
      this.inRegion(now).copy(this.before, this.region.base);
    }
  }

  enter(owner, name, args) {
    this.counts.calls++;
    this.calls[name] = (this.calls[name] ?? 0) + 1;
    this.settle();
    let buffers = [];
    if (owner === 'adapter' && this.memory !== undefined) {
      const u32 = (at) => new DataView(this.memory.buffer).getUint32(at, true);
      const flat = (BUFFERS[name]?.(args, u32, this.given) ?? []).map((value) => value >>> 0);
      buffers = Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);
    }
    this.frames.push({ owner, name, buffers });
    this.remember(owner, name);
  }

  leave() {
    this.settle();
    this.frames.pop();
    const top = this.frames[this.frames.length - 1];
    if (top !== undefined) this.remember(top.owner, top.name);
  }

  wrap(owner, name, call) {
    return (...args) => {
      this.enter(owner, name, args);
      try {
        return call(...args);
      } finally {
        this.leave();
      }
    };
  }

  // A call from the adapter to the host, or back: the adapter's frame goes on, what it did so far is judged.
  between(call) {
    return (...args) => {
      this.settle();
      return call(...args);
    };
  }

  exportsOf(owner, exports) {
    return Object.fromEntries(Object.entries(exports).map(([name, value]) => [name, typeof value === 'function' ? this.wrap(owner, name, value) : value]));
  }

  report() {
    const { counts, calls, violations, region, lowest } = this;
    return { ...counts, functions: calls, list: violations, stackUsed: region.base + region.size - lowest };
  }
}

// The form in which the adapter is apart (region.apart): no memory is shared, so what the program imports is watched instead.
function watchApart(watching) {
  const { instantiate } = WebAssembly;
  let found = false;
  WebAssembly.instantiate = async (module, imports = {}) => {
    const hosts = [PREVIEW1, 'wasi_unstable'].filter((name) => imports[name] !== undefined);
    const isModule = module instanceof WebAssembly.Module;
    const standsIn = isModule && WebAssembly.Module.exports(module).some(({ name }) => name === 'heapbump.load8');
    if (!isModule || found || standsIn || hosts.length === 0) return instantiate(module, imports);
    found = true;
    const wrapped = (items) => Object.fromEntries(Object.entries(items).map(([name, item]) => [name, typeof item !== 'function' ? item
      : watching.wrap('adapter', name.replace(/ \[v\d+\]$/, ''), item)]));
    const { exports } = await instantiate(module, { ...imports, ...Object.fromEntries(hosts.map((name) => [name, wrapped(imports[name])])) });
    watching.begin(exports.memory);
    return { exports: watching.exportsOf('main', exports) };
  };
  return watching;
}

// Puts itself in the place of WebAssembly.instantiate. -> Watch
export function watch(options) {
  const watching = new Watch(options);
  if (options.region.apart) return watchApart(watching);
  const { instantiate } = WebAssembly;
  let main;
  WebAssembly.instantiate = async (module, imports = {}) => {
    if (!(module instanceof WebAssembly.Module)) return instantiate(module, imports);
    const shared = main !== undefined && Object.values(imports.env ?? {}).includes(main.exports.memory);
    if (shared) {
      // A core module that is given main's memory. What it may call of main's is wrapped already.
      const given = Object.fromEntries(Object.entries(imports).map(([from, items]) => [from, from === '__main_module__' ? items
        : Object.fromEntries(Object.entries(items).map(([name, value]) => [name, typeof value === 'function' ? watching.between(value) : value]))]));
      watching.enter('adapter', 'its start function', []);
      const { exports } = await instantiate(module, given);
      watching.leave();
      return { exports: watching.exportsOf('adapter', exports) };
    }
    const instance = await instantiate(module, imports);
    if (imports[PREVIEW1] === undefined) return instance;
    main = instance;
    watching.begin(instance.exports.memory);
    return { exports: watching.exportsOf('main', instance.exports) };
  };
  return watching;
}
