#!/usr/bin/env node
// Writes package-lock.json for package.json: exact versions with integrity hashes, and only what the tests use.
//
// jco and the others list hundreds of megabytes of tools that no test runs (compilers, minifiers, optimizers). Their
// entries, and the dependency lists that call for them, are left out of the lock file; `npm ci` installs what the lock
// file says and nothing else. Run this after a change of package.json; then run install.mjs --bless for the hashes.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const manifest = JSON.parse(fs.readFileSync(path.join(HERE, 'package.json'), 'utf8'));
// Packages whose own dependencies are needed as well. (preview2-shim's only one is native, for fd_advise alone.)
const WITH_DEPENDENCIES = ['ajv'];

const work = fs.mkdtempSync(path.join(os.tmpdir(), 'heapbump-lock-'));
try {
  fs.copyFileSync(path.join(HERE, 'package.json'), path.join(work, 'package.json'));
  execFileSync('npm', ['install', '--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund'],
    { cwd: work, stdio: ['ignore', 'inherit', 'inherit'] });
  const lock = JSON.parse(fs.readFileSync(path.join(work, 'package-lock.json'), 'utf8'));
  const keep = new Set(['']);
  const add = (name, whole) => {
    const key = `node_modules/${name}`;
    if (keep.has(key)) return;
    const entry = lock.packages[key];
    if (entry === undefined) throw new Error(`${name} is not in the lock file`);
    keep.add(key);
    if (whole) {
      for (const dependency of Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })) add(dependency, true);
    } else {
      for (const list of ['dependencies', 'optionalDependencies', 'peerDependencies', 'peerDependenciesMeta']) delete entry[list];
    }
    for (const field of ['resolved', 'funding', 'bin', 'hasInstallScript', 'deprecated', 'engines']) delete entry[field];
    if (entry.integrity === undefined) throw new Error(`${name} has no integrity hash`);
  };
  for (const name of Object.keys(manifest.dependencies)) add(name, WITH_DEPENDENCIES.includes(name));
  for (const key of Object.keys(lock.packages)) if (!keep.has(key)) delete lock.packages[key];
  fs.writeFileSync(path.join(HERE, 'package-lock.json'), JSON.stringify(lock, null, 2) + '\n');
  console.log(`package-lock.json: ${keep.size - 1} packages`);
} finally {
  fs.rmSync(work, { recursive: true, force: true });
}
