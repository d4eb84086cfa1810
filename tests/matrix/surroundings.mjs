// What the programs of the matrix are given: arguments, environment, standard input, a folder. The same for every run.
import fs from 'node:fs';
import path from 'node:path';

const line = (i) => `${'abcdefghijklmnopqrstuvwxyz'.slice(i % 20)} line ${i} ${'.'.repeat((i * 7) % 90)}\n`;
const text = Array.from({ length: 25 }, (_, i) => line(i)).join('');

// -> {folder, args, env, stdin}
export function makeSurroundings(work) {
  const folder = path.join(work, 'data');
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'text.txt'), text);
  return { folder, args: ['program', 'one', 'two words'], env: { MATRIX: 'some value', LONG: 'x'.repeat(3000), EMPTY: '' }, stdin: text.repeat(5) };
}

// What runModule needs for a cell's program.
export function programRun({ program, allocator }, { folder, args, env, stdin }) {
  if (allocator === 'dlmalloc-rs') return { invoke: ['run(300, 7)', 'run(500, 9)'] };
  return { args, env, stdin, preopens: program === 'none' ? {} : { '/data': folder } };
}
