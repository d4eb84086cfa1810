// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The C interface (include/heapbump.h) over heapbump.wasm. Every call runs in an instance of its own: a trap or a lack of
// memory ends that call alone, and its memory goes with it.

const PART = { module: 1, component: 2, manifest: 3, report: 4 };
const STRATEGIES = ['auto', 'bump', 'tail', 'gap'];
const PLACEMENTS = ['auto', 'shim', 'adapter', 'none'];
const FLAVORS = ['command', 'reactor', 'proxy'];
const CONFIDENCES = ['strong', 'weak', 'proven'];
const ENOSYS = 52;

/** What cannot be done, and why. */
export class Refused extends Error {
  constructor(code, message, offset, exitCode, reportText) {
    super(`${message} [${code}]`);
    this.name = 'Refused';
    this.code = code;
    this.offset = offset;
    this.exitCode = exitCode;
    this.reportText = reportText;
  }

  get report() {
    return this.reportText === '' ? undefined : JSON.parse(this.reportText);
  }
}

class Answer {
  constructor(parts) {
    Object.assign(this, parts);
  }

  get manifest() {
    return this.manifestText === undefined ? undefined : JSON.parse(this.manifestText);
  }

  get report() {
    return JSON.parse(this.reportText);
  }
}

async function compile() {
  const url = new URL('./heapbump.wasm', import.meta.url);
  if (url.protocol === 'file:') {
    const { readFile } = await import('node:fs/promises');
    return WebAssembly.compile(await readFile(url));
  }
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`);
  return WebAssembly.compile(await response.arrayBuffer());
}

let compiled;

/** The bytes of heapbump.wasm, for a program that has them elsewhere than beside this file. */
export function useCore(bytes) {
  compiled = WebAssembly.compile(bytesOf(bytes));
}

/** The compiled module, once. A failure is not kept, so that the next call tries again. */
function compiledModule() {
  compiled ??= compile().catch((error) => {
    compiled = undefined;
    throw error;
  });
  return compiled;
}

/** The module asks nobody for anything: what its C library would ask for is answered with "there is none". */
function imports(module) {
  const functions = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    functions[from] ??= {};
    functions[from][name] = name === 'proc_exit' ? (code) => { throw new Error(`heapbump ended with ${code}`); } : () => ENOSYS;
  }
  return functions;
}

/** One instance, and what is put into its memory. */
class Call {
  constructor(exports) {
    this.exports = exports;
  }

  static async begin() {
    const module = await compiledModule();
    const { exports } = await WebAssembly.instantiate(module, imports(module));
    exports._initialize();
    return new Call(exports);
  }

  /** The address of `size` bytes, which are zero. */
  allocate(size) {
    const address = this.exports.malloc(Math.max(size, 1)) >>> 0;
    if (address === 0) throw new RangeError('there is no memory for this in WebAssembly');
    new Uint8Array(this.exports.memory.buffer, address, size).fill(0);
    return address;
  }

  put(bytes) {
    const address = this.allocate(bytes.length);
    new Uint8Array(this.exports.memory.buffer, address, bytes.length).set(bytes);
    return address;
  }

  /** A structure: {offset: number}, with its size at its head. */
  putOptions(size, fields, wide = {}) {
    const address = this.allocate(size);
    const view = new DataView(this.exports.memory.buffer, address, size);
    view.setUint32(0, size, true);
    for (const [offset, value] of Object.entries(fields)) view.setUint32(Number(offset), value, true);
    for (const [offset, value] of Object.entries(wide)) view.setBigUint64(Number(offset), BigInt(value), true);
    return address;
  }

  text(address) {
    const memory = new Uint8Array(this.exports.memory.buffer);
    return new TextDecoder().decode(memory.subarray(address, memory.indexOf(0, address)));
  }

  part(result, what) {
    const pair = this.allocate(8);
    this.exports.heapbump_result_get(pair, result, what);
    const view = new DataView(this.exports.memory.buffer);
    const address = view.getUint32(pair, true), size = view.getUint32(pair + 4, true);
    return address === 0 ? undefined : new Uint8Array(this.exports.memory.buffer, address, size).slice();
  }

  answer(result) {
    const part = (what) => this.part(result, what);
    const text = (what) => {
      const bytes = part(what);
      return bytes && new TextDecoder().decode(bytes);
    };
    const exitCode = this.exports.heapbump_result_exit_code(result);
    if (exitCode === 0) return new Answer({ module: part(PART.module), component: part(PART.component), manifestText: text(PART.manifest), reportText: text(PART.report) });
    const place = this.allocate(8);
    const offset = this.exports.heapbump_result_offset(result, place) === 0 ? undefined
      : Number(new DataView(this.exports.memory.buffer).getBigUint64(place, true));
    throw new Refused(this.text(this.exports.heapbump_result_code(result)), this.text(this.exports.heapbump_result_message(result)), offset,
      exitCode, text(PART.report) ?? '');
  }
}

function bytesOf(data) {
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  throw new TypeError('a module is given as a Uint8Array, another view, or an ArrayBuffer');
}

const encode = (text) => new TextEncoder().encode(text);

function manifestBytes(manifest) {
  if (manifest === undefined || manifest === null) return new Uint8Array();
  return encode(typeof manifest === 'string' ? manifest : JSON.stringify(manifest));
}

function choice(option, value, values) {
  const index = values.indexOf(value);
  if (index < 0) throw new TypeError(`${option} is one of ${values.join(', ')}, not ${JSON.stringify(value)}`);
  return index;
}

function number(option, value) {
  if (!Number.isInteger(value) || value < 1 || value > 0xffffffff) throw new TypeError(`${option} is a whole number from 1, not ${JSON.stringify(value)}`);
  return value;
}

/** Calls a function of the interface with bytes, each as address and size, and the address of options. */
async function run(name, blocks, options) {
  const call = await Call.begin();
  const passed = blocks.flatMap((bytes) => [call.put(bytes), bytes.length]);
  if (options !== undefined) passed.push(options(call));
  return call.answer(call.exports[`heapbump_${name}`](...passed));
}

export async function detect(module) {
  return run('detect', [bytesOf(module)]);
}

/** The options with their defaults. One that is not known would not be done, so it is wrong. */
function withDefaults(options, defaults) {
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(defaults, name));
  if (unknown !== undefined) throw new TypeError(`there is no option ${unknown}; there are ${Object.keys(defaults).join(', ')}`);
  return { ...defaults, ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) };
}

const RESERVE = { pages: 2, adapters: 1, strategy: 'auto', placement: 'auto', minConfidence: 'strong', allowMovedCode: false, verify: true };
const COMPONENT = { strategy: 'auto', minConfidence: 'strong', flavor: undefined };

export async function reserve(module, options = {}) {
  const asked = withDefaults(options, RESERVE);
  const fields = {
    16: number('adapters', asked.adapters),
    20: choice('strategy', asked.strategy, STRATEGIES),
    24: choice('placement', asked.placement, PLACEMENTS),
    28: choice('minConfidence', asked.minConfidence, CONFIDENCES),
    32: asked.allowMovedCode ? 1 : 0,
    36: asked.verify ? 0 : 1,
  };
  const wide = { 8: number('pages', asked.pages) };
  return run('reserve', [bytesOf(module)], (call) => call.putOptions(40, fields, wide));
}

export async function component(module, options = {}) {
  const asked = withDefaults(options, COMPONENT);
  const fields = { 4: choice('strategy', asked.strategy, [...STRATEGIES, 'apart']), 8: choice('minConfidence', asked.minConfidence, CONFIDENCES) };
  if (asked.flavor !== undefined) choice('flavor', asked.flavor, FLAVORS);
  return run('component', [bytesOf(module)], (call) => {
    if (asked.flavor !== undefined) fields[12] = call.put(encode(`${asked.flavor}\0`));
    return call.putOptions(24, fields);
  });
}

export async function verify(original, reserved, manifest) {
  return run('verify', [bytesOf(original), bytesOf(reserved), manifestBytes(manifest)]);
}

export async function check(bytes, manifest) {
  return run('check', [bytesOf(bytes), manifestBytes(manifest)]);
}

export async function undo(reserved, manifest) {
  return run('undo', [bytesOf(reserved), manifestBytes(manifest)]);
}

export async function version() {
  const call = await Call.begin();
  return call.text(call.exports.heapbump_version());
}
