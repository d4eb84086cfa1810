// The family of allocators that cut blocks from one end: where they begin, what they take for the end, how free blocks are
// kept and named, how the heap is walked. Most real run-times that are written by hand are one of these.
import { aligned, MORE, MORE_WEIGHTS, variables } from './growth.mjs';

// The first value of an axis is the plain one: a failure is shrunk towards it.
export const axes = {
  begin: { lazy: 5, data: 3, main: 2 }, // set at the first call; a word of the data; set by main
  below: { 0: 6, 16: 1, 64: 1, 4096: 0.5, 70000: 0.5 }, // a header of so many bytes under the first block
  origin: { base: 8, end: 1 }, // __heap_base, or __data_end where the stack is first
  header: { yes: 5, no: 1 },
  align: { 16: 10, 1: 2, 64: 1, 4096: 2, 65536: 2, 131072: 1, 262144: 1, 1048576: 1, 4194304: 0.5 },
  limit: { memsize: 6, saved: 3, size: 3, adjoin: 2, adjoinfail: 1, cap: 1, capdata: 1, capnumber: 1, heapend: 1 },
  growth: MORE_WEIGHTS,
  state: { static: 6, struct: 2, stack: 1 },
  lists: { none: 3, free: 3 },
  ref: { pointer: 5, granule: 2, relative: 1, narrow: 1, packed: 0.5, float: 0.4 },
  nil: { zero: 4, base: 1 },
  sweep: { none: 3, saved: 2, base: 2, back: 1 },
  pages: { none: 8, ample: 1, tight: 1, relative: 1 },
};

// CAP bytes above HB, or an absolute end, that the heap never passes.
const CAP = 1500000;

function carve(p) {
  const first = aligned(Number(p.below), p.origin === 'end' ? Math.max(16, Number(p.align)) : Number(p.align)).replace('HB', p.origin === 'end' ? 'DE' : 'HB');
  const begin = p.begin === 'lazy' ? 'if (cur == 0) { start(); }' : '';
  const start = { size: 'lo = FIRST; cur = lo; used = 0; size = (MSIZE() << 16) - lo;' }[p.limit] ??
    (p.begin === 'data' && Number(p.align) <= 1 ? '' : 'cur = FIRST;') + ' lo = FIRST;' +
    (['saved', 'adjoinfail', 'adjoin'].includes(p.limit) ? ' end = MSIZE() << 16;' : '') + (p.limit === 'heapend' ? ' end = (u32)&__heap_end;' : '');
  const tests = {
    memsize: 'if (cur + n > (MSIZE() << 16)) { if (more(cur + n - (MSIZE() << 16)) == 0) { return 0; } }',
    saved: 'if (cur + n > end) { if (more(cur + n - end) == 0) { return 0; } end = MSIZE() << 16; }',
    size: 'if (used + n > size) { if (more(used + n - size) == 0) { return 0; } size = (MSIZE() << 16) - lo; }',
    adjoin: `if (cur + n > end) {
    u32 k = (n + 65535) >> 16; u32 at = MGROW(k); if (at == NONE) { return 0; }
    if ((at << 16) != end) { cur = at << 16; } end = (at + k) << 16; }`,
    adjoinfail: `if (cur + n > end) {
    u32 k = (n + 65535) >> 16; u32 at = MGROW(k); if (at == NONE) { return 0; }
    if ((at << 16) != end) { return 0; } end = (at + k) << 16; }`,
  };
  tests.heapend = tests.adjoin;
  const caps = { cap: `HB + ${CAP}u`, capdata: 'lim', capnumber: `${2 * 1048576}u` };
  const test = tests[p.limit] ?? `if (cur + n > ${caps[p.limit]}) { return 0; }\n  ${tests.memsize}`;
  const take = p.limit === 'size' ? 'u32 at_ = lo + used; used = used + n; cur = lo + used; return at_;' : 'u32 at_ = cur; cur = cur + n; return at_;';
  return `#define FIRST ${first}
static void start(void) { ${start} }
NI static u32 carve(u32 n) {
  ${begin}
  ${test}
  ${take}
}`;
}

// How a block is named in a list: text of {type, encode, decode}.
const REFS = {
  pointer: { type: 'u32', encode: (p) => p, decode: (r) => r },
  granule: { type: 'u32', encode: (p) => `((${p}) >> 4)`, decode: (r) => `((${r}) << 4)` },
  relative: { type: 'u32', encode: (p) => `((${p}) - HB + 16)`, decode: (r) => `((${r}) + HB - 16)` },
  narrow: { type: 'u16', encode: (p) => `((${p}) >> 4)`, decode: (r) => `((u32)(${r}) << 4)` },
  packed: { type: 'u64', encode: (p) => `(((u64)(${p}) << 32) | 7)`, decode: (r) => `((u32)((${r}) >> 32))` },
  float: { type: 'double', encode: (p) => `((double)(${p}))`, decode: (r) => `((u32)(${r}))` },
};

function lists(p) {
  const { type, encode, decode } = REFS[p.ref];
  const nil = p.nil === 'base' ? encode('FIRST') : '0';
  const narrow = p.ref === 'narrow' ? 'if (at > 0xffff0) { return 0; }' : '';
  return {
    text: `static ${type} bins[32];
static u32 ready;
#define NIL ${nil}
NI static u32 class_of(u32 n) { u32 c = 0; while ((16u << c) < n) { c = c + 1; } return c; }
static void prepare(void) { for (u32 i = 0; i < 32; i = i + 1) { bins[i] = NIL; } ready = 1; }`,
    take: `if (ready == 0) { prepare(); ${p.nil === 'base' ? 'if (carve(16) == 0) { return 0; }' : ''} }
  u32 c = class_of(n);
  n = 16u << c;
  if (bins[c] != NIL) { u32 old = ${decode('bins[c]')}; bins[c] = ${type === 'u32' ? 'LD(old + 4)' : `*(${type}*)(old + ${p.ref === 'narrow' ? 4 : 16})`}; ST(old + 8, 1); return old + 16; }`,
    give: `u32 c = class_of(LD(at)); ${type === 'u32' ? 'ST(at + 4, bins[c])' : `*(${type}*)(at + ${p.ref === 'narrow' ? 4 : 16}) = bins[c]`}; bins[c] = ${encode('at')};`,
    narrow,
    room: type === 'u64' || type === 'double' ? 'if (n < 32) { n = 32; }' : '',
  };
}

