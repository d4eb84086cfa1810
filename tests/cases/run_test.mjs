// The case runner must fail a case whose expectations are not met, in each way they can be missed.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const RUN = path.join(path.dirname(fileURLToPath(import.meta.url)), 'run.mjs');

function runCase(t, text, env = {}) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'heapbump-cases-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'a.case');
  fs.writeFileSync(file, text);
  const { status, stdout } = spawnSync(process.execPath, [RUN, '--heapbump', process.execPath, file], { encoding: 'utf8', env: { ...process.env, BLESS: '', ...env } });
  return { status, stdout, after: fs.readFileSync(file, 'utf8') };
}
const GOOD = `# All that a case can hold.
= sub/in.txt
  one

  two

$ cat sub/in.txt; pwd
| one
|
| two
| $WORK

$ echo out of luck >&2; exit 3
! out of {*}
? 3
$ printf end
| end{no newline}
$ printf '\\000\\001'
| {binary: 2 bytes, sha256 b413f47d13ee2fe6c845b2ee141af81de858df4ec549a58b7970bb96645bc8d2}
$ kill -9 $$
? SIGKILL
`;

test('a case whose expectations are met passes', (t) => {
  const { status, stdout } = runCase(t, GOOD);
  assert.equal(status, 0, stdout);
});

for (const [what, from, to] of [
  ['a line of output differs', '| one', '| One'], ['a line of output is missing', '| two\n', ''], ['there is a line too many', '| two\n', '| two\n| three\n'],
  ['a line of the error output differs', '! out of {*}', '! out of{*}!'], ['the error output is not expected', '! out of {*}\n', ''],
  ['the exit code differs', '? 3', '? 4'], ['the exit code is not expected', '? 3\n', ''], ['a newline is missing', '{no newline}', ''],
  ['binary output differs', '{binary: 2', '{binary: 3'], ['a signal is not expected', '? SIGKILL\n', ''], ['a command is gone', 'cat sub', 'xcat sub'],
]) {
  test(`a case fails when ${what}`, (t) => {
    assert.ok(GOOD.includes(from));
    const { status, stdout, after } = runCase(t, GOOD.replace(from, to));
    assert.equal(status, 1, stdout);
    assert.match(stdout, /0 passed, 1 failed/);
    assert.equal(after, GOOD.replace(from, to));
  });
}

test('BLESS=1 writes what was seen, and keeps what still matches', (t) => {
  const { status, after } = runCase(t, GOOD.replace('| one', '| other').replace('? 3', '? 5'), { BLESS: '1' });
  assert.equal(status, 0);
  assert.equal(after, GOOD);
});

test('a case that needs what is not there is skipped, and one that cannot be read fails', (t) => {
  assert.equal(runCase(t, '% needs real\n$ true\n').status, 77);
  assert.notEqual(runCase(t, '$ true\nnonsense\n').status, 0);
  assert.notEqual(runCase(t, '| output first\n').status, 0);
});
