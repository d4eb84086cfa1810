#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The verbs of heapbump that work on single files, for machines that have Node alone. Exit codes and files are the program's.
import fs from 'node:fs';
import { parseArgs } from 'node:util';
import * as heapbump from './index.js';

const USAGE = `usage: heapbump VERB FILE... [OPTIONS]

  detect IN
  reserve IN -o OUT [--pages N] [--strategy S] [--placement P] [--manifest FILE] [--report FILE]
  component IN -o OUT [--strategy S] [--manifest FILE] [--report FILE]
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

function ask(verb, files, options) {
  const defined = (object) => Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
  switch (verb) {
    case 'reserve':
      return heapbump.reserve(files[0], defined({ pages: options.pages && Number(options.pages), strategy: options.strategy, placement: options.placement }));
    case 'component': return heapbump.component(files[0], defined({ strategy: options.strategy }));
    case 'verify': return heapbump.verify(files[0], files[1], givenManifest(options));
    case 'detect': return heapbump.detect(files[0]);
    default: return heapbump[verb](files[0], givenManifest(options));
  }
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
    parsed = parseArgs({ allowPositionals: true, options: { output: { type: 'string', short: 'o' }, pages: text, strategy: text, placement: text,
      manifest: text, report: text, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' }, version: { type: 'boolean', short: 'V' } } });
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
