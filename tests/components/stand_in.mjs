#!/usr/bin/env node
// Takes the place of `wasm-tools component new` and `jco new` where those commands are not installed: neither comes in a
// package small enough for a test. Both only hand their files to one function, which npm's jco-transpile carries; this does
// the same, and refuses any option that the two do not both have.
//
//   stand_in.mjs wasm-tools component new MODULE --adapt NAME=FILE -o OUTPUT
//   stand_in.mjs jco new MODULE --adapt NAME=FILE -o OUTPUT
//   stand_in.mjs wasm-tools|jco --version
import fs from 'node:fs';
import path from 'node:path';
import { componentNew } from '../run/component.mjs';

const [tool, ...argv] = process.argv.slice(2);
if (argv[0] === '--version') {
  const { version } = JSON.parse(fs.readFileSync(path.join(process.env.HEAPBUMP_REAL_MODULES, '@bytecodealliance/jco-transpile/package.json'), 'utf8'));
  console.log(tool === 'wasm-tools' ? `wasm-tools ${version}` : version); // jco prints its number alone
  process.exit(0);
}
const verb = tool === 'wasm-tools' ? ['component', 'new'] : ['new'];
if (verb.some((word) => argv.shift() !== word)) throw new Error(`only ${tool} ${verb.join(' ')} has a stand-in`);
const files = [];
const options = {};
while (argv.length > 0) {
  const word = argv.shift();
  if (word === '--adapt' || word === '-o') options[word] = argv.shift();
  else if (word.startsWith('-')) throw new Error(`unknown option ${word}`);
  else files.push(word);
}
const [name, adapter] = (options['--adapt'] ?? '').split('=');
if (files.length !== 1 || name !== 'wasi_snapshot_preview1' || !adapter || !options['-o']) throw new Error('one MODULE, --adapt and -o are needed');
fs.writeFileSync(options['-o'], await componentNew(fs.readFileSync(files[0]), { modules: process.env.HEAPBUMP_REAL_MODULES, adapter }));
