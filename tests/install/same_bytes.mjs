// What every way to heapbump has to give: the bytes that the program itself writes for the same module. The tests of the
// C interface and of each binding compare with it.
//
//   same_bytes.mjs HEAPBUMP FOLDER [MODULES [NUMBER]]    writes FOLDER/expected.json and the input files that are no fixtures
//
// MODULES is a folder with more modules; of those that differ, the NUMBER (100) whose SHA-256 comes first are taken too.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const FIXTURES = fileURLToPath(new URL('../fixtures', import.meta.url));
export const PARTS = ['module', 'component', 'manifest', 'report'];

/** The fixtures, and a few files that are refused: cut short, empty, text, a header alone. */
function writeInputs(folder) {
  const found = fs.readdirSync(FIXTURES, { recursive: true }).map(String).filter((name) => name.endsWith('.wasm')).sort()
    .map((name) => path.join(FIXTURES, name));
  const go = fs.readFileSync(path.join(FIXTURES, 'go/busy-go1.26.wasm'));
  const others = { 'cut.wasm': go.subarray(0, 5000), 'empty.wasm': '', 'text.wasm': '(module)', 'header.wasm': go.subarray(0, 8) };
  for (const [name, bytes] of Object.entries(others)) fs.writeFileSync(path.join(folder, name), bytes);
  return [...found, ...Object.keys(others).map((name) => path.join(folder, name))];
}

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** The chosen modules of a folder and those in it. */
function moreInputs(folder, number) {
  const files = fs.readdirSync(folder, { recursive: true }).map((name) => path.join(folder, String(name))).filter((file) => file.endsWith('.wasm')).sort();
  const byHash = new Map(files.map((file) => [sha256(fs.readFileSync(file)), file]));
  return [...byHash.keys()].sort().slice(0, number).map((hash) => byHash.get(hash));
}

/** {exitCode, PART: SHA-256}; a part that is not there has none. */
export function summary(exitCode, parts) {
  const hashes = PARTS.filter((part) => parts[part] !== undefined)
    .map((part) => [part, sha256(parts[part])]);
  return { exitCode, ...Object.fromEntries(hashes) };
}

/** {part: bytes} of the files of a folder, named as `name` says. */
export const readParts = (folder, name) => Object.fromEntries(PARTS.map((part) => [part, path.join(folder, name(part))])
  .filter(([, file]) => fs.existsSync(file)).map(([part, file]) => [part, fs.readFileSync(file)]));

function ofProgram(heapbump, verb, file) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'heapbump-same-'));
  const named = (name) => path.join(folder, name);
  const args = {
    detect: ['--json'],
    reserve: ['-o', named('module'), '--manifest', named('manifest'), '--report', named('report')],
    component: ['-o', named('component'), '--encoder', 'builtin', '--keep-module', named('module'), '--manifest', named('manifest'),
      '--report', named('report')],
  }[verb];
  const { status, stdout } = spawnSync(heapbump, [verb, file, ...args], { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (verb === 'detect') {
    // The one member that a report on standard output has beside those of a file.
    const document = JSON.parse(stdout);
    delete document.file;
    fs.writeFileSync(named('report'), `${JSON.stringify(document, null, 2)}\n`);
  }
  const parts = readParts(folder, (part) => part);
  fs.rmSync(folder, { recursive: true });
  return summary(status, parts);
}

export const VERBS = ['detect', 'reserve', 'component'];

/** [{verb, file, exitCode, PART: SHA-256}] */
export const readExpected = (folder) => JSON.parse(fs.readFileSync(path.join(folder, 'expected.json'), 'utf8'));

/** What differs, one line each. `answer(verb, file)` gives a summary. */
export const differing = (expected, answer) => expected.flatMap(({ verb, file, ...program }) => {
  const found = answer(verb, file);
  const keys = ['exitCode', ...PARTS].filter((key) => program[key] !== found?.[key]);
  return keys.length === 0 ? [] : [`${verb} ${path.basename(file)}: ${keys.map((key) => `${key} ${program[key]}, not ${found?.[key]}`).join('; ')}`];
});

if (process.argv[1] !== undefined && fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [heapbump, folder, modules, number = 100] = process.argv.slice(2);
  fs.mkdirSync(folder, { recursive: true });
  const inputs = [...writeInputs(folder), ...(modules ? moreInputs(modules, Number(number)) : [])];
  const expected = inputs.flatMap((file) => VERBS.map((verb) => ({ verb, file, ...ofProgram(heapbump, verb, file) })));
  // It would be no comparison if nothing were made.
  const made = expected.filter(({ exitCode }) => exitCode === 0);
  if (made.filter(({ verb, module }) => verb === 'reserve' && module).length < 10 || made.filter(({ component }) => component).length < 10) {
    throw new Error('the program makes too little of the fixtures');
  }
  fs.writeFileSync(path.join(folder, 'expected.json'), JSON.stringify(expected, null, 1));
}
