// The second part of node_host.mjs: the functions of preview1.
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
/** The path that a program names below a directory, as join gives it; the name is noted for the event. */
function named(fd, at, size) {
  const d = directory(fd);
  if (d.error) return d;
  event.bytes = Buffer.from(slice(at, size));
  return join(d.f.path, event.bytes.toString());
}

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
    const to = named(fd, at, size);
    if (to.error) return to.error;
    const found = resolve(to.path);
    return found.error ?? storeStat(p, statOf(found.host, to.path));
  }],
  path_filestat_set_times: ['iipiIIi', (fd, flags, at, size) => pathChange(fd, at, size)],
  path_link: ['iipiipi', (fd, flags, at, size, fd2, at2, size2) => pathChangeTwo(fd, at, size, at2, size2)],
  path_open: ['iipiiIIip', (fd, lookup, at, size, how, rights, inherited, flags, result) => {
    const to = named(fd, at, size);
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
