// The allocators besides bump.mjs: first fit over one piece or several, spans found by masking, chunks from memory.grow,
// whole pages, buddies, a copying collector's two halves, and the C library's own malloc.
//
// Invariant: each gives alloc(n) (0: no memory left), release(p) and audit() (a number that no address decides), and is
// right by itself: the original program never damages its own data.
import * as bump from './bump.mjs';
import { aligned, MORE, MORE_WEIGHTS } from './growth.mjs';

const FIT_WALK = (hi) => `
    u32 b = lo;
    while (b < ${hi}) {
      if (LD(b + 4) == 0) { if (LD(b) >= n) {
        if (LD(b) - n >= 48) { u32 r = b + n; ST(r, LD(b) - n); ST(r + 4, 0); ST(b, n); }
        ST(b + 4, 1); return b + 16; } }
      b = b + LD(b);
    }`;

// Blocks one after another from lo to hi, the first that fits is taken.
const fit = {
  axes: {
    first: { base: 4, rounded: 1, offset: 1 },
    end: { memsize: 4, number: 2 }, // what is taken for the end at the start; a number needs a declared size
    join: { extend: 3, fill: 2, fail: 1, trust: 2 },
    growth: MORE_WEIGHTS,
    sweep: { saved: 2, base: 1 },
  },
  needs: (p) => (p.end === 'number' ? { initial: true } : {}),
  settle: (p) => (p.join !== 'extend' && (p.growth = 'exact'), p),
  text(p) {
    const FIRST = { base: 'HB', rounded: '((HB + 65535) & 0xffff0000u)', offset: '((HB + 4096 + 15) & 0xfffffff0u)' }[p.first];
    const adjoin = {
      extend: 'if (more(n + 16) == 0) { return 0; } u32 b = hi; ST(b, (MSIZE() << 16) - hi); ST(b + 4, 0); hi = MSIZE() << 16;',
      fill: `u32 k = (n + 65535) >> 16; u32 at = MGROW(k); if (at == NONE) { return 0; } u32 b = at << 16;
    if (b != hi) { ST(hi - 16, b - hi + 16); ST(hi - 12, 1); } ST(b, (k << 16)); ST(b + 4, 0); hi = b + (k << 16);`,
      fail: `u32 k = (n + 65535) >> 16; u32 at = MGROW(k); if (at == NONE) { return 0; } u32 b = at << 16;
    if (b != hi) { return 0; } ST(b, k << 16); ST(b + 4, 0); hi = b + (k << 16);`,
      trust: `u32 k = (n + 65535) >> 16; u32 at = MGROW(k); if (at == NONE) { return 0; } u32 b = at << 16;
    ST(b, k << 16); ST(b + 4, 0); hi = b + (k << 16);`,
    }[p.join];
    return {
      frame: '',
      text: `static u32 lo; static u32 hi; static u32 count;
${MORE[p.growth]}
static void start(void) { lo = ${FIRST}; hi = ${p.end === 'number' ? 'INITIAL * PAGE' : 'MSIZE() << 16'}; ST(lo, hi - lo); ST(lo + 4, 0); }
NI static u32 enlarge(u32 n) { ${adjoin} return 1; }
NI static u32 alloc(u32 n) {
  n = (n + 31) & 0xfffffff0;
  if (lo == 0) { start(); }
  while (1) {${FIT_WALK('hi')}
    if (enlarge(n) == 0) { return 0; }
  }
}
NI static void release(u32 p) { ST(p - 12, 0); u32 next = p - 16 + LD(p - 16); if (next < hi) { if (LD(next + 4) == 0) { ST(p - 16, LD(p - 16) + LD(next)); } } }
NI static u32 audit(void) {
  u32 k = 0; u32 used = 0; u32 b = ${p.sweep === 'base' ? FIRST : 'lo'};
  while (b < hi) { if (LD(b) == 0) { return 1; } if (LD(b + 4) == 1) { used = used + 1; } k = k + 1; if (k > 200000) { return 2; } b = b + LD(b); }
  return used;
}`,
    };
  },
};

