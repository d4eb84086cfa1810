// Builds the modules of the cells. Every step (object, link, wasm-opt) is made once and shared by the cells that need it.
//
// Invariant: `build(cell)` gives {bytes, truth}: `truth` is __heap_base as the linker says it, read from a second link
// of the same objects that exports it; undefined only for toolchains that cannot be asked.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { rustLinker } from '../components/build.mjs';
import { describe, sections } from '../run/wasm.mjs';

const PROGRAMS = path.join(path.dirname(fileURLToPath(import.meta.url)), 'programs');

const FEATURES = ['sign-ext', 'mutable-globals', 'bulk-memory', 'nontrapping-float-to-int', 'multivalue', 'reference-types', 'simd'].map((name) => `--enable-${name}`);

export class CannotBuild extends Error {} // an old tool that does not read what a new one wrote: counted, never silent

// At most `count` of the tasks given to run() at a time.
export function semaphore(count) {
  const waiting = [];
  let free = count;
  return async (task) => {
    if (free === 0) await new Promise((resolve) => waiting.push(resolve));
    else free--;
    try {
      return await task();
    } finally {
      if (waiting.length > 0) waiting.shift()();
      else free++;
    }
  };
}

export function execute(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
    child.on('error', (error) => resolve({ code: -1, output: String(error) }));
    child.on('close', (code, signal) => resolve({ code: code ?? signal, output }));
  });
}

// The module without its custom sections.
export function strip(bytes) {
  const parts = [bytes.subarray(0, 8)];
  for (const { id, start, end } of sections(bytes)) if (id !== 0) parts.push(bytes.subarray(start, end));
  return Buffer.concat(parts);
}

// The module without its debug sections, of which wasm-opt refuses newer kinds.
export function stripDebug(bytes) {
  return Buffer.concat([bytes.subarray(0, 8), ...sections(bytes).filter(({ name }) => !name?.startsWith('.debug_'))
    .map(({ start, end }) => bytes.subarray(start, end))]);
}

// The value of an exported immutable global, undefined when there is none.
export function exportedGlobal(bytes, name) {
  if (!describe(bytes).exports.some((entry) => entry.name === name && entry.kind === 'global')) return undefined;
  // An engine reads its initial value without running anything: a module with only that part of the original.
  const keep = [6].map((id) => sections(bytes).find((section) => section.id === id)).map(({ start, end }) => bytes.subarray(start, end));
  const { index } = describe(bytes).exports.find((entry) => entry.name === name && entry.kind === 'global');
  const imported = describe(bytes).imports.filter(({ kind }) => kind === 'global').length;
  const leb = (value) => (value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)]);
  const exported = [1, 1, 'v'.charCodeAt(0), 3, ...leb(index - imported)];
  const module = new WebAssembly.Module(Buffer.concat([bytes.subarray(0, 8), ...keep, Buffer.from([7, ...leb(exported.length), ...exported])]));
  return new WebAssembly.Instance(module).exports.v.value >>> 0;
}

export class Builder {
  constructor(found, work, run) {
    this.found = found;
    this.work = work;
    this.run = run; // semaphore
    this.steps = new Map();
    this.ran = 0;
    fs.mkdirSync(work, { recursive: true });
  }

  // Makes file `name` once by `make(file)`.
  step(name, make) {
    if (!this.steps.has(name)) {
      const file = path.join(this.work, name);
      this.steps.set(name, make(file).then(() => file));
    }
    return this.steps.get(name);
  }

  async command(command, args, options) {
    const { code, output } = await this.run(() => (this.ran++, execute(command, args, options)));
    if (code !== 0) throw new CannotBuild(`${path.basename(command)} ended with ${code}: ${output.trim().split('\n').slice(0, 3).join(' / ').slice(0, 300)}`);
    return output;
  }

  object(compiler, opt, libc, source, flags = []) {
    const { clang, plusPlus } = this.found.compilers.find(({ name }) => name === compiler);
    const cc = source.endsWith('.cc');
    const own = this.found.libcs[libc];
    const name = `${compiler}-${opt}-${libc}-${path.basename(source)}${flags.join('').replace(/[^A-Za-z0-9=_]/g, '')}.o`;
    return this.step(name, (file) => this.command(cc ? plusPlus : clang, [
      `--target=${compiler === 'clang22' ? 'wasm32-wasip1' : 'wasm32-wasi'}`, `-${opt}`, ...(cc ? ['-std=c++20', '-fno-exceptions'] : ['-std=gnu11']), '-w',
      ...(own ? ['-nostdlibinc', ...(cc ? own.plusPlus : []).concat(own.include).flatMap((at) => ['-isystem', at])] : ['-ffreestanding']),
      ...flags, '-c', source, '-o', file]));
  }

  // All objects of a C or C++ cell.
  objects({ compiler, opt, program, allocator, libc, language }, defines = []) {
    const style = /^bump([0-9])$/.exec(allocator)?.[1];
    const source = path.resolve(PROGRAMS, `${program}${language === 'c++' ? '.cc' : '.c'}`);
    const list = [this.object(compiler, opt, libc, source, [...(style === '4' ? [] : ['-DOWN_PAGES=0']), ...defines])];
    if (style) list.push(this.object(compiler, opt, libc, path.join(PROGRAMS, 'bump.c'), [`-DSTYLE=${style}`, '-fno-builtin']));
    if (allocator === 'emmalloc') list.push(this.object(compiler, opt, libc, this.found.zig.emmalloc, ['-fno-strict-aliasing', '-D_GNU_SOURCE']));
    return Promise.all(list);
  }

