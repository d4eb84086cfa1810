// An in-memory file tree for the preview1 host: what a module sees of a folder is a private copy, the same on
// every machine and in every run.
//
// Invariant: nothing here depends on the real file system after load, on directory order, on inode numbers or on
// times. Entries are listed by byte order of their names, inodes count from 1 in that order.
import fs from 'node:fs';
import path from 'node:path';

export const DIRECTORY = 3;
export const REGULAR = 4;
export const SYMLINK = 7;

// errno values of WASI preview1 (witx/typenames.witx, $errno).
export const errno = {
  SUCCESS: 0, ACCES: 2, AGAIN: 6, BADF: 8, EXIST: 20, FAULT: 21, FBIG: 22, INVAL: 28, IO: 29, ISDIR: 31,
  LOOP: 32, NAMETOOLONG: 37, NOENT: 44, NOSPC: 51, NOSYS: 52, NOTDIR: 54, NOTEMPTY: 55, NOTSUP: 58,
  PERM: 63, PIPE: 64, ROFS: 69, SPIPE: 70, NOTSOCK: 57, NOTCAPABLE: 76,
};

let nextInode = 1n;
const FIXED_TIME = 1_000_000_000_000_000_000n; // 2001-09-09T01:46:40Z, in nanoseconds

function newNode(type, extra) {
  return { type, inode: nextInode++, atim: FIXED_TIME, mtim: FIXED_TIME, ctim: FIXED_TIME, nlink: 1n, ...extra };
}

export function newDirectory() {
  return newNode(DIRECTORY, { entries: new Map() });
}

export function newFile(data = new Uint8Array(0)) {
  return newNode(REGULAR, { data });
}

export function newSymlink(target) {
  return newNode(SYMLINK, { target });
}

// {"a.txt": "text" | Uint8Array | {link: "target"}, "dir": {...}} -> a directory node.
export function treeFromObject(object) {
  const directory = newDirectory();
  for (const name of Object.keys(object).sort()) {
    const value = object[name];
    if (typeof value === 'string') directory.entries.set(name, newFile(Buffer.from(value)));
    else if (value instanceof Uint8Array) directory.entries.set(name, newFile(Uint8Array.from(value)));
    else if (typeof value.link === 'string') directory.entries.set(name, newSymlink(value.link));
    else directory.entries.set(name, treeFromObject(value));
  }
  return directory;
}

// A copy of a real folder.
export function treeFromFolder(folder) {
  const directory = newDirectory();
  for (const name of fs.readdirSync(folder).sort()) {
    const full = path.join(folder, name);
    const stat = fs.lstatSync(full);
    if (stat.isSymbolicLink()) directory.entries.set(name, newSymlink(fs.readlinkSync(full)));
    else if (stat.isDirectory()) directory.entries.set(name, treeFromFolder(full));
    else if (stat.isFile()) directory.entries.set(name, newFile(new Uint8Array(fs.readFileSync(full))));
  }
  return directory;
}

// Inode numbers restart at 1 for each run, so that two runs in one process see the same.
export function resetInodes() {
  nextInode = 1n;
}

const MAX_SYMLINKS = 32;

// Resolves `name` below `root`, starting at `base` (a list of nodes from root to the start directory).
// -> {error} or {parents, node, leaf}: `node` is undefined when only the last component is missing.
export function resolve(base, name, followLast) {
  if (name.length === 0) return { error: errno.NOENT };
  if (name.includes('\0')) return { error: errno.INVAL };
  if (name.startsWith('/')) return { error: errno.PERM };
  let stack = [...base];
  let parts = name.split('/');
  const trailingSlash = name.endsWith('/');
  parts = parts.filter((part) => part !== '' && part !== '.');
  let links = 0;
  if (parts.length === 0) return { parents: stack, node: stack[stack.length - 1], leaf: '.', trailingSlash };
  while (parts.length > 0) {
    const part = parts.shift();
    const here = stack[stack.length - 1];
    if (here.type !== DIRECTORY) return { error: errno.NOTDIR };
    if (part === '..') {
      if (stack.length === 1) return { error: errno.PERM }; // would leave the preopened folder
      stack.pop();
      if (parts.length === 0) return { parents: stack, node: stack[stack.length - 1], leaf: '.', trailingSlash };
      continue;
    }
    const node = here.entries.get(part);
    const last = parts.length === 0;
    if (node === undefined) {
      if (!last) return { error: errno.NOENT };
      return { parents: stack, node: undefined, leaf: part, trailingSlash };
    }
    if (node.type === SYMLINK && (!last || followLast || trailingSlash)) {
      if (++links > MAX_SYMLINKS) return { error: errno.LOOP };
      if (node.target.startsWith('/')) return { error: errno.PERM };
      parts = [...node.target.split('/').filter((piece) => piece !== '' && piece !== '.'), ...parts];
      if (parts.length === 0) return { parents: stack, node: here, leaf: '.', trailingSlash };
      continue;
    }
    if (last) {
      if (trailingSlash && node.type !== DIRECTORY) return { error: errno.NOTDIR };
      return { parents: stack, node, leaf: part, trailingSlash };
    }
    stack = [...stack, node];
  }
  return { error: errno.NOENT };
}
