// `heapbump audit`: a true answer for every file, in the same bytes whatever happens to the run.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { heapbump, PROGRAM, temporaryFolder } from '../run/heapbump.mjs';
import { assertValid } from '../run/schema.mjs';
import { filesOf, fixture, lines, plant } from './tree.mjs';

const shared = fs.mkdtempSync(path.join(os.tmpdir(), 'heapbump-audit-'));
process.on('exit', () => fs.rmSync(shared, { recursive: true, force: true }));
const tree = path.join(shared, 'tree');
fs.mkdirSync(tree);
const expected = plant(tree);
const names = Object.keys(expected).sort();

const audit = (args, options) => heapbump(['audit', ...args], options);
function report(args, options) {
  const { code, stdout, stderr } = audit([...args, '-q'], options);
  assert.equal(code, 0, stderr);
  return lines(stdout);
}
const whole = report([tree]);
const wholeText = audit([tree, '-q']).stdout.toString();

test('each kind of file gets its verdict and reason, and the lines are valid and ordered', () => {
  whole.forEach((line) => assertValid('audit', line));
  assert.deepEqual(whole.map(({ type }) => type), ['audit', ...names.map(() => 'file'), 'summary']);
  assert.deepEqual(filesOf(whole).map(({ file }) => file).sort(), names);
  for (const { file, verdict, reason, same_as } of filesOf(whole)) {
    const { verdict: wanted, reason: why, sameAs } = expected[file];
    assert.deepEqual([file, verdict, reason.id, same_as], [file, wanted, why, sameAs ?? null], reason.message);
  }
  const summary = whole.at(-1);
  assert.equal(summary.files, names.length);
  assert.equal(summary.distinct, names.length - 1);
  for (const [verdict, count] of Object.entries(summary.verdicts)) {
    assert.equal(count, Object.values(expected).filter((e) => e.verdict === verdict).length, verdict);
  }
  assert.deepEqual(summary.skipped, { not_wasm: 1, links: 2, special: 1, excluded: 0 });
  assert.deepEqual(summary.host_modules, [{ module: 'env', files: 1 }]);
});

test('the bytes are the same for every number of jobs and every folder, and name no absolute path', (t) => {
  for (const jobs of ['1', '2', '8']) assert.equal(audit([tree, '-q', '--jobs', jobs]).stdout.toString(), wholeText, `--jobs ${jobs}`);
  const copy = path.join(temporaryFolder(t), 'elsewhere');
  assert.equal(spawnSync('cp', ['-a', tree, copy]).status, 0);
  assert.equal(audit([copy, '-q']).stdout.toString(), wholeText);
  assert.equal(wholeText.includes(shared), false);
});

test('what was called ready is what `component` makes', (t) => {
  const folder = temporaryFolder(t);
  for (const { file, group, verdict, details } of filesOf(whole)) {
    if (verdict === 'already' || verdict === 'not-wasi' || details === null) continue;
    const { code, stderr } = heapbump(['component', path.join(tree, file), '-o', path.join(folder, 'x.wasm'), '--encoder', 'builtin']);
    assert.equal(code === 0, group === 'can-move', `${file}: ${stderr}`);
    if (code === 0) assert.equal(stderr.includes('(apart)'), details.strategy === 'apart', `${file}: ${stderr}`);
  }
});

test('a run that was killed goes on, and its torn report becomes the same bytes', (t) => {
  const file = path.join(temporaryFolder(t), 'audit.jsonl');
  for (const keep of [0, 1, 700, 5000, wholeText.length - 10, wholeText.length]) {
    fs.writeFileSync(file, wholeText.slice(0, keep));
    const { code, stderr } = audit([tree, '-q', '--report', file, '--resume']);
    assert.equal(code, 0, stderr);
    assert.equal(fs.readFileSync(file, 'utf8'), wholeText, `cut at ${keep}`);
  }
});

test('kill -9 in the middle of a run leaves a report that can be gone on with', async (t) => {
  const file = path.join(temporaryFolder(t), 'audit.jsonl');
  const child = spawn(PROGRAM, ['audit', tree, '-q', '--jobs', '1', '--report', file], { stdio: 'ignore' });
  while (!fs.existsSync(file) || fs.readFileSync(file, 'utf8').split('\n').length < 4) await new Promise((done) => setTimeout(done, 2));
  child.kill('SIGKILL');
  await new Promise((done) => child.on('close', done));
  assert.ok(fs.statSync(file).size < wholeText.length, 'it was killed too late to test anything');
  assert.equal(audit([tree, '-q', '--report', file, '--resume']).code, 0);
  assert.equal(fs.readFileSync(file, 'utf8'), wholeText);
});

