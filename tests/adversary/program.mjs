// From a seed to a program: which allocator with which parameters, which work, which features, how it is built; and from such
// a description to source text.
//
// Invariant: describeProgram(seed) depends on the seed alone, compose(spec) on the description alone. `VERSION` changes with
// what seeds name, so that a recorded seed never silently means another program.
import { ALLOCATORS, WEIGHTS as ALLOCATOR_WEIGHTS } from './allocators.mjs';
import { FEATURES, LAST } from './features.mjs';
import { COARSE } from './growth.mjs';
import { Random } from './random.mjs';
import { WORKLOADS, WEIGHTS as WORKLOAD_WEIGHTS } from './workloads.mjs';

export const VERSION = 2;

const first = (axis) => Object.keys(axis)[0];
export const plainParameters = (allocator) => Object.fromEntries(Object.entries(ALLOCATORS[allocator].axes).map(([axis, values]) => [axis, first(values)]));

const BUILD_AXES = {
  compiler: { clang14: 6, clang19: 4, clang22: 1 },
  opt: { O2: 5, O0: 2, O1: 1, O3: 1, Os: 1, Oz: 2 },
  lto: { no: 6, yes: 1 },
  shape: { linked: 6, O2: 1, Oz: 1, O4: 2.5 },
  stack: { last: 3, first: 2 },
  relocations: { no: 8, yes: 1 },
  names: { kept: 2, stripped: 1 },
  base: { hidden: 8, exported: 1 },
  bulk: { no: 2, yes: 1 },
};
export const plainBuild = () => Object.fromEntries(Object.entries(BUILD_AXES).map(([axis, values]) => [axis, first(values)]));

// Of each allocator some programs are as people write them but for one thing, some mix, some have everything at once: a
// single odd thing shows which rule is missing, and would be refused for another reason beside many.
const MODES = { single: 5, mixed: 3, wild: 2 };
const ODD = { single: 0, mixed: 0.3, wild: 0.9 };

function chooseParameters(random, allocator, mode) {
  const parameters = {};
  for (const [axis, values] of Object.entries(ALLOCATORS[allocator].axes)) parameters[axis] = random.chance(ODD[mode]) ? random.pick(values) : first(values);
  return parameters;
}

function chooseFeatures(random, mode, spec) {
  const names = Object.keys(FEATURES);
  const add = () => {
    const name = random.pick(names);
    if (!spec.features.includes(name)) spec.features.push(name);
  };
  if (mode !== 'single') {
    for (let count = Number(random.pick({ 0: 5, 1: 4, 2: 2, 3: 1 })); count > 0; count--) add();
  } else if (random.chance(0.55)) {
    add();
  } else if (random.chance(0.8)) {
    const axes = Object.entries(ALLOCATORS[spec.allocator].axes);
    const [axis, values] = random.pick(axes);
    spec.parameters[axis] = random.pick(Object.keys(values));
    if (['ref', 'nil'].includes(axis)) spec.parameters.lists = 'free'; // else they would say nothing
  }
}

// What the parts ask of the build: {initial, initialUnit, max, simd, number, stack}
export function needsOf(spec) {
  const needs = { ...ALLOCATORS[spec.allocator].needs?.(spec.parameters) };
  for (const name of spec.features) Object.assign(needs, FEATURES[name].needs);
  return needs;
}

// Rust and Zig say only what is in the subset (parse.mjs); the rest is C.
function settleLanguage(spec) {
  if (spec.language === 'c') return;
  const { state, ref } = spec.parameters;
  const inC = spec.snapshot || spec.parameters.limit === 'heapend' || ALLOCATORS[spec.allocator].libc || (state ?? 'static') !== 'static' || !['pointer', 'granule', 'relative', undefined].includes(ref)
    || spec.features.some((name) => FEATURES[name].only);
  if (spec.indirect || inC) spec.language = 'c';
  else Object.assign(spec.build, { lto: 'no', bulk: 'no', compiler: spec.build.compiler === 'clang22' ? 'clang19' : spec.build.compiler });
}

export function settle(spec) {
  spec.language ??= 'c';
  settleLanguage(spec);
  const allocator = ALLOCATORS[spec.allocator];
  spec.parameters = allocator.settle?.(spec.parameters) ?? spec.parameters;
  if (allocator.moving) spec.work = 'garbage';
  else if (spec.work === 'garbage') spec.work = 'churn';
  if (spec.work === 'exhaust' && !spec.max) spec.work = 'fill';
  // What looks at addresses that the C library gave out breaks the contract where nobody can see it (README.md).
  if (allocator.libc) spec.features = spec.features.filter((name) => !FEATURES[name].looks);
  const needs = needsOf(spec);
  if (spec.build.compiler === 'clang14') spec.build.relocations = 'no'; // wasm-ld 14 crashes on --emit-relocs with __heap_base
  if (spec.build.shape !== 'linked' || spec.build.lto === 'yes') spec.build.relocations = 'no';
  if (spec.snapshot && spec.parameters.state === 'stack') spec.parameters.state = 'static'; // main's frame is gone by then
  if (needs.stack) spec.build.stack = needs.stack;
  spec.simd = needs.simd ? 'yes' : spec.simd ?? 'no';
  if (needs.initial && !spec.initial) spec.initial = 16;
  if (needs.initialUnit > 1) spec.initial = Math.max(needs.initialUnit, Math.ceil((spec.initial ?? 16) / needs.initialUnit) * needs.initialUnit);
  if (needs.newer && spec.build.compiler === 'clang14') spec.build.compiler = 'clang19'; // __heap_end is of wasm-ld 15
  if (spec.ballast > 0 && spec.initial && spec.initial < 8) spec.ballast = 0;
  if (spec.max && spec.initial && spec.max < spec.initial + 8) spec.max = spec.initial + 32;
  return spec;
}

