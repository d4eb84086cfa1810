// Prints a program of the subset (parse.mjs) as Rust and as Zig.
//
// Invariant: every value is u32 and every operation wraps, as in the C text; what cannot be said so is NotInSubset.
import { NotInSubset, parseProgram } from './parse.mjs';

const COMPARES = ['==', '!=', '<', '>', '<=', '>='];

const RUST = {
  head: `#![no_std]
#![no_main]
#![allow(warnings)]
extern "C" { static __heap_base: u8; static __data_end: u8; }
#[link(wasm_import_module = "wasi_snapshot_preview1")]
extern "C" { fn fd_write(fd: u32, vectors: *const u32, count: u32, wrote: *mut u32) -> u32; fn proc_exit(code: u32) -> !; }
#[panic_handler] fn panic(_: &core::panic::PanicInfo) -> ! { core::arch::wasm32::unreachable() }
unsafe fn LD(p: u32) -> u32 { *(p as *const u32) }
unsafe fn ST(p: u32, v: u32) { *(p as *mut u32) = v }
unsafe fn LB(p: u32) -> u32 { *(p as *const u8) as u32 }
unsafe fn SB(p: u32, v: u32) { *(p as *mut u8) = v as u8 }
unsafe fn FILL(p: u32, v: u32, n: u32) { core::ptr::write_bytes(p as *mut u8, v as u8, n as usize) }
unsafe fn COPY(d: u32, s: u32, n: u32) { core::ptr::copy_nonoverlapping(s as *const u8, d as *mut u8, n as usize) }
unsafe fn MSIZE() -> u32 { core::arch::wasm32::memory_size(0) as u32 }
unsafe fn MGROW(n: u32) -> u32 { core::arch::wasm32::memory_grow(0, n as usize) as u32 }
#[inline(never)] unsafe fn PUT(from: u32, size: u32) { let v = [from, size]; let mut wrote = 0u32; fd_write(1, v.as_ptr(), 1, &mut wrote); }
#[inline(never)] unsafe fn OUT(mut value: u32) {
  let mut text = [10u8; 12]; let mut at = 11usize;
  loop { at -= 1; *text.as_mut_ptr().add(at) = 48 + (value % 10) as u8; value /= 10; if value == 0 { break; } }
  PUT(text.as_ptr() as u32 + at as u32, 12 - at as u32);
}
`,
  tail: '#[no_mangle] pub unsafe extern "C" fn _start() { let code = program(); if code != 0 { proc_exit(code); } }\n',
  names: { HB: '(&__heap_base as *const u8 as u32)', DE: '(&__data_end as *const u8 as u32)', NONE: '0xffffffffu32', PAGE: '65536u32' },
  number: (value) => `${value}u32`,
  binary: (operator, a, b) => ({ '+': `${a}.wrapping_add(${b})`, '-': `${a}.wrapping_sub(${b})`, '*': `${a}.wrapping_mul(${b})`, '<<': `${a}.wrapping_shl(${b})`, '>>': `${a}.wrapping_shr(${b})` })[operator] ?? `(${a} ${operator} ${b})`,
  choose: (condition, yes, no) => `(if ${condition} { ${yes} } else { ${no} })`,
  local: (name, value) => `let mut ${name}: u32 = ${value};`,
  variable: ({ name, type }) => `static mut ${name}: ${type} = 0;`,
  pointer: (name, to, plus) => `static mut ${name}: *const u8 = unsafe { (&${to} as *const u8).wrapping_add(${plus}) };`,
  array: ({ name, type, size }) => `static mut ${name}: [${type}; ${size}] = [0; ${size}];`,
  element: (name, type, index) => `(*(core::ptr::addr_of!(${name}) as *const ${type}).add(${index} as usize) as u32)`,
  setElement: (name, type, index, value) => `*(core::ptr::addr_of_mut!(${name}) as *mut ${type}).add(${index} as usize) = ${value} as ${type};`,
  readPointer: (name) => `(${name} as u32)`,
  setPointer: (name, value) => `${name} = ${value} as *const u8;`,
  function: (name, params, gives) => `#[inline(never)] unsafe fn ${name}(${params.map((p) => `${p}_: u32`).join(', ')})${gives ? ' -> u32' : ''} {${params.map((p) => ` let mut ${p} = ${p}_;`).join('')}`,
  call: (name, args) => `${name}(${args.join(', ')})`,
  condition: (text) => text,
  forever: 'loop',
  ignore: (text) => `let _ = ${text};`,
};

