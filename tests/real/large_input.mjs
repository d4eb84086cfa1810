// Source code for esbuild to chew on, the same each time: plain enough for its first release (0.0.15).
export function javascript(functions) {
  const lines = [];
  for (let i = 0; i < functions; i++) {
    lines.push(`export function f${i}(alpha, beta) {
  var table = {key${i}: alpha + ${i}, list: [${i}, ${i} * 2, "text ${i}"]};
  if (beta > ${i}) { return table.list.map(function (item) { return item + beta; }); }
  for (var k = 0; k < alpha; k++) { table.key${i} += /re[${i % 10}]+/g.test("value" + k) ? k * ${i} : -k; }
  return table;
}`);
  }
  return lines.join('\n') + '\n';
}

export function typescript(classes) {
  const lines = [];
  for (let i = 0; i < classes; i++) {
    lines.push(`interface Shape${i} { readonly side: number; name?: string; tags: Array<\`t\${number}\` | null>; }
enum Colour${i} { Red = ${i}, Green, Blue = Red | 4 }
export class Box${i}<T extends Shape${i}> implements Iterable<T> {
  #items: T[] = [];
  constructor(private readonly colour: Colour${i} = Colour${i}.Red, public label = "box ${i}") {}
  add(item: T, ...more: T[]): this { this.#items.push(item, ...more); return this; }
  *[Symbol.iterator](): Iterator<T> { for (const item of this.#items) if (item.side > ${i % 7}) yield item; }
  async total(): Promise<number> { return this.#items.reduce((sum, { side }) => sum + (side ?? 0), Number(this.colour)); }
}`);
  }
  return lines.join('\n') + '\n';
}