export function describeProgram(seed) {
  const random = new Random(seed);
  const allocator = random.pick(ALLOCATOR_WEIGHTS);
  const mode = random.pick(MODES);
  const spec = { version: VERSION, seed, allocator, parameters: chooseParameters(random, allocator, mode), features: [] };
  spec.work = random.pick(WORKLOAD_WEIGHTS);
  spec.scale = random.pick({ 1: 3, 2: 3, 4: 2 }) | 0;
  chooseFeatures(random, mode, spec);
  spec.build = Object.fromEntries(Object.entries(BUILD_AXES).map(([axis, values]) => [axis, random.pick(values)]));
  if (random.chance(0.25)) spec.max = Number(random.pick({ 64: 3, 62: 1, 100: 1, 40: 1 }));
  if (spec.max && random.chance(0.6)) spec.work = 'exhaust';
  if (COARSE.includes(spec.parameters.growth) && spec.max === undefined && random.chance(0.6)) [spec.max, spec.work] = [64, 'exhaust'];
  if (random.chance(0.3)) spec.initial = Number(random.pick({ 8: 1, 16: 2, 32: 1, 4: 1 }));
  if (random.chance(0.3)) spec.ballast = random.pick([3000, 50000, 100000, 200000]);
  spec.simd = random.chance(0.1) ? 'yes' : 'no';
  if (random.chance(0.1)) spec.snapshot = random.pick(['written', 'zero']);
  spec.language = random.pick({ c: 6, rust: 2.5, zig: 1 });
  if (random.chance(0.15)) spec.inline = true;
  if (random.chance(0.08)) spec.indirect = true;
  return settle(spec);
}

// Every choice that a program makes, as names for the tables.
export function tagsOf(spec) {
  const tags = [`allocator ${spec.allocator}`, `work ${spec.work}`, `language ${spec.language}`];
  const plain = plainParameters(spec.allocator);
  for (const [axis, value] of Object.entries(spec.parameters)) if (value !== plain[axis]) tags.push(`${spec.allocator}.${axis} ${value}`);
  for (const name of spec.features) tags.push(`feature ${name}`);
  for (const [axis, value] of Object.entries(spec.build)) tags.push(`build ${axis} ${value}`);
  for (const name of ['max', 'initial', 'snapshot', 'ballast', 'inline', 'indirect']) if (spec[name]) tags.push(`with ${name}`);
  return tags;
}

// -> C text. INITIAL and HBNUM are given by the build.
export function compose(spec) {
  const allocator = (ALLOCATORS[spec.allocator].text ?? (() => undefined))(spec.parameters);
  const features = spec.features.map((name) => FEATURES[name]);
  const tops = [...new Set(features.flatMap(({ top }) => (top === undefined ? [] : [top])))];
  const opaque = 'static volatile u32 hidden;\n#define UNKNOWN hidden\n';
  const indirect = 'static u32 (*volatile through)(u32) = alloc;\n#define alloc(n) through(n)\n';
  const shared = tops.some((top) => top.startsWith(opaque)) ? opaque : '';
  const own = tops.map((top) => top.replace(opaque, '')).filter((top) => top !== '');
  const block = (text) => (text === undefined ? '' : `  { ${text} }\n`);
  return `#include "runtime.h"
${allocator.text}
${spec.indirect ? indirect : ''}${shared}${own.join('\n')}
${spec.ballast ? `static u8 ballast[${spec.ballast}];\n` : ''}${WORKLOADS[spec.work](spec.scale)}
${spec.snapshot ? `static u32 warm; static u32 kept_;
__attribute__((export_name("wizer.initialize"))) void warm_up(void) { ${allocator.frame} kept_ = alloc(9000); ${spec.snapshot === 'zero' ? '' : 'if (kept_ != 0) { ST(kept_ + 8000, 77); } '}alloc(40); warm = 1; }
` : ''}static u32 program(void) {
  ${spec.snapshot ? `if (warm == 0) { warm_up(); }` : allocator.frame}
${spec.ballast ? `  for (u32 i = 0; i < ${spec.ballast}; i = i + 97) { ballast[i] = ballast[i * 7 % ${spec.ballast}] + 1; }\n` : ''}${features.map(({ begin }) => block(begin)).join('')}  work();
${features.map(({ end }) => block(end)).join('')}  OUT(audit());
${spec.snapshot ? '  if (kept_ != 0) { OUT(LD(kept_ + 8000)); OUT(LD(kept_ + 400)); }\n' : ''}${spec.ballast ? '  OUT(ballast[1234]);\n' : ''}${features.map(({ last }) => block(LAST[last])).join('')}  return 0;
}
`;
}
