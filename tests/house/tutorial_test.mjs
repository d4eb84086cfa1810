// docs/tutorial.md prints code: what it quotes is in the source, and what it adds compiles against the tree as it is.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { ROOT } from './walls.mjs';

const read = (name) => fs.readFileSync(path.join(ROOT, name), 'utf8');

/** [{first: what the paragraph before names first, text}] of the blocks that are indented by 4, or by 6 below a list. */
function blocks(page) {
  const found = [];
  let first, block;
  const paragraphs = page.split(/\n\n+/);
  for (const paragraph of paragraphs) {
    const indent = paragraph.match(/^ */)[0].length;
    if (indent < 4) {
      first = paragraph.match(/`([^`]+)`/)?.[1];
      block = undefined;
      // A heading or a sentence, and the block on the next line.
      const lines = paragraph.split('\n');
      const start = lines.findIndex((line) => line.startsWith('    '));
      if (start > 0) found.push({ first, text: lines.slice(start).join('\n').replace(/^ {4}/gm, '') });
      continue;
    }
    const text = paragraph.replace(new RegExp(`^ {${block?.indent ?? indent}}`, 'gm'), '');
    if (block) block.text += `\n\n${text}`;
    else found.push((block = { first, indent, text }));
  }
  return found;
}

const all = blocks(read('docs/tutorial.md'));
const ofFile = (name) => {
  const block = all.find(({ first }) => first === name);
  assert.ok(block, `docs/tutorial.md prints no ${name}`);
  return `${block.text}\n`;
};

test('the rule that it quotes is the rule', () => {
  const quoted = all.filter(({ text }) => /test_for_zero/.test(text));
  assert.equal(quoted.length, 1);
  const [func, row] = quoted[0].text.split('\n\n');
  const source = read('detectors/wasm_ld/effect_rules.cc');
  const joined = (text) => text.replace(/\s+/g, ' ').replaceAll('" "', '');
  for (const part of [func, row]) assert.ok(joined(source).includes(joined(part)), `detectors/wasm_ld/effect_rules.cc has another:\n${part}`);
});

test('the detector that it adds compiles, with its unit test', (t) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'heapbump-tutorial-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  const names = ['detectors/acme/detector.h', 'detectors/acme/rules.h', 'detectors/acme/rules.cc', 'detectors/acme/detector.cc', 'tests/unit/acme_test.cc'];
  for (const name of names) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), ofFile(name));
  }
  // One translation unit: reading the headers is what takes the time.
  const source = names.filter((name) => name.endsWith('.cc')).map((name) => `#include "${name}"\n`).join('');
  const folders = [folder, ...['include', 'src', '', 'tests/unit'].map((name) => path.join(ROOT, name))].flatMap((name) => ['-I', name]);
  execFileSync(process.env.CXX, ['-std=c++23', '-fsyntax-only', '-Wall', '-Wextra', '-Werror', ...folders, '-x', 'c++', '-'],
    { input: source, stdio: ['pipe', 'inherit', 'inherit'] });
});
