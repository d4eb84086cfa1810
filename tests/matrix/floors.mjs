// The share of modules of each group that must be reserved. Refusing everything would pass every other check.

const FLOORS = [];

export function floorOf(group) {
  return FLOORS.find(([pattern]) => pattern.test(group))?.[1] ?? 0;
}
