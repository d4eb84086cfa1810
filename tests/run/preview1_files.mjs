// The part of the preview1 host that works on the tree of files: names, folders, file times and sizes. See preview1.mjs,
// whose class extends this one and has the descriptors.
import * as memfs from './memfs.mjs';

const { errno, DIRECTORY, REGULAR, SYMLINK } = memfs;
export const CHARACTER_DEVICE = 2;
const O_CREAT = 1, O_DIRECTORY = 2, O_EXCL = 4, O_TRUNC = 8;

export class FileCalls {
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
  // itself: what the host says where the name is a folder that has no name here (".").
  change(fd, namePointer, nameSize, action, itself = errno.INVAL) {
    const name = this.string(namePointer, nameSize);
    const note = `fd ${fd} ${JSON.stringify(name)}`;
    const found = this.lookup(fd, name, false);
    if (found.error) return { error: found.error, note };
    if (!this.writable) return { error: errno.ROFS, note };
    if (found.leaf === '.') return { error: itself, note };
    return { error: action(found.parents[found.parents.length - 1].entries, found.leaf, found), note };
  }
  call_path_create_directory(fd, namePointer, nameSize) {
    return this.change(fd, namePointer, nameSize, (entries, leaf, { node }) => {
      if (node !== undefined) return errno.EXIST;
      entries.set(leaf, memfs.newDirectory());
      return errno.SUCCESS;
    }, errno.EXIST);
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
}

export function sizeOf(node) {
  return node?.type === REGULAR ? BigInt(node.data.length) : node?.type === SYMLINK ? BigInt(node.target.length) : 0n;
}

// Files grow by doubling, so that many small writes stay linear.
export function resize(node, size) {
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
