// Every command block of docs/components.md, line by line as it is there: the commands succeed, and the component that is
// there after a block prints what the core module prints. wasm-tools and jco are run where they are installed; else their
// stand-in makes the same component.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { runComponent, stockAdapter } from '../run/component.mjs';
import { runModule } from '../run/host.mjs';
import { acme, embedded, runCore, SAY } from './acme/acme.mjs';
import { buildC } from './build.mjs';
import { runtimes } from './runtimes.mjs';
import { PROGRAM, REAL, temporaryFolder, TESTS } from '../run/heapbump.mjs';

const STAND_IN = fileURLToPath(new URL('stand_in.mjs', import.meta.url));
const text = fs.readFileSync(path.join(TESTS, '../docs/components.md'), 'utf8');
const options = { args: ['app', 'one', 'two'], env: { HB_TEST: 'x'.repeat(300) } };

// -> [{title, blocks: [[command]]}], commands with their continuation lines joined
const sections = text.split(/^## /m).slice(1).map((section) => ({
  title: section.split('\n')[0],
  blocks: [...section.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block.replace(/\\\n\s*/g, '').trim().split('\n')),
})).filter(({ blocks }) => blocks.length > 0);

// What a section's commands find: the folder's files, and PATH. -> {before (what the core module prints), options of runComponent}
async function ordinary(folder) {
  fs.copyFileSync(path.join(TESTS, 'fixtures/tinygo/busy-conservative.wasm'), path.join(folder, 'app.wasm'));
  fs.copyFileSync(stockAdapter(REAL), path.join(folder, 'wasi_snapshot_preview1.command.wasm'));
  return { before: await runModule(fs.readFileSync(path.join(folder, 'app.wasm')), options), more: {} };
}
function otherInterface(folder, bin) {
  fs.rmSync(path.join(bin, 'wasm-tools'), { force: true });
  fs.symlinkSync(runtimes()['wasm-tools'], path.join(bin, 'wasm-tools'));
  fs.renameSync(buildC('acme', folder), path.join(folder, 'app.wasm'));
  fs.renameSync(embedded('adapter', folder), path.join(folder, 'acme.adapter.wasm'));
  for (const name of ['types.witx', 'acme.witx']) fs.copyFileSync(acme(name), path.join(folder, name));
  return { before: runCore(path.join(folder, 'app.wasm'), folder), more: { imports: { 'acme:host/log': SAY } } };
}
const SETUPS = { 'Imports of other interfaces': otherInterface };

// A folder for PATH with a stand-in for each tool that is not on PATH already.
function stand(folder) {
  const bin = path.join(folder, 'bin');
  fs.mkdirSync(bin);
  fs.symlinkSync(PROGRAM, path.join(bin, 'heapbump'));
  for (const tool of ['wasm-tools', 'jco']) {
    if (process.env.PATH.split(':').some((entry) => fs.existsSync(path.join(entry, tool)))) continue;
    fs.writeFileSync(path.join(bin, tool), `#!/bin/sh\nexec '${process.execPath}' '${STAND_IN}' ${tool} "$@"\n`, { mode: 0o755 });
  }
  return bin;
}

test('the page has the ways that it promises', () => {
  assert.deepEqual(sections.map(({ blocks }) => blocks.length), [1, 2, 2, 1]);
  const tools = sections.flatMap(({ blocks }) => blocks.flat().map((line) => line.split(' ')[0]));
  assert.deepEqual([...new Set(tools)].sort(), ['heapbump', 'jco', 'wasm-tools']);
});

for (const { title, blocks } of sections) {
  test(`${title}: each line does what it says`, async (t) => {
    const folder = temporaryFolder(t);
    const bin = stand(folder);
    const { before, more } = await (SETUPS[title] ?? ordinary)(folder, bin);
    const output = path.join(folder, 'app.component.wasm');
    for (const block of blocks) {
      fs.rmSync(output, { force: true });
      for (const line of block) {
        const ran = spawnSync('/bin/sh', ['-c', line], { cwd: folder, env: { ...process.env, PATH: `${bin}:${process.env.PATH}` }, encoding: 'utf8' });
        assert.equal(ran.status, 0, `${line}\n${ran.stderr}`);
        if (line.startsWith('heapbump check')) assert.match(ran.stderr, /: passed: /, line);
      }
      const after = await runComponent(fs.readFileSync(output), { modules: REAL, ...options, ...more });
      assert.equal(after.exitCode, 0, after.stderr.toString());
      assert.equal(after.stdout.toString(), before.stdout.toString());
      assert.ok(before.stdout.length > 40);
    }
  });
}
