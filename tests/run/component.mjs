#!/usr/bin/env node
// From a core module to a running component, by stock tools alone: `component new` of wasm-tools and the transpiler
// of jco (both as npm's jco-transpile carries them), and the stock adapters of jco's lib/ folder.
//
//   component.mjs new MODULE -o COMPONENT [--reactor] [--adapter FILE] [--wit FILE --world NAME]
//   component.mjs run COMPONENT [--stdin FILE] [--env A=B] [--dir FOLDER::GUEST] [--call 'name(args)']... [-- ARGS...]
//
// The npm packages are looked for in --modules FOLDER (node_modules). `run` ends with the component's exit code, or
// 134 and the message on standard error when it traps.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseInvocation } from './host.mjs';

export const STOCK_ADAPTER_PACKAGE = 'jco-1.35.0';
const SHIM = '@bytecodealliance/preview2-shim';

// The stock adapter's path: kind is 'command' or 'reactor', package one of the jco-* aliases.
export function stockAdapter(modules, kind = 'command', from = STOCK_ADAPTER_PACKAGE) {
  return path.join(modules, from, 'lib', `wasi_snapshot_preview1.${kind}.wasm`);
}

async function load(modules, name) {
  const folder = path.join(modules, '@bytecodealliance/jco-transpile');
  const target = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')).exports[name].default;
  return import(pathToFileURL(path.join(folder, target)));
}

// bytes of a core module -> the same with the types of its own imports and exports embedded.
export async function componentEmbed(bytes, { modules, wit, world }) {
  return (await load(modules, './wasm-tools')).componentEmbed({ binary: new Uint8Array(bytes), witSource: wit, world });
}

// bytes of a core module -> bytes of a component. options: modules (node_modules), kind, adapter (path or bytes), also
// {import module: path} for further adapters, and wit + world for a reactor: what its own exports are.
export async function componentNew(bytes, { modules, kind = 'command', adapter, also = {}, wit, world }) {
  const tools = await load(modules, './wasm-tools');
  const file = adapter ?? stockAdapter(modules, kind);
  const adapterBytes = typeof file === 'string' ? fs.readFileSync(file) : file;
  const core = wit === undefined ? bytes : await componentEmbed(bytes, { modules, wit, world });
  return tools.componentNew(new Uint8Array(core), [['wasi_snapshot_preview1', new Uint8Array(adapterBytes)],
    ...Object.entries(also).map(([name, other]) => [name, new Uint8Array(fs.readFileSync(other))])]);
}

// Writes the ES module of a component, and what it needs, to `folder`. -> path of the module
// imports: {WIT interface: source of an ES module}, what the component imports beside WASI.
export async function transpile(component, folder, { modules, instantiation, imports = {} } = {}) {
  const { $init, generate } = await load(modules, './component');
  await $init;
  const map = ['cli', 'clocks', 'filesystem', 'http', 'io', 'random', 'sockets'].map((name) => [`wasi:${name}/*`, `${SHIM}/${name}#*`]);
  Object.entries(imports).forEach(([name, source], i) => {
    fs.writeFileSync(path.join(folder, `import${i}.js`), source);
    map.push([name, `./import${i}.js`]);
  });
  const { files } = generate(component, {
    name: 'component', noTypescript: true, noComponentErrorWrapping: true, base64Cutoff: 0,
    ...(instantiation === undefined ? { map } : { instantiation: { tag: instantiation }, map: [] }),
  });
  for (const [name, source] of files) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), source);
  }
  fs.writeFileSync(path.join(folder, 'package.json'), '{"type": "module"}\n');
  fs.rmSync(path.join(folder, 'node_modules'), { force: true });
  fs.symlinkSync(path.resolve(modules), path.join(folder, 'node_modules'));
  return path.join(folder, 'component.js');
}