const ZIG = {
  head: `extern var __heap_base: u8;
extern var __data_end: u8;
extern "wasi_snapshot_preview1" fn fd_write(fd: u32, vectors: *const [2]u32, count: u32, wrote: *u32) u32;
extern "wasi_snapshot_preview1" fn proc_exit(code: u32) noreturn;
fn word(p: u32) *u32 { return @ptrFromInt(p); }
fn byte(p: u32) *u8 { return @ptrFromInt(p); }
fn LD(p: u32) u32 { return word(p).*; }
fn ST(p: u32, v: u32) void { word(p).* = v; }
fn LB(p: u32) u32 { return byte(p).*; }
fn SB(p: u32, v: u32) void { byte(p).* = @truncate(v); }
fn FILL(p: u32, v: u32, n: u32) void { const at: [*]u8 = @ptrFromInt(p); @memset(at[0..n], @as(u8, @truncate(v))); }
fn COPY(d: u32, s: u32, n: u32) void { const to: [*]u8 = @ptrFromInt(d); const from: [*]const u8 = @ptrFromInt(s); @memcpy(to[0..n], from[0..n]); }
fn MSIZE() u32 { return @truncate(@wasmMemorySize(0)); }
fn MGROW(n: u32) u32 { return @bitCast(@as(i32, @truncate(@wasmMemoryGrow(0, n)))); }
fn shl(a: u32, b: u32) u32 { return a << @as(u5, @truncate(b)); }
fn shr(a: u32, b: u32) u32 { return a >> @as(u5, @truncate(b)); }
noinline fn PUT(from: u32, size: u32) void { var v = [2]u32{ from, size }; var wrote: u32 = 0; _ = &v; _ = fd_write(1, &v, 1, &wrote); }
noinline fn OUT(first: u32) void {
  var text: [12]u8 = undefined; var at: u32 = 11; var value = first; text[11] = 10;
  while (true) { at -= 1; text[at] = @truncate(48 + value % 10); value /= 10; if (value == 0) break; }
  PUT(@as(u32, @truncate(@intFromPtr(&text))) + at, 12 - at);
}
`,
  tail: 'export fn _start() void { const code = program(); if (code != 0) proc_exit(code); }\n',
  names: { HB: '@as(u32, @truncate(@intFromPtr(&__heap_base)))', DE: '@as(u32, @truncate(@intFromPtr(&__data_end)))', NONE: '@as(u32, 0xffffffff)', PAGE: '@as(u32, 65536)' },
  number: (value) => `@as(u32, ${value})`,
  binary: (operator, a, b) => ({ '+': `(${a} +% ${b})`, '-': `(${a} -% ${b})`, '*': `(${a} *% ${b})`, '<<': `shl(${a}, ${b})`, '>>': `shr(${a}, ${b})`, '&&': `(${a} and ${b})`, '||': `(${a} or ${b})` })[operator] ?? `(${a} ${operator} ${b})`,
  choose: (condition, yes, no) => `(if (${condition}) ${yes} else ${no})`,
  local: (name, value) => `var ${name}: u32 = ${value}; _ = &${name};`,
  variable: ({ name, type }) => `var ${name}: ${type} = 0;`,
  pointer: (name, to, plus) => `var ${name}: [*]u8 = @as([*]u8, @ptrCast(&${to})) + ${plus};`,
  array: ({ name, type, size }) => `var ${name}: [${size}]${type} = [_]${type}{0} ** ${size};`,
  element: (name, type, index) => `@as(u32, ${name}[${index}])`,
  setElement: (name, type, index, value) => `${name}[${index}] = @truncate(${value});`,
  readPointer: (name) => `@as(u32, @truncate(@intFromPtr(${name})))`,
  setPointer: (name, value) => `${name} = @ptrFromInt(${value});`,
  function: (name, params, gives) => `noinline fn ${name}(${params.map((p) => `${p}_: u32`).join(', ')}) ${gives ? 'u32' : 'void'} {${params.map((p) => ` var ${p} = ${p}_; _ = &${p};`).join('')}`,
  call: (name, args) => `${name}(${args.join(', ')})`,
  condition: (text) => `(${text})`,
  forever: 'while (true)',
  ignore: (text) => `_ = ${text};`,
};

const GIVES = ['LD', 'LB', 'MSIZE', 'MGROW'];
const SILENT = ['ST', 'SB', 'FILL', 'COPY', 'OUT', 'PUT'];

class Printer {
  constructor(language, list, constants) {
    Object.assign(this, { language, constants, count: 0, scopes: [] });
    this.variables = new Map(list.filter(({ kind }) => kind === 'variable').map((one) => [one.name, one]));
    this.functions = new Map(list.filter(({ kind }) => kind === 'function').map((one) => [one.name, one]));
  }
  local(name) {
    for (let i = this.scopes.length - 1; i >= 0; i--) if (this.scopes[i].has(name)) return this.scopes[i].get(name);
    return undefined;
  }
  declare(name) {
    const own = `l_${name}_${this.count++}`;
    this.scopes[this.scopes.length - 1].set(name, own);
    return own;
  }

  // A word that a linker fills in, or undefined: {to, plus}
  address(value) {
    if (value?.kind === 'name' && value.name === 'HB') return { to: '__heap_base', plus: 0 };
    if (value?.kind === 'binary' && value.operator === '+' && value.left.name === 'HB' && value.right.kind === 'number') return { to: '__heap_base', plus: value.right.value };
    return undefined;
  }

