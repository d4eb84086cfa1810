// What the project says of its licence and its version is the same everywhere, and what is shipped of others is named.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { ROOT } from './walls.mjs';

const LICENCE = 'Apache-2.0 WITH LLVM-exception';
const read = (file) => fs.readFileSync(path.join(ROOT, file), 'utf8');
const files = (folder, wanted) => fs.readdirSync(path.join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
  const name = path.posix.join(folder, entry.name);
  if (entry.isDirectory()) return /^\.|^(build.*|node_modules|third_party|target)$/.test(entry.name) ? [] : files(name, wanted);
  return wanted.test(name) ? [name] : [];
});

/** The one place of the version: project() of CMakeLists.txt. */
export const version = /^project\(heapbump VERSION (\d+\.\d+\.\d+) /m.exec(read('CMakeLists.txt'))[1];

test('public headers and build files begin with the licence', () => {
  const first = (file) => read(file).split('\n', 1)[0];
  const found = [...files('include', /\.(h|def)$/), ...files('.', /(CMakeLists\.txt|\.cmake)$/)];
  assert.ok(found.length > 40, `${found.length} files`);
  const without = found.filter((file) => !/^(#|\/\/|\/\*) SPDX-License-Identifier: Apache-2\.0 WITH LLVM-exception/.test(first(file)));
  assert.deepEqual(without, []);
});

test('LICENSE is the text, README and --version name it', () => {
  const text = read('LICENSE');
  assert.match(text, /Apache License\s+Version 2\.0, January 2004/);
  assert.match(text, /LLVM Exceptions to the Apache 2\.0 License/);
  assert.ok(read('README.md').includes(LICENCE));
  const named = [...read('README.md').matchAll(/\bheapbump-(?:\w+-)?(\d+\.\d+\.\d+)/g)].map((match) => match[1]);
  assert.ok(named.length > 4);
  assert.deepEqual(named.filter((one) => one !== version), []);
  assert.ok(read('tests/cases/explain.case').includes(`| heapbump ${version}\n| Licence: ${LICENCE}\n`));
});

test('NOTICE names each file that is shipped of others', () => {
  const notice = read('NOTICE');
  for (const file of files('adapters/released', /\/wasi_.*\.wasm$/)) assert.ok(notice.includes(path.basename(file)), file);
  if (fs.existsSync(path.join(ROOT, 'third_party'))) {
    const folders = fs.readdirSync(path.join(ROOT, 'third_party'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    for (const { name: folder } of folders) {
      assert.ok(notice.includes(`third_party/${folder}\n`), `third_party/${folder}`);
      assert.ok(fs.existsSync(path.join(ROOT, 'third_party', folder, 'LICENSE')), `third_party/${folder} has no licence`);
    }
  }
});

test('the bindings have the version too', () => {
  const rust = read('bindings/rust/Cargo.toml');
  assert.ok(rust.includes(`\nversion = "${version}"\n`));
  assert.ok(read('bindings/rust/heapbump/Cargo.toml').includes(`heapbump-sys = { path = "../heapbump-sys", version = "${version}" }`));
  assert.equal(JSON.parse(read('bindings/javascript/package.json')).version, version);
});

test('the newest release of CHANGELOG.md is the version', () => {
  assert.equal(/^## (\d+\.\d+\.\d+) \(\d{4}-\d\d-\d\d\)$/m.exec(read('CHANGELOG.md'))[1], version);
});