// Spans aligned to their size; a block's span is found by masking its address.
const spans = {
  axes: { size: { 65536: 2, 131072: 1, 262144: 2, 1048576: 1, 4194304: 0.5 }, from: { base: 3, grow: 2 }, find: { mask: 3, header: 1 }, growth: { exact: 3, double: 1 }, spare: { none: 1, count: 1 } },
  needs: (p) => (p.from === 'grow' ? { initialUnit: p.size / 65536 } : {}),
  settle: (p) => (p.from === 'grow' && (p.growth = 'exact'), p),
  text(p) {
    const pages = p.size / 65536;
    const fresh = p.from === 'base'
      ? `if (next == 0) { next = (HB + ${p.size - 1}u) & ${(-p.size) >>> 0}u;${p.spare === 'count' ? ` left = next < (MSIZE() << 16) ? ((MSIZE() << 16) - next) / ${p.size}u : 0;` : ''} }
  u32 s = next;
  ${p.spare === 'count' ? `if (left == 0) { if (s + ${p.size}u > (MSIZE() << 16)) { if (more(s + ${p.size}u - (MSIZE() << 16)) == 0) { return 0; } } } else { left = left - 1; }`
    : `if (s + ${p.size}u > (MSIZE() << 16)) { if (more(s + ${p.size}u - (MSIZE() << 16)) == 0) { return 0; } }`}
  next = s + ${p.size}u;`
      : `u32 at = MGROW(${pages}); if (at == NONE) { return 0; } u32 s = at << 16;`;
    const owner = p.find === 'mask' ? `p & ${(-p.size) >>> 0}u` : 'LD(p - 16)';
    return {
      frame: '',
      text: `static u32 next; static u32 left; static u32 spans; static u32 bad;
${MORE[p.growth]}
NI static u32 new_span(u32 size) {
  ${fresh}
  ST(s, 0x5ba5); ST(s + 4, size); ST(s + 8, 0); ST(s + 12, 64); ST(s + 16, spans); ST(s + 20, 0); spans = s; return s;
}
NI static u32 alloc(u32 n) {
  n = (n + 16 + 63) & 0xffffffc0;
  if (n > ${Math.min(p.size, 65536) - 64}) { return 0; }
  u32 s = spans;
  while (1) {
    if (s == 0) { s = new_span(n); if (s == 0) { return 0; } }
    if (LD(s + 4) == n) {
      if (LD(s + 20) != 0) { u32 f = LD(s + 20); LD(s + 20) = LD(f); ST(s + 8, LD(s + 8) + 1); return f; }
      if (LD(s + 12) + n <= ${p.size}u) { u32 f = s + LD(s + 12) + 16; ST(f - 16, s); ST(s + 12, LD(s + 12) + n); ST(s + 8, LD(s + 8) + 1); return f; }
    }
    s = LD(s + 16);
  }
}
NI static void release(u32 p) {
  u32 s = ${owner};
  if (LD(s) != 0x5ba5) { bad = bad + 1; return; }
  ST(p, LD(s + 20)); ST(s + 20, p); ST(s + 8, LD(s + 8) - 1);
}
NI static u32 audit(void) { u32 live = 0; u32 s = spans; while (s != 0) { live = live + LD(s + 8); s = LD(s + 16); } return live * 1000 + bad; }`.replaceAll('LD(s + 20) = LD(f);', 'ST(s + 20, LD(f));'),
    };
  },
};

// Chunks out of memory.grow alone, whatever lies between them.
const chunks = {
  axes: { pages: { 1: 3, 4: 2, 16: 1 }, first: { none: 4, base: 1, number: 1 }, index: { none: 5, absolute: 1, tight: 1, minus: 1, relative: 1 }, tell: { list: 3, next: 1 } },
  needs: (p) => (p.first === 'number' || p.index === 'minus' ? { initial: true } : {}),
  settle: (p) => p,
  text(p) {
    const table = { absolute: 4096, tight: 64 }[p.index] ?? 128;
    const index = { none: undefined, absolute: '(page)', tight: '(page)', minus: '(page - INITIAL)', relative: '(page - base)' }[p.index];
    const low = { none: '', base: 'if (chunk == 0) { chunk = HB; end = MSIZE() << 16; cur = chunk + 16; ST(chunk, 0); }',
      number: 'if (chunk == 0) { chunk = HB; end = INITIAL * PAGE; cur = chunk + 16; ST(chunk, 0); }' }[p.first];
    return {
      frame: '',
      text: `static u32 chunk; static u32 cur; static u32 end; static u32 count; static u32 base;
${index ? `static u8 owner[${table}];` : ''}
NI static u32 fresh(u32 n) {
  u32 k = (n + 16 + 65535) >> 16; if (k < ${p.pages}) { k = ${p.pages}; }
  u32 page = MGROW(k); if (page == NONE) { return 0; }
  if (base == 0) { base = page; }
  ${index ? `if (${index} >= ${table}) { return 0; } owner[${index}] = 5;` : ''}
  u32 c = page << 16;
  ${p.tell === 'next' ? 'if (c == end) { end = end + (k << 16); return 1; }' : ''}
  ST(c, chunk); chunk = c; cur = c + 16; end = c + (k << 16); return 1;
}
NI static u32 alloc(u32 n) {
  n = (n + 15) & 0xfffffff0; ${low}
  if (cur + n > end) { if (fresh(n) == 0) { return 0; } }
  u32 p = cur; cur = cur + n; count = count + 1;
  return p;
}
NI static void release(u32 p) { if (p + 64 > cur) { count = count + 0; } }
NI static u32 audit(void) { u32 k = 0; u32 c = chunk; while (c != 0) { k = k + 1; c = LD(c); } return k * 1000 + count; }`,
    };
  },
};

