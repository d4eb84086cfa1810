// The picture of a memory: before and after side by side, each border with its address, nothing cut off at any width,
// and as SVG a document with a title and a description that shows the same areas to scale.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { assertValid } from '../run/schema.mjs';

const { HEAPBUMP, SOURCE } = process.env;
const FIXTURES = path.join(SOURCE, 'tests/fixtures');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'heapbump-map-'));
process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
const at = (name) => path.join(folder, name);

function run(args, env = {}) {
  const { NO_COLOR, LC_ALL, LC_CTYPE, LANG, COLUMNS, ...rest } = process.env;
  const { stdout, stderr, status } = spawnSync(HEAPBUMP, args, { encoding: 'utf8', env: { ...rest, ...env } });
  assert.equal(status, 0, stderr);
  return { stdout, stderr };
}

// Stack below the data, as Rust and wasi-sdk have it since 2022; a heap below 64 KiB would be no picture.
function program(name, pages, more = '') {
  fs.writeFileSync(at(`${name}.wat`), `(module (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") ${pages}) (global (mut i32) (i32.const 65536)) (data (i32.const 65536) "data") ${more} (func (export "_start")))`);
  execFileSync('wat2wasm', [at(`${name}.wat`), '-o', at(`${name}.wasm`)]);
  return at(`${name}.wasm`);
}

const GO = path.join(FIXTURES, 'go/busy-go1.26.wasm');
const RESERVED = at('reserved.wasm');
run(['reserve', GO, '-o', RESERVED]);
run(['component', program('tail', 2), '-o', at('apart.wasm'), '--encoder', 'builtin', '--strategy', 'apart']);
const PICTURES = {
  go: GO, reserved: RESERVED, tinygo: path.join(FIXTURES, 'tinygo/busy-conservative.wasm'), tail: at('tail.wasm'), apart: at('apart.wasm'),
  gap: path.join(FIXTURES, 'go/busy-go1.21.wasm'), unknown: path.join(FIXTURES, 'allocators/as-stub.wasm'), huge: program('huge', 60000), small: program('small', 2),
};

const memories = (file) => {
  const document = JSON.parse(run(['map', file, '--json']).stdout);
  assertValid('map', document);
  return document.memories;
};

test('areas follow each other from 0 to the end of the memory', () => {
  for (const [name, file] of Object.entries(PICTURES)) {
    const pictures = memories(file);
    assert.equal(pictures.length, 2, name);
    for (const { areas, size } of pictures) {
      assert.equal(areas[0].begin, 0);
      areas.forEach((area, i) => assert.equal(area.begin, i === 0 ? 0 : areas[i - 1].end, name));
      assert.equal(areas.at(-1).end, size);
    }
  }
});

test('a module before and after it is reserved has the same two pictures', () => {
  assert.deepEqual(memories(GO), memories(RESERVED));
  const [before, after] = memories(GO);
  assert.deepEqual([before.title, after.title], ['before', 'after']);
  assert.equal(after.size - before.size, 2 * 65536);
  const kinds = after.areas.map(({ kind }) => kind);
  assert.deepEqual(kinds.slice(-3), ['adapter-state', 'adapter-stack', 'heap']);
  for (const area of after.areas.filter(({ kind }) => kind.startsWith('adapter-'))) assert.equal(area.end - area.begin, 65536);
});

test('where no region can be reserved, the adapter has a memory of its own', () => {
  for (const file of [PICTURES.apart, PICTURES.unknown]) {
    assert.deepEqual(memories(file).map(({ title }) => title), ['the program', "the adapter's own memory"]);
  }
});

test('the text names each border once, is no wider than the terminal and begins at address 0', () => {
  for (const [name, file] of Object.entries(PICTURES)) {
    for (const columns of [40, 64, 80, 120, 200]) {
      for (const LC_ALL of ['C', 'C.UTF-8']) {
        const { stdout } = run(['map', file], { COLUMNS: String(columns), LC_ALL });
        const lines = stdout.trimEnd().split('\n');
        for (const line of lines.filter((l) => !/Sizes/.test(l))) assert.ok([...line].length <= columns, `${name} at ${columns}: ${line}`);
        for (const { areas } of memories(file)) {
          for (const { end, label } of areas) assert.ok(stdout.includes(`0x${end.toString(16)} `), `${name}: ${label}`);
        }
        assert.ok(LC_ALL === 'C' ? /^[\x20-\x7e\n]*$/.test(stdout) : stdout.includes('│'), name);
      }
    }
  }
});

