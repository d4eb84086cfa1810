// The measure of length and complexity sees what is over a limit, and an exception that is no longer needed.
import assert from 'node:assert/strict';
import test from 'node:test';
import { findExcess, judge, LIMITS, parseFunctions } from '../../scripts/measure.mjs';

const CSV = `4,3,88,1,4,"heapbump::short@1-4@./src/base/io.cc","./src/base/io.cc","heapbump::short","heapbump::short( int a , int b)",1,4
50,${LIMITS.complexity},88,1,${LIMITS.lines},"x","src/base/io.cc","heapbump::just","heapbump::just()",1,60
70,2,88,1,${LIMITS.lines + 1},"x","src/base/io.cc","heapbump::long","heapbump::long()",1,61
9,${LIMITS.complexity + 1},88,1,9,"x","src/wasm/edit.cc","heapbump::tangled","heapbump::tangled(""x"")",1,9
`;
const files = { 'src/wasm/edit.cc': '\n'.repeat(LIMITS.file), 'src/wasm/module.cc': '\n'.repeat(LIMITS.file + 1) };
const excess = findExcess(parseFunctions(CSV), files);

test('what is over a limit is found, and nothing else', () => {
  assert.deepEqual(excess.map(({ place }) => place),
    ['src/base/io.cc heapbump::long', 'src/wasm/edit.cc heapbump::tangled', 'src/wasm/module.cc']);
});

test('an exception covers a function, a file or a folder', () => {
  const over = (...exceptions) => judge(excess, exceptions.map((each) => [each, 'why'])).over.map(({ place }) => place);
  assert.deepEqual(over('src/base/io.cc heapbump::long'), ['src/wasm/edit.cc heapbump::tangled', 'src/wasm/module.cc']);
  assert.deepEqual(over('src/wasm/'), ['src/base/io.cc heapbump::long']);
  assert.deepEqual(over('src/wasm/edit.cc'), excess.map(({ place }) => place), 'a file stands for its length alone');
});

test('an exception that covers nothing is stale', () => {
  assert.deepEqual(judge(excess, [['src/base/io.cc heapbump::short', 'why'], ['src/wasm/module.cc', 'why']]).stale,
    [['src/base/io.cc heapbump::short', 'why']]);
});
