// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Makes the Go module as it is released: the files here, a built heapbump.wasm and the licences of what is in it.
//
//   node pack.mjs HEAPBUMP_WASM FOLDER    makes FOLDER/heapbump-go-VERSION and prints its name
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const ROOT = path.resolve(HERE, '../..');
const [wasm, folder] = process.argv.slice(2);
const version = /^project\(heapbump VERSION (\d+\.\d+\.\d+) /m.exec(fs.readFileSync(path.join(ROOT, 'CMakeLists.txt'), 'utf8'))[1];

const target = path.join(folder, `heapbump-go-${version}`);
fs.rmSync(target, { recursive: true, force: true });
fs.cpSync(HERE, target, { recursive: true, filter: (file) => !/pack\.mjs$|heapbump\.wasm$/.test(file) });
fs.copyFileSync(wasm, path.join(target, 'heapbump.wasm'));
fs.chmodSync(path.join(target, 'heapbump.wasm'), 0o644);
const licences = fs.readdirSync(path.join(ROOT, 'third_party')).map((name) => `third_party/${name}/LICENSE`).filter((name) => fs.existsSync(path.join(ROOT, name)));
for (const name of ['LICENSE', 'NOTICE', 'adapters/released/LICENSE', ...licences]) {
  fs.mkdirSync(path.dirname(path.join(target, name)), { recursive: true });
  fs.copyFileSync(path.join(ROOT, name), path.join(target, name));
}
console.log(target);