  linked(cell, extra, defines = []) {
    const { compiler, opt, program, allocator, libc, stack, language } = cell;
    const { linker, builtins, version } = this.found.compilers.find(({ name }) => name === compiler);
    const own = this.found.libcs[libc];
    const name = [compiler, opt, path.basename(program), allocator, libc, stack, ...defines, ...extra].join('-').replace(/[^A-Za-z0-9=_-]/g, '') + '.wasm';
    return this.step(name, async (file) => {
      const objects = await this.objects(cell, defines);
      const plusPlusFolder = language === 'c++' && libc === 'system' ? ['-L/usr/lib/llvm-19/lib/wasm32-wasi', '-L/usr/lib/wasm32-wasi'] : [];
      await this.command(linker, ['-m', 'wasm32', ...(stack === 'first' ? ['--stack-first'] : version >= 22 ? ['--no-stack-first'] : []), ...extra,
        ...(own ? [...plusPlusFolder, `-L${own.lib}`, path.join(own.lib, 'crt1-command.o')] : ['--entry=_start']), ...objects,
        ...(language === 'c++' ? ['-lc++', '-lc++abi'] : []), ...(own ? ['-lc'] : []), builtins, '-o', file]);
    });
  }

  driver({ compiler, opt, program }, extra) {
    const { clang } = this.found.compilers.find(({ name }) => name === compiler);
    return this.step([compiler, opt, program, 'driver', ...extra].join('-').replace(/[^A-Za-z0-9=_-]/g, '') + '.wasm', (file) =>
      this.command(clang, ['--target=wasm32-wasi', `-${opt}`, '-w', path.join(PROGRAMS, `${program}.c`), '-DOWN_PAGES=0', ...extra, '-o', file]));
  }

  rust({ opt, libc }, extra = []) {
    const { rustc, wasi, unknown } = this.found.rust;
    const target = libc === 'none' ? unknown : wasi;
    return this.step(['rust', opt, target, ...extra].join('-').replace(/[^A-Za-z0-9=_-]/g, '') + '.wasm', (file) =>
      this.command(rustc, ['--target', target, ...rustLinker(target), ...(libc === 'none' ? ['--crate-type', 'cdylib'] : []), '-A', 'warnings',
        '-C', `opt-level=${{ O0: '0', O2: '2', Oz: 'z' }[opt]}`, ...extra.flatMap((flag) => ['-C', `link-arg=${flag}`]),
        path.join(PROGRAMS, 'busy.rs'), '-o', file]));
  }

  zig({ opt, compiler }, extra = []) {
    const { zig } = this.found.zig;
    const cache = path.join(this.work, 'zig-cache');
    const env = { ...process.env, ZIG_GLOBAL_CACHE_DIR: cache, ZIG_LOCAL_CACHE_DIR: cache, HOME: this.work };
    return this.step([compiler, opt, ...extra].join('-').replace(/[^A-Za-z0-9=_-]/g, '') + '.wasm', (file) => this.command(zig, compiler === 'zig-cc'
      ? ['cc', '-target', 'wasm32-wasi', `-${opt}`, '-w', '-DOWN_PAGES=0', path.join(PROGRAMS, 'heap.c'), ...extra.map((flag) => `-Wl,${flag}`), '-o', file]
      : ['build-exe', '-target', 'wasm32-wasi', '-O', { O0: 'Debug', O2: 'ReleaseSafe', Oz: 'ReleaseSmall' }[opt], path.join(PROGRAMS, 'pages.zig'),
        `-femit-bin=${file}`, ...extra.map((flag) => flag.replace('--export=', '--export='))], { env }));
  }

  optimized(from, level) {
    return this.step(`${path.basename(from, '.wasm')}-wasm-opt-${level}.wasm`, async (to) => {
      fs.writeFileSync(`${to}.in`, stripDebug(fs.readFileSync(from)));
      await this.command(this.found.wasmOpt, [...FEATURES, `-${level}`, '-g', `${to}.in`, '-o', to]);
    });
  }

  plain(cell, extra = []) {
    if (cell.language === 'rust') return this.rust(cell, extra);
    if (cell.compiler.startsWith('zig')) return this.zig(cell, extra);
    if (cell.shape === 'driver') return this.driver(cell, extra.map((flag) => `-Wl,${flag}`));
    return this.linked(cell, extra);
  }

  async build(cell) {
    const TRUTH = ['--export=__heap_base', '--export=__data_end'];
    let truth;
    if (!cell.compiler.startsWith('zig')) truth = exportedGlobal(fs.readFileSync(await this.plain(cell, TRUTH)), '__heap_base');
    let file;
    if (cell.shape === 'exports') file = await this.plain(cell, TRUTH);
    else if (cell.shape === 'relocations') file = await this.plain(cell, ['--emit-relocs']);
    else if (cell.shape === 'compact') file = await this.plain(cell, ['--compress-relocations', '--strip-debug']);
    else file = await this.plain(cell);
    const level = /^wasm-opt-(O.)$/.exec(cell.shape)?.[1];
    if (level) file = await this.optimized(file, level);
    const bytes = fs.readFileSync(file);
    return { bytes: cell.names === 'stripped' ? strip(bytes) : bytes, truth };
  }
}
