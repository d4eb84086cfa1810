// Reading and writing when things go wrong: the input survives, OUT is whole or as it was, and no temporary file stays behind
// but after kill -9. Guards of io.cc that these tests watch: the rename (kill, two runs), unlink in
// ~TemporaryFile (full disk, size limit), remove_temporaries (signals), SIGXFSZ ignored (size limit), follow_links (links),
// named_descriptor (/dev/stdout), the isatty check (terminal), the size check in read_all (a file that changes).
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';

const heapbump = process.env.HEAPBUMP;
const fixture = path.join(process.env.FIXTURES, 'go/busy-go1.24.wasm');
const isRoot = process.getuid() === 0;
const temporary = /^\.heapbump-.{6}\.tmp$/;

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'heapbump-io-'));
process.on('exit', () => fs.rmSync(root, { recursive: true, force: true }));
let folders = 0;
const folder = () => {
  const made = path.join(root, String(folders++));
  fs.mkdirSync(made);
  return made;
};
const hash = (file) => createHash('sha256').update(fs.readFileSync(file)).digest('hex');
const run = (args, options = {}) => spawnSync(heapbump, args, { encoding: 'utf8', ...options });
const reserve = (input, output, ...more) => run(['reserve', input, '-o', output, ...more]);
const left = (where) => fs.readdirSync(where).filter((name) => name.includes('heapbump') && name.endsWith('.tmp'));

// A custom section of many bytes makes the writing long enough to be met in the middle of.
const large = path.join(root, 'large.wasm');
{
  const size = 48 << 20;
  const name = Buffer.from('\x03pad', 'latin1');
  const header = [0];
  for (let n = size + name.length; ; n >>>= 7) {
    header.push(n > 127 ? (n & 127) | 128 : n);
    if (n <= 127) break;
  }
  fs.writeFileSync(large, Buffer.concat([fs.readFileSync(fixture), Buffer.from(header), name, Buffer.alloc(size, 7)]));
}
const whole = path.join(root, 'whole.wasm');
assert.equal(reserve(large, whole).status, 0);
const wholeHash = hash(whole);
const largeHash = hash(large);
const small = path.join(root, 'small.wasm');
assert.equal(reserve(fixture, small).status, 0);
const smallHash = hash(small);
// What is compared with below is right, and not only the same.
assert.equal(run(['verify', large, whole]).status, 0);
assert.equal(run(['verify', fixture, small]).status, 0);

const ends = (child) => new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal })));

test('kill -9 at any moment leaves OUT whole or absent', async () => {
  const where = folder();
  const out = path.join(where, 'out.wasm');
  let interrupted = 0;
  for (let delay = 0; delay < 40; ++delay) {
    fs.rmSync(out, { force: true });
    const child = spawn(heapbump, ['reserve', large, '-o', out], { stdio: 'ignore' });
    const done = ends(child);
    if (delay % 2 === 0) {
      await new Promise((resolve) => setTimeout(resolve, delay * 4));
    } else {
      for (const stop = Date.now() + 3000; left(where).length === 0 && child.exitCode === null && Date.now() < stop; )
        await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => setTimeout(resolve, delay % 8));
    }
    child.kill('SIGKILL');
    await done;
    if (fs.existsSync(out)) assert.equal(hash(out), wholeHash);
    for (const name of left(where)) {
      assert.match(name, temporary);
      ++interrupted;
      fs.rmSync(path.join(where, name));
    }
    assert.deepEqual(fs.readdirSync(where).filter((name) => name !== 'out.wasm'), []);
  }
  assert.ok(interrupted > 0, 'no run was killed while it wrote');
  assert.equal(hash(large), largeHash);
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  test(`${signal} removes the temporary file`, async () => {
    const where = folder();
    const out = path.join(where, 'out.wasm');
    fs.writeFileSync(out, 'old');
    let met = 0;
    for (let i = 0; i < 30 && met < 3; ++i) {
      const child = spawn(heapbump, ['reserve', large, '-o', out], { stdio: 'ignore' });
      const done = ends(child);
      let seen = false;
      while (child.exitCode === null && !seen) {
        seen = left(where).length > 0;
        if (!seen) await new Promise((resolve) => setImmediate(resolve));
      }
      child.kill(signal);
      const end = await done;
      if (seen && end.signal === signal) {
        ++met;
        assert.equal(fs.readFileSync(out, 'utf8'), 'old');
      } else {
        fs.writeFileSync(out, 'old');
      }
      assert.deepEqual(left(where), []);
    }
    assert.ok(met > 0, 'no run was met while it wrote');
  });
}

