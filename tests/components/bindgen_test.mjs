// A module with bindings of its own beside preview1: its cabi_realloc stays what it was, the host goes on using it for strings,
// the adapter does not, and the component does what the core module does.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import test from 'node:test';
import { componentEmbed, runComponent, stockAdapter } from '../run/component.mjs';
import { differential } from '../run/differential.mjs';
import { heapbump, reserve, temporaryFolder } from '../run/heapbump.mjs';
import { exportedBody } from '../run/wasm.mjs';
import { buildC } from './build.mjs';
import { assertChecked, build, compose, modules, PLACEMENTS } from './workshop.mjs';

const program = {
  kind: 'reactor', world: 'speaker',
  wit: `package local:words;
    interface dictionary { translate: func(word: string) -> string; }
    world speaker { import dictionary; export say: func(text: string) -> string; export kept: func() -> u64; }`,
};
const buildProgram = (folder) => buildC('bindgen', folder, ['-mexec-model=reactor']);
const TEXTS = ['a few words', Array.from({ length: 1000 }, (_, i) => `word${i}`).join(' '), 'and some more'];
const env = { HOME: '/home/someone' };
const translate = (word) => `<${word.toUpperCase()}>`.repeat(1 + (word.length % 3));
const dictionary = `export const translate = ${translate};`;

// Calls the core module the way the canonical ABI does. -> what it answered
function drive(exports) {
  const memory = () => Buffer.from(exports.memory.buffer);
  const read = (at) => memory().subarray(memory().readUInt32LE(at), memory().readUInt32LE(at) + memory().readUInt32LE(at + 4)).toString();
  const lower = (text) => {
    const at = exports.cabi_realloc(0, 0, 1, Buffer.byteLength(text));
    memory().write(text, at);
    return at;
  };
  drive.import = (at, size, result) => {
    const answer = translate(memory().subarray(at, at + size).toString());
    const there = lower(answer);
    memory().writeUInt32LE(there, result);
    memory().writeUInt32LE(Buffer.byteLength(answer), result + 4);
  };
  return TEXTS.map((text) => {
    const result = exports.say(lower(text), Buffer.byteLength(text));
    const answer = read(result);
    exports.cabi_post_say(result);
    return [answer, BigInt.asUintN(64, exports.kept())];
  });
}
const driven = { drive, env, imports: { 'local:words/dictionary': { translate: (...args) => drive.import(...args) } } };
const calls = TEXTS.flatMap((text) => [{ name: 'say', args: [text] }, { name: 'kept', args: [] }]);

// Types are embedded before reserving, as wit-bindgen's are when it links, or after, as `component embed` does.
for (const [placement, when] of PLACEMENTS.flatMap((name) => [[name, 'before'], [name, 'after']])) {
  test(`${placement}, types embedded ${when} reserving: cabi_realloc stays what it was, for the host alone`, async (t) => {
    const folder = temporaryFolder(t);
    const file = buildProgram(folder);
    if (when === 'before') fs.writeFileSync(file, await componentEmbed(fs.readFileSync(file), { modules, ...program }));
    const { original, reserved, manifest, component, output } =
      await build(file, placement, folder, when === 'before' ? { kind: program.kind } : program);
    const [before, after] = [original, reserved].map((bytes) => WebAssembly.Module.exports(new WebAssembly.Module(bytes)).map(({ name }) => name));
    assert.deepEqual(after, placement === 'shim' ? [...before, 'cabi_realloc_adapter'] : before);
    assert.ok(exportedBody(original, 'cabi_realloc').length > 10);
    assert.deepEqual(exportedBody(reserved, 'cabi_realloc'), exportedBody(original, 'cabi_realloc'));

    const { verdict, differences, runs } = await differential(original, reserved, manifest, driven);
    // The host is told where the strings are: addresses that move by the region, or, where memory.grow no longer continues the
    // first heap, to another block. Nothing but calls may differ.
    assert.ok(verdict === 'addresses' || (verdict === 'different' && manifest.strategy === 'tail'), differences.slice(0, 5).join('\n'));
    assert.ok(differences.every((text) => /host call \d+: /.test(text)), differences.slice(0, 5).join('\n'));
    const expected = runs[0].driven;
    for (const { driven: answers, canary } of runs.slice(1)) {
      assert.deepEqual(answers, expected);
      assert.equal(canary.damage, undefined);
    }
    assert.ok(expected[1][0].length > 8_000);

    const bound = assertChecked(output);
    const { exitCode, stdout, stderr, watched } = await runComponent(component, {
      modules, env, calls, imports: { 'local:words/dictionary': dictionary }, watch: manifest.region });
    assert.equal(exitCode, 0, stderr.toString());
    assert.equal(stdout.toString(), runs[0].stdout.toString());
    const told = expected.map(([answer, sum]) => `say: ${answer}\nkept: ${sum}n\n`).join('');
    assert.ok(stderr.toString() === told, `the component answered ${stderr.toString().slice(0, 300)}`);
    assert.deepEqual(watched.list, []);
    assert.ok(watched.functions.cabi_realloc > 1000, 'the host did not use the module\'s own realloc');
    assert.equal(watched.functions.cabi_realloc_adapter, placement === 'shim' ? 2 : undefined);
    assert.ok(watched.stackUsed > 0 && watched.stackUsed <= bound);
  });
}

test('without the shim a stock adapter would take its memory from that realloc, and check says so', async (t) => {
  const folder = temporaryFolder(t);
  const { reserved } = await build(buildProgram(folder), 'adapter', folder, program);
  const { output } = await compose(reserved, stockAdapter(modules, 'reactor'), program, folder);
  const { code, stderr } = heapbump(['check', output]);
  assert.equal(code, 7, stderr);
  assert.match(stderr, /bound to another realloc of the main module than cabi_realloc_adapter/);
});

test('a plain command is known again when component types were embedded before reserving; after it, check says what to do', async (t) => {
  const folder = temporaryFolder(t);
  const file = buildC('stress', folder);
  const types = { modules, wit: 'package local:plain; world plain {}', world: 'plain' };
  const first = reserve(file, folder);
  const late = await componentEmbed(first.reserved, types);
  const { output } = await compose(late, stockAdapter(modules), { kind: 'command' }, folder);
  const { code, stderr } = heapbump(['check', output]);
  assert.equal(code, 7, stderr);
  assert.match(stderr, /embed them first and reserve after that/);

  fs.writeFileSync(file, await componentEmbed(fs.readFileSync(file), types));
  const { output: good, manifestFile } = await build(file, 'shim', folder);
  assertChecked(good, ['--manifest', manifestFile]);
});
