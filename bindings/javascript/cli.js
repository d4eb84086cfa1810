#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The verbs of heapbump that work on single files, for machines that have Node alone. Exit codes and files are the program's.
import fs from 'node:fs';
import { parseArgs } from 'node:util';
import * as heapbump from './index.js';

const USAGE = `usage: heapbump VERB FILE... [OPTIONS]

  detect IN
  reserve IN -o OUT [--pages N] [--adapters N] [--strategy S] [--placement P] [--min-confidence C] [--allow-moved-code]
          [--manifest FILE] [--report FILE]
  component IN -o OUT [--strategy S] [--flavor F] [--min-confidence C] [--manifest FILE] [--report FILE]
  verify ORIGINAL RESERVED [--manifest FILE]
  check COMPONENT [--manifest FILE]
  undo RESERVED -o OUT [--manifest FILE]

--json prints the report. The program itself has more verbs and options.
`;
const FILES = { detect: 1, reserve: 1, component: 1, verify: 2, check: 1, undo: 1 };
const WRITES = { reserve: 'module', component: 'component', undo: 'module' };

function usage(message) {
  process.stderr.write(`${message === undefined ? '' : `heapbump: error: ${message} [HB0201]\n`}${USAGE}`);
  return 2;
}

/** By a temporary file and a rename, so that a target is as it was or whole. */
function write(file, data) {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    fs.writeFileSync(temporary, data, { flag: 'wx' });
    fs.renameSync(temporary, file);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
}

const givenManifest = (options) => (options.manifest === undefined ? undefined : fs.readFileSync(options.manifest, 'utf8'));

/** What the program calls an option, and what the library calls it. */
const OPTIONS = {
  reserve: { pages: 'pages', adapters: 'adapters', strategy: 'strategy', placement: 'placement', 'min-confidence': 'minConfidence', 'allow-moved-code': 'allowMovedCode' },
  component: { strategy: 'strategy', flavor: 'flavor', 'min-confidence': 'minConfidence' },
};
const NUMBERS = ['pages', 'adapters'];
const COMMON = ['json', 'manifest', 'report', 'output'];

function ask(verb, files, options) {
  const names = OPTIONS[verb] ?? {};
  const other = Object.keys(options).find((name) => !Object.hasOwn(names, name) && !COMMON.includes(name));
  if (other !== undefined) throw new TypeError(`${verb} has no option --${other}`);
  const given = Object.entries(names).filter(([name]) => options[name] !== undefined)
    .map(([name, key]) => [key, NUMBERS.includes(name) ? Number(options[name]) : options[name]]);
  if (verb in OPTIONS) return heapbump[verb](files[0], Object.fromEntries(given));
  return heapbump[verb](...files, ...(verb === 'detect' ? [] : [givenManifest(options)]));
}

function writeAnswer(verb, answer, options) {
  if (WRITES[verb] !== undefined) write(options.output, answer[WRITES[verb]]);
  if (verb !== 'undo' && WRITES[verb] !== undefined && options.manifest !== undefined) write(options.manifest, answer.manifestText);
  if (options.report !== undefined) write(options.report, answer.reportText);
  if (options.json) process.stdout.write(answer.reportText);
}

async function main() {
  const text = { type: 'string' };
  let parsed;
  try {
    parsed = parseArgs({ allowPositionals: true, options: { output: { type: 'string', short: 'o' }, pages: text, adapters: text, strategy: text, placement: text,
      flavor: text, 'min-confidence': text, 'allow-moved-code': { type: 'boolean' }, manifest: text, report: text, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' }, version: { type: 'boolean', short: 'V' } } });
  } catch (error) {
    return usage(error.message);
  }
  const { values: options, positionals: [verb, ...names] } = parsed;
  if (options.version) {
    process.stdout.write(`heapbump ${await heapbump.version()}\nLicence: Apache-2.0 WITH LLVM-exception\n`);
    return 0;
  }
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (!Object.hasOwn(FILES, verb ?? '')) return usage(verb === undefined ? undefined : `there is no verb ${verb} here`);
  if (names.length !== FILES[verb]) return usage(`${verb} takes ${FILES[verb]} file${FILES[verb] === 1 ? '' : 's'}`);
  if (WRITES[verb] !== undefined && options.output === undefined) return usage(`${verb} needs -o`);
  try {
    writeAnswer(verb, await ask(verb, names.map((name) => fs.readFileSync(name)), options), options);
    if (!options.json) process.stderr.write(`${names[0]}: done\n`);
    return 0;
  } catch (error) {
    if (error instanceof TypeError) return usage(error.message);
    const place = error.offset === undefined ? '' : `:0x${error.offset.toString(16)}`;
    process.stderr.write(`${names[0]}${place}: error: ${error.message}${error instanceof heapbump.Refused ? '' : ' [HB0101]'}\n`);
    if (options.json && error.reportText) process.stdout.write(error.reportText);
    return error.exitCode ?? 1;
  }
}

process.exitCode = await main();
