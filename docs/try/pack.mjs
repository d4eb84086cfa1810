// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Makes the page: one file with the library of bindings/javascript and a built heapbump.wasm in it, so that it opens without a server.
//
//   node pack.mjs HEAPBUMP_WASM OUT.html
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const [wasm, out] = process.argv.slice(2);
const read = (name) => fs.readFileSync(path.join(HERE, name), 'utf8');
const parts = {
  CORE: fs.readFileSync(wasm).toString('base64'),
  LIBRARY: read('../../bindings/javascript/index.js').replace(/^export /gm, ''),
  PAGE: read('page.js'),
};
fs.writeFileSync(out, read('page.html').replace(/@(CORE|LIBRARY|PAGE)@/g, (_, name) => parts[name]));
