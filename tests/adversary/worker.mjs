// Builds and judges one program after another, as a worker thread of adversary.mjs. What it is doing is told before it is
// done, so that the parent knows what never ended.
import fs from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { findToolchains } from '../matrix/toolchains.mjs';
import { Builder, CannotBuild } from './build.mjs';
import { judge } from './judge.mjs';

const { settings, work } = workerData;
const builder = new Builder(findToolchains({ modules: settings.modules, work: settings.work }), settings.work);

async function one({ id, spec }) {
  const folder = `${work}/${id}`;
  fs.mkdirSync(folder, { recursive: true });
  const file = `${folder}/prog`;
  const partial = { entries: [] };
  const note = (doing, entry, seconds) => {
    if (entry !== undefined && !partial.entries.includes(entry)) partial.entries.push(entry);
    parentPort.postMessage({ id, doing, entry, seconds });
  };
  try {
    note('build');
    const built = builder.build(spec, file);
    fs.writeFileSync(`${folder}/module.wasm`, built.bytes);
    const result = await judge(`${folder}/module.wasm`, built.truth, settings, note);
    return { id, built: true, truth: built.truth, size: built.bytes.length, commands: built.commands, exit: result.original.exitCode, trap: result.original.trap,
      limit: result.original.limit, pages: result.original.pages, stdout: result.original.stdout.toString('latin1').slice(0, 300), entries: result.entries };
  } catch (error) {
    if (error instanceof CannotBuild) return { id, built: false, why: error.message, entries: [] };
    return { id, built: false, failure: String(error.stack ?? error), entries: [] };
  } finally {
    if (!settings.keep) fs.rmSync(folder, { recursive: true, force: true });
  }
}

parentPort.on('message', async (task) => parentPort.postMessage({ id: task.id, done: await one(task) }));
