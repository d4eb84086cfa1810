// The commands of README.md under one heading, run as they are in a folder that has what they name.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { assertRunsLike } from './runs_like.mjs';

const README = fileURLToPath(new URL('../../README.md', import.meta.url));
const GO = fileURLToPath(new URL('../fixtures/go/busy-go1.26.wasm', import.meta.url));

/** Puts app.wasm into the folder, runs the block, and holds app.component.wasm against it. */
export function assertReadmeWorks(heading, folder, env = {}) {
  const [, block] = new RegExp(`\\n### ${heading}\\n(?:(?!\\n###? ).)*?\`\`\`sh\\n(.*?)\`\`\`\\n`, 's').exec(fs.readFileSync(README, 'utf8')) ?? assert.fail(`README.md has no commands under ${heading}`);
  fs.copyFileSync(GO, path.join(folder, 'app.wasm'));
  fs.rmSync(path.join(folder, 'app.component.wasm'), { force: true });
  const { status, stdout, stderr } = spawnSync('sh', ['-e', '-c', block], { cwd: folder, encoding: 'utf8', env: { ...process.env, ...env } });
  assert.equal(status, 0, `${block}${stdout}${stderr}`);
  assertRunsLike(path.join(folder, 'app.component.wasm'), GO);
}
