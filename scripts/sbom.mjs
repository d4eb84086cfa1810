#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a release is made of, as CycloneDX 1.6: heapbump, what is shipped in it of others, and the files with their hashes.
// Without a clock or a random number, so that one release has one document.
//
//   node scripts/sbom.mjs VERSION FOLDER > sbom.cdx.json
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandLine } from './usage.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const { positionals: [version, folder] } = commandLine(import.meta.url, {}, { least: 2 });
const sha256 = (file) => createHash('sha256').update(fs.readFileSync(file)).digest('hex');
const OWN = 'Apache-2.0 WITH LLVM-exception';
const licence = (expression) => [{ expression }];

/** The system's packages that are compiled in, with the versions that are installed here. */
function debian(name) {
  const field = (of) => /^Version: (.*)$/m.exec(of)?.[1];
  const status = fs.existsSync('/var/lib/dpkg/status') ? fs.readFileSync('/var/lib/dpkg/status', 'utf8') : '';
  const paragraph = status.split('\n\n').find((text) => text.startsWith(`Package: ${name}\n`));
  return (paragraph && field(paragraph)) ?? 'unknown';
}

const adapters = /wasmtime (\d+\.\d+\.\d+)/.exec(fs.readFileSync(path.join(ROOT, 'adapters/released/README.md'), 'utf8'))[1];
const parts = [
  { name: 'wasmtime preview1 adapters', version: adapters, licenses: licence(OWN), purl: `pkg:cargo/wasi-preview1-component-adapter-provider@${adapters}` },
  { name: 'bitcoin-core SHA-256', version: '26.0', licenses: licence('MIT'), purl: 'pkg:github/bitcoin/bitcoin@v26.0' },
  { name: 'wabt (in the shared library, the core and the static programs)', version: '1.0.36', licenses: licence('Apache-2.0'), purl: 'pkg:github/WebAssembly/wabt@1.0.36' },
  { name: 'wabt (in the program)', version: debian('wabt'), licenses: licence('Apache-2.0'), purl: `pkg:deb/debian/wabt@${debian('wabt')}` },
  { name: 'nlohmann-json', version: debian('nlohmann-json3-dev'), licenses: licence('MIT'), purl: `pkg:deb/debian/nlohmann-json3-dev@${debian('nlohmann-json3-dev')}` },
  { name: 'CLI11 (in the program)', version: debian('libcli11-dev'), licenses: licence('BSD-3-Clause'), purl: `pkg:deb/debian/libcli11-dev@${debian('libcli11-dev')}` },
].map((part) => ({ type: 'library', 'bom-ref': part.purl, ...part }));
const files = fs.readdirSync(folder).filter((name) => !/^(SHA256SUMS|sbom\.cdx\.json)$/.test(name)).sort()
  .map((name) => ({ type: 'file', 'bom-ref': `file:${name}`, name, hashes: [{ alg: 'SHA-256', content: sha256(path.join(folder, name)) }] }));
const self = { type: 'application', 'bom-ref': `heapbump@${version}`, name: 'heapbump', version, licenses: licence(OWN) };

process.stdout.write(`${JSON.stringify({
  bomFormat: 'CycloneDX',
  specVersion: '1.6',
  version: 1,
  metadata: { component: self },
  components: [...parts, ...files],
  dependencies: [{ ref: self['bom-ref'], dependsOn: parts.map((part) => part['bom-ref']) }],
}, null, 2)}\n`);