test('--resume looks again only at what is new, and at nothing of another policy', (t) => {
  const folder = temporaryFolder(t);
  const file = path.join(folder, 'audit.jsonl');
  // An answer that no analysis gives shows that it was taken over.
  const marked = wholeText.replaceAll('"reactor, and', '"REACTOR, and').replace('it is a reactor', 'IT IS A REACTOR');
  assert.notEqual(marked, wholeText);
  fs.writeFileSync(file, marked);
  assert.equal(audit([tree, '-q', '--report', file, '--resume']).code, 0);
  assert.ok(fs.readFileSync(file, 'utf8').includes('IT IS A REACTOR'));
  assert.equal(audit([tree, '-q', '--report', file, '--resume', '--min-confidence', 'proven']).code, 0);
  assert.equal(fs.readFileSync(file, 'utf8').includes('IT IS A REACTOR'), false);
  // A file that came between: the answers after it are still used.
  fs.writeFileSync(file, marked);
  const copy = path.join(folder, 'tree');
  spawnSync('cp', ['-a', tree, copy]);
  fs.copyFileSync(path.join(copy, 'type.wasm'), path.join(copy, 'aaa.wasm'));
  assert.equal(audit([copy, '-q', '--report', file, '--resume']).code, 0);
  const after = lines(fs.readFileSync(file));
  assert.equal(filesOf(after)[0].file, 'aaa.wasm');
  assert.ok(after.some((line) => line.reason?.message.startsWith('IT IS A REACTOR')));
  assert.equal(after.at(-1).files, names.length + 1);
});

test('--component and --reserve mirror the tree, also for the same bytes under two names', (t) => {
  const folder = temporaryFolder(t);
  for (const [option, made, check] of [['--component', 10, ['check']], ['--reserve', 6, ['detect']]]) {
    const out = path.join(folder, option);
    const found = filesOf(report([tree, option, out]));
    assert.equal(found.filter(({ output }) => output !== null).length, made, option);
    for (const { file, output, verdict } of found) {
      assert.equal(fs.existsSync(path.join(out, file)), output !== null, file);
      if (output === null) continue;
      assert.equal(fs.statSync(path.join(out, file)).size, output.size);
      if (option === '--component' && verdict !== 'not-needed') assert.equal(heapbump([...check, path.join(out, file)]).code, 0, file);
      if (option === '--reserve') assert.equal(heapbump(['verify', path.join(tree, file), path.join(out, file)]).code, 0, file);
    }
    assert.deepEqual(fs.readFileSync(path.join(out, 'go/busy.wasm')), fs.readFileSync(path.join(out, 'go/copy of busy.wasm')));
    assert.equal(audit([tree, option, out]).code, 2, 'a folder that is not empty was written to');
  }
});

test('--resume makes again what is missing of the outputs, and removes what is no longer made', (t) => {
  const folder = temporaryFolder(t);
  const [copy, out, file] = ['tree', 'out', 'audit.jsonl'].map((name) => path.join(folder, name));
  spawnSync('cp', ['-a', tree, copy]);
  const run = () => assert.equal(audit([copy, '-q', '--component', out, '--report', file, '--resume']).code, 0);
  run();
  const before = fs.readFileSync(file, 'utf8');
  fs.rmSync(path.join(out, 'tinygo/busy.wasm'));
  fs.writeFileSync(path.join(out, 'go/busy.wasm'), 'torn');
  run();
  assert.equal(fs.readFileSync(file, 'utf8'), before);
  for (const name of ['tinygo/busy.wasm', 'go/busy.wasm']) assert.equal(heapbump(['check', path.join(out, name)]).code, 0, name);
  fs.copyFileSync(path.join(copy, 'type.wasm'), path.join(copy, 'tinygo/busy.wasm'));
  run();
  assert.equal(fs.existsSync(path.join(out, 'tinygo/busy.wasm')), false);
});

test('no input is ever replaced', (t) => {
  const folder = temporaryFolder(t);
  const copy = path.join(folder, 'tree');
  spawnSync('cp', ['-a', tree, copy]);
  const file = path.join(copy, 'type.wasm');
  const before = fs.readFileSync(file);
  assert.equal(audit([copy, '--component', copy]).code, 2);
  assert.equal(audit([copy, '--component', path.join(copy, 'out')]).code, 2);
  assert.equal(audit([path.join(copy, 'go'), '--reserve', copy]).code, 2);
  assert.equal(audit([file, '--report', file]).code, 2);
  assert.equal(audit([copy, '--report', file]).code, 2);
  // A link in the folder of outputs that leads back to the input.
  const out = path.join(folder, 'out');
  fs.mkdirSync(path.join(out, 'go'), { recursive: true });
  fs.symlinkSync(path.join(copy, 'go/busy.wasm'), path.join(out, 'go/busy.wasm'));
  assert.equal(audit([copy, '--component', out, '--resume', '--report', path.join(folder, 'r')]).code, 1);
  assert.deepEqual(fs.readFileSync(path.join(copy, 'go/busy.wasm')), fixture('go/busy-go1.24.wasm'));
  assert.deepEqual(fs.readFileSync(file), before);
});

