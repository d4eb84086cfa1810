#!/usr/bin/env node
// Runs the JavaScript of an npm package that carries a TinyGo module, with another file in the module's place, and a
// pattern over a region from before the module's first instruction to the end.
//
//   package.mjs NAME NODE_MODULES MODULE.wasm [BASE:SIZE SEED]
//
// Prints one JSON object: a hash of what the package gave back, its length, the memory's pages at the end, and the damage
// to the pattern (null if there is none). The package's own files are used as they are.
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Canary } from '../run/canary.mjs';

const [name, modules, file, region, seed] = process.argv.slice(2);
const bytes = fs.readFileSync(file);
const watched = []; // every instance that the package made

function watch(instance) {
  const { memory } = instance.exports;
  const canary = region === undefined ? undefined : new Canary({ base: +region.split(':')[0], size: +region.split(':')[1] }, +seed);
  canary?.write(memory);
  watched.push({ memory, canary });
  return instance;
}

// The package's own module, and nothing else that uses WebAssembly in this process, becomes the file.
const own = fs.readdirSync(path.join(modules, name)).filter((entry) => entry.endsWith('.wasm'))
  .map((entry) => fs.statSync(path.join(modules, name, entry)).size);
const isOwn = (given) => own.includes(given?.byteLength);
const { instantiate, Instance, Module } = WebAssembly;
const made = new WeakSet();
WebAssembly.Module = function (given) {
  const module = new Module(isOwn(given) ? bytes : given);
  if (isOwn(given)) made.add(module);
  return module;
};
WebAssembly.Instance = function (module, imports) {
  const instance = new Instance(module, imports);
  return made.has(module) ? watch(instance) : instance;
};
WebAssembly.instantiate = async (given, imports) => {
  if (!isOwn(given)) return instantiate(given, imports);
  const module = new Module(bytes);
  return { module, instance: watch(await instantiate(module, imports)) };
};

const load = (at) => import(pathToFileURL(path.join(modules, name, at)));

// About `size` bytes of badly formatted Go.
function goSource(size) {
  let text = 'package p\nimport ("fmt"; "os")\n';
  for (let i = 0; text.length < size; i++) {
    text += `func  f${i}( a int,b map[string] []int )(int,error){ for i:=0;i<a;i++{ if b["x${i}"]!=nil{return i+${i}*2,nil} }\n`;
    text += ` x:=struct{a int;bcd string}{${i},"y${i}"} ; fmt.Println(x , os.Args) // comment ${i}\nreturn ${i},nil}\n`;
  }
  return text;
}

function shellSource(size) {
  let text = '#!/bin/sh\n';
  for (let i = 0; text.length < size; i++) text += `if [ "$a${i}" = b ];then for x in 1 2 ${i};do echo "$x" |  sort>f${i};done;else foo ${i} && bar;fi\n`;
  return text;
}

function astroSource(size) {
  let text = '---\nconst title = "t";\n---\n<html><head><title>{title}</title></head><body>';
  for (let i = 0; text.length < size; i++) text += `<div class="c${i}"><p id={\`p${i}\`}>text ${i} {[1,2].map((n) => <b>{n + ${i}}</b>)}</p></div>\n`;
  return text + '</body></html>';
}

const drivers = {
  'gofmt-0.4.9': async () => {
    const { default: init, format } = await load('gofmt_node.js');
    await init();
    return Array.from({ length: 4 }, () => format(goSource(150_000))).join('');
  },
  'gofmt-0.7.3': async () => {
    const { format } = await load('gofmt_node.js');
    return Array.from({ length: 4 }, () => format(goSource(150_000))).join('');
  },
  // The two oldest fail on large or less plain input, as published.
  'sh-syntax-0.3.7': async () => {
    const { print } = await load('lib/index.cjs');
    let all = '';
    for (let i = 0; i < 30; i++) all += await print(`if  a${i};then b|c;fi`, { filepath: 'a.sh' });
    return all;
  },
  'astrojs-compiler-0.1.0-canary.23': async () => {
    const { transform } = await load('node/index.js');
    let all = '';
    for (let i = 0; i < 12; i++) all += await transform('<div>hello</div>\n'.repeat(20 + i), {});
    return all;
  },
  'sh-syntax': async () => {
    const { print } = await load('lib/index.cjs');
    let all = '';
    for (const size of [2_000, 60_000]) all += await print(shellSource(size), { filepath: 'a.sh' });
    return all;
  },
  astrojs: async () => {
    const { transform } = await load('node/index.js');
    let all = '';
    for (const size of [2_000, 12_000]) all += (await transform(astroSource(size), { sourcefile: 'a.astro' })).code;
    return all;
  },
};
const driver = drivers[name] ?? drivers[Object.keys(drivers).find((prefix) => name.startsWith(prefix))];
const output = await driver();
let damage = null;
for (const { memory, canary } of watched) if (canary && !canary.check(memory, 'the end')) damage ??= canary.damage;
console.log(JSON.stringify({
  output: crypto.createHash('sha256').update(output).digest('hex'), length: output.length, damage,
  instances: watched.length, pages: Math.max(...watched.map(({ memory }) => memory.buffer.byteLength / 65536)),
}));
process.exit(0); // Go's timers would keep the process
