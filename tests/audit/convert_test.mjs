// `heapbump audit convert` and `merge`: what other systems read, and several reports as one.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { heapbump, temporaryFolder } from '../run/heapbump.mjs';
import { filesOf, lines, plant } from './tree.mjs';

const shared = fs.mkdtempSync(path.join(os.tmpdir(), 'heapbump-convert-'));
process.on('exit', () => fs.rmSync(shared, { recursive: true, force: true }));
const tree = path.join(shared, 'tree');
fs.mkdirSync(tree);
plant(tree);
fs.copyFileSync(path.join(tree, 'torn/page.wasm'), path.join(tree, '=HYPERLINK("x"),1 | <b>.wasm'));
const report = path.join(shared, 'audit.jsonl');
const made = path.join(shared, 'made');
assert.equal(heapbump(['audit', tree, '--report', report, '--component', made, '-q']).code, 0);
const whole = lines(fs.readFileSync(report));
const files = filesOf(whole);
const cannot = files.filter(({ group }) => group === 'cannot-move');

function convert(to, from = report) {
  const { code, stdout, stderr } = heapbump(['audit', 'convert', from, '--to', to]);
  assert.equal(code, 0, stderr);
  return stdout.toString();
}

test('SARIF: what cannot move, with rules, places and fingerprints', () => {
  const { version, runs: [run] } = JSON.parse(convert('sarif'));
  assert.equal(version, '2.1.0');
  assert.deepEqual(run.results.map(({ ruleId }) => ruleId), cannot.map(({ reason }) => reason.id));
  run.results.forEach((result, i) => {
    const { artifactLocation: { uri }, region } = result.locations[0].physicalLocation;
    assert.equal(decodeURIComponent(uri), cannot[i].file);
    assert.equal(region.startLine, 1);
    assert.equal(region.byteOffset ?? null, cannot[i].reason.offset);
    const rule = run.tool.driver.rules[result.ruleIndex];
    assert.equal(rule.id, result.ruleId);
    assert.ok(rule.fullDescription.text.length > 10 && rule.help.text.length > 10);
  });
  const print = (name) => run.results.find(({ locations }) => decodeURIComponent(locations[0].physicalLocation.artifactLocation.uri) === name).partialFingerprints['heapbumpHashAndReason/v1'];
  assert.equal(print('torn/page.wasm'), print('=HYPERLINK("x"),1 | <b>.wasm'), 'the same bytes and reason have two fingerprints');
  assert.notEqual(print('torn/page.wasm'), print('torn/cut.wasm'));
});

test('CSV: a row a file, every cell quoted, and no formula', () => {
  const parse = (text) => [...text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r\n)/g)].reduce((rows, [, quoted, plain, end]) => {
    rows.at(-1).push(quoted?.replaceAll('""', '"') ?? plain);
    if (end !== ',') rows.push([]);
    return rows;
  }, [[]]).slice(0, -1);
  const [head, ...rows] = parse(convert('csv'));
  assert.equal(rows.length, files.length);
  rows.forEach((row) => assert.equal(row.length, head.length));
  const get = (row, name) => row[head.indexOf(name)];
  assert.deepEqual(rows.map((row) => get(row, 'verdict')), files.map(({ verdict }) => verdict));
  assert.ok(rows.some((row) => get(row, 'file') === '\'=HYPERLINK("x"),1 | <b>.wasm'));
  const copy = rows.find((row) => get(row, 'file') === 'go/copy of busy.wasm');
  assert.deepEqual(['toolchain', 'strategy', 'same_as'].map((name) => get(copy, name)), ['Go', 'bump', 'go/busy.wasm']);
});

