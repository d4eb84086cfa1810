// What programs do with memory besides allocating: each a piece of text for the top of the program, its start and its end.
//
// Invariant: `harm` says whether a relocated program can behave otherwise because of it: 'any' under each strategy, 'bump',
// 'tail', 'folded' (only where an optimizer makes one number of it), 'none'. It is for the reader alone; the run decides.
// `looks`: at an address that alloc() gave out. `only`: the languages it can be said in, where not in all.

// Reads a value that no compiler knows.
const OPAQUE = 'static volatile u32 hidden;\n#define UNKNOWN hidden\n';

export const FEATURES = {
  // memory.size elsewhere
  size_is: { harm: 'any', needs: { initial: true }, begin: 'if (MSIZE() != INITIAL) { OUT(900); return 3; }' },
  size_at_most: { harm: 'any', needs: { initial: true }, begin: 'if (MSIZE() > INITIAL) { OUT(901); return 3; }' },
  size_at_least: { harm: 'none', needs: { initial: true }, begin: 'if (MSIZE() < INITIAL) { OUT(902); return 3; }' },
  size_printed: { harm: 'any', end: 'OUT(MSIZE());' },
  size_grown: { harm: 'none', top: 'static u32 at_first;', begin: 'at_first = MSIZE();', end: 'OUT(MSIZE() - at_first);' },
  size_stored: { harm: 'any', top: 'static u32 limits[4];', begin: 'limits[1] = MSIZE(); limits[2] = limits[1] << 16;', end: 'OUT(limits[2] >> 10);' },
  budget: { harm: 'any', needs: { allocates: true }, end: 'u32 got = 0; while (MSIZE() < 60) { if (alloc(20000) == 0) { break; } got = got + 1; } OUT(got);' },
  budget_of_alloc: { harm: 'any', top: 'static u32 refused;', end: 'for (u32 i = 0; i < 400; i = i + 1) { if (MSIZE() > 70) { refused = refused + 1; } else { if (alloc(9000) == 0) { refused = refused + 10000; } } } OUT(refused);' },
  dump: { harm: 'any', top: 'NI static void dump(void) { u32 n = MSIZE() << 16; u32 p = 0; while (p < n) { u32 h = 0; for (u32 i = 0; i < 4096; i = i + 4) { h = h * 31 + LD(p + i); } OUT(h); p = p + 4096; } }', end: 'if (MSIZE() < 80) { dump(); }' },
  write_all: { harm: 'any', end: 'PUT(HB & 0xfffff000u, (MSIZE() << 16) - (HB & 0xfffff000u));' },
  hash_all: { harm: 'any', top: 'NI static u32 hash_all(void) { u32 h = 2166136261u; for (u32 p = 1024; p < (MSIZE() << 16); p = p + 4) { h = (h ^ LD(p)) * 16777619; } return h; }', end: 'OUT(hash_all());' },
  count_zero: { harm: 'any', top: 'NI static u32 zeros(void) { u32 k = 0; for (u32 p = HB; p < (MSIZE() << 16); p = p + 4) { if (LD(p) == 0) { k = k + 1; } } return k; }', end: 'OUT(zeros());' },
  wipe: { harm: 'any', needs: { stack: 'first' }, top: 'NI static void wipe(void) { for (u32 p = (DE + 15) & 0xfffffff0u; p < (MSIZE() << 16); p = p + 4) { ST(p, 0); } }', end: 'OUT(5);', last: 'wipe_apart' },
  poison: { harm: 'tail', begin: 'for (u32 p = (HB + 4095) & 0xfffff000u; p < (MSIZE() << 16); p = p + 4) { ST(p, 0); }' },
  page_sum: { harm: 'any', top: 'static u32 sums[4096];', end: 'for (u32 i = 0; i < MSIZE(); i = i + 1) { sums[i] = LD(i << 16) & 1; } u32 full = 0; for (u32 i = 0; i < 4096; i = i + 1) { full = full + sums[i] + (i < MSIZE() ? 1 : 0); } OUT(full);', only: ['c'] },
  size_seed: { harm: 'any', end: 'OUT((MSIZE() * 2654435761u) >> 7);' },
  size_odd: { harm: 'none', end: 'OUT(MSIZE() & 1);' },
  size_wide: { harm: 'any', end: 'u64 bytes = (u64)MSIZE() * 65536; OUT((u32)(bytes >> 12));', only: ['c'] },
  size_argument: { harm: 'any', top: 'NI static u32 half_of(u32 n) { return (n >> 1) + 3; }', end: 'OUT(half_of(MSIZE()));' },
  size_loop: { harm: 'any', end: 'u32 rounds = 0; for (u32 i = 0; i < MSIZE(); i = i + 1) { rounds = rounds + 3; } OUT(rounds);' },
  size_by_grow: { harm: 'any', end: 'OUT(MGROW(0));' },
  grow_is_at: { harm: 'any', needs: { initial: true }, begin: 'if (MGROW(1) != INITIAL) { OUT(903); }' },
  grow_too_much: { harm: 'none', begin: 'if (MGROW(65000) != NONE) { OUT(904); }' },
  hash_to_block: { harm: 'any', looks: true, end: 'u32 top = alloc(16); u32 h = 5381; if (top < 9000000) { for (u32 p = 1024; p < top; p = p + 4) { h = h * 33 + LD(p); } } OUT(h);' },
  write_to_block: { harm: 'any', looks: true, end: 'u32 top = alloc(16); u32 from = DE & 0xfffffff0u; if (top > from) { if (top - from < 4000000) { PUT(from, top - from); } }' },
  address_hash: { harm: 'any', looks: true, top: 'static u32 buckets[64];', end: 'for (u32 i = 0; i < 100; i = i + 1) { u32 p = alloc(700); if (p != 0) { u32 b = (p >> 9) & 63; buckets[b] = buckets[b] + 1; } } u32 h = 0; for (u32 i = 0; i < 64; i = i + 1) { h = h * 5 + buckets[i]; } OUT(h);' },
  address_order: { harm: 'none', looks: true, end: 'u32 p = alloc(64); u32 q = alloc(64); if (p < q) { OUT(35); } else { OUT(36); }' },
  address_even: { harm: 'none', looks: true, end: 'OUT((alloc(100) >> 16) & 1);' },
  // The heap's start as a number
  or_equal: { harm: 'folded', top: `${OPAQUE}`, end: 'u32 q = HB + UNKNOWN; OUT((q | 1) == (HB | 1) ? 11 : 12);', only: ['c'] },
  xor_near: { harm: 'folded', top: `${OPAQUE}`, end: 'u32 q2 = HB + UNKNOWN; OUT(((q2 ^ HB) & 0xfffffff0u) == 0 ? 13 : 14);', only: ['c'] },
  shl_equal: { harm: 'folded', top: `${OPAQUE}`, end: 'u32 q3 = (HB + UNKNOWN) << 1; OUT(q3 == (HB << 1) ? 15 : 16);', only: ['c'] },
  mul_equal: { harm: 'folded', top: `${OPAQUE}`, end: 'u32 q4 = (HB + UNKNOWN) * 5; OUT(q4 == HB * 5 ? 17 : 18);', only: ['c'] },
  page_equal: { harm: 'folded', top: `${OPAQUE}`, end: 'u32 q5 = (HB + UNKNOWN + 65535) >> 16; OUT(q5 == ((HB + 65535) >> 16) ? 19 : 20);', only: ['c'] },
  granule_equal: { harm: 'folded', top: `${OPAQUE}`, end: 'u32 q6 = (HB + UNKNOWN) >> 4; OUT(q6 == (HB >> 4) ? 21 : 22);', only: ['c'] },
  double_equal: { harm: 'folded', top: `${OPAQUE}`, end: 'double d = (double)(HB + UNKNOWN); OUT(d == (double)HB ? 23 : 24);', only: ['c'] },
  float_equal: { harm: 'folded', top: `${OPAQUE}`, end: 'float f = (float)(HB + UNKNOWN); OUT(f == (float)HB ? 25 : 26);', only: ['c'] },
  wide_equal: { harm: 'folded', top: `${OPAQUE}`, end: 'u64 w = ((u64)(HB + UNKNOWN) << 32) | 9; OUT(w == (((u64)HB << 32) | 9) ? 27 : 28);', only: ['c'] },
  negative: { harm: 'folded', top: `${OPAQUE}`, end: 'u32 q7 = HB + 64 + UNKNOWN; OUT(q7 - HB);', only: ['c'] },
  splat: { harm: 'folded', needs: { simd: true }, top: `${OPAQUE}static u32 heads_[16];`, end: 'for (u32 i = 0; i < 16; i = i + 1) { heads_[i] = HB; } u32 same = 0; for (u32 i = 0; i < 16; i = i + 1) { if (*(volatile u32*)&heads_[i] == HB + UNKNOWN) { same = same + 1; } } OUT(same);', only: ['c'] },
  base_in_table: { harm: 'none', top: 'static u32 roots_[4] = {HB, HB, HB + 32, 0};', end: 'volatile u32* r = roots_; OUT(r[1] - r[0] + r[2]  - HB); OUT(LD(r[0]) == LD(HB) ? 37 : 38);', only: ['c'] },
  far_data: { harm: 'bump', top: 'static u32 far = HB + 200000u;', end: 'if (far + 64 < (MSIZE() << 16)) { OUT((far - HB) >> 4); } else { OUT(6); }' },
  far_code: { harm: 'bump', top: `${OPAQUE}`, end: 'u32 q8 = HB + 123456u + UNKNOWN; OUT(q8 - HB);', only: ['c'] },
  load_at_base: { harm: 'none', end: 'OUT(LD(HB + 8) == 0x5ba5 ? 31 : 32);' },
  below_base: { harm: 'none', top: 'static u32 object[64];', end: 'OUT((u32)&object[3] < HB ? 33 : 34);', only: ['c'] },
  heap_or_static: { harm: 'none', top: 'static u32 thing[8];\nNI static u32 is_heap(u32 p) { return p >= HB ? 1 : 0; }', end: 'OUT(is_heap(alloc(32)) + is_heap((u32)&thing[0]));', only: ['c'] },
  limit_number: { harm: 'any', looks: true, end: 'u32 low = 0; for (u32 i = 0; i < 200; i = i + 1) { u32 p = alloc(8000); if (p != 0) { if (p < 1048576u) { low = low + 1; } } } OUT(low);' },
  page_of_block: { harm: 'any', looks: true, end: 'u32 first_page = alloc(100) >> 16; OUT(first_page);' },
  // The stack
  stack_depth: { harm: 'bump', top: 'NI static u32 depth_(void) { u32 mark[4]; mark[0] = 1; return HB - ((u32)(volatile u32*)mark & 0xfffffff0u); }', end: 'OUT(depth_() < 4000 ? 1 : 2);', only: ['c'] },
  stack_copy: { harm: 'bump', top: 'static u8 saved[9000];\nNI static u32 save(void) { volatile u32 mark[8]; mark[2] = 77; u32 from = (u32)mark; u32 n = HB - from; if (n > 8192) { return 0; } COPY((u32)saved, from, n); return n & 0xfffffff0u; }', end: 'OUT(save());', only: ['c'] },
  stack_above: { harm: 'none', top: 'NI static u32 above(void) { volatile u32 mark[4]; mark[1] = 1; return (u32)mark > DE ? 1 : 0; }', end: 'OUT(above());', only: ['c'] },
  scan_stack: { harm: 'bump', top: 'NI static u32 scan(void) { volatile u32 mark[4]; mark[1] = 1; u32 k = 0; for (u32 p = ((u32)mark) & 0xfffffffcu; p < HB; p = p + 4) { if (LD(p) == 0x1234567) { k = k + 1; } if (p - (u32)mark > 100000) { break; } } return k; }', end: 'volatile u32 here[2]; here[0] = 0x1234567; here[1] = 0; OUT(scan());', only: ['c'] },
  // Tables by address
  class_table: { harm: 'any', looks: true, top: 'static struct { u8 of[64]; u32 id; u32 more[15]; } table_ = {{0}, 1000, {0}};', end: 'for (u32 i = 0; i < 300; i = i + 1) { u32 p = alloc(12000); if (p == 0) { break; } table_.of[p >> 16] = 200; } OUT(table_.id); OUT(table_.more[3]);', only: ['c'] },
  // Other arenas
  low_arena: { harm: 'none', top: 'static u8 arena_[20000]; static u32 arena_used;\nNI static u32 low_alloc(u32 n) { if (arena_used + n > 20000) { return 0; } u32 p = (u32)arena_ + arena_used; arena_used = arena_used + ((n + 15) & 0xfffffff0u); return p; }', begin: 'u32 z = 0; for (u32 i = 0; i < 50; i = i + 1) { u32 p = low_alloc(100 + i); if (p != 0) { FILL(p, i, 100); z = z + LB(p + 99); } } OUT(z);', only: ['c'] },
  gap_arena: { harm: 'bump', needs: { stack: 'first' }, top: '#define GAP ((DE + 15) & 0xfffffff0u)', begin: 'OUT(HB - GAP);', only: ['c'] },
  grown_arena: { harm: 'none', begin: 'u32 own = MGROW(1) << 16; if (own != 0xffff0000u) { FILL(own, 7, 65536); OUT(LB(own + 65535)); }' },
  // Numbers that look like the heap's start and are none (HBNUM is its value, as the linker says)
  number_printed: { harm: 'none', needs: { number: true }, end: 'OUT(HBNUM);' },
  number_table: { harm: 'none', needs: { number: true }, top: 'static const volatile u32 prices[6] = {3, HBNUM, 5, HBNUM + 16, 7, HBNUM - 4};', end: 'u32 t = 0; for (u32 i = 0; i < 6; i = i + 1) { t = t * 3 + prices[i]; } OUT(t);', only: ['c'] },
  number_compared: { harm: 'none', needs: { number: true }, top: 'static u32 work_done;', end: 'for (u32 i = 0; i < 300000; i = i + 1) { if (i == HBNUM) { work_done = work_done + 7; } if (i < HBNUM) { work_done = work_done + 1; } } OUT(work_done);' },
};

// Written over everything after all output, so that nothing of the program itself is lost by it.
export const LAST = { wipe_apart: 'wipe();' };
