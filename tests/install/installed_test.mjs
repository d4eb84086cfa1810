// What is installed for users of the library is include/heapbump.h and include/heapbump, and nothing else, with a row for each header in
// tests/house/walls.json.
//
//   installed_test.mjs PREFIX
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { readTable } from '../house/walls.mjs';

const include = path.join(process.argv[2], 'include');
const found = fs.readdirSync(include, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory())
  .map((entry) => path.relative(include, path.join(entry.parentPath ?? entry.path, entry.name))).sort();
const expected = [...Object.keys(readTable().public).map((name) => `heapbump/${name}.h`), 'heapbump/codes.def', 'heapbump.h'].sort();
assert.deepEqual(found, expected);

// The consumer compiles each of them alone.
const consumer = fs.readFileSync(new URL('consumer/CMakeLists.txt', import.meta.url), 'utf8');
const alone = /^set\(headers ([\w ]+)\)$/m.exec(consumer)[1].split(' ').sort();
assert.deepEqual(alone, Object.keys(readTable().public).sort());
