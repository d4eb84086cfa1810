// A trap in a component shows the file and line where a trap in the core module shows them, relocated and apart: the program's
// DWARF is embedded with it and its code offsets do not move.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { heapbump, temporaryFolder, TESTS } from '../run/heapbump.mjs';
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
// Debian's rustc 1.63 exports `__data_end`, and a module in which the heap begins at that very address is not relocated. The
// padding moves the data's end; where it is before that depends on the libraries.
const rust = (padding) => `static mut PADDING: [u8; ${padding}] = [0; ${padding}];
#[inline(never)]
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
    unsafe { std::ptr::addr_of_mut!(PADDING).write_volatile([7; ${padding}]) };
    println!("{}", block.len());
    std::process::exit(deeper(0) as i32);
}
`;
const compileC = (folder, source, output) => execFileSync(findC(), ['--target=wasm32-wasi', '-O0', '-g', source, '-o', output], { cwd: folder, env: { ...process.env, PATH: '/usr/bin:/bin' } });
function compileRust(folder, source, output) {
  const { rustc, target, linker } = findRust();
  execFileSync(rustc, ['--target', target, ...linker, '-O', '-C', 'debuginfo=2', '--edition', '2021', source, '-o', output], { cwd: folder });
}
// {language: {source (file name), texts: to be tried until one is relocated, compile}, or {source, module}}
const LANGUAGES = {
  C: { source: 'trap.c', texts: [C], compile: compileC },
  Rust: { source: 'trap.rs', texts: [4, 8, 12, 16].map(rust), compile: compileRust },
  TinyGo: { source: 'trap.go', module: path.join(TESTS, 'fixtures/tinygo/trap-debug.wasm') },
};

// -> {lines: ["trap.c:5", ...], those of the program's own functions, from the innermost; stdout}
function traps(file, source) {
  const { stderr, stdout, code } = wasmtime(file, { env: { WASMTIME_BACKTRACE_DETAILS: '1' }, options: ['-D', 'debug-info=n'] });
  assert.notEqual(code, 0, stderr);
  return { lines: [...stderr.matchAll(new RegExp(`(${source.replace('.', '\\.')}:\\d+)`, 'g'))].map(([, line]) => line), stdout: stdout.toString() };
}

// -> {output, strategy}
function component(program, strategy) {
  const output = path.join(path.dirname(program), `${strategy}.component.wasm`);
  const { code, stderr } = heapbump(['component', program, '-o', output, '--strategy', strategy, '--encoder', 'builtin']);
  assert.equal(code, 0, stderr);
  return { output, strategy: /\((bump|tail|gap|apart)\)/.exec(stderr)[1] };
}

// -> {program, relocated (the component)}
function build({ source, texts, module, compile }, folder) {
  const program = path.join(folder, 'program.wasm');
  if (module !== undefined) fs.copyFileSync(module, program);
  for (const text of texts ?? [undefined]) {
    if (text !== undefined) {
      fs.writeFileSync(path.join(folder, source), text);
      compile(folder, source, program);
    }
    const { output, strategy } = component(program, 'auto');
    if (strategy !== 'apart') return { program, relocated: output };
  }
  return assert.fail('the program was to be relocated');
}

for (const [language, how] of Object.entries(LANGUAGES)) {
  test(`${language}: the backtrace of a trap is the core module's`, (t) => {
    const { program, relocated } = build(how, temporaryFolder(t));
    const core = traps(program, how.source);
    assert.ok(core.lines.length >= 4, `the core module's backtrace has no lines: ${JSON.stringify(core)}`);
    assert.ok(core.stdout.length > 0);
    assert.deepEqual(traps(relocated, how.source), core, 'relocated');
    assert.deepEqual(traps(component(program, 'apart').output, how.source), core, 'apart');
  });
}
