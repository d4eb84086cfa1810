// SARIF by its own schema (OASIS 2.1.0, as Microsoft's npm package has it).
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import test from 'node:test';
import { heapbump, temporaryFolder } from '../run/heapbump.mjs';
import { plant } from './tree.mjs';

const require = createRequire(path.join(process.env.AUDIT_PACKAGES, 'x.js'));
const Ajv = require('ajv');
const schema = require('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json');

test('the SARIF of an audit is valid', (t) => {
  const ajv = new Ajv({ schemaId: 'id', allErrors: true, unknownFormats: 'ignore' });
  ajv.addMetaSchema(require('ajv/lib/refs/json-schema-draft-04.json'));
  const valid = ajv.compile(schema);
  const folder = temporaryFolder(t);
  const tree = path.join(folder, 'tree');
  fs.mkdirSync(tree);
  plant(tree);
  for (const more of [[], ['--baseline', path.join(folder, 'audit-0.jsonl')]]) {
    const report = path.join(folder, `audit-${more.length}.jsonl`);
    assert.equal(heapbump(['audit', tree, '--report', report, '-q', ...more]).code, 0);
    const log = JSON.parse(heapbump(['audit', 'convert', report, '--to', 'sarif']).stdout);
    assert.ok(valid(log), JSON.stringify(valid.errors));
    assert.ok(log.runs[0].results.length > 3);
    assert.equal(log.runs[0].results.every(({ baselineState }) => baselineState === (more.length ? 'unchanged' : undefined)), true);
    // That the schema says no is seen, too.
    log.runs[0].results[0].level = 'bad';
    assert.equal(valid(log), false);
  }
});