test('a full disk leaves the old target and no temporary file', { skip: !isRoot && 'needs root to mount' }, (t) => {
  const where = folder();
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', where]).status !== 0) return t.skip('cannot mount here');
  try {
    const out = path.join(where, 'out.wasm');
    fs.writeFileSync(out, 'old');
    const ran = reserve(large, out);
    assert.equal(ran.status, 1);
    assert.match(ran.stderr, /No space left on device.*HB0102/);
    assert.equal(fs.readFileSync(out, 'utf8'), 'old');
    assert.deepEqual(fs.readdirSync(where), ['out.wasm']);
  } finally {
    spawnSync('umount', [where]);
  }
});

test('a file-size limit is an error of writing', () => {
  const where = folder();
  const ran = spawnSync('sh', ['-c', `ulimit -f 100; exec "${heapbump}" reserve "${fixture}" -o "${where}/out.wasm"`], { encoding: 'utf8' });
  assert.equal(ran.status, 1);
  assert.match(ran.stderr, /File too large.*HB0102/);
  assert.deepEqual(fs.readdirSync(where), []);
});

test('a read-only folder and a read-only target are errors', (t) => {
  const where = folder();
  const out = path.join(where, 'out.wasm');
  fs.writeFileSync(out, 'old');
  fs.chmodSync(out, 0o444);
  // Root may write anywhere, so another user is asked.
  const user = (command) => (isRoot ? spawnSync('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', 'sh', '-c', command], { encoding: 'utf8' })
                                    : spawnSync('sh', ['-c', command], { encoding: 'utf8' }));
  fs.chmodSync(root, 0o755);
  if (user(`cat "${fixture}" "${heapbump}" > /dev/null`).status !== 0) return t.skip('another user cannot reach the build');
  fs.chmodSync(where, 0o777);
  const target = user(`"${heapbump}" reserve "${fixture}" -o "${out}"`);
  assert.equal(target.status, 1);
  assert.match(target.stderr, /Permission denied.*HB0102/);
  fs.chmodSync(where, 0o555);
  const made = user(`"${heapbump}" reserve "${fixture}" -o "${where}/new.wasm"`);
  assert.equal(made.status, 1);
  assert.match(made.stderr, /temporary file cannot be made.*HB0102/);
  assert.equal(fs.readFileSync(out, 'utf8'), 'old');
  assert.deepEqual(fs.readdirSync(where), ['out.wasm']);
});

for (const [what, old] of [['a symbolic link stays, and the file it names is written', 'old'], ['a chain of links to a file that does not exist gets its file made', undefined]]) {
  test(what, () => {
    const where = folder();
    fs.mkdirSync(path.join(where, 'real'));
    if (old !== undefined) fs.writeFileSync(path.join(where, 'real/file.wasm'), old);
    fs.symlinkSync('real/file.wasm', path.join(where, 'inner'));
    fs.symlinkSync('inner', path.join(where, 'outer'));
    assert.equal(reserve(fixture, path.join(where, 'outer')).status, 0);
    assert.ok(fs.lstatSync(path.join(where, 'outer')).isSymbolicLink());
    assert.ok(fs.lstatSync(path.join(where, 'inner')).isSymbolicLink());
    assert.equal(hash(path.join(where, 'real/file.wasm')), smallHash);
  });
}

test('a loop of links is an error', () => {
  const where = folder();
  fs.symlinkSync('b', path.join(where, 'a'));
  fs.symlinkSync('a', path.join(where, 'b'));
  assert.equal(reserve(fixture, path.join(where, 'a')).status, 1);
  assert.deepEqual(fs.readdirSync(where).sort(), ['a', 'b']);
});

test("a hard link's other name keeps the old bytes", () => {
  const where = folder();
  fs.copyFileSync(fixture, path.join(where, 'in.wasm'));
  fs.linkSync(path.join(where, 'in.wasm'), path.join(where, 'out.wasm'));
  assert.equal(run(['reserve', path.join(where, 'out.wasm'), '--in-place']).status, 0);
  assert.equal(hash(path.join(where, 'in.wasm')), hash(fixture));
  assert.equal(hash(path.join(where, 'out.wasm')), smallHash);
});

test('the input itself as the target is replaced whole, and undo brings it back', () => {
  const where = folder();
  const file = path.join(where, 'in.wasm');
  fs.copyFileSync(fixture, file);
  fs.chmodSync(file, 0o750);
  assert.equal(run(['reserve', file, '--in-place']).status, 0);
  assert.equal(hash(file), smallHash);
  assert.equal(fs.statSync(file).mode & 0o777, 0o750);
  assert.equal(run(['undo', file, '--in-place']).status, 0);
  assert.equal(hash(file), hash(fixture));
  assert.deepEqual(fs.readdirSync(where), ['in.wasm']);
});

