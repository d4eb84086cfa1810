// The Debian packages: three of them, each with its licence and no file of another's; unpacked into an empty root the
// program runs and a C program is linked and runs; lintian, where it is installed, has no error to report.
//
//   BUILD=... CC=... node --test deb_test.mjs
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, { after } from 'node:test';
import { fileURLToPath } from 'node:url';

const { BUILD, CC } = process.env;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'heapbump-deb-'));
after(() => fs.rmSync(folder, { recursive: true }));
const root = path.join(folder, 'root');
const run = (program, args, options = {}) => execFileSync(program, args, { encoding: 'utf8', cwd: folder, ...options });

test('the packages are made, and unpack side by side', () => {
  run('cpack', ['-G', 'DEB', '-B', folder], { cwd: BUILD, stdio: ['ignore', 'pipe', 'pipe'] });
  const packages = fs.readdirSync(folder).filter((name) => name.endsWith('.deb')).sort();
  assert.deepEqual(packages.map((name) => name.split('_')[0]), ['heapbump', 'libheapbump-dev', 'libheapbump0']);
  const owners = new Map();
  for (const name of packages) {
    const files = run('dpkg-deb', ['-c', name]).split('\n').filter((line) => line !== '' && !line.startsWith('d')).map((line) => line.split(/\s+/)[5]);
    assert.ok(files.includes(`./usr/share/doc/${name.split('_')[0]}/copyright`), name);
    for (const file of files) {
      assert.equal(owners.get(file), undefined, `${file} is in ${owners.get(file)} and ${name}`);
      owners.set(file, name);
    }
    run('dpkg-deb', ['-x', name, root]);
  }
});

test('the program runs, and a C program with the library', () => {
  const version = run(path.join(root, 'usr/bin/heapbump'), ['--version']).split('\n')[0];
  const library = run('find', [root, '-name', 'libheapbump.so']).trim();
  const consumer = fileURLToPath(new URL('c_consumer/main.c', import.meta.url));
  run(CC, ['-std=c99', consumer, `-I${root}/usr/include`, library, '-o', 'consumer']);
  assert.equal(`heapbump ${run('./consumer', ['version'], { env: { ...process.env, LD_LIBRARY_PATH: path.dirname(library) } }).trim()}`, version);
});

const lintian = spawnSync('lintian', ['--version']).error ? { skip: 'NOT LINTED: lintian is not installed' } : {};
test('lintian finds no error', lintian, () => {
  const { stdout } = spawnSync('lintian', fs.readdirSync(folder).filter((name) => name.endsWith('.deb')), { cwd: folder, encoding: 'utf8' });
  assert.deepEqual(stdout.split('\n').filter((line) => line.startsWith('E:')), []);
});
