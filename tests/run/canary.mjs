// A pattern written over a reserved region, and the question whether it is still there.
//
// Invariant: the pattern depends on the seed alone. Seeds 2k+1 and 2k+2 are bitwise complements, so two runs with
// seeds 1 and 2 differ in every bit of the region: a module that reads it cannot see the same twice. Seed 0 is the zeros
// that an engine gives.

export function pattern(size, seed) {
  const bytes = Buffer.alloc(size);
  if (seed === 0) return bytes;
  const flip = seed % 2 === 0 ? 0xff : 0;
  let state = (Math.floor((seed + 1) / 2) * 0x9e3779b9) >>> 0;
  for (let i = 0; i < size; i++) {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    bytes[i] = ((mixed ^ (mixed >>> 15)) & 0xff) ^ flip;
  }
  return bytes;
}

export class Canary {
  constructor({ base, size }, seed) {
    this.base = base;
    this.size = size;
    this.expected = pattern(size, seed);
    this.damage = undefined; // the first damage seen: {when, address, expected, found, bytes}
    this.checks = 0;
  }

  write(memory) {
    if (this.base + this.size > memory.buffer.byteLength) {
      throw new Error(`the region [0x${this.base.toString(16)}, 0x${(this.base + this.size).toString(16)}) ` +
        `lies outside the memory of ${memory.buffer.byteLength} bytes`);
    }
    new Uint8Array(memory.buffer).set(this.expected, this.base);
  }

  // True while the pattern is intact. `when` names the moment, for the first damage.
  check(memory, when) {
    if (this.damage !== undefined) return false;
    this.checks++;
    const found = Buffer.from(memory.buffer, this.base, this.size);
    if (found.equals(this.expected)) return true;
    let first = -1;
    let count = 0;
    for (let i = 0; i < this.size; i++) {
      if (found[i] === this.expected[i]) continue;
      if (first < 0) first = i;
      count++;
    }
    this.damage = {
      when,
      address: this.base + first,
      expected: this.expected.subarray(first, first + 16).toString('hex'),
      found: Buffer.from(found.subarray(first, first + 16)).toString('hex'),
      bytes: count,
    };
    return false;
  }
}