test('a refused module leaves the target alone', () => {
  const where = folder();
  const out = path.join(where, 'out.wasm');
  fs.writeFileSync(out, 'old');
  fs.writeFileSync(path.join(where, 'bad.wasm'), Buffer.from('0061736d01000000', 'hex'));
  assert.equal(reserve(path.join(where, 'bad.wasm'), out).status, 4);
  assert.equal(fs.readFileSync(out, 'utf8'), 'old');
});

test('/dev/stdout and /dev/fd/N go on where the redirection is', () => {
  const where = folder();
  const out = path.join(where, 'out');
  for (const name of ['/dev/stdout', '-', '/dev/fd/1']) {
    fs.writeFileSync(out, 'before');
    assert.equal(spawnSync('sh', ['-c', `"${heapbump}" reserve "${fixture}" -o ${name} 2>/dev/null >> "${out}"`]).status, 0);
    const bytes = fs.readFileSync(out);
    assert.equal(bytes.subarray(0, 6).toString(), 'before', name);
    assert.equal(createHash('sha256').update(bytes.subarray(6)).digest('hex'), smallHash, name);
  }
  const piped = spawnSync('sh', ['-c', `"${heapbump}" reserve "${fixture}" -o /dev/stdout 2>/dev/null | sha256sum`], { encoding: 'utf8' });
  assert.equal(piped.stdout.split(' ')[0], smallHash);
});

test('/dev/full is an error, for the module and for words', () => {
  const ran = reserve(fixture, '/dev/full');
  assert.equal(ran.status, 1);
  assert.match(ran.stderr, /No space left on device.*HB0102/);
  assert.equal(spawnSync('sh', ['-c', `"${heapbump}" detect "${fixture}" > /dev/full`]).status, 1);
});

test('a pipe that nobody reads is an error, not a death', () => {
  const ran = spawnSync('sh', ['-c', `("${heapbump}" reserve "${large}" -o -; echo $? > "${root}/status") 2>/dev/null | head -c 10 > /dev/null`]);
  assert.equal(ran.status, 0);
  assert.equal(fs.readFileSync(path.join(root, 'status'), 'utf8').trim(), '1');
});

test('a FIFO is read and written', () => {
  const where = folder();
  const script = `cd "${where}" && mkfifo in out && (cat "${fixture}" > in &) && (cat out > got &) && "${heapbump}" reserve in -o out 2>/dev/null; code=$?; sleep 0.3; exit $code`;
  assert.equal(spawnSync('sh', ['-c', script]).status, 0);
  assert.equal(hash(path.join(where, 'got')), smallHash);
  assert.ok(fs.lstatSync(path.join(where, 'out')).isFIFO());
});

test('binary output is not written to a terminal', (t) => {
  if (spawnSync('script', ['--version']).error) return t.skip('script(1) is not here');
  const where = folder();
  for (const name of ['-', '/dev/stdout', '/dev/tty']) {
    const ran = spawnSync('script', ['-qec', `"${heapbump}" reserve "${fixture}" -o ${name} 2> "${where}/words"`, '/dev/null'], { encoding: 'latin1' });
    assert.equal(ran.status, 2, name);
    assert.match(fs.readFileSync(path.join(where, 'words'), 'utf8'), /HB0202/);
    assert.ok(!ran.stdout.includes('asm'), name);
  }
});

test('a directory is an error on both sides', () => {
  const where = folder();
  assert.match(reserve(where, path.join(where, 'x')).stderr, /is a directory.*HB0101/);
  const ran = reserve(fixture, where);
  assert.equal(ran.status, 1);
  assert.match(ran.stderr, /is a directory.*HB0102/);
  assert.equal(reserve(fixture, path.join(where, 'missing/out.wasm')).status, 1);
  assert.equal(reserve(path.join(where, 'missing'), path.join(where, 'x')).status, 1);
  assert.deepEqual(fs.readdirSync(where), []);
});

test('two runs at one target do not mix', async () => {
  const where = folder();
  const out = path.join(where, 'out.wasm');
  const expected = new Set([wholeHash]);
  const other = path.join(root, 'other.wasm');
  assert.equal(reserve(large, other, '--pages', '7').status, 0);
  expected.add(hash(other));
  assert.equal(expected.size, 2);
  for (let round = 0; round < 4; ++round) {
    const runs = [2, 7, 2, 7].map((pages) => ends(spawn(heapbump, ['reserve', large, '-o', out, '--pages', String(pages)], { stdio: 'ignore' })));
    for (const end of await Promise.all(runs)) assert.equal(end.code, 0);
    assert.ok(expected.has(hash(out)));
    assert.deepEqual(fs.readdirSync(where), ['out.wasm']);
  }
});

