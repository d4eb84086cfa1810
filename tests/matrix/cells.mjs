// The cells of the matrix: which programs are built how. A cell is a plain object of axis values; its id names it.
//
// Invariant: the list follows from the toolchains found and nothing else; combinations that cannot be are left out
// here with the reason, as part of what is counted.

const OPTS = ['O0', 'O2', 'Oz'];
const SHAPES = ['padded', 'compact', 'wasm-opt-O2', 'wasm-opt-Oz'];
const NAMES = ['names', 'stripped'];
const STACKS = ['last', 'first'];
const BUMP_STYLES = [1, 2, 3, 4];

export const canLink = (compiler, allocator, libc) => !(compiler === 'clang14' && allocator === 'dlmalloc' && libc === 'npm');

export const idOf = (cell) => Object.values(cell).join('.').replaceAll(' ', '-');

function* product(axes) {
  const names = Object.keys(axes);
  function* extend(at, cell) {
    if (at === names.length) return yield { ...cell };
    for (const value of axes[names[at]]) yield* extend(at + 1, { ...cell, [names[at]]: value });
  }
  yield* extend(0, {});
}

// -> {cells: [cell], leftOut: [{what, why, count}]}
export function allCells(found) {
  const cells = [];
  const leftOut = new Map();
  const leave = (what, why) => leftOut.set(what, { what, why, count: (leftOut.get(what)?.count ?? 0) + 1 });
  const compilers = found.compilers.map(({ name }) => name);
  const shapes = SHAPES.filter((shape) => found.wasmOpt || !shape.startsWith('wasm-opt'));
  const libcs = Object.keys(found.libcs);
  const allocators = [
    ...libcs.map((libc) => ['heap', 'dlmalloc', libc]),
    ...(found.zig ? libcs.map((libc) => ['heap', 'emmalloc', libc]) : []),
    ...(libcs.length > 0 ? BUMP_STYLES.map((style) => ['heap', `bump${style}`, libcs[style % libcs.length]]) : []),
    ['none', 'none', 'none'],
  ];
  for (const axes of product({ compiler: compilers, opt: OPTS, allocator: allocators, stack: STACKS, shape: [...shapes, 'exports', 'relocations', 'driver'], names: NAMES })) {
    const { compiler, opt, allocator: [program, allocator, libc], stack, shape, names } = axes;
    if (shape === 'exports' && names === 'stripped') continue; // exports carry the truth; a stripped one adds nothing
    if (shape === 'relocations' && names === 'stripped') continue; // relocations are custom sections themselves
    if (shape === 'relocations' && compiler === 'clang14') {
      leave('clang14 with relocations', 'wasm-ld 14 crashes on --emit-relocs with __heap_base');
      continue;
    }
    if (allocator === 'bump4' && compiler === 'clang14') {
      leave('clang14 with an allocator over &__heap_end', 'wasm-ld 14 does not define __heap_end');
      continue;
    }
    if (!canLink(compiler, allocator, libc)) {
      leave('clang14 with the newer dlmalloc', 'it asks for __heap_end, which wasm-ld 14 does not define');
      continue;
    }
    if (shape === 'driver' && (libc !== 'system' || allocator !== 'dlmalloc' || stack !== 'last')) continue; // the driver's own defaults
    cells.push({ language: 'c', compiler, opt, program, allocator, libc, stack, shape, names });
  }
  const plusPlus = [['clang19', 'system'], ['clang22', 'npm']].filter(([name, libc]) => compilers.includes(name) && found.libcs[libc]?.plusPlus.length > 0);
  for (const { pair: [compiler, libc], opt, stack, shape, names } of product({ pair: plusPlus, opt: OPTS, stack: STACKS, shape: shapes, names: NAMES })) {
    cells.push({ language: 'c++', compiler, opt, program: 'words', allocator: 'dlmalloc', libc, stack, shape, names });
  }
  if (found.rust) {
    for (const { opt, shape, names } of product({ opt: OPTS, shape: shapes.filter((shape) => shape !== 'compact'), names: NAMES })) {
      cells.push({ language: 'rust', compiler: 'rustc', opt, program: 'busy', allocator: 'dlmalloc', libc: 'system', stack: 'first', shape, names });
      if (found.rust.unknown) cells.push({ language: 'rust', compiler: 'rustc', opt, program: 'busy', allocator: 'dlmalloc-rs', libc: 'none', stack: 'first', shape, names });
    }
  }
  if (found.zig) {
    for (const { opt, shape, names } of product({ opt: OPTS, shape: shapes.filter((shape) => shape !== 'compact'), names: NAMES })) {
      cells.push({ language: 'c', compiler: 'zig-cc', opt, program: 'heap', allocator: 'emmalloc', libc: 'zig', stack: 'first', shape, names });
      cells.push({ language: 'zig', compiler: 'zig', opt, program: 'pages', allocator: 'zig', libc: 'none', stack: 'first', shape, names });
    }
  }
  return { cells, leftOut: [...leftOut.values()] };
}

// A part of the cells in which every combination of values of any `strength` axes that occurs in all of them occurs
// too. Greedy, in an order that spreads the values; the same input gives the same choice.
export function covering(cells, strength) {
  const axes = Object.keys(cells[0]);
  function* subsets(from, chosen) {
    if (chosen.length === strength) return yield chosen;
    for (let i = from; i < axes.length; i++) yield* subsets(i + 1, [...chosen, axes[i]]);
  }
  const groups = [...subsets(0, [])];
  const tuplesOf = (cell) => groups.map((group) => group.map((axis) => `${axis}=${cell[axis]}`).join());
  const open = new Set();
  const queue = cells.map((cell) => ({ cell, tuples: tuplesOf(cell) }));
  for (const { tuples } of queue) for (const tuple of tuples) open.add(tuple);
  const chosen = [];
  while (open.size > 0) {
    let best;
    let gain = 0;
    for (const entry of queue) {
      const covers = entry.tuples.reduce((count, tuple) => count + (open.has(tuple) ? 1 : 0), 0);
      if (covers > gain) [best, gain] = [entry, covers];
    }
    chosen.push(best.cell);
    for (const tuple of best.tuples) open.delete(tuple);
  }
  return chosen;
}
