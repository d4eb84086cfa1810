// The little that the test host must know of a module's bytes: section bounds, function types, imports, exports
// and memory limits. WebAssembly.Module tells names and kinds but not types, and a missing import can only be
// replaced when its result type is known.
//
// Invariant: read-only, and throws a plain Error with an offset on bytes it does not understand.

class Cursor {
  constructor(bytes, offset = 0, end = bytes.length) {
    this.bytes = bytes;
    this.offset = offset;
    this.end = end;
  }
  byte() {
    if (this.offset >= this.end) throw new Error(`0x${this.offset.toString(16)}: unexpected end`);
    return this.bytes[this.offset++];
  }
  u32() {
    let result = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      result += (byte & 0x7f) * 2 ** shift;
      if ((byte & 0x80) === 0) return result;
    }
    throw new Error(`0x${this.offset.toString(16)}: LEB128 is too long`);
  }
  skip(count) {
    if (count > this.end - this.offset) throw new Error(`0x${this.offset.toString(16)}: unexpected end`);
    this.offset += count;
  }
  name() {
    const size = this.u32();
    const start = this.offset;
    this.skip(size);
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + start, size).toString('utf8');
  }
  limits() {
    const flags = this.byte();
    const min = this.u32();
    return { flags, min, max: flags & 1 ? this.u32() : undefined };
  }
}

// -> [{id, name (custom sections), start, payload, end}], offsets into `bytes`.
export function sections(bytes) {
  const cursor = new Cursor(bytes, 8);
  const list = [];
  while (cursor.offset < bytes.length) {
    const start = cursor.offset;
    const id = cursor.byte();
    const size = cursor.u32();
    const payload = cursor.offset;
    cursor.skip(size);
    const section = { id, start, payload, end: cursor.offset };
    if (id === 0) section.name = new Cursor(bytes, payload, section.end).name();
    list.push(section);
  }
  return list;
}

const KINDS = ['function', 'table', 'memory', 'global', 'tag'];

// -> {types: [{params, results}], imports: [{module, name, kind, type}], exports: [{name, kind, index}], memories}
export function describe(bytes) {
  const info = { types: [], imports: [], exports: [], memories: [], sections: sections(bytes) };
  for (const section of info.sections) {
    const cursor = new Cursor(bytes, section.payload, section.end);
    if (section.id === 1) {
      for (let count = cursor.u32(); count > 0; count--) {
        if (cursor.byte() !== 0x60) throw new Error(`0x${(cursor.offset - 1).toString(16)}: not a function type`);
        const params = Array.from({ length: cursor.u32() }, () => cursor.byte());
        const results = Array.from({ length: cursor.u32() }, () => cursor.byte());
        info.types.push({ params, results });
      }
    } else if (section.id === 2) {
      for (let count = cursor.u32(); count > 0; count--) {
        const entry = { module: cursor.name(), name: cursor.name(), kind: KINDS[cursor.byte()] };
        if (entry.kind === 'function') entry.type = info.types[cursor.u32()];
        else if (entry.kind === 'table') (cursor.byte(), cursor.limits());
        else if (entry.kind === 'memory') (entry.limits = cursor.limits()), info.memories.push(entry.limits);
        else if (entry.kind === 'global') (entry.valueType = cursor.byte()), (entry.mutable = cursor.byte() === 1);
        else cursor.skip(2);
        info.imports.push(entry);
      }
    } else if (section.id === 5) {
      for (let count = cursor.u32(); count > 0; count--) info.memories.push(cursor.limits());
    } else if (section.id === 7) {
      for (let count = cursor.u32(); count > 0; count--) {
        info.exports.push({ name: cursor.name(), kind: KINDS[cursor.byte()], index: cursor.u32() });
      }
    }
  }
  return info;
}

// The bytes of an exported function's body, locals included; undefined if the module defines no such function.
export function exportedBody(bytes, name) {
  const info = describe(bytes);
  const item = info.exports.find((entry) => entry.name === name && entry.kind === 'function');
  const code = info.sections.find(({ id }) => id === 10);
  if (item === undefined || code === undefined) return undefined;
  const cursor = new Cursor(bytes, code.payload, code.end);
  let left = item.index - info.imports.filter(({ kind }) => kind === 'function').length;
  for (let count = cursor.u32(); count > 0; count--) {
    const size = cursor.u32();
    const start = cursor.offset;
    cursor.skip(size);
    if (left-- === 0) return bytes.subarray(start, cursor.offset);
  }
  return undefined;
}
