#!/usr/bin/env node
// Installs what package-lock.json pins into FOLDER/node_modules, once: SARIF's schema and a validator for it.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const [folder] = process.argv.slice(2);
const lock = fs.readFileSync(path.join(HERE, 'package-lock.json'), 'utf8');
const copy = path.join(folder, 'package-lock.json');
const done = path.join(folder, 'node_modules/@microsoft/jest-sarif');
if (!fs.existsSync(done) || fs.readFileSync(copy, 'utf8') !== lock) {
  fs.mkdirSync(folder, { recursive: true });
  for (const name of ['package.json', 'package-lock.json']) fs.copyFileSync(path.join(HERE, name), path.join(folder, name));
  const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'], { cwd: folder, encoding: 'utf8' });
  if (npm.status !== 0) {
    console.error(npm.stdout + npm.stderr);
    console.error('FAILED: the npm packages that these tests need could not be installed (is the npm registry reachable?).\nTo leave out the tests that need them: scripts/test --offline');
    process.exit(1);
  }
}
