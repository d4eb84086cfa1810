// Every program of scripts/ says what it does when it is asked, and refuses an option that it does not know, before it does
// anything else: it takes no time, and what it prints comes from its first comment.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';

const SCRIPTS = new URL('../../scripts/', import.meta.url).pathname;
const programs = fs.readdirSync(SCRIPTS).filter((name) => fs.readFileSync(SCRIPTS + name, 'utf8').startsWith('#!'));

/** {status, stdout, stderr} of a script, in an empty folder. One that goes on is ended with all that it has started. */
function run(name, option) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'heapbump-scripts-'));
  const child = spawn(SCRIPTS + name, [option], { cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr']) child[stream].on('data', (data) => { said[stream] += data; });
  const timer = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), 20_000);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => {
      clearTimeout(timer);
      const made = fs.readdirSync(folder);
      fs.rmSync(folder, { recursive: true });
      resolve({ status, made, ...said });
    });
  });
}

test('the programs of scripts/ are found', () => assert.ok(programs.length >= 20, programs.join(' ')));

for (const name of programs) {
  test(`${name} says how it is called`, async () => {
    for (const option of ['--help', '-h']) {
      const { status, made, stdout, stderr } = await run(name, option);
      assert.deepEqual({ status, made, stderr }, { status: 0, made: [], stderr: '' });
      assert.match(stdout, new RegExp(`^ +(.*=\\S+ +)*(node )?scripts/${name.replace('.', '\\.')}\\b`, 'm'));
      assert.doesNotMatch(stdout, /^#|SPDX/m);
    }
  });

  test(`${name} refuses an option that it does not know`, async () => {
    const { status, made, stdout, stderr } = await run(name, '--no-such-option');
    assert.deepEqual({ status, made, stdout }, { status: 2, made: [], stdout: '' });
    assert.match(stderr, /(scripts|tests)\/\S+: /);
    assert.doesNotMatch(stderr, /^ +at /m, 'a stack trace');
  });
}
