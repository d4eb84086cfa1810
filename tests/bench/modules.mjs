// The modules that scripts/bench makes: a C program, and modules of any size from it.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const SOURCE = `#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static int by_value(const void *a, const void *b) { double x = *(double *)a, y = *(double *)b; return (x > y) - (x < y); }
int main(int argc, char **argv) {
  double *numbers = malloc(sizeof *numbers * (size_t)(argc + 100));
  int count = 0;
  char line[256];
  for (int i = 1; i < argc; ++i) numbers[count++] = strtod(argv[i], NULL);
  while (count < argc + 99 && fgets(line, sizeof line, stdin)) numbers[count++] = strtod(line, NULL);
  qsort(numbers, (size_t)count, sizeof *numbers, by_value);
  for (int i = 0; i < count; ++i) printf("%g\\n", numbers[i]);
  char *text = strdup("done");
  puts(text);
  free(text);
  free(numbers);
  return 0;
}
`;

export function program(to) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'heapbump-bench-c-'));
  const source = path.join(folder, 'program.c');
  fs.writeFileSync(source, SOURCE);
  execFileSync('clang-19', ['--target=wasm32-wasi', '-O2', '-Wl,--strip-all', source, '-o', to]);
  fs.rmSync(folder, { recursive: true });
}

function leb(bytes, at) {
  let value = 0;
  for (let shift = 1; ; shift *= 128, at += 1) {
    value += (bytes[at] & 0x7f) * shift;
    if (bytes[at] < 0x80) return [value, at + 1];
  }
}
const encode = (value) => {
  const out = [];
  do { out.push((value % 128) + (value >= 128 ? 128 : 0)); value = Math.floor(value / 128); } while (value > 0);
  return Buffer.from(out);
};

function sections(bytes) {
  const found = [];
  for (let at = 8; at < bytes.length;) {
    const [size, begin] = leb(bytes, at + 1);
    found.push({ id: bytes[at], payload: bytes.subarray(begin, begin + size) });
    at = begin + size;
  }
  return found;
}

// Bodies of a code section, each with its size in front.
function bodies(payload) {
  let [count, at] = leb(payload, 0);
  return Array.from({ length: count }, () => {
    const [size, begin] = leb(payload, at);
    const body = payload.subarray(at, begin + size);
    at = begin + size;
    return body;
  });
}

// A module like `from` of about `size` bytes: its functions of middling size again and again, behind those that it has. Nobody calls the
// copies, and those that see the memory's size (bytes 3f 00 and 40 00) are not copied, so the program is the same.
export function copies(from, size, to) {
  const bytes = fs.readFileSync(from);
  const all = sections(bytes);
  const code = all.find(({ id }) => id === 10);
  const functions = all.find(({ id }) => id === 3);
  const types = Array.from({ length: leb(functions.payload, 0)[0] });
  let at = leb(functions.payload, 0)[1];
  types.forEach((_, i) => { [types[i], at] = leb(functions.payload, at); });
  const kept = bodies(code.payload);
  const sees = (body) => [0x3f, 0x40].some((opcode) => body.includes(Buffer.from([opcode, 0])));
  const copied = kept.map((body, i) => ({ body, type: types[i] })).filter(({ body }) => body.length > 40 && body.length < 1000 && !sees(body));
  const round = copied.reduce((sum, { body }) => sum + body.length + 1, 0);
  const times = Math.ceil((size - bytes.length) / round);
  const added = Array.from({ length: times }, () => copied).flat();
  const whole = (id, payload) => Buffer.concat([Buffer.from([id]), encode(payload.length), payload]);
  const written = all.map(({ id, payload }) => {
    if (id === 10) return whole(id, Buffer.concat([encode(kept.length + added.length), ...kept, ...added.map(({ body }) => body)]));
    if (id === 3) return whole(id, Buffer.concat([encode(kept.length + added.length), ...types.map(encode), ...added.map(({ type }) => encode(type))]));
    return whole(id, payload);
  });
  fs.writeFileSync(to, Buffer.concat([bytes.subarray(0, 8), ...written]));
}