// Whole pages, a state for each, by absolute number.
const pages = {
  axes: { table: { 4096: 3, 64: 1 }, from: { zero: 2, base: 1 }, growth: { exact: 3, one: 1, double: 1 }, small: { no: 2, yes: 1 } },
  settle: (p) => p,
  text(p) {
    const index = p.from === 'zero' ? '' : ' - base';
    return {
      frame: '',
      text: `static u8 map[${p.table}]; static u32 known; static u32 base; static u32 brk;
${MORE[p.growth]}
static void start(void) { known = MSIZE(); u32 first = (HB + 65535) >> 16; ${p.from === 'zero' ? 'for (u32 i = 0; i < first; i = i + 1) { map[i] = 1; }' : 'base = first;'} }
NI static u32 alloc(u32 n) {
  if (known == 0) { start(); }
  ${p.small === 'yes' ? 'if (n <= 64) { if (brk == 0) { brk = HB; } if ((brk & 65535) + n < 65000) { u32 q = brk; brk = brk + ((n + 15) & 0xfffffff0); if (brk <= (MSIZE() << 16)) { return q; } } }' : ''}
  u32 k = (n + 65535) >> 16; if (k == 0) { k = 1; }
  while (1) {
    u32 run = 0; u32 i = ${p.from === 'zero' ? '0' : 'base'};
    while (i < known) {
      if (map[i${index}] != 0) { run = 0; } else { run = run + 1; }
      if (run == k) { u32 j = i + 1 - k; while (j <= i) { map[j${index}] = 2; j = j + 1; } return (i + 1 - k) << 16; }
      i = i + 1;
    }
    if (more(k << 16) == 0) { return 0; }
    known = MSIZE(); if (known > ${p.table}) { known = ${p.table}; }
    if (known == ${p.table}) { if (run == 0) { return 0; } if (map[known - 1${index}] != 0) { return 0; } }
  }
}
NI static void release(u32 p) { if ((p & 65535) == 0) { map[(p >> 16)${index}] = 0; } }
NI static u32 audit(void) { u32 k = 0; for (u32 i = 0; i < known${index}; i = i + 1) { if (map[i] == 2) { k = k + 1; } } return k; }`,
    };
  },
};