test('Markdown: counts, reasons with what to do, files; names are text', () => {
  const text = convert('markdown');
  assert.match(text, /^## heapbump audit: 9 of 19 files can become components$/m);
  for (const { reason } of cannot) assert.ok(text.includes(`| ${reason.id} |`), reason.id);
  assert.ok(text.includes('=HYPERLINK("x"),1 \\| &lt;b>.wasm'));
  for (const row of text.split('\n').filter((line) => line.startsWith('|'))) assert.ok(row.endsWith('|'), row);
});

test('in-toto: a statement for each file that was made, true of the files', () => {
  const hash = (file) => createHash('sha256').update(fs.readFileSync(file)).digest('hex');
  const statements = lines(convert('in-toto'));
  assert.deepEqual(statements.map(({ subject }) => subject[0].name), files.filter(({ output }) => output !== null).map(({ file }) => file));
  const adapter = hash(path.join(process.env.FIXTURES, '../../adapters/released/wasi_snapshot_preview1.command.wasm'));
  for (const { _type, subject: [{ name, digest }], predicateType, predicate } of statements) {
    assert.equal(_type, 'https://in-toto.io/Statement/v1');
    assert.equal(predicateType, 'https://slsa.dev/provenance/v1');
    assert.equal(digest.sha256, hash(path.join(made, name)));
    const materials = Object.fromEntries(predicate.buildDefinition.resolvedDependencies.map((each) => [each.name, each.digest.sha256]));
    assert.deepEqual(materials, { input: hash(path.join(tree, name)), adapter });
    assert.ok(predicate.buildDefinition.buildType.includes('component') && predicate.runDetails.builder.id.includes('heapbump'));
  }
  const plain = path.join(shared, 'plain.jsonl');
  assert.equal(heapbump(['audit', tree, '--report', plain, '-q']).code, 0);
  assert.equal(heapbump(['audit', 'convert', plain, '--to', 'in-toto']).code, 2);
});

test('HTML: the counts are there without a script', () => {
  const text = convert('html');
  assert.match(text, /<h1>9 of 19 files can become components<\/h1>/);
  assert.equal(text.match(/<script/g).length, 4);
  assert.ok(!text.includes('<b>.wasm'), 'a name is markup');
});

test('a report of a run that was ended is converted, and the warning says so', (t) => {
  const torn = path.join(temporaryFolder(t), 'torn.jsonl');
  fs.writeFileSync(torn, fs.readFileSync(report).subarray(0, 20000));
  for (const to of ['sarif', 'csv', 'markdown', 'html']) {
    const { code, stderr } = heapbump(['audit', 'convert', torn, '--to', to]);
    assert.equal(code, 0);
    assert.match(stderr, /warning.*--resume/);
  }
  for (const bad of ['not JSON\n', '{"type":"file"}\n', '']) {
    fs.writeFileSync(torn, bad);
    assert.ok(heapbump(['audit', 'convert', torn, '--to', 'csv']).code > 1, bad);
  }
  assert.equal(heapbump(['audit', 'convert', report, '--to', 'csv', '-o', report]).code, 2);
});

test('merged shards are the bytes of one run', (t) => {
  const folder = temporaryFolder(t);
  const one = path.join(folder, 'one.jsonl');
  assert.equal(heapbump(['audit', tree, '--report', one, '-q']).code, 0);
  const shards = [3, 1, 2].map((i) => {
    const file = path.join(folder, `shard-${i}.jsonl`);
    assert.equal(heapbump(['audit', tree, '--report', file, '--shard', `${i}/3`, '-q']).code, 0);
    return file;
  });
  const merge = (args) => heapbump(['audit', 'merge', ...args]);
  assert.equal(merge(shards).stdout.toString(), fs.readFileSync(one, 'utf8'));
  // Parts that each looked at the same bytes, as under xargs; a file may be in two of them.
  const parts = [['go/copy of busy.wasm', 'type.wasm'], ['go/busy.wasm', 'type.wasm'], files.map(({ file }) => file).filter((name) => !name.startsWith('go') && name !== 'type.wasm')].map((names, i) => {
    const file = path.join(folder, `part-${i}.jsonl`);
    assert.equal(heapbump(['audit', '--files-from', '-', '--root', '.', '--report', file, '-q'], { cwd: tree, input: names.join('\n'), stdio: ['pipe', 'pipe', 'pipe'] }).code, 0);
    return file;
  });
  const merged = lines(merge(parts).stdout);
  const expected = lines(fs.readFileSync(one));
  assert.deepEqual(filesOf(merged), filesOf(expected));
  assert.deepEqual({ ...merged.at(-1), skipped: null }, { ...expected.at(-1), skipped: null });
  assert.equal(merge([one, report]).code, 2, 'reports of different options were merged');
  fs.writeFileSync(shards[0], fs.readFileSync(shards[0]).subarray(0, -20));
  assert.equal(merge(shards).code, 2, 'an unfinished report was merged');
});
