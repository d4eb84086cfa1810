// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Makes the npm package of the files here, a built heapbump.wasm and the licences of what is in it.
//
//   node pack.mjs HEAPBUMP_WASM FOLDER    writes FOLDER/heapbump-VERSION.tgz and prints its name
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const ROOT = path.resolve(HERE, '../..');
const [wasm, folder] = process.argv.slice(2);

const staged = fs.mkdtempSync(path.join(os.tmpdir(), 'heapbump-npm-'));
try {
  for (const name of ['index.js', 'index.d.ts', 'cli.js', 'package.json', 'README.md']) fs.copyFileSync(path.join(HERE, name), path.join(staged, name));
  for (const name of ['LICENSE', 'NOTICE']) fs.copyFileSync(path.join(ROOT, name), path.join(staged, name));
  fs.mkdirSync(path.join(staged, 'adapters/released'), { recursive: true });
  fs.copyFileSync(path.join(ROOT, 'adapters/released/LICENSE'), path.join(staged, 'adapters/released/LICENSE'));
  for (const name of fs.readdirSync(path.join(ROOT, 'third_party'))) {
    const licence = path.join(ROOT, 'third_party', name, 'LICENSE');
    if (!fs.existsSync(licence)) continue;
    fs.mkdirSync(path.join(staged, 'third_party', name), { recursive: true });
    fs.copyFileSync(licence, path.join(staged, 'third_party', name, 'LICENSE'));
  }
  fs.copyFileSync(wasm, path.join(staged, 'heapbump.wasm'));
  fs.chmodSync(path.join(staged, 'heapbump.wasm'), 0o644);
  fs.chmodSync(path.join(staged, 'cli.js'), 0o755);
  fs.mkdirSync(folder, { recursive: true });
  const name = execFileSync('npm', ['pack', '--silent', '--pack-destination', path.resolve(folder)], { cwd: staged, encoding: 'utf8' }).trim();
  console.log(path.join(folder, name));
} finally {
  fs.rmSync(staged, { recursive: true });
}
