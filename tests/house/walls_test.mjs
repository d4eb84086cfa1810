// The walls between the folders hold (walls.json), and what breaks one is seen: each case below takes the tree as it
// is and adds one thing that must be found.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { check, PAGE, readTable, readTree, ROOT, withPicture } from './walls.mjs';

const table = readTable();
const tree = readTree();

test('no include breaks a wall', () => assert.deepEqual(check(table, tree), []));

const changed = (file, line) => ({ ...tree, [file]: `${tree[file] ?? ''}\n${line}\n` });
const CASES = [
  ['a folder that includes one above it', 'src/wasm/edit.cc', '#include "flow/flow.h"', /src\/wasm may not include src\/flow\/flow\.h/],
  ['verify that includes a detector', 'src/verify/verify.cc', '#include "detectors/detect.h"', /src\/verify may not include detectors\/detect\.h/],
  ['verify that includes an analysis', 'src/verify/verify.cc', '  #  include "analysis/motion.h" // indented', /src\/verify may not include src\/analysis\/motion\.h/],
  ['verify that includes the public face of detect', 'src/verify/verify.cc', '#include "heapbump/detect.h"', /src\/verify may not include include\/heapbump\/detect\.h/],
  ['a toolchain that includes another', 'detectors/go/detector.cc', '#include "detectors/tinygo/detector.h"', /detectors\/go may not include/],
  ['a public header that includes an internal one', 'include/heapbump/input.h', '#include "wasm/module.h"', /a public header may not include src\/wasm\/module\.h/],
  ['a public header that includes one above it', 'include/heapbump/verify.h', '#include "heapbump/detect.h"', /a public header may not include/],
  ['a public header that includes a package', 'include/heapbump/report.h', '#include <nlohmann/json.hpp>', /a public header includes nlohmann/],
  ['a second reader of wabt', 'src/wasm/module.cc', '#include <wabt/binary-reader.h>', /only src\/wasm\/wabt_reader\.cc/],
  ['a second user of nlohmann/json', 'src/report/report.cc', '#include <nlohmann/json.hpp>', /only src\/base\/json\.cc/],
  ['CLI11 outside of the command line', 'src/report/report.cc', '#include <CLI/CLI.hpp>', /only src\/cli\//],
  ['a package that no row names', 'src/base/io.cc', '#include <boost/asio.hpp>', /in no row/],
  ['a file in a folder without a row', 'src/extra/new.h', '', /its folder has no row/],
  ['a source that no list names', 'src/wasm/new.cc', '', /src\/wasm\/CMakeLists\.txt does not list it/],
  ['a public file without a row', 'include/heapbump/extra.h', '', /a public file without a row/],
];
for (const [what, file, line, expected] of CASES) {
  test(`is found: ${what}`, () => {
    const faults = check(table, changed(file, line));
    assert.equal(faults.length, 1, faults.join('\n'));
    assert.match(faults[0], expected);
  });
}

test('is found: two files that include each other', () => {
  const faults = check(table, changed('src/wasm/sections.h', '#include "wasm/module.h"'));
  assert.match(faults.join('\n'), /files that include each other: .*src\/wasm\/module\.h -> src\/wasm\/sections\.h/);
});

test('is found: a table with a circle of folders', () => {
  const other = structuredClone(table);
  other.folders['src/base'].folders.push('src/wasm');
  assert.match(check(other, tree).join('\n'), /a circle of folders: src\/base -> src\/wasm -> src\/base/);
});

test('is found: a row whose folder is gone', () => {
  const other = structuredClone(table);
  other.folders['src/gone'] = { for: '', public: [], folders: [] };
  assert.match(check(other, tree).join('\n'), /src\/gone has no files/);
});

test('the picture in the documentation is the table', () => {
  const page = fs.readFileSync(path.join(ROOT, PAGE), 'utf8');
  assert.equal(page, withPicture(table, page), 'run: node tests/house/walls.mjs --picture');
  assert.throws(() => withPicture(table, 'a page without the picture'), /no place/);
  assert.notEqual(page, withPicture({ ...table, folders: { 'src/base': { for: 'x', folders: [] } } }, page));
});