  // Text of a value as u32 (or of a condition).
  value(node) {
    const language = this.language;
    if (node.kind === 'number') return language.number(node.value);
    if (node.kind === 'name') {
      const own = this.local(node.name);
      if (own !== undefined) return own;
      if (this.variables.has(node.name)) return this.variables.get(node.name).value ? language.readPointer(node.name) : this.widened(node.name);
      if (language.names[node.name]) return language.names[node.name];
      if (this.constants[node.name] !== undefined) return language.number(this.constants[node.name]);
      throw new NotInSubset(`unknown name ${node.name}`);
    }
    if (node.kind === 'element') {
      const variable = this.variables.get(node.name);
      if (variable?.size === undefined) throw new NotInSubset(`${node.name} is no array`);
      return language.element(node.name, variable.type, this.value(node.index));
    }
    if (node.kind === 'choose') return language.choose(this.condition(node.condition), this.value(node.yes), this.value(node.no));
    if (node.kind === 'call') {
      if (!GIVES.includes(node.name) && !SILENT.includes(node.name) && !this.functions.has(node.name)) throw new NotInSubset(`unknown function ${node.name}`);
      return language.call(node.name, node.args.map((arg) => this.value(arg)));
    }
    if (COMPARES.includes(node.operator) || ['&&', '||'].includes(node.operator)) throw new NotInSubset('a comparison as a number');
    return language.binary(node.operator, this.value(node.left), this.value(node.right));
  }
  widened(name) {
    if (this.variables.get(name).type !== 'u32') throw new NotInSubset('a narrow variable');
    return name;
  }

  condition(node) {
    if (node.kind === 'binary' && COMPARES.includes(node.operator)) return this.language.binary(node.operator, this.value(node.left), this.value(node.right));
    if (node.kind === 'binary' && ['&&', '||'].includes(node.operator)) return this.language.binary(node.operator, this.condition(node.left), this.condition(node.right));
    throw new NotInSubset('a number as a condition');
  }

  assignment({ target, value }) {
    const language = this.language;
    if (target.kind === 'element') {
      const variable = this.variables.get(target.name);
      if (variable?.size === undefined) throw new NotInSubset(`${target.name} is no array`);
      return language.setElement(target.name, variable.type, this.value(target.index), this.value(value));
    }
    const own = this.local(target.name);
    if (own === undefined && !this.variables.has(target.name)) throw new NotInSubset(`unknown name ${target.name}`);
    if (own === undefined && this.variables.get(target.name).value) return language.setPointer(target.name, this.value(value));
    return `${own ?? this.widened(target.name)} = ${this.value(value)};`;
  }

  block(node, last = '') {
    this.scopes.push(new Map());
    const text = `{ ${node.list.map((one) => this.statement(one)).join(' ')} ${last} }`;
    this.scopes.pop();
    return text;
  }

  statement(node) {
    const language = this.language;
    switch (node.kind) {
      case 'block': return this.block(node);
      case 'local': {
        const value = this.value(node.value);
        return language.local(this.declare(node.name), value);
      }
      case 'assign': return this.assignment(node);
      case 'run': return node.value.kind === 'call' && (SILENT.includes(node.value.name) || this.functions.get(node.value.name)?.gives === false) ? `${this.value(node.value)};` : language.ignore(this.value(node.value));
      case 'break': return 'break;';
      case 'return': return node.value === undefined ? 'return;' : `return ${this.value(node.value)};`;
      case 'if': return `if ${language.condition(this.condition(node.condition))} ${this.block(node.yes)}${node.no ? ` else ${this.block(node.no)}` : ''}`;
      case 'while': return node.condition.kind === 'number' ? `${language.forever} ${this.block(node.body)}` : `while ${language.condition(this.condition(node.condition))} ${this.block(node.body)}`;
      case 'for': {
        this.scopes.push(new Map());
        const first = this.statement(node.first);
        const condition = this.condition(node.condition);
        const step = this.statement(node.step);
        const text = `{ ${first} while ${language.condition(condition)} ${this.block(node.body, step)} }`;
        this.scopes.pop();
        return text;
      }
      default: throw new NotInSubset(node.kind);
    }
  }

  top(one) {
    const language = this.language;
    if (one.kind === 'variable') {
      if (one.size !== undefined) return language.array(one);
      if (one.value === undefined || (one.value.kind === 'number' && one.value.value === 0)) return ((one.value = undefined), language.variable(one));
      const address = this.address(one.value);
      if (address === undefined) throw new NotInSubset('a variable that starts with something else than an address');
      return language.pointer(one.name, address.to, address.plus);
    }
    this.scopes = [new Map(one.params.map((name) => [name, name]))];
    return `${language.function(one.name, one.params, one.gives)}\n${this.block(one.body)}\n}`;
  }
}

export const LANGUAGES = { rust: RUST, zig: ZIG };

// constants: {INITIAL, HBNUM}
export function translate(text, name, constants) {
  const list = parseProgram(text);
  const printer = new Printer(LANGUAGES[name], list, constants);
  return LANGUAGES[name].head + list.map((one) => printer.top(one)).join('\n') + '\n' + LANGUAGES[name].tail;
}
