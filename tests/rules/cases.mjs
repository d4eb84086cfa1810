// The cases of this folder as modules: a program with holes, and what a case fills them with. See README.md.
//
//   node tests/rules/cases.mjs CASE.wat FOLDER      writes the module into FOLDER and prints its path
//
// Invariant: a hole that the program does not have, or a line that is not understood, is an error, so that a case never
// tests less than it says.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

// -> [{kind: 'text' | 'hole', name, lines}] of a program or a case
function pieces(text) {
  const found = [];
  let hole = null;
  for (const line of text.split('\n')) {
    const begins = line.match(/^\s*;; hole (\S+)$/);
    if (begins && hole) throw new Error(`hole ${begins[1]} begins inside hole ${hole.name}`);
    if (begins) found.push((hole = { kind: 'hole', name: begins[1], lines: [] }));
    else if (/^\s*;; end$/.test(line)) {
      if (!hole) throw new Error('an end without a hole');
      hole = null;
    } else if (hole) hole.lines.push(line);
    else {
      if (found.at(-1)?.kind !== 'text') found.push({ kind: 'text', lines: [] });
      found.at(-1).lines.push(line);
    }
  }
  if (hole) throw new Error(`hole ${hole.name} has no end`);
  return found;
}

/** A case's file: {program: its path, holes: Map of name to text, customs: names of custom sections, verifies: whether `verify` follows it}. */
export function readCase(file) {
  const result = { holes: new Map(), customs: [], verifies: true };
  for (const piece of pieces(fs.readFileSync(file, 'utf8'))) {
    if (piece.kind === 'hole') {
      result.holes.set(piece.name, piece.lines.join('\n'));
      continue;
    }
    for (const line of piece.lines) {
      const [, word, name] = line.match(/^;; (in|custom) (\S+)$/) ?? [];
      if (word === 'in') result.program = path.join(path.dirname(file), name);
      else if (word === 'custom') result.customs.push(name);
      else if (line === ';; not verified') result.verifies = false;
      else if (line.trim() !== '' && !line.startsWith(';;')) throw new Error(`${file}: "${line}" stands in no hole`);
    }
  }
  if (!result.program) throw new Error(`${file} does not say which program it is`);
  return result;
}

/** The program's text with its holes filled. */
export function filled({ program, holes }) {
  const left = new Set(holes.keys());
  const text = pieces(fs.readFileSync(program, 'utf8')).flatMap((piece) => {
    if (!left.delete(piece.name)) return piece.lines;
    return [holes.get(piece.name)];
  }).join('\n');
  if (left.size > 0) throw new Error(`${program} has no hole ${[...left]}`);
  return text;
}

/** Words, numbers, strings and parentheses, without comments and space. */
export const tokens = (text) => text.match(/;;[^\n]*|"(?:[^"\\]|\\.)*"|[()]|[^\s()"]+/g).filter((token) => !token.startsWith(';;'));

/** How many tokens of each text are not in common at its front and back. */
export function difference(one, other) {
  let front = 0, back = 0;
  const shorter = Math.min(one.length, other.length);
  while (front < shorter && one[front] === other[front]) front++;
  while (back < shorter - front && one.at(-1 - back) === other.at(-1 - back)) back++;
  return [one.length - front - back, other.length - front - back];
}

/** Assembles a case into FOLDER. -> the module's path */
export function assemble(file, folder) {
  const contents = readCase(file);
  const [source, target] = ['wat', 'wasm'].map((end) => path.join(folder, `${path.basename(file, '.wat')}.${end}`));
  fs.writeFileSync(source, filled(contents));
  execFileSync('wat2wasm', ['--enable-all', source, '-o', target], { stdio: ['ignore', 'inherit', 'inherit'] });
  for (const name of contents.customs) {
    const text = Buffer.from(name);
    fs.appendFileSync(target, Buffer.from([0, text.length + 1, text.length, ...text]));
  }
  return target;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.length !== 4) {
    console.error('usage: node tests/rules/cases.mjs CASE.wat FOLDER');
    process.exitCode = 2;
  } else {
    console.log(assemble(process.argv[2], process.argv[3]));
  }
}
