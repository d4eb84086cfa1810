// The last part of node_host.mjs: what surrounds a call of the host, stubs, and the run.
let outputBytes = 0;
let calls = 0;
// Before a call of the host is answered, and after it.
function enter(full) {
  if (!intact()) stop(TOUCHED, `found at the call of ${full}`);
}
function leave(name) {
  send('E', Buffer.concat([u32(event.result), text(name), text(event.detail), text(event.bytes)]));
  outputBytes += event.bytes.length + event.detail.length;
  if (event.exit !== undefined) stop(EXITED, '', event.exit);
  if (outputBytes > options.output_bytes) stop(LIMIT, 'the program writes too much');
  if (++calls > options.host_calls) stop(LIMIT, 'the program makes too many host calls');
}
function hostCall(full, [params, handler], name, values) {
  enter(full);
  const unsigned = [...params].map((p, i) => (p === 'I' ? BigInt.asUintN(64, values[i]) : values[i] >>> 0));
  event = { detail: [...params].map((p, i) => (p === 'p' ? '_' : String(unsigned[i]))).join(', '), bytes: Buffer.alloc(0) };
  try { event.result = handler(...unsigned); } catch (e) {
    if (!(e instanceof Fault)) throw e;
    event.result = E.fault;
  }
  leave(name);
  return event.result;
}

// Numbers by the letter of their type (calls.h).
const scratch = new DataView(new ArrayBuffer(8));
function toValue({ type, bits }) {
  scratch.setBigUint64(0, BigInt(bits), true);
  if (type === 'I') return scratch.getBigInt64(0, true);
  return type === 'i' ? scratch.getInt32(0, true) : type === 'f' ? scratch.getFloat32(0, true) : scratch.getFloat64(0, true);
}
function toBits(type, value) {
  if (Number.isNaN(value)) return 'nan';
  scratch.setBigUint64(0, 0n, true);
  if (type === 'I') scratch.setBigInt64(0, value, true);
  else if (type === 'i') scratch.setInt32(0, value, true);
  else if (type === 'f') scratch.setFloat32(0, value, true);
  else if (type === 'F') scratch.setFloat64(0, value, true);
  return String(scratch.getBigUint64(0, true));
}
const shown = (types, values) => Buffer.from(values.map((v, i) => `${toBits(types[i], v)} `).join(''));
function stubCall(full, stub, values) {
  enter(full);
  event = { result: 0, detail: '', bytes: shown(stub.parameters, values) };
  leave(full);
  return stub.results.length > 1 ? stub.answer : stub.answer[0];
}

let module;
try { module = new WebAssembly.Module(moduleBytes); } catch (e) { finish(UNSUPPORTED, `node cannot read the module: ${e.message}`); }
const stubs = new Map(options.stubs.map((stub) => [JSON.stringify([stub.module, stub.name]), { ...stub, answer: stub.results.map(toValue) }]));
const imports = Object.create(null);
for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
  if (kind !== 'function') finish(UNSUPPORTED, `imports ${from}.${name}, which is not a function`);
  const full = `${from}.${name}`;
  const entry = from === 'wasi_snapshot_preview1' && Object.hasOwn(table, name) ? table[name] : null;
  const stub = entry ? null : stubs.get(JSON.stringify([from, name]));
  (imports[from] ??= Object.create(null))[name] = (...values) => {
    if (entry) return hostCall(full, entry, name, values);
    if (stub) return stubCall(full, stub, values);
    enter(full);
    return stop(UNSUPPORTED, `calls ${full}, which the host does not have and no --stub answers`);
  };
}
let exports;
function call(name, label = name, args_ = [], results = '') {
  const f = exports[name];
  if (f.length !== args_.length) finish(UNSUPPORTED, `${label} takes other parameters`);
  const value = f(...args_.map(toValue));
  const values = value === undefined ? [] : Array.isArray(value) ? value : [value];
  send('E', Buffer.concat([u32(0), text(`return of ${label}`), text(''), text(shown(results, values))]));
}
try {
  exports = new WebAssembly.Instance(module, imports).exports;
  memory = Object.values(exports).find((e) => e instanceof WebAssembly.Memory) ?? null;
  if (!memory) finish(UNSUPPORTED, 'exports no memory');
  plant();
  if (options.start_imported) finish(UNSUPPORTED, 'start function is an imported function');
  if (options.start !== null) call(options.start, 'start function');
  const entry = ['_start', '_initialize'].find((name) => typeof exports[name] === 'function');
  if (!entry && options.start === null && options.invoke.length === 0)
    finish(UNSUPPORTED, 'exports neither _start nor _initialize, and no export to invoke was named');
  if (entry) call(entry);
  for (const { name, label, arguments: given, results } of options.invoke) {
    if (typeof exports[name] !== 'function') finish(UNSUPPORTED, `has no exported function ${name}`);
    call(name, label, given, results);
  }
  finish(RETURNED, '');
} catch (e) {
  if (e instanceof Stop) finish();
  finish(TRAPPED, e instanceof Error ? e.message : String(e));
}
