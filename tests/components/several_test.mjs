// A module that is served by two adapters: each has its own slots of one region, given out by the shim in the order of the
// requests or placed with --slot, and neither writes anything else. Two of them in the slots of one are refused.
import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import { runComponent, stockAdapter } from '../run/component.mjs';
import { runModule } from '../run/host.mjs';
import { heapbump, reserve, temporaryFolder } from '../run/heapbump.mjs';
import { buildC } from './build.mjs';
import { assertChecked, compose, modules, PLACEMENTS } from './workshop.mjs';

const OTHER = 'wasi_unstable'; // served by the same adapter under another name
const options = { args: ['two'], env: { HOME: '/home/someone', LONG: 'x'.repeat(2000) } };

function place(manifestFile, kind, slot, folder) {
  const output = path.join(folder, `${kind}${slot}.wasm`);
  const { code, stderr } = heapbump(['place', stockAdapter(modules, kind), '--manifest', manifestFile, '--slot', String(slot), '-o', output]);
  assert.equal(code, 0, stderr);
  return output;
}

for (const placement of PLACEMENTS) {
  test(`${placement}: two adapters, each in its own slots`, async (t) => {
    const folder = temporaryFolder(t);
    const { original, reserved, manifest, manifestFile } = reserve(buildC('two', folder), folder, ['--adapters', '2', '--placement', placement]);
    assert.equal(manifest.region.pages, 4);
    const [first, second] = placement === 'shim' ? [stockAdapter(modules), stockAdapter(modules, 'reactor')]
      : [place(manifestFile, 'command', 0, folder), place(manifestFile, 'reactor', 1, folder)];
    const { component, output } = await compose(reserved, first, { kind: 'command', also: { [OTHER]: second } }, folder);
    assertChecked(output, ['--manifest', manifestFile]);
    const before = await runModule(original, options);
    assert.equal(before.exitCode, 0, before.trap);
    const after = await runComponent(component, { modules, ...options, watch: manifest.region });
    assert.equal(after.exitCode, 0, after.stderr.toString());
    assert.equal(after.stdout.toString(), before.stdout.toString());
    assert.deepEqual(after.watched.list, []);
    assert.equal(after.watched.functions.cabi_realloc_adapter, placement === 'shim' ? 4 : undefined);
    assert.ok(after.watched.adapterChanged > 60);
  });
}

test('two adapters are not served by the slots of one', async (t) => {
  const folder = temporaryFolder(t);
  const file = buildC('two', folder);
  const shim = reserve(file, folder);
  const both = { kind: 'command', also: { [OTHER]: stockAdapter(modules, 'reactor') } };
  const { component, output } = await compose(shim.reserved, stockAdapter(modules), both, folder);
  const short = heapbump(['check', output]);
  assert.equal(short.code, 7, short.stderr);
  assert.match(short.stderr, /the adapters ask for 4 slots and the region has 2; reserve with a larger --adapters/);
  const { exitCode, stderr } = await runComponent(component, { modules, ...options });
  assert.equal(exitCode, 134);
  assert.match(stderr.toString(), /unreachable/);

  const placed = reserve(file, folder, ['--adapters', '2', '--placement', 'adapter']);
  const twice = { kind: 'command', also: { [OTHER]: place(placed.manifestFile, 'reactor', 0, folder) } };
  const { output: one } = await compose(placed.reserved, place(placed.manifestFile, 'command', 0, folder), twice, folder);
  const same = heapbump(['check', one]);
  assert.equal(same.code, 7, same.stderr);
  assert.match(same.stderr, /is in the same slots as core instance/);
});