test('a file that takes too long, or too much memory, is an answer and not the end', (t) => {
  const folder = temporaryFolder(t);
  const pipe = path.join(folder, 'pipe.wasm');
  spawnSync('mkfifo', [pipe]);
  const type = path.join(tree, 'type.wasm');
  const slow = filesOf(report([pipe, type, '--max-seconds', '0.5', '--jobs', '1'], { cwd: folder }));
  assert.deepEqual(slow.map(({ verdict, reason }) => [verdict, reason.id]).sort(), [['refused', 'HB0423'], ['unreadable', 'time-limit']]);
  const big = filesOf(report([path.join(tree, 'go'), type, '--max-memory', '8', '--root', tree]));
  assert.deepEqual(big.map(({ file, reason }) => [file, reason.id]), [['go/busy.wasm', 'HB0104'], ['go/copy of busy.wasm', 'HB0104'], ['type.wasm', 'HB0423']]);
  // What a slow machine has said is not believed by a run with more time.
  const file = path.join(folder, 'r');
  assert.equal(audit([tree, '-q', '--report', file, '--max-memory', '8']).code, 0);
  assert.equal(audit([tree, '-q', '--report', file, '--resume']).code, 0);
  assert.equal(fs.readFileSync(file, 'utf8'), wholeText);
});