// Transpiles and runs a component in a process of its own.
// options: modules, args, env, stdin, preopens {guest: folder}, calls [text or {name, args}], seconds, imports, and watch {base, size}: a region whose
// bytes, and all others, are compared at every call between the core modules (watch.mjs)
// -> {exitCode, signal, stdout, stderr, timedOut, watched}
export async function runComponent(component, options) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'heapbump-component-'));
  try {
    await transpile(component, folder, options);
    fs.writeFileSync(path.join(folder, 'run.mjs'), CHILD);
    const settings = { args: options.args ?? ['module.wasm'], env: options.env ?? {}, preopens: options.preopens ?? {},
      watch: options.watch && { region: options.watch, at: new URL('watch.mjs', import.meta.url).href },
      calls: (options.calls ?? []).map((call) => (typeof call === 'string' ? parseInvocation(call) : call))
        .map(({ name, args }) => ({ name, args: args.map((arg) => (typeof arg === 'bigint' ? { bigint: String(arg) } : arg)) })) };
    // Output goes to files: Node writes those at once, while what is still in a pipe is lost when the shim ends the process.
    const files = ['stdout', 'stderr'].map((name) => path.join(folder, name));
    const descriptors = files.map((file) => fs.openSync(file, 'w'));
    const child = spawn(process.execPath, ['run.mjs', JSON.stringify(settings)], { cwd: folder, stdio: ['pipe', ...descriptors] });
    descriptors.forEach((descriptor) => fs.closeSync(descriptor));
    let timedOut = false;
    const timer = setTimeout(() => (timedOut = true, child.kill('SIGKILL')), (options.seconds ?? 300) * 1000);
    child.stdin.on('error', () => {}); // the component may end without reading it
    child.stdin.end(options.stdin ?? '');
    const [exitCode, signal] = await new Promise((resolve) => child.on('close', (...ended) => resolve(ended)));
    clearTimeout(timer);
    const [stdout, stderr] = files.map((file) => fs.readFileSync(file));
    const watched = options.watch && JSON.parse(fs.readFileSync(path.join(folder, 'watched.json'), 'utf8'));
    return { exitCode, signal, timedOut, stdout, stderr, watched };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

// What runs in the child. Exit through wasi:cli/exit ends the process inside the shim.
const CHILD = `
import { _setArgs, _setEnv } from '${SHIM}/cli';
import { _addPreopen, _clearPreopens } from '${SHIM}/filesystem';
import fs from 'node:fs';
const settings = JSON.parse(process.argv[2]);
if (settings.watch !== undefined) {
  const watching = (await import(settings.watch.at)).watch({ ...settings, region: settings.watch.region });
  process.on('exit', () => fs.writeFileSync('watched.json', JSON.stringify(watching.report())));
}
_setArgs(settings.args);
_setEnv(settings.env);
_clearPreopens();
for (const [guest, folder] of Object.entries(settings.preopens)) _addPreopen(guest, folder);
try {
  const component = await import('./component.js');
  if (settings.calls.length === 0) component.run.run();
  for (const { name, args } of settings.calls) {
    const value = component[name](...args.map((arg) => (arg.bigint === undefined ? arg : BigInt(arg.bigint))));
    process.stderr.write(name + ': ' + (typeof value === 'bigint' ? value + 'n' : value) + '\\n');
  }
  process.exit(0);
} catch (error) {
  if (error?.payload !== undefined) process.exit(1); // run() returned an error
  process.stderr.write('trap: ' + (error?.stack ?? error) + '\\n');
  process.exit(134);
}
`;

async function main([command, ...argv]) {
  const options = { env: {}, preopens: {}, calls: [], kind: 'command', modules: process.env.HEAPBUMP_REAL_MODULES };
  const rest = [];
  const values = {
    '-o': (v) => (options.output = v), '--adapter': (v) => (options.adapter = v), '--modules': (v) => (options.modules = v),
    '--wit': (v) => (options.wit = fs.readFileSync(v, 'utf8')), '--world': (v) => (options.world = v),
    '--stdin': (v) => (options.stdin = fs.readFileSync(v)), '--call': (v) => options.calls.push(v),
    '--env': (v) => (options.env[v.slice(0, v.indexOf('='))] = v.slice(v.indexOf('=') + 1)),
    '--dir': (v) => (options.preopens[v.split('::')[1] ?? '/'] = path.resolve(v.split('::')[0])),
  };
  for (let i = 0; i < argv.length; i++) {
    if (argv[i] === '--') {
      options.args = ['module.wasm', ...argv.slice(i + 1)];
      break;
    }
    if (argv[i] === '--reactor') options.kind = 'reactor';
    else if (values[argv[i]] !== undefined && i + 1 < argv.length) values[argv[i]](argv[++i]);
    else rest.push(argv[i]);
  }
  if (options.modules === undefined || rest.length !== 1 || !['new', 'run'].includes(command)) {
    throw new Error('usage: component.mjs new|run FILE --modules NODE_MODULES ... (the head of this file says more)');
  }
  const bytes = fs.readFileSync(rest[0]);
  if (command === 'new') {
    fs.writeFileSync(options.output, await componentNew(bytes, options));
    return 0;
  }
  const { exitCode, signal, stdout, stderr } = await runComponent(bytes, options);
  fs.writeSync(2, stderr);
  for (let at = 0; at < stdout.length;) at += fs.writeSync(1, stdout, at);
  return signal === null ? exitCode : 134;
}

if (process.argv[1] !== undefined && fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  main(process.argv.slice(2)).then((code) => process.exit(code), (error) => {
    console.error(`component.mjs: ${error.payload ?? error.stack ?? error}`);
    process.exit(2);
  });
}