// Buddies within one arena: a block's other half is found by xor.
const buddy = {
  axes: { arena: { 1048576: 2, 524288: 1, 2097152: 1 }, by: { absolute: 2, relative: 2 }, base: { symbol: 1, saved: 2 } },
  settle: (p) => (p.by === 'absolute' && (p.base = 'saved'), p),
  text(p) {
    const first = p.by === 'absolute' ? aligned(0, Number(p.arena)) : 'HB';
    const arena = p.base === 'symbol' ? first : 'arena';
    const other = p.by === 'absolute' ? '(at ^ size)' : `(${arena} + ((at - ${arena}) ^ size))`;
    return {
      frame: '',
      text: `static u32 arena; static u32 heads[32]; static u32 count;
static void start(void) {
  arena = ${first}; if (arena + ${p.arena}u > (MSIZE() << 16)) { if (MGROW((arena + ${p.arena}u - (MSIZE() << 16) + 65535) >> 16) == NONE) { arena = 0; return; } }
  ST(arena, ${p.arena}); ST(arena + 4, 0); ST(arena + 8, 0); heads[${Math.log2(p.arena)}] = arena;
}
NI static void drop(u32 at, u32 k) { u32 i = heads[k]; if (i == at) { heads[k] = LD(at + 8); return; } while (i != 0) { if (LD(i + 8) == at) { ST(i + 8, LD(at + 8)); return; } i = LD(i + 8); } }
NI static u32 alloc(u32 n) {
  if (arena == 0) { start(); if (arena == 0) { return 0; } }
  u32 k = 5; while ((1u << k) < n + 16) { k = k + 1; }
  u32 j = k; while (j < 25) { if (heads[j] != 0) { break; } j = j + 1; } if (j >= 25) { return 0; }
  u32 at = heads[j]; heads[j] = LD(at + 8);
  while (j > k) { j = j - 1; u32 half = at + (1u << j); ST(half, 1u << j); ST(half + 4, 0); ST(half + 8, heads[j]); heads[j] = half; }
  ST(at, 1u << k); ST(at + 4, 1); count = count + 1; return at + 16;
}
NI static void release(u32 p) {
  u32 at = p - 16; u32 size = LD(at); count = count - 1; u32 k = 0; while ((1u << k) < size) { k = k + 1; }
  while (size < ${p.arena}u) {
    u32 mate = ${other}; if (LD(mate) != size) { break; } if (LD(mate + 4) != 0) { break; }
    drop(mate, k); if (mate < at) { at = mate; } size = size << 1; k = k + 1;
  }
  ST(at, size); ST(at + 4, 0); ST(at + 8, heads[k]); heads[k] = at;
}
NI static u32 audit(void) { u32 h = count; for (u32 k = 0; k < 25; k = k + 1) { u32 i = heads[k]; while (i != 0) { h = h * 7 + k; i = LD(i + 8); } } return h; }`,
    };
  },
};

// Two halves, the living copied from one to the other: the second begins far above the heap's start.
const halves = {
  axes: { half: { 262144: 2, 524288: 1 }, at: { code: 2, data: 1, saved: 1 } },
  settle: (p) => p,
  text(p) {
    const from = p.at === 'data' ? 'other' : p.at === 'saved' ? '(lo0 + HALF)' : '(HB + HALF)';
    return {
      frame: '',
      text: `#define HALF ${p.half}u
static u32 lo0; static u32 space; static u32 cur; static u32 lim; static u32 live[64]; static u32 lives; static u32 turns; ${p.at === 'data' ? `static u32 other = HB + ${p.half}u;` : ''}
static void start(void) { u32 have = (MSIZE() << 16) - HB; if (have < 2 * HALF) { MGROW((2 * HALF - have + 65535) >> 16); } lo0 = HB; space = lo0; cur = space; lim = space + HALF; }
NI static void collect(void) {
  u32 to = ${from}; if (space == to) { to = ${p.at === 'saved' ? 'lo0' : 'HB'}; } u32 at = to; turns = turns + 1;
  for (u32 i = 0; i < 64; i = i + 1) { if (live[i] != 0) { u32 n = LD(live[i]); COPY(at, live[i], n); live[i] = at; at = at + n; } }
  space = to; cur = at; lim = to + HALF;
}
NI static u32 alloc(u32 n) {
  n = (n + 16 + 15) & 0xfffffff0; if (space == 0) { start(); }
  if (cur + n > lim) { collect(); if (cur + n > lim) { return 0; } }
  u32 at = cur; cur = cur + n; ST(at, n); live[lives & 63] = at; lives = lives + 1; return at + 16;
}
NI static void release(u32 p) { lives = lives + 0; }
NI static u32 audit(void) { u32 h = turns; for (u32 i = 0; i < 64; i = i + 1) { if (live[i] != 0) { h = h * 31 + LD(live[i]); } } return h; }`,
    };
  },
  moving: true, // blocks move: a workload may not keep addresses
};

// The C library's: opaque to the program.
const libc = {
  axes: { calls: { malloc: 3, calloc: 1, realloc: 1, aligned: 1 } },
  settle: (p) => p,
  libc: true,
  text(p) {
    const call = { malloc: 'malloc(n)', calloc: 'calloc(n, 1)', realloc: 'realloc(malloc((n + 1) >> 1), n)', aligned: 'aligned_alloc(64, (n + 63) & 0xffffffc0)' }[p.calls];
    return { frame: '', text: `static u32 count;
NI static u32 alloc(u32 n) { count = count + 1; return (u32)${call}; }
NI static void release(u32 p) { free((void*)p); }
NI static u32 audit(void) { return count; }` };
  },
};

export const ALLOCATORS = { bump, fit, spans, chunks, pages, buddy, halves, libc };
export const WEIGHTS = { bump: 9, fit: 3, spans: 2, chunks: 3, pages: 2, buddy: 1, halves: 1, libc: 4 };
