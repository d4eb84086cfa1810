// How an allocator asks for more memory, and how it keeps its variables: the parts that the allocators share.
//
// Invariant: text in the subset of C that languages.mjs reads (all values u32), so that each part exists in C, Rust and Zig.

const untilEnough = (step) => `
NI static u32 more(u32 n) {
  u32 want = MSIZE() + ((n + 65535) >> 16);
  while (MSIZE() < want) { if (MGROW(${step}) == NONE) { return 0; } }
  return 1;
}`;
const once = (pages) => `
NI static u32 more(u32 n) {
  u32 pages = (n + 65535) >> 16;
  ${pages}
  if (MGROW(pages) == NONE) { return 0; }
  return 1;
}`;

// more(n): at least n bytes more at the memory's end, 1 or 0.
export const MORE = {
  exact: once(''),
  quantum: once('pages = (pages + 7) & 0xfffffff8;'),
  one: untilEnough('1'),
  half: untilEnough('(MSIZE() + 1) >> 1'),
  double: untilEnough('MSIZE()'),
  power: once('u32 total = 1; while (total < MSIZE() + pages) { total = total << 1; } pages = total - MSIZE();'),
  round: once('pages = ((MSIZE() + pages + 15) & 0xfffffff0) - MSIZE();'),
};
export const MORE_WEIGHTS = { exact: 6, quantum: 2, one: 2, half: 1, double: 1, power: 1, round: 1 };
// Fewer pages are left for these under a declared maximum when the memory begins higher.
export const COARSE = ['half', 'double', 'power', 'round'];

// Variables of an allocator. as: 'static', each by itself; 'struct', one object; 'stack', an object of main's frame that a
// static points to. -> {text, frame (a statement for main)}
export function variables(names, as) {
  if (as === 'static') return { text: names.map((name) => `static u32 ${name};`).join('\n'), frame: '' };
  const members = `struct { ${names.map((name) => `u32 ${name}_;`).join(' ')} }`;
  const text = as === 'struct' ? `static ${members} state;\n` : `typedef ${members} State;\nstatic State* frame;\n`;
  const through = as === 'struct' ? 'state.' : 'frame->';
  return {
    text: text + names.map((name) => `#define ${name} (${through}${name}_)`).join('\n'),
    frame: as === 'stack' ? `State kept = {${names.map(() => '0').join(', ')}}; frame = &kept;` : '',
  };
}

// The heap's first address, `below` bytes above the linker's symbol, aligned.
export const aligned = (below, align) => (align <= 1 ? `HB${below ? ` + ${below}` : ''}` : `((HB + ${below + align - 1}) & ${(-align >>> 0)}u)`);
