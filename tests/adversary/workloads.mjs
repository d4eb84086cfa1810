// What the programs do with their heap. Each drives the allocator far beyond the memory that the module declares, and prints
// sums of what it wrote and read back; none prints an address.
//
// Invariant: in the subset of languages.mjs. `scale` (1 to 8) multiplies the bytes that are live at once.

// Blocks come and go; what was written must still be there when a block goes.
const churn = (scale) => `
static u32 slots[256]; static u32 sizes[256];
NI static void work(void) {
  u32 x = 2463534242u; u32 sum = 0; u32 lost = 0;
  for (u32 r = 0; r < ${700 + 150 * scale}; r = r + 1) {
    x = x ^ (x << 13); x = x ^ (x >> 17); x = x ^ (x << 5);
    u32 i = x & 255;
    if (slots[i] != 0) {
      if (LB(slots[i]) != (i & 255)) { lost = lost + 1; }
      if (LB(slots[i] + sizes[i] - 1) != (i & 255)) { lost = lost + 1; }
      sum = sum * 31 + LB(slots[i]) + sizes[i]; release(slots[i]); slots[i] = 0;
    } else {
      u32 n = 1 + ((x >> 8) % ${900 * scale});
      u32 p = alloc(n);
      if (p == 0) { OUT(r); break; }
      FILL(p, i, n); slots[i] = p; sizes[i] = n;
    }
  }
  OUT(sum); OUT(lost);
}`;

// Blocks of one size until there are no more, or so many.
const fill = (scale) => `
NI static void work(void) {
  u32 n = 0; u32 sum = 0; u32 last = 0;
  while (n < ${600 * scale}) {
    u32 p = alloc(3000);
    if (p == 0) { break; }
    FILL(p, n, 3000); ST(p, n); ST(p + 4, last); last = p; n = n + 1;
  }
  OUT(n);
  while (last != 0) { sum = sum * 31 + LD(last) + LB(last + 2999); last = LD(last + 4); }
  OUT(sum);
}`;

// The same to the end of all memory: under a declared maximum alone.
const exhaust = () => `
NI static void work(void) {
  u32 n = 0; u32 last = 0; u32 sum = 0;
  while (n < 30000) { u32 p = alloc(5000); if (p == 0) { break; } ST(p, last); ST(p + 4, n); ST(p + 4996, n * 3); last = p; n = n + 1; }
  OUT(n);
  while (last != 0) { sum = sum * 31 + LD(last + 4) + LD(last + 4996); last = LD(last); }
  OUT(sum);
}`;

// A search tree of small blocks, then looked through.
const tree = (scale) => `
NI static u32 insert(u32 root, u32 key) {
  u32 at = root; u32 node = alloc(40);
  if (node == 0) { return root; }
  ST(node, key); ST(node + 4, 0); ST(node + 8, 0); FILL(node + 12, key, 28);
  if (at == 0) { return node; }
  while (1) {
    u32 side = at + 4; if (key > LD(at)) { side = at + 8; }
    if (LD(side) == 0) { ST(side, node); return root; }
    at = LD(side);
  }
}
NI static void work(void) {
  u32 root = 0; u32 x = 12345; u32 sum = 0; u32 depth = 0;
  for (u32 i = 0; i < ${1500 * scale}; i = i + 1) { x = x * 1103515245 + 12345; root = insert(root, x >> 4); }
  for (u32 i = 0; i < 400; i = i + 1) {
    x = x * 1103515245 + 12345; u32 at = root; depth = 0;
    while (at != 0) { sum = sum * 7 + LB(at + 39); if ((x >> 4) > LD(at)) { at = LD(at + 8); } else { at = LD(at + 4); } depth = depth + 1; }
    sum = sum + depth;
  }
  OUT(sum);
}`;

// A table that doubles as it fills, as vectors and hash tables do; large blocks that are left behind.
const table = (scale) => `
NI static void work(void) {
  u32 size = 64; u32 used = 0; u32 at = alloc(size * 4); u32 sum = 0;
  if (at == 0) { OUT(1); return; }
  FILL(at, 0, size * 4);
  for (u32 i = 1; i < ${9000 * scale}; i = i + 1) {
    if (used * 2 > size) {
      u32 wider = alloc(size * 8); if (wider == 0) { OUT(i); break; }
      FILL(wider, 0, size * 8);
      for (u32 j = 0; j < size; j = j + 1) { u32 v = LD(at + j * 4); if (v != 0) { u32 k = (v * 2654435761u) & (size * 2 - 1); while (LD(wider + k * 4) != 0) { k = (k + 1) & (size * 2 - 1); } ST(wider + k * 4, v); } }
      release(at); at = wider; size = size * 2;
    }
    u32 h = (i * 2654435761u) & (size - 1); while (LD(at + h * 4) != 0) { h = (h + 1) & (size - 1); }
    ST(at + h * 4, i); used = used + 1;
  }
  for (u32 j = 0; j < size; j = j + 1) { sum = sum * 3 + LD(at + j * 4); }
  OUT(sum);
}`;

// Memory that nobody wrote is zero: so the C library's calloc believes of new pages.
const fresh = (scale) => `
NI static void work(void) {
  u32 sum = 0; u32 odd = 0;
  for (u32 i = 0; i < ${120 * scale}; i = i + 1) {
    u32 p = alloc(4000); if (p == 0) { OUT(i); break; }
    for (u32 k = 64; k < 3900; k = k + 16) { if (LD((p + k) & 0xfffffffc) != 0) { odd = odd + 1; } }
    sum = sum + i; ST(p + 40, sum);
  }
  OUT(sum); OUT(odd);
}`;

// For a collector that moves blocks: addresses are not kept.
const garbage = (scale) => `
NI static void work(void) {
  u32 sum = 0;
  for (u32 i = 0; i < ${3000 * scale}; i = i + 1) { u32 n = 100 + (i * 7) % 900; u32 p = alloc(n); if (p == 0) { OUT(i); break; } FILL(p, i, n); sum = sum * 31 + LB(p + n - 1); }
  OUT(sum);
}`;

export const WORKLOADS = { churn, fill, exhaust, tree, table, fresh, garbage };
export const WEIGHTS = { churn: 4, fill: 3, tree: 2, table: 2, fresh: 1 };