test('every area has its label and its size in the text', () => {
  for (const [name, file] of Object.entries(PICTURES)) {
    const { stdout } = run(['map', file], { COLUMNS: '120' });
    for (const { areas } of memories(file)) {
      for (const { label, begin, end } of areas) {
        assert.ok(stdout.includes(label), `${name}: ${label}`);
        if ((end - begin) % 1024 === 0) assert.ok(stdout.includes(` ${(end - begin) / 1024} KiB`), `${name}: ${label}`);
      }
    }
  }
});

test('a label that does not fit is cut at a comma, not in a word', () => {
  for (const file of Object.values(PICTURES)) {
    for (const columns of [64, 72, 80, 90]) {
      const { stdout } = run(['map', file], { COLUMNS: String(columns) });
      for (const line of stdout.split('\n')) assert.doesNotMatch(line, /, *(\d|$)|,.*\bgrows? (?!up|down)|, grow? /, `${file} at ${columns}`);
    }
  }
});

// -> the elements of an SVG document, which is well formed; attributes and text of each
function elements(svg) {
  const open = [];
  const list = [];
  for (const [, close, name, attributes, alone, text] of svg.matchAll(/<(\/?)([a-z]+)((?: [\w-]+="[^"<]*")*) ?(\/?)>([^<]*)/g)) {
    if (close) assert.equal(open.pop(), name);
    else {
      list.push({ name, text, ...Object.fromEntries([...attributes.matchAll(/ ([\w-]+)="([^"]*)"/g)].map(([, key, value]) => [key, value])) });
      if (!alone) open.push(name);
    }
  }
  assert.deepEqual(open, []);
  return list;
}
const svgOf = (file) => run(['map', file, '--svg', '-']).stdout;

test('the SVG has a title, a description, both colour schemes, and nothing outside its frame', () => {
  for (const [name, file] of Object.entries(PICTURES)) {
    const svg = svgOf(file);
    const list = elements(svg);
    const [frame] = list;
    assert.equal(frame['aria-labelledby'], 'title desc');
    assert.equal(list.find(({ id }) => id === 'title').text, `Memory of ${path.basename(file)}`);
    assert.ok(list.find(({ id }) => id === 'desc').text.length > 80);
    assert.match(svg, /prefers-color-scheme: dark/);
    const [, , width, height] = frame.viewBox.split(' ').map(Number);
    for (const { text, x, y, ...more } of list.filter((e) => e.name === 'text')) {
      const long = text.replace(/&\w+;/g, '&').length * Number(more['font-size'] ?? 12) * 0.62;
      const left = more['text-anchor'] === 'end' ? Number(x) - long : Number(x);
      assert.ok(left >= 0 && left + long <= width && Number(y) > 12 && Number(y) < height, `${name}: "${text}" is cut off`);
    }
    for (const { x, y, width: w, height: h } of list.filter((e) => e.class?.startsWith('box'))) {
      assert.ok(+x >= 0 && +y >= 0 && +x + +w <= width && +y + +h <= height && +h >= 16, name);
    }
  }
});

test('a file name of any kind is text in the SVG', () => {
  const file = at('<b>&"\'.wasm');
  fs.copyFileSync(at('small.wasm'), file);
  assert.equal(elements(svgOf(file)).find(({ id }) => id === 'title').text, 'Memory of &lt;b&gt;&amp;&quot;\'.wasm');
  const long = at(`${'n'.repeat(200)}.wasm`);
  fs.copyFileSync(at('small.wasm'), long);
  assert.ok(elements(svgOf(long)).some(({ text }) => /^n+\.\.\.n+\.wasm$/.test(text ?? '')));
});

test('what is not torn is to scale: equal sizes are equally high, and State and stack are a page each', () => {
  const boxes = elements(svgOf(GO)).filter((e) => e.class?.startsWith('box'));
  const heights = Object.fromEntries(['k5', 'k6'].map((kind) => [kind, boxes.find((e) => e.class === `box ${kind}`).height]));
  assert.equal(heights.k5, heights.k6);
  const [before, after] = [boxes.filter((e) => e.class === 'box k2')[0], boxes.filter((e) => e.class === 'box k2')[1]];
  assert.deepEqual([before.y, before.height], [after.y, after.height], 'the data did not move');
});

test('a renderer draws every picture', spawnSync('rsvg-convert', ['--version']).error ? { skip: 'rsvg-convert is not installed' } : {}, () => {
  for (const [name, file] of Object.entries(PICTURES)) {
    fs.writeFileSync(at(`${name}.svg`), svgOf(file));
    const { stderr, status } = spawnSync('rsvg-convert', ['-o', at(`${name}.png`), at(`${name}.svg`)], { encoding: 'utf8' });
    assert.deepEqual([status, stderr], [0, ''], name);
    assert.ok(fs.statSync(at(`${name}.png`)).size > 3000);
  }
});
