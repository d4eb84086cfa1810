// Builds the module of a description: compile, link, optimize, take the snapshot. One program at a time, in this process.
//
// Invariant: `commands` is the whole recipe in order; given the source, they make the module anew. A tool that this machine
// lacks is CannotBuild with its name, and is counted, never silent.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { exportedGlobal, strip, stripDebug } from '../matrix/build.mjs';
import { ALLOCATORS } from './allocators.mjs';
import { NotInSubset } from './parse.mjs';
import { translate } from './languages.mjs';
import { compose, needsOf } from './program.mjs';
import { takeSnapshot } from './snapshot.mjs';

const HERE = path.dirname(fileURLToPath(import.meta.url));

export class CannotBuild extends Error {}

export class Builder {
  constructor(found, work) {
    this.found = found;
    this.work = work;
    fs.mkdirSync(work, { recursive: true });
  }

  run(commands, command, args) {
    commands.push([command, ...args].map((word) => (/[^\w@%+=:,./-]/.test(word) ? `'${word}'` : word)).join(' '));
    const { status, error, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: 60_000 });
    if (error !== undefined || status !== 0) {
      throw new CannotBuild(`${path.basename(command)} ended with ${error?.code ?? status}: ${(stderr ?? '').trim().split('\n').slice(0, 3).join(' / ').slice(0, 400)}`);
    }
  }

  compiler(spec) {
    const compiler = this.found.compilers.find(({ name }) => name === spec.build.compiler);
    if (compiler === undefined) throw new CannotBuild(`${spec.build.compiler} is not installed`);
    return compiler;
  }

  // memset and memcpy, once a compiler.
  memory(compiler) {
    const file = path.join(this.work, `memory-${compiler.name}.o`);
    if (!fs.existsSync(file)) {
      const made = `${file}.${process.pid}.${Math.random()}`;
      this.run([], compiler.clang, ['--target=wasm32-wasi', '-O2', '-ffreestanding', '-fno-builtin', '-c', path.join(HERE, 'memory.c'), '-o', made]);
      fs.renameSync(made, file);
    }
    return file;
  }

  // Rust's core, which its objects are linked with.
  rustLibraries() {
    const folder = `/usr/lib/rustlib/${this.found.rust.wasi}/lib`;
    return fs.readdirSync(folder).filter((name) => /^lib(core|compiler_builtins)-.*\.rlib$/.test(name)).map((name) => path.join(folder, name));
  }

  // The object of a program in another language, from the same text.
  compileOther(spec, file, commands, constants) {
    const { rust, zig } = this.found;
    const { opt } = spec.build;
    if (!this.found[spec.language]) throw new CannotBuild(`${spec.language} is not installed`);
    let text;
    try {
      text = translate(compose(spec), spec.language, constants);
    } catch (error) {
      if (error instanceof NotInSubset) throw new CannotBuild(`cannot be said in ${spec.language}: ${error.message}`);
      throw error;
    }
    const source = `${file}.${{ rust: 'rs', zig: 'zig' }[spec.language]}`;
    fs.writeFileSync(source, text);
    if (spec.language === 'rust') {
      const level = { Os: 's', Oz: 'z' }[opt] ?? opt.slice(1);
      this.run(commands, rust.rustc, ['--target', rust.wasi, '--crate-type', 'lib', '--emit', 'obj', '--crate-name', 'prog', '-C', `opt-level=${level}`, '-C', 'panic=abort',
        '-C', 'debug-assertions=off', source, '-o', `${file}.o`]);
    } else {
      const cache = path.join(this.work, 'zig-cache');
      this.run(commands, zig.zig, ['build-obj', '-target', 'wasm32-freestanding', '-O', { O0: 'Debug', O1: 'ReleaseSafe', Os: 'ReleaseSmall', Oz: 'ReleaseSmall' }[opt] ?? 'ReleaseFast',
        '--cache-dir', cache, '--global-cache-dir', cache, source, `-femit-bin=${file}.o`]);
    }
  }

  compile(spec, file, commands, defines) {
    if (spec.language !== 'c') {
      const constants = Object.fromEntries(defines.map((text) => /^-D(\w+)=(\d+)u?$/.exec(text)).map(([, name, value]) => [name, Number(value)]));
      return this.compileOther(spec, file, commands, constants);
    }
    const { clang, name } = this.compiler(spec);
    const libc = ALLOCATORS[spec.allocator].libc;
    const { opt, lto, bulk } = spec.build;
    this.run(commands, clang, [`--target=${name === 'clang22' ? 'wasm32-wasip1' : 'wasm32-wasi'}`, `-${opt}`, '-std=gnu11', '-w', '-fno-strict-aliasing', '-g0', '-I', HERE,
      ...(libc ? ['-DLIBC', '-nostdlibinc', '-isystem', this.found.libcs.system?.include[0] ?? ''] : ['-ffreestanding']),
      ...(lto === 'yes' ? ['-flto'] : []), ...(bulk === 'yes' ? ['-mbulk-memory'] : []), ...(spec.simd === 'yes' ? ['-msimd128'] : []),
      ...defines, '-c', `${file}.c`, '-o', `${file}.o`]);
  }

  link(spec, file, out, commands, extra = []) {
    const compiler = this.compiler(spec);
    const libc = ALLOCATORS[spec.allocator].libc;
    const system = this.found.libcs.system;
    if (libc && !system) throw new CannotBuild('wasi-libc is not installed');
    const { stack, relocations, base, names, lto, opt } = spec.build;
    this.run(commands, compiler.linker, ['-m', 'wasm32', ...(stack === 'first' ? ['--stack-first'] : compiler.version >= 22 ? ['--no-stack-first'] : []),
      ...(spec.initial ? [`--initial-memory=${spec.initial * 65536}`] : []), ...(spec.max ? [`--max-memory=${spec.max * 65536}`] : []),
      ...(relocations === 'yes' ? ['--emit-relocs'] : []), ...(base === 'exported' ? ['--export=__heap_base'] : []),
      ...(names === 'stripped' && relocations !== 'yes' ? ['--strip-all'] : []), ...(lto === 'yes' ? [`--lto-O${/[0-3]/.exec(opt)?.[0] ?? 2}`] : []), ...extra,
      ...(libc ? [path.join(system.lib, 'crt1-command.o'), `${file}.o`, `-L${system.lib}`, '-lc', compiler.builtins] : ['--entry=_start', `${file}.o`, ...(spec.language === 'rust' ? this.rustLibraries() : []), this.memory(compiler)]), '-o', out]);
  }

  // The linker's own word on where the heap starts.
  truth(spec, file) {
    const out = `${file}.truth.wasm`;
    this.link({ ...spec, build: { ...spec.build, base: 'exported', relocations: 'no', names: 'kept' } }, file, out, []);
    const value = exportedGlobal(fs.readFileSync(out), '__heap_base');
    fs.rmSync(out);
    return value;
  }

  optimize(spec, file, bytes, commands) {
    if (spec.build.shape === 'linked') return bytes;
    if (!this.found.wasmOpt) throw new CannotBuild('wasm-opt is not installed');
    fs.writeFileSync(`${file}.in.wasm`, stripDebug(bytes));
    this.run(commands, this.found.wasmOpt, ['--all-features', `-${spec.build.shape}`, ...(spec.build.shape === 'O4' ? ['--converge'] : []),
      ...(spec.build.names === 'kept' ? ['-g'] : []), `${file}.in.wasm`, '-o', `${file}.out.wasm`]);
    return fs.readFileSync(`${file}.out.wasm`);
  }

  // -> {bytes, truth, source, commands}; files begin with `file`. A program of ways/ is there as text, and its truth asked for if needed.
  build(spec, file) {
    const commands = [];
    const source = spec.text ?? compose(spec);
    fs.writeFileSync(`${file}.c`, source);
    const initial = [...(spec.initial ? [`-DINITIAL=${spec.initial}`] : []), ...(spec.inline && spec.language === 'c' ? ['-DINLINE=1'] : [])];
    const needs = needsOf(spec);
    let number = [];
    if (needs.number) {
      this.compile(spec, file, [], [...initial, '-DHBNUM=131088u']);
      const guess = this.truth(spec, file);
      number = [`-DHBNUM=${guess}u`];
    }
    this.compile(spec, file, commands, [...initial, ...number]);
    const truth = spec.truth === false ? undefined : this.truth(spec, file);
    if (needs.number && `-DHBNUM=${truth}u` !== number[0]) throw new CannotBuild('the heap\'s start moved by a number of the same size');
    this.link(spec, file, `${file}.linked.wasm`, commands);
    let bytes = fs.readFileSync(`${file}.linked.wasm`);
    if (spec.snapshot) {
      commands.push('# takeSnapshot() of snapshot.mjs: wizer.initialize has run, its memory is the data');
      bytes = takeSnapshot(bytes);
    }
    bytes = this.optimize(spec, file, bytes, commands);
    if (spec.build.names === 'stripped') bytes = strip(bytes);
    return { bytes, truth, source, commands };
  }
}
