#!/usr/bin/env node
// Programs of the matrix, reserved, made components by the stock tool with the stock adapter, and run: they must print
// what the core module prints, and `check` must pass.
//
//   components.mjs --heapbump PROGRAM --work FOLDER --modules NODE_MODULES [--jobs N] [--every N]
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { commandLine } from '../../scripts/usage.mjs';
import { componentNew, runComponent } from '../run/component.mjs';
import { runModule } from '../run/host.mjs';
import { Builder, CannotBuild, execute, semaphore } from './build.mjs';
import { allCells, covering, idOf } from './cells.mjs';
import { makeSurroundings, programRun } from './surroundings.mjs';
import { findToolchains } from './toolchains.mjs';

const { values } = commandLine(import.meta.url, { heapbump: path.resolve, work: path.resolve, modules: path.resolve, jobs: Number, every: Number },
  { needs: ['heapbump', 'work', 'modules'] });
const options = { jobs: os.availableParallelism?.() ?? os.cpus().length, every: 1, ...values };

// -> undefined when all is well, 'refused: ...' or 'FAULT ...'
async function component(file, run, folder) {
  const reserved = `${file}.reserved`;
  const made = await execute(options.heapbump, ['reserve', file, '-o', reserved]);
  if (made.code !== 0) return `refused: ${made.output.split('\n')[0]}`;
  const core = await runModule(fs.readFileSync(file), run);
  const bytes = Buffer.from(await componentNew(fs.readFileSync(reserved), { modules: options.modules }));
  fs.writeFileSync(`${file}.component`, bytes);
  const checked = await execute(options.heapbump, ['check', `${file}.component`]);
  if (checked.code !== 0) return `FAULT check: exit ${checked.code}: ${checked.output.split('\n')[0]}`;
  const { exitCode, signal, timedOut, stdout, stderr } = await runComponent(bytes, {
    modules: options.modules, args: run.args, env: run.env, stdin: run.stdin, preopens: { '/data': folder }, seconds: 120 });
  const text = stderr.toString().trim().split('\n')[0];
  if (timedOut || signal !== null) return `FAULT the component ended with ${signal ?? 'the time limit'} ${text}`;
  if (!stdout.equals(core.stdout)) return `FAULT the component printed ${JSON.stringify(stdout.toString().slice(0, 200))}, the core module ${JSON.stringify(core.stdout.toString().slice(0, 200))} ${text}`;
  if ((exitCode === 0) !== ((core.exitCode ?? 0) === 0)) return `FAULT the component's exit code is ${exitCode}, the core module's ${core.exitCode} ${text}`;
  return undefined;
}

async function main() {
  os.setPriority(5);
  const found = findToolchains(options);
  for (const { what, why } of found.absent) console.log(`LEFT OUT: ${what}: ${why}`);
  const slots = semaphore(options.jobs);
  const builder = new Builder(found, path.join(options.work, 'objects'), slots);
  const surroundings = makeSurroundings(options.work);
  const folder = path.join(options.work, 'components');
  fs.mkdirSync(folder, { recursive: true });
  // Modules that import preview1 and have a start; how they were optimized and named matters less here than their allocator.
  const cells = covering(allCells(found).cells.filter(({ allocator, names, shape }) => allocator !== 'dlmalloc-rs' && names === 'stripped' && shape !== 'driver')
    .map(({ stack, shape, names, ...cell }) => ({ ...cell, stack, shape, names })), 1)
    .concat(covering(allCells(found).cells.filter(({ allocator, names }) => allocator !== 'dlmalloc-rs' && names === 'names')
      .map(({ language, compiler, opt, program, allocator, libc, stack, shape, names }) => ({ language, compiler, opt, program, allocator, libc, stack, shape, names })), 1))
    .filter((_, i) => i % options.every === 0);
  const counts = { components: 0, refused: 0, faulty: 0, 'not built': 0 };
  await Promise.all(cells.map(async (cell) => {
    const id = idOf(cell);
    const file = path.join(folder, `${id}.wasm`);
    try {
      fs.writeFileSync(file, (await builder.build(cell)).bytes);
    } catch (error) {
      if (!(error instanceof CannotBuild)) throw error;
      counts['not built']++;
      return console.log(`NOT BUILT ${id}: ${error.message}`);
    }
    const { args, env, stdin, preopens } = programRun(cell, surroundings);
    const outcome = await slots(() => component(file, { args, env, stdin: Buffer.from(stdin), preopens }, surroundings.folder));
    counts[outcome === undefined ? 'components' : outcome.startsWith('refused') ? 'refused' : 'faulty']++;
    console.log(`${outcome ?? 'same'}  ${id}`);
  }));
  console.log(`\n${counts.components} components print what their core modules print; ${counts.refused} refused, ${counts['not built']} not built, ${counts.faulty} faulty`);
  process.exitCode = counts.faulty > 0 || counts.components === 0 ? 1 : 0;
}

main().catch((error) => {
  console.error(`components.mjs: ${error.stack ?? error}`);
  process.exit(2);
});
