// The share of modules of each group that must be reserved. Refusing everything would pass every other check. A group that
// stands in no line has no floor: what it is reserved by is a matter of luck so far, and the table says how much it is.

const FLOORS = [
  [/^(c|c\+\+|rust) dlmalloc/, 0.9],
  [/^rust dlmalloc-rs/, 0.9],
  [/^c none/, 0.9],
  // emmalloc has no floor: its end is a constant in these libraries, which bump refuses without relocations.
  // Allocators without a model are refused, whatever they are: programs/bump.c has four.
];

export function floorOf(group) {
  return FLOORS.find(([pattern]) => pattern.test(group))?.[1] ?? 0;
}
