// Choices that follow from a seed alone, on any machine and Node version.

export class Random {
  constructor(seed) {
    this.state = (Math.imul(seed ^ 0x5bd1e995, 0x9e3779b1) ^ 0x2545f491) >>> 0;
    for (let i = 0; i < 4; i++) this.next();
  }
  next() {
    this.state = (this.state + 0x9e3779b9) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  }
  below(count) {
    return Math.floor((this.next() / 4294967296) * count);
  }
  chance(share) {
    return this.next() / 4294967296 < share;
  }
  // One of a list, or a key of {key: weight}.
  pick(from) {
    if (Array.isArray(from)) return from[this.below(from.length)];
    const entries = Object.entries(from);
    let at = (this.next() / 4294967296) * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [key, weight] of entries) {
      at -= weight;
      if (at < 0) return key;
    }
    return entries[entries.length - 1][0];
  }
}
