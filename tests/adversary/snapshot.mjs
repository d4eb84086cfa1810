// A snapshot as wizer takes one: the export `wizer.initialize` runs, then the memory it left becomes the module's data, the
// memory's size its minimum, and the values of variable globals their initial values.
//
// Invariant: only for modules as the generator makes them: one memory of its own, i32 globals, active segments.
import { describe, sections } from '../run/wasm.mjs';

const leb = (value) => (value < 128 ? [value] : [(value & 127) | 128, ...leb(Math.floor(value / 128))]);
const sleb = (value) => {
  const bytes = [];
  for (;;) {
    const low = value & 0x7f;
    value >>= 7;
    if ((value === 0 && !(low & 0x40)) || (value === -1 && low & 0x40)) return [...bytes, low];
    bytes.push(low | 0x80);
  }
};
const section = (id, payload) => Buffer.concat([Buffer.from([id, ...leb(payload.length)]), payload]);

// The parts of a memory that are not zero, joined over gaps of less than 64 bytes.
function pieces(memory) {
  const words = new Uint32Array(memory.buffer, memory.byteOffset, memory.length / 4);
  const list = [];
  for (let i = 0; i < words.length; i++) {
    if (words[i] === 0) continue;
    const last = list[list.length - 1];
    if (last && i * 4 - last.end < 64) last.end = i * 4 + 4;
    else list.push({ start: i * 4, end: i * 4 + 4 });
  }
  return list;
}

function dataSection(memory) {
  const list = pieces(memory);
  const parts = [Buffer.from(leb(list.length))];
  for (const { start, end } of list) parts.push(Buffer.from([0, 0x41, ...sleb(start | 0), 0x0b, ...leb(end - start)]), Buffer.from(memory.subarray(start, end)));
  return { count: list.length, payload: Buffer.concat(parts) };
}

export function takeSnapshot(bytes) {
  const nothing = () => 0;
  const imports = {};
  for (const { module, name } of describe(bytes).imports) (imports[module] ??= {})[name] = nothing;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), imports);
  exports['wizer.initialize']();
  const memory = new Uint8Array(exports.memory.buffer);
  const data = dataSection(memory);
  const parts = [bytes.subarray(0, 8)];
  for (const { id, start, payload, end, name } of sections(bytes)) {
    if (id === 5) {
      const { max } = describe(bytes).memories[0];
      parts.push(section(5, Buffer.from([1, max === undefined ? 0 : 1, ...leb(memory.length / 65536), ...(max === undefined ? [] : leb(max))])));
    } else if (id === 12) parts.push(section(12, Buffer.from(leb(data.count))));
    else if (id === 11) parts.push(section(11, data.payload));
    else if (id === 10 && !sections(bytes).some((other) => other.id === 11)) parts.push(bytes.subarray(start, end), section(11, data.payload));
    else if (id === 0 && (name.startsWith('reloc.') || name === 'linking')) continue;
    else parts.push(bytes.subarray(start, end));
    if (payload > end) throw new Error('a section ends before it begins');
  }
  return Buffer.concat(parts);
}
