// A trap in a component shows the file and line where a trap in the core module shows them, relocated and apart: the program's
// DWARF is embedded with it and its code offsets do not move.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { heapbump, temporaryFolder } from '../run/heapbump.mjs';
import { findC, findRust } from './build.mjs';
import { wasmtime } from './sweep.mjs';

const C = `#include <stdio.h>
#include <stdlib.h>
__attribute__((noinline)) static int deeper(int n) {
  if (n == 3)
    __builtin_trap();
  return deeper(n + 1) + 1;
}
int main(int argc, char** argv) {
  char* block = malloc(100);
  printf("%d\\n", block != NULL);
  fflush(stdout);
  return deeper(argc - 1);
}
`;
const RUST = `#[inline(never)]
fn deeper(n: usize) -> usize {
    if n == 3 {
        core::arch::wasm32::unreachable();
    }
    let result = deeper(n + 1);
    println!("{}", result);
    result + 1
}
fn main() {
    let block = vec![1u8; 100];
    println!("{}", block.len());
    std::process::exit(deeper(0) as i32);
}
`;
const LANGUAGES = {
  C: (folder, source, output) => execFileSync(findC(), ['--target=wasm32-wasi', '-O0', '-g', source, '-o', output], { cwd: folder, env: { ...process.env, PATH: '/usr/bin:/bin' } }),
  Rust: (folder, source, output) => {
    const { rustc, target, linker } = findRust();
    execFileSync(rustc, ['--target', target, ...linker, '-O', '-C', 'debuginfo=2', '--edition', '2021', source, '-o', output], { cwd: folder });
  },
};
const SOURCES = { C: ['trap.c', C], Rust: ['trap.rs', RUST] };

// -> ["trap.c:5", ...]: the lines of the program's own functions, from the innermost
function lines(file, name) {
  const { stderr, stdout, code } = wasmtime(file, { env: { WASMTIME_BACKTRACE_DETAILS: '1' }, options: ['-D', 'debug-info=n'] });
  assert.notEqual(code, 0, stderr);
  return { lines: [...stderr.matchAll(new RegExp(`(${name.replace('.', '\\.')}:\\d+)`, 'g'))].map(([, line]) => line), stdout: stdout.toString() };
}

for (const [language, compile] of Object.entries(LANGUAGES)) {
  test(`${language}: the backtrace of a trap is the core module's`, (t) => {
    const folder = temporaryFolder(t);
    const [name, text] = SOURCES[language];
    fs.writeFileSync(path.join(folder, name), text);
    const program = path.join(folder, 'program.wasm');
    compile(folder, name, program);
    const core = lines(program, name);
    assert.ok(core.lines.length >= 4, `the core module's backtrace has no lines: ${JSON.stringify(core)}`);
    const strategies = {};
    for (const strategy of ['auto', 'apart']) {
      const output = path.join(folder, `${strategy}.wasm`);
      const { code, stderr } = heapbump(['component', program, '-o', output, '--strategy', strategy, '--encoder', 'builtin']);
      assert.equal(code, 0, stderr);
      strategies[strategy] = /\((bump|tail|apart)\)/.exec(stderr)[1];
      assert.deepEqual(lines(output, name), core, strategy);
    }
    // Debian's rustc 1.63 exports `__data_end` where the heap begins, which is refused.
    if (language === 'C') assert.notEqual(strategies.auto, 'apart', 'the program was to be relocated');
  });
}