test('a worker that is killed is replaced; a file that kills two is named', async (t) => {
  const folder = temporaryFolder(t);
  const pipe = path.join(folder, 'pipe.wasm');
  spawnSync('mkfifo', [pipe]);
  const child = spawn(PROGRAM, ['audit', '-q', '--jobs', '1', pipe, path.join(tree, 'type.wasm'), '--root', '/'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (bytes) => (text += bytes));
  const children = () => spawnSync('ps', ['-o', 'pid=', '--ppid', String(child.pid)], { encoding: 'utf8' }).stdout.split(/\s+/).filter(Boolean).map(Number);
  let last = 0;
  for (let killed = 0; killed < 2;) {
    const worker = children().find((pid) => pid !== last);
    if (worker === undefined) {
      await new Promise((done) => setTimeout(done, 10));
      continue;
    }
    await new Promise((done) => setTimeout(done, 100)); // it is waiting for the pipe by now
    process.kill(worker, 'SIGKILL');
    last = worker;
    ++killed;
  }
  assert.equal(await new Promise((done) => child.on('close', done)), 0);
  assert.deepEqual(filesOf(lines(text)).map(({ verdict, reason }) => [verdict, reason.id]).sort(), [['refused', 'HB0423'], ['unreadable', 'worker-died']]);
});

test('names come from a list, as a filter, and globs choose among files of folders', () => {
  const input = ['./go/busy.wasm', 'type.wasm', 'type.wasm', 'README.txt', 'missing.wasm'];
  for (const [end, more] of [['\n', []], ['\0', ['-0']]]) {
    const found = filesOf(report(['--files-from', '-', ...more], { cwd: tree, input: input.join(end), stdio: ['pipe', 'pipe', 'pipe'] }));
    assert.deepEqual(found.map(({ file, verdict }) => [file, verdict]), [
      ['README.txt', 'malformed'], ['go/busy.wasm', 'ready (relocated)'], ['missing.wasm', 'unreadable'], ['type.wasm', 'refused']]);
  }
  const chosen = (...args) => filesOf(report([tree, '--prove', 'none', ...args])).map(({ file }) => file);
  assert.deepEqual(chosen('--include', 'busy*'), ['go/busy.wasm', 'tinygo/busy.wasm']);
  assert.deepEqual(chosen('--include', 'go/*', '--exclude', '*copy*'), ['go/busy.wasm']);
  // A folder that follows an option is no second value of it.
  assert.deepEqual(filesOf(report(['--include', 'busy*', tree])).map(({ file }) => file), ['go/busy.wasm', 'tinygo/busy.wasm']);
  assert.deepEqual(chosen(...['go', 'h*', 'l*', 'o*', 'tinygo', 'torn', 'plain', 'apart', 'made', 'type*'].flatMap((glob) => ['--exclude', glob])), ['realloc.wasm']);
});

test('shards are parts of the whole, and no file is in two', () => {
  const count = 3;
  const shards = Array.from({ length: count }, (_, i) => report([tree, '--shard', `${i + 1}/${count}`]));
  assert.deepEqual(shards.flatMap(filesOf).sort((a, b) => (a.file < b.file ? -1 : 1)), filesOf(whole).sort((a, b) => (a.file < b.file ? -1 : 1)));
  assert.ok(shards.filter((shard) => filesOf(shard).length !== 0).length > 1, 'everything was in one shard');
  const sum = (get) => shards.reduce((all, shard) => all + get(shard.at(-1)), 0);
  for (const key of Object.keys(whole.at(-1).skipped)) assert.equal(sum(({ skipped }) => skipped[key]), whole.at(-1).skipped[key], key);
  for (const bad of ['0/3', '4/3', '1', '1/', 'a/b']) assert.equal(audit([tree, '--shard', bad]).code, 2, bad);
});

test('--fail-on fails on what it names, and a baseline makes known refusals old', (t) => {
  const folder = temporaryFolder(t);
  const baseline = path.join(folder, 'baseline.jsonl');
  fs.writeFileSync(baseline, wholeText);
  assert.equal(audit([path.join(tree, 'go'), '-q', '--fail-on', 'refused,malformed']).code, 0);
  assert.equal(audit([tree, '-q', '--fail-on', 'refused']).code, 7);
  assert.equal(audit([path.join(tree, 'torn'), '-q', '--fail-on', 'refused']).code, 0);
  assert.equal(audit([path.join(tree, 'torn'), '-q', '--fail-on', 'malformed']).code, 7);
  assert.equal(audit([tree, '-q', '--fail-on', 'new']).code, 2);
  assert.equal(audit([tree, '-q', '--fail-on', 'new', '--baseline', baseline]).code, 0);
  const copy = path.join(folder, 'tree');
  spawnSync('cp', ['-a', tree, copy]);
  fs.renameSync(path.join(copy, 'type.wasm'), path.join(copy, 'renamed.wasm'));
  assert.equal(audit([copy, '-q', '--fail-on', 'new', '--baseline', baseline]).code, 0, 'the same bytes under another name are not new');
  fs.appendFileSync(path.join(copy, 'realloc.wasm'), 'x');
  assert.equal(audit([copy, '-q', '--fail-on', 'new', '--baseline', baseline]).code, 7);
  assert.deepEqual(filesOf(lines(audit([copy, '-q', '--baseline', baseline]).stdout)).filter((line) => line.new).map(({ file }) => file), ['realloc.wasm']);
});

test('the page answers how many can move, why not the rest, and what to do next', () => {
  const { stderr } = audit([tree]);
  assert.match(stderr, /^18 files; 1 of them has the same bytes as another$/m);
  assert.match(stderr, /^9 CAN BECOME A COMPONENT$/m);
  assert.match(stderr, /needs-host-interfaces, HB0422: .*/);
  assert.match(stderr, /imports: +env \(1 file\)/);
  assert.match(stderr, new RegExp(`make the 9 components:  heapbump audit .*tree --component`));
  for (const id of new Set(filesOf(whole).map(({ reason }) => reason.id))) {
    const { code, stdout } = heapbump(['explain', id]);
    assert.equal(code, 0, id);
    assert.ok(stdout.length > 80, id);
  }
});

test('a component that heapbump did not make shows what is in it', (t) => {
  const folder = temporaryFolder(t);
  // The outer layer of a component, and one core module in it.
  const leb = (n) => (n < 128 ? [n] : [(n & 127) | 128, ...leb(n >>> 7)]);
  const wrap = (module) => Buffer.concat([Buffer.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0, 1, ...leb(module.length)]), module]);
  fs.writeFileSync(path.join(folder, 'program.wasm'), wrap(fixture('tinygo/busy-conservative.wasm')));
  fs.writeFileSync(path.join(folder, 'native.wasm'), wrap(fs.readFileSync(path.join(tree, 'plain/add.wasm'))));
  const found = filesOf(report([folder]));
  assert.deepEqual(found.map(({ file, verdict, group, reason }) => [file, verdict, group, reason.id]), [
    ['native.wasm', 'not-needed', 'done', 'component-native'], ['program.wasm', 'refused', 'cannot-move', 'component-unreserved']]);
  found.forEach((line) => assertValid('audit', line));
  assert.deepEqual(found[1].details.modules.map(({ verdict, toolchain, size }) => [verdict, toolchain.name, size]), [['ready (relocated)', 'TinyGo', fixture('tinygo/busy-conservative.wasm').length]]);
});
