// What heapbump emits is valid by the published schemas, whatever the answer; and the validator of the other tests
// (tests/run/schema.mjs) judges as ajv does.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import test from 'node:test';
import { heapbump, REAL, reserve, temporaryFolder, TESTS } from '../run/heapbump.mjs';
import { componentNew, stockAdapter } from '../run/component.mjs';
import { errors, schema } from '../run/schema.mjs';
import { wat } from '../run/wat.mjs';

const Ajv = createRequire(path.join(REAL, 'ajv/package.json'))('./dist/2020.js').default;
const NAMES = ['report', 'manifest', 'place', 'check', 'component'];
const compiled = Object.fromEntries(NAMES.map((name) => [name, new Ajv({ strict: true, allowUnionTypes: true }).compile(schema(name))]));
const FIXTURE = path.join(TESTS, 'fixtures/go/busy-go1.26.wasm');

function bothAgree(name, value) {
  const [ajv, own] = [compiled[name](value), errors(schema(name), value)];
  assert.equal(own.length === 0, ajv, `ajv: ${JSON.stringify(compiled[name].errors)}, own: ${own}`);
  return ajv;
}

function emitted(args, code) {
  const ran = heapbump([...args, '--json']);
  assert.equal(ran.code, code, ran.stderr);
  return JSON.parse(ran.stdout);
}

test('every answer of detect and reserve is a valid report', (t) => {
  const folder = temporaryFolder(t);
  const file = (name, bytes) => (fs.writeFileSync(path.join(folder, name), bytes), path.join(folder, name));
  const { output } = reserve(FIXTURE, folder);
  const unknown = file('unknown.wasm', wat('(module (memory (export "memory") 1) (func (export "f") (i32.store (i32.const 8) (i32.const 1))))'));
  const shared = file('shared.wasm', wat('(module (memory (export "memory") 1 2 shared))', ['--enable-threads']));
  const cut = file('cut.wasm', fs.readFileSync(FIXTURE).subarray(0, 5000));
  const answers = [
    emitted(['detect', FIXTURE], 0), emitted(['detect', output], 0), emitted(['detect', cut], 3), emitted(['detect', shared], 4),
    emitted(['detect', path.join(folder, 'missing.wasm')], 1), emitted(['detect'], 2),
    emitted(['reserve', FIXTURE, '-o', path.join(folder, 'a.wasm')], 0), emitted(['reserve', FIXTURE, '--dry-run'], 0),
    emitted(['reserve', output, '-o', path.join(folder, 'b.wasm')], 0), emitted(['reserve', cut, '-o', path.join(folder, 'c.wasm')], 3),
    emitted(['reserve', FIXTURE, '-o', path.join(folder, 'd.wasm'), '--pages', '65530'], 6),
    emitted(['reserve', FIXTURE, '-o', path.join(folder, 'e.wasm'), '--strategy', 'tail'], 5),
    JSON.parse(heapbump(['reserve', unknown, '-o', path.join(folder, 'f.wasm'), '--json']).stdout),
  ];
  for (const answer of answers) assert.ok(bothAgree('report', answer), JSON.stringify(compiled.report.errors));
});

test('every manifest is valid, with each placement and number of adapters', (t) => {
  for (const options of [[], ['--placement', 'adapter'], ['--placement', 'none'], ['--adapters', '3', '--pages', '6']]) {
    assert.ok(bothAgree('manifest', reserve(FIXTURE, temporaryFolder(t), options).manifest));
  }
});

// -> what place and check answer for the fixture, first well, then not
async function placedAndChecked(t) {
  const folder = temporaryFolder(t);
  const { reserved, manifestFile } = reserve(FIXTURE, folder, ['--placement', 'adapter', '--adapters', '2']);
  const adapter = path.join(folder, 'placed.wasm');
  const place = (slot) => emitted(['place', stockAdapter(REAL), '--manifest', manifestFile, '--slot', slot, '-o', adapter], 0);
  const component = async (name, with_) => {
    fs.writeFileSync(path.join(folder, name), await componentNew(reserved, { modules: REAL, adapter: with_ }));
    return path.join(folder, name);
  };
  const placed = [place('1'), place('0')];
  const checked = [emitted(['check', await component('good.wasm', adapter)], 0), emitted(['check', await component('bad.wasm', stockAdapter(REAL))], 7)];
  const refused = [emitted(['place', adapter, '--manifest', manifestFile, '-o', path.join(folder, 'twice.wasm')], 4),
    emitted(['place', adapter, '--manifest', adapter, '-o', path.join(folder, 'twice.wasm')], 3), emitted(['check', adapter], 4),
    emitted(['check', path.join(folder, 'missing.wasm')], 1), emitted(['check'], 2)];
  return { placed, checked, refused };
}

test('every answer of place and check is valid, and what could not be done is a valid report', async (t) => {
  const { placed, checked, refused } = await placedAndChecked(t);
  for (const [name, answers] of [['place', placed], ['check', checked], ['report', refused]]) {
    for (const answer of answers) assert.ok(bothAgree(name, answer), JSON.stringify(compiled[name].errors));
  }
  for (const { manifest } of checked.flatMap(({ modules }) => modules)) assert.ok(bothAgree('manifest', manifest));
});

test('every answer of component is valid, made apart or relocated, and so is the check of what was made', (t) => {
  const folder = temporaryFolder(t);
  const output = path.join(folder, 'component.wasm');
  for (const strategy of ['auto', 'apart']) {
    const made = emitted(['component', FIXTURE, '-o', output, '--strategy', strategy, '--encoder', 'builtin'], 0);
    assert.ok(bothAgree('component', made), JSON.stringify(compiled.component.errors));
    assert.ok(bothAgree('check', emitted(['check', output], 0)), JSON.stringify(compiled.check.errors));
  }
  assert.ok(bothAgree('report', emitted(['component', output, '-o', path.join(folder, 'x.wasm')], 4)));
});

test('an object with any field missing, unknown or of another type is not valid', async (t) => {
  const { manifest, report } = reserve(FIXTURE, temporaryFolder(t));
  const { placed, checked } = await placedAndChecked(t);
  for (const [name, whole] of [['manifest', manifest], ['report', report], ['place', placed[0]], ['check', checked[1]]]) {
    let refused = 0;
    for (const key of Object.keys(whole)) {
      for (const change of [(o) => delete o[key], (o) => (o[key] = 3.5), (o) => (o[`${key}_`] = 1)]) {
        const object = structuredClone(whole);
        change(object);
        if (!bothAgree(name, object)) refused++;
      }
    }
    assert.ok(refused > 2 * Object.keys(whole).length, `only ${refused} changed objects were refused`);
  }
});
