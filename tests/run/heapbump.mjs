// The command line, as the Node tests use it, and the checks that every reserved module must pass.
//
// Invariant: the checks here start from the files and the JSON alone; they share no code with what they check.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { assertValid } from './schema.mjs';
import { sections } from './wasm.mjs';

export const PROGRAM = process.env.HEAPBUMP;
export const REAL = process.env.HEAPBUMP_REAL_MODULES;
export const TESTS = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

// A folder that is removed when the test (a node:test context) ends.
export function temporaryFolder(t) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'heapbump-test-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

// -> {code, stdout, stderr}; fails when the program was killed.
export function heapbump(args, options = {}) {
  const ran = spawnSync(PROGRAM, args, { maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'], ...options });
  if (ran.error !== undefined) throw ran.error;
  assert.equal(ran.signal, null, `heapbump ${args.join(' ')} was killed by ${ran.signal}: ${ran.stderr}`);
  return { code: ran.status, stdout: ran.stdout, stderr: ran.stderr.toString() };
}

// heapbump with --json: the object it prints, which is valid by its schema where the verb has one.
export function heapbumpJson(args) {
  const { code, stdout, stderr } = heapbump([...args, '--json']);
  let object;
  assert.doesNotThrow(() => (object = JSON.parse(stdout)), `not one JSON object: ${stdout.toString().slice(0, 200)} ${stderr}`);
  if (['detect', 'reserve', 'place', 'check', 'component'].includes(args[0])) {
    assertValid(['placed', 'passed', 'failed', 'made'].includes(object.status) ? args[0] : 'report', object);
    object.modules?.forEach(({ manifest }) => assertValid('manifest', manifest));
    assert.equal(object.exit_code, code, 'the exit code in the JSON is another');
  }
  return { code, object, stderr };
}

// Whatever is reserved verifies, and at no more than three times the cost of reading both files (docs/verify.md).
export function verify(file, output, manifestFile) {
  const { code, object, stderr } = heapbumpJson(['verify', file, output, '--manifest', manifestFile]);
  assert.equal(code, 0, `verify ${file}: ${stderr}`);
  assert.deepEqual(object.mismatches, []);
  assert.ok(object.work.reading > 0 && object.work.checking <= 4 * object.work.reading, `verify ${file}: work ${JSON.stringify(object.work)}`);
}

// Reserves FILE into FOLDER and verifies it. -> {original, reserved (bytes), output (path), manifest, report, manifestFile}
export function reserve(file, folder, options = []) {
  const [output, manifestFile, reportFile] = ['reserved.wasm', 'layout.json', 'report.json'].map((name) => path.join(folder, name));
  const { code, stderr } = heapbump(['reserve', file, '-o', output, '--manifest', manifestFile, '--report', reportFile, ...options]);
  assert.equal(code, 0, `reserve ${file}: ${stderr}`);
  const read = (name) => JSON.parse(fs.readFileSync(name, 'utf8'));
  const [manifest, report] = [read(manifestFile), read(reportFile)];
  assertValid('manifest', manifest);
  assertValid('report', report);
  verify(file, output, manifestFile);
  return { original: fs.readFileSync(file), reserved: fs.readFileSync(output), output, manifestFile, manifest, report };
}

export const sha256 = (bytes) => crypto.createHash('sha256').update(bytes).digest('hex');

// Applies the report's edits to the original: what comes out must be the reserved module.
export function applyEdits(original, edits) {
  const pieces = [];
  let at = 0;
  for (const { file_offset: offset, old_hex: before, new_hex: after } of edits) {
    assert.ok(offset >= at, `edits overlap or are out of order at 0x${offset.toString(16)}`);
    pieces.push(original.subarray(at, offset));
    assert.equal(original.subarray(offset, offset + before.length / 2).toString('hex'), before, `old bytes at 0x${offset.toString(16)}`);
    pieces.push(Buffer.from(after, 'hex'));
    at = offset + before.length / 2;
  }
  pieces.push(original.subarray(at));
  return Buffer.concat(pieces);
}

// The promises that every reserved module keeps, whatever made it. `folder` is for the files of undo.
export function checkReserved({ original, reserved, output, manifest, report }, folder) {
  assert.ok(WebAssembly.validate(reserved), 'V8 does not accept the output');
  // Only edits, and all of them on record; then one custom section, last in the file.
  const list = sections(reserved);
  const last = list[list.length - 1];
  assert.equal(last.name, 'heapbump', 'the last section is not "heapbump"');
  const edited = applyEdits(original, report.edits);
  const body = edited.length === reserved.length ? reserved : reserved.subarray(0, last.start);
  assert.ok(edited.equals(body), 'the difference between the files is not exactly the edits of the report');
  // Hashes and layout agree with the files.
  assert.equal(report.input.sha256, sha256(original));
  assert.equal(report.output.sha256, sha256(reserved));
  assert.equal(manifest.module.input_sha256, sha256(original));
  const { region, memory, slots } = manifest;
  assert.equal(region.size, region.pages * 65536);
  assert.ok(region.base + region.size <= memory.min_after * 65536, 'the region is outside the declared memory');
  for (const slot of slots) {
    assert.ok(slot.base >= region.base && slot.size <= region.base + region.size - slot.base, 'a slot is outside the region');
  }
  // Code stays where it was, relative to the code section's start.
  if (report.code_offsets_preserved) {
    const [codeBefore, codeAfter] = [sections(original), list].map((all) => all.find(({ id }) => id === 10));
    const size = codeBefore.end - codeBefore.payload;
    const [a, b] = [original.subarray(codeBefore.payload, codeBefore.end), reserved.subarray(codeAfter.payload, codeAfter.payload + size)];
    const moved = report.edits.filter(({ section, function: index }) => section === 'code' && index !== null).length;
    let different = 0;
    for (let i = 8; i < size; i++) if (a[i] !== b[i]) different++;
    assert.ok(different <= moved * 10, `${different} bytes of code differ, with ${moved} edits in it`);
  }
  // Reserving again changes nothing; undo gives the original back.
  const [again, undone] = ['again.wasm', 'undone.wasm'].map((name) => path.join(folder, name));
  const repeated = heapbump(['reserve', output, '-o', again]);
  assert.equal(repeated.code, 0, repeated.stderr);
  if (fs.existsSync(again)) assert.ok(fs.readFileSync(again).equals(reserved), 'a second reserve changed the module');
  const undo = heapbump(['undo', output, '-o', undone]);
  assert.equal(undo.code, 0, undo.stderr);
  assert.ok(fs.readFileSync(undone).equals(original), 'undo did not give the original back');
}