// Files of the kernel say another size than they have: what a file that changes while it is read looks like from here.
test('a file that shrinks or grows while it is read is an error', (t) => {
  const shrinks = '/sys/kernel/mm/transparent_hugepage/enabled';
  if (fs.existsSync(shrinks) && fs.statSync(shrinks).size > 200) {
    const ran = run(['detect', shrinks]);
    assert.equal(ran.status, 1);
    assert.match(ran.stderr, /changed its size while it was read.*HB0101/);
  }
  if (!fs.existsSync('/proc/version')) return t.skip('no /proc');
  const ran = run(['detect', '/proc/version']);
  assert.equal(ran.status, 1);
  assert.match(ran.stderr, /changed its size while it was read.*HB0101/);
});

test('the progress of a run is shown on a terminal, and nowhere else', () => {
  const where = folder();
  const out = path.join(where, 'out.wasm');
  assert.equal(reserve(fixture, out).status, 0);
  // A run of 60 million instructions says so once; the budget ends it.
  const command = `"${heapbump}" verify "${fixture}" "${out}" --run --max-instructions 60000000`;
  const terminal = spawnSync('script', ['-qec', command, '/dev/null'], { encoding: 'utf8' });
  assert.ok(!terminal.error, 'script(1) is needed, of the package bsdutils');
  assert.equal(terminal.status, 7);
  assert.match(terminal.stdout, /running the (original|reserved module with pattern [12]): 50 million instructions/);
  const piped = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
  assert.equal(piped.status, 7);
  assert.match(piped.stderr, /the instruction budget is used up.*HB0706/);
  assert.ok(!piped.stderr.includes('million'));
});

// A large file of zeros is cut while its bytes are being read; a run that was done before is tried again.
test('a file that is cut while it is read is an error', async () => {
  const file = path.join(folder(), 'cut.wasm');
  for (let round = 0; round < 40; ++round) {
    fs.writeFileSync(file, '');
    fs.truncateSync(file, 700 << 20);
    const child = spawn(heapbump, ['detect', file], { stdio: ['ignore', 'ignore', 'pipe'] });
    let words = '';
    child.stderr.on('data', (bytes) => (words += bytes));
    const end = ends(child);
    const opened = () => fs.readdirSync(`/proc/${child.pid}/fd`).some((fd) => fs.readlinkSync(`/proc/${child.pid}/fd/${fd}`) === file);
    try {
      while (child.exitCode === null && !opened()) await new Promise((resolve) => setImmediate(resolve));
    } catch {
      // It ended, or closed the descriptor, between the two looks.
    }
    fs.truncateSync(file, 1000);
    const { code } = await end;
    if (code === 1) return assert.match(words, /changed its size while it was read.*HB0101/);
    assert.equal(code, 3, words);  // all of it was read before, and it is no module
  }
  assert.fail('no run was met while it read');
});

test('--max-size is a limit for files and for standard input', () => {
  const ran = run(['--max-size', '1000', 'detect', fixture]);
  assert.equal(ran.status, 4);
  assert.match(ran.stderr, /the file has [0-9]+ bytes, the limit is 1000 .*HB0410/, 'it is told before it is read');
  const short = spawnSync('sh', ['-c', `head -c 5000 "${fixture}" | "${heapbump}" --max-size 1000 detect -`], { encoding: 'utf8' });
  assert.equal(short.status, 4);
  assert.match(short.stderr, /larger than the limit of 1000 bytes.*HB0410/);
  const piped = spawnSync('sh', ['-c', `"${heapbump}" --max-size 1000 detect - < "${fixture}"`], { encoding: 'utf8' });
  assert.equal(piped.status, 4);
  assert.match(piped.stderr, /HB0410/);
});

test('names from a module cannot speak to the terminal', () => {
  const where = folder();
  // An export whose name is an escape sequence and whose memory does not exist.
  const bytes = Buffer.concat([Buffer.from('0061736d01000000', 'hex'), Buffer.from([5, 3, 1, 0, 1, 7, 9, 1, 5, 0x1b, 0x5b, 0x32, 0x4a, 0x07, 2, 9])]);
  fs.writeFileSync(path.join(where, 'in.wasm'), bytes);
  const ran = run(['detect', path.join(where, 'in.wasm')]);
  assert.equal(ran.status, 3);
  assert.ok(!/[\x00-\x09\x0b-\x1f\x7f]/.test(ran.stderr), JSON.stringify(ran.stderr));
});
