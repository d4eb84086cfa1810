// The examples for fleets (examples/fleet): what they give is what one machine gives. Spark itself is tested by scripts/spark.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { heapbump, PROGRAM, temporaryFolder, TESTS } from '../run/heapbump.mjs';
import { filesOf, lines, plant } from './tree.mjs';

const EXAMPLES = path.join(TESTS, '../examples/fleet');
const shared = fs.mkdtempSync(path.join(os.tmpdir(), 'heapbump-fleet-'));
process.on('exit', () => fs.rmSync(shared, { recursive: true, force: true }));
// A name that a shell would take apart.
const tree = path.join(shared, "it's a $(tree)");
fs.mkdirSync(tree);
plant(tree);
const one = lines(heapbump(['audit', tree, '-q']).stdout);
const works = (command, args) => spawnSync(command, args, { encoding: 'utf8' });
const environment = { ...process.env, HEAPBUMP: PROGRAM };

function sameAsOne(script, t, more = []) {
  const out = path.join(temporaryFolder(t), 'audit.jsonl');
  const ran = spawnSync(path.join(EXAMPLES, script), [tree, out, ...more], { encoding: 'utf8', env: environment });
  assert.equal(ran.status, 0, ran.stderr);
  const all = lines(fs.readFileSync(out));
  assert.deepEqual(filesOf(all), filesOf(one));
  // What is passed over is known only to a walk over folders.
  assert.deepEqual({ ...all.at(-1), skipped: null }, { ...one.at(-1), skipped: null });
}

test('under xargs', (t) => sameAsOne('xargs.sh', t));

const parallel = /^GNU parallel/.test(works('parallel', ['--version']).stdout ?? '') ? false : 'NOT TESTED: there is no GNU parallel on this machine (Debian: apt-get install parallel)';
if (parallel) console.log(parallel);
test('under GNU parallel', { skip: parallel }, (t) => sameAsOne('parallel.sh', t, ['--jobs', '2', '--block', '100']));

const python = works('python3', ['--version']).status === 0 ? false : 'NOT TESTED: there is no Python on this machine';
test('the rows for Spark are the lines of the filter', { skip: python }, () => {
  const names = filesOf(one).map(({ file }) => path.join(tree, file));
  const filter = heapbump(['audit', '--files-from', '-', '--root', tree, '-q'], { input: names.join('\n'), stdio: ['pipe', 'pipe', 'pipe'] });
  const code = 'import json, sys; sys.path.insert(0, sys.argv[1]); import spark_audit as s; print(json.dumps([sorted(n for n in s.names(sys.argv[2]) if s.is_wasm(sys.argv[2] + "/" + n)), list(s.rows(sys.stdin))]))';
  const ran = spawnSync('python3', ['-B', '-c', code, EXAMPLES, tree], { encoding: 'utf8', input: filter.stdout });
  assert.equal(ran.status, 0, ran.stderr);
  const [found, rows] = JSON.parse(ran.stdout);
  assert.deepEqual(found.sort(), filesOf(one).map(({ file }) => file).sort());
  assert.deepEqual(rows.map(([file, verdict, , reason]) => [file, verdict, reason]), filesOf(one).map(({ file, verdict, reason }) => [file, verdict, reason.id]));
  assert.deepEqual(rows.map((row) => JSON.parse(row.at(-1))), filesOf(one).map(({ details }) => details));
});

const spark = process.env.HEAPBUMP_SPARK;
const why = spark === undefined ? 'NOT TESTED: Spark is not installed for this; `scripts/spark` installs it and runs this test' : false;
if (why) console.log(why);
test('under Spark in local cluster mode: a folder in, Parquet out, the same totals', { skip: why, timeout: 600_000 }, (t) => {
  const out = path.join(temporaryFolder(t), 'audit.parquet');
  const env = { ...environment, PYTHONPATH: spark, SPARK_HOME: path.join(spark, 'pyspark'), PYSPARK_PYTHON: 'python3', SPARK_LOCAL_IP: '127.0.0.1', PYSPARK_SUBMIT_ARGS: '--master local-cluster[2,1,1024] pyspark-shell' };
  const ran = spawnSync('python3', ['-B', path.join(EXAMPLES, 'spark_audit.py'), tree, out, '--heapbump', PROGRAM, '--partitions', '5'], { encoding: 'utf8', env });
  assert.equal(ran.status, 0, ran.stderr);
  const totals = Object.fromEntries(Object.entries(one.at(-1).verdicts).filter(([, count]) => count !== 0));
  assert.deepEqual(JSON.parse(ran.stdout.trim().split('\n').at(-1)), totals);
  const parts = fs.readdirSync(out).filter((name) => name.endsWith('.parquet'));
  assert.ok(parts.length > 1);
  for (const part of parts) assert.equal(fs.readFileSync(path.join(out, part)).subarray(0, 4).toString(), 'PAR1');
  // A process that fails fails the job.
  const failed = spawnSync('python3', ['-B', path.join(EXAMPLES, 'spark_audit.py'), tree, out, '--heapbump', '/bin/false'], { encoding: 'utf8', env: { ...env, PYSPARK_SUBMIT_ARGS: '--master local[1] pyspark-shell' } });
  assert.notEqual(failed.status, 0);
});
