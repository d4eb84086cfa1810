// That a component does what its module does: both run in wasmtime.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { runtimes } from '../components/runtimes.mjs';

export function assertRunsLike(component, module) {
  const { wasmtime } = runtimes();
  const [one, other] = [component, module].map((file) => spawnSync(wasmtime, ['run', file], { encoding: 'utf8' }));
  assert.deepEqual([one.error, other.error], [undefined, undefined]);
  assert.notEqual(other.stdout, '');
  assert.equal(one.stdout, other.stdout);
  // A component can say that it failed, but not by which number.
  assert.equal(one.status, other.status === 0 ? 0 : 1, one.stderr);
}