function sweep(p, low) {
  if (p.sweep === 'none') return `NI static u32 audit(void) { return count${Number(p.below) ? ' + LD(HB + 4)' : ''}; }`;
  if (p.sweep === 'back') {
    return `NI static u32 audit(void) {
  u32 h = 0; u32 i = last; u32 k = 0;
  while (i != 0) { u32 at = i << 4; h = h * 31 + LD(at) + LD(at + 8); if (at == ${low}) { break; } i = LD(at + 12); k = k + 1; if (k > 200000) { return 1; } }
  return h;
}`;
  }
  return `NI static u32 audit(void) {
  u32 h = 0; u32 at = ${p.sweep === 'base' ? low : 'lo' + (p.nil === 'base' && p.lists === 'free' ? ' + 16' : '')};
  while (at < cur) { if (LD(at) == 0) { return 1; } h = h * 31 + LD(at) + LD(at + 8); at = at + LD(at); }
  return h;
}`;
}

// The variables' own names, so that a macro for one never meets a local of a workload.
const named = (body) => body.replace(/\b(lo|end|size|used|last|count|cur)\b/g, 'h_$1');

export function text(p) {
  const { frame, text: body } = compose(p);
  return { frame: named(frame), text: named(body) };
}

function compose(p) {
  const free = p.lists === 'free' ? lists(p) : undefined;
  const names = ['lo', 'end', 'size', 'used', 'last', 'count', ...(p.begin === 'data' && p.state === 'static' ? [] : ['cur'])];
  const { text: declared, frame } = variables(names, p.state);
  const prologue = free && p.nil === 'base' ? ' + 16' : '';
  const table = { none: 0, ample: 4096, tight: 64, relative: 4096 }[p.pages];
  const index = p.pages === 'relative' ? '((at - HB) >> 16)' : '(at >> 16)';
  const bare = 'NI static u32 alloc(u32 n) { count = count + 1; return carve((n + 15) & 0xfffffff0); }\nNI static void release(u32 p) { count = count + 0; }';
  const wanted = p.sweep === 'back' ? 'ST(at + 12, last); last = at >> 4;' : '';
  return {
    frame: frame + (p.begin === 'main' || (p.begin === 'data') ? ' start();' : ''),
    text: `${declared}
${p.begin === 'data' && p.state === 'static' ? `static u32 cur = HB${Number(p.below) ? ` + ${p.below}` : ''};` : ''}
${p.limit === 'capdata' ? `static u32 lim = HB + ${CAP}u;` : ''}
${MORE[p.growth]}
${carve(p)}
${table ? `static u8 owner[${table}];` : ''}
${free?.text ?? ''}
${p.header === 'no' ? bare : `NI static u32 alloc(u32 n) {
  n = (n + 16 + 15) & 0xfffffff0;
  ${free ? `${free.room}\n  ${free.take}` : ''}
  u32 at = carve(n);
  if (at == 0) { return 0; }
  ${free?.narrow ?? ''}
  ST(at, n); ST(at + 4, 0); ST(at + 8, 1); ST(at + 12, 0); count = count + 1;
  ${wanted}
  ${table ? `owner[${index}] = 7;` : ''}
  ${Number(p.below) ? 'ST(HB + 4, LD(HB + 4) + n);' : ''}
  return at + 16;
}
NI static void release(u32 p) {
  u32 at = p - 16;
  ${table ? `if (owner[${index}] != 7) { OUT(777); }` : ''}
  ST(at + 8, 0);
  ${free?.give ?? ''}
}`}
${sweep(p, `FIRST${prologue}`)}`,
  };
}

// Combinations that mean nothing.
// What the axes ask of the build.
export const needs = (p) => ({ ...(p.origin === 'end' ? { stack: 'first' } : {}), ...(p.limit === 'heapend' ? { newer: true } : {}) });

export function settle(p) {
  if (p.header === 'no') Object.assign(p, { lists: 'none', sweep: 'none', pages: 'none', below: '0' });
  if (p.begin === 'data' && p.state !== 'static') p.begin = 'main';
  if (p.origin === 'end' && p.begin === 'data') p.begin = 'lazy';
  if (p.lists === 'none') [p.ref, p.nil] = ['pointer', 'zero'];
  if (p.limit === 'size' && p.begin === 'data') p.begin = 'lazy';
  if (['adjoin', 'heapend'].includes(p.limit) && p.sweep !== 'none') p.sweep = 'none'; // what is left at an area's end has no header
  if (p.lists === 'free' && p.nil === 'base' && p.sweep === 'back') p.sweep = 'saved';
  // These measure from the first block, which must lie within the memory that is there.
  if (['size', 'adjoin', 'adjoinfail', 'heapend'].includes(p.limit) && (Number(p.below) > 4096 || Number(p.align) > 65536)) p.limit = 'saved';
  if (p.ref === 'narrow' && Number(p.align) > 65536) p.align = '65536'; // a granule's number has 16 bits
  return p;
}
