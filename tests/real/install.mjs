#!/usr/bin/env node
// Installs the npm packages of package-lock.json into a folder and checks every WebAssembly file in them against
// SHA256SUMS. Does nothing when that has been done already for the same lock file.
//
//   node install.mjs FOLDER           FOLDER/node_modules is what the tests use
//   node install.mjs FOLDER --bless   writes SHA256SUMS anew
//
// Invariant: ends with 0 only when every listed file is there with the listed hash.
import { spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const SUMS = path.join(HERE, 'SHA256SUMS');
// What the tests read of these packages; the rest of their files is removed to save space.
const ONLY_ADAPTERS = /^jco-\d/;
const isAdapters = (entry) => entry === 'lib' || /^wasi_.*\.wasm$/.test(entry); // the oldest have them beside package.json

const sha256 = (data) => crypto.createHash('sha256').update(data).digest('hex');

function wasmFiles(folder, prefix = '') {
  return fs.readdirSync(path.join(folder, prefix), { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(prefix, entry.name);
    if (entry.isDirectory()) return wasmFiles(folder, name);
    return entry.isFile() && name.endsWith('.wasm') ? [name] : [];
  });
}

function install(folder) {
  console.log('installing the real modules and tools from npm, as package-lock.json pins them');
  fs.mkdirSync(folder, { recursive: true });
  for (const name of ['package.json', 'package-lock.json']) fs.copyFileSync(path.join(HERE, name), path.join(folder, name));
  const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'],
    { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  if (npm.status !== 0) {
    console.error(npm.stdout + npm.stderr);
    console.error('FAILED: the npm packages that these tests need could not be installed (is the npm registry reachable?).\n' +
      'To leave out the tests that need them: scripts/test --offline');
    return false;
  }
  const modules = path.join(folder, 'node_modules');
  for (const name of fs.readdirSync(modules).filter((entry) => ONLY_ADAPTERS.test(entry))) {
    for (const entry of fs.readdirSync(path.join(modules, name))) {
      if (!isAdapters(entry) && entry !== 'package.json') fs.rmSync(path.join(modules, name, entry), { recursive: true });
    }
  }
  return true;
}

function check(folder) {
  const modules = path.join(folder, 'node_modules');
  let wrong = 0;
  const lines = fs.readFileSync(SUMS, 'utf8').trim().split('\n');
  for (const line of lines) {
    const [expected, name] = line.split('  ');
    const file = path.join(modules, name);
    const found = fs.existsSync(file) ? sha256(fs.readFileSync(file)) : 'missing';
    if (found === expected) continue;
    wrong++;
    console.error(`${name}: expected sha256 ${expected}, found ${found}`);
  }
  console.log(`${lines.length - wrong} of ${lines.length} WebAssembly files are as listed in SHA256SUMS`);
  return wrong === 0;
}

function main([folder, option]) {
  if (folder === undefined) {
    console.error('usage: install.mjs FOLDER [--bless]');
    return 2;
  }
  const stamp = path.join(folder, 'installed');
  const wanted = sha256(fs.readFileSync(path.join(HERE, 'package-lock.json'))) +
    (fs.existsSync(SUMS) ? sha256(fs.readFileSync(SUMS)) : '');
  if (option === undefined && fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === wanted) {
    console.log('already installed');
    return 0;
  }
  if (!install(folder)) return 1;
  if (option === '--bless') {
    const modules = path.join(folder, 'node_modules');
    fs.writeFileSync(SUMS, wasmFiles(modules).sort().map((name) => `${sha256(fs.readFileSync(path.join(modules, name)))}  ${name}\n`).join(''));
  }
  if (!check(folder)) return 1;
  fs.writeFileSync(stamp, wanted);
  return 0;
}

process.exitCode = main(process.argv.slice(2));
