// Reads the subset of C that the features are written in, so that languages.mjs can print it as Rust and Zig.
//
// The subset: `static u32|u16|u8 NAME;`, `... = EXPRESSION;`, `... NAME[N];`, functions over u32, `u32 NAME = E;`, assignment,
// if, else, while, for, break, return, calls, the C operators on u32, `c ? a : b`, `#define NAME EXPRESSION`.
// Invariant: anything else is NotInSubset, never read as something it is not.

export class NotInSubset extends Error {}

const TOKEN = /\s+|\/\/[^\n]*|(0x[0-9a-fA-F]+|\d+)u?|([A-Za-z_]\w*)|(<<|>>|<=|>=|==|!=|&&|\|\||[-+*\/%&|^~!<>=?:;,(){}[\]])/y;

function tokenize(text) {
  const tokens = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null) throw new NotInSubset(`cannot read ${JSON.stringify(text.slice(at, at + 20))}`);
    if (match[1] !== undefined) tokens.push({ number: Number(match[1]) });
    else if (match[2] !== undefined) tokens.push({ name: match[2] });
    else if (match[3] !== undefined) tokens.push({ sign: match[3] });
  }
  return tokens;
}

// Definitions go, and what they name is put in their place.
function expand(text) {
  const macros = new Map();
  const rest = text.split('\n').filter((line) => {
    if (!line.startsWith('#')) return true;
    const match = /^#define ([A-Za-z_]\w*) (.*)$/.exec(line);
    if (match !== null) macros.set(match[1], tokenize(match[2]));
    else if (!line.startsWith('#include')) throw new NotInSubset(line);
    return false;
  }).join('\n');
  const put = (tokens, depth) => tokens.flatMap((token) => (macros.has(token.name) && depth < 8
    ? [{ sign: '(' }, ...put(macros.get(token.name), depth + 1), { sign: ')' }] : [token]));
  return put(tokenize(rest), 0);
}

const LEVELS = [['||'], ['&&'], ['|'], ['^'], ['&'], ['==', '!='], ['<', '>', '<=', '>='], ['<<', '>>'], ['+', '-'], ['*', '/', '%']];
const TYPES = ['u32', 'u16', 'u8'];

class Parser {
  constructor(tokens) {
    this.tokens = tokens;
    this.at = 0;
  }
  is(sign) {
    const token = this.tokens[this.at];
    return token !== undefined && (token.sign === sign || token.name === sign);
  }
  take(sign) {
    if (!this.is(sign)) throw new NotInSubset(`expected ${sign}, found ${JSON.stringify(this.tokens.slice(this.at, this.at + 4))}`);
    this.at++;
  }
  accept(sign) {
    return this.is(sign) ? (this.at++, true) : false;
  }
  name() {
    const token = this.tokens[this.at++];
    if (token?.name === undefined) throw new NotInSubset(`expected a name, found ${JSON.stringify(token)}`);
    return token.name;
  }

  expression(level = -1) {
    if (level === -1) {
      const condition = this.expression(0);
      if (!this.accept('?')) return condition;
      const yes = this.expression();
      this.take(':');
      return { kind: 'choose', condition, yes, no: this.expression() };
    }
    if (level === LEVELS.length) return this.primary();
    let left = this.expression(level + 1);
    for (;;) {
      const operator = LEVELS[level].find((sign) => this.is(sign));
      if (operator === undefined) return left;
      this.at++;
      left = { kind: 'binary', operator, left, right: this.expression(level + 1) };
    }
  }

  primary() {
    if (this.accept('(')) {
      if (this.is('u32') && this.tokens[this.at + 1]?.sign === ')') {
        this.at += 2;
        return this.primary();
      }
      const inner = this.expression();
      this.take(')');
      return inner;
    }
    const token = this.tokens[this.at++];
    if (token?.number !== undefined) return { kind: 'number', value: token.number };
    if (token?.name === undefined || TYPES.includes(token.name)) throw new NotInSubset(`no value: ${JSON.stringify(token)}`);
    if (this.accept('(')) {
      const args = [];
      while (!this.accept(')')) {
        args.push(this.expression());
        if (!this.is(')')) this.take(',');
      }
      return { kind: 'call', name: token.name, args };
    }
    if (this.accept('[')) {
      const index = this.expression();
      this.take(']');
      return { kind: 'element', name: token.name, index };
    }
    return { kind: 'name', name: token.name };
  }

  block() {
    this.take('{');
    const list = [];
    while (!this.accept('}')) list.push(this.statement());
    return { kind: 'block', list };
  }

  // Without the closing `;`, as `for` needs it.
  simple() {
    if (this.accept('u32')) {
      const name = this.name();
      this.take('=');
      return { kind: 'local', name, value: this.expression() };
    }
    const target = this.expression();
    if (!this.accept('=')) return { kind: 'run', value: target };
    if (!['name', 'element'].includes(target.kind)) throw new NotInSubset('an assignment to something else than a variable');
    return { kind: 'assign', target, value: this.expression() };
  }

  statement() {
    if (this.is('{')) return this.block();
    if (this.accept('if')) {
      this.take('(');
      const condition = this.expression();
      this.take(')');
      const yes = this.block();
      return { kind: 'if', condition, yes, no: this.accept('else') ? this.block() : undefined };
    }
    if (this.accept('while')) {
      this.take('(');
      const condition = this.expression();
      this.take(')');
      return { kind: 'while', condition, body: this.block() };
    }
    if (this.accept('for')) {
      this.take('(');
      const first = this.simple();
      this.take(';');
      const condition = this.expression();
      this.take(';');
      const step = this.simple();
      this.take(')');
      return { kind: 'for', first, condition, step, body: this.block() };
    }
    let node;
    if (this.accept('break')) node = { kind: 'break' };
    else if (this.accept('return')) node = { kind: 'return', value: this.is(';') ? undefined : this.expression() };
    else node = this.is(';') ? { kind: 'block', list: [] } : this.simple();
    this.take(';');
    return node;
  }

  top() {
    this.accept('NI');
    this.take('static');
    this.accept('NI');
    if (this.is('const') || this.is('volatile')) throw new NotInSubset('const or volatile');
    const type = this.name();
    if (type !== 'void' && !TYPES.includes(type)) throw new NotInSubset(`type ${type}`);
    const name = this.name();
    if (this.accept('(')) {
      const params = [];
      if (!this.accept('void')) for (; !this.is(')'); this.accept(',')) (this.take('u32'), params.push(this.name()));
      this.take(')');
      return { kind: 'function', name, params, gives: type !== 'void', body: this.block() };
    }
    let size;
    let value;
    if (this.accept('[')) {
      size = this.tokens[this.at++].number;
      if (size === undefined) throw new NotInSubset('an array whose size is no number');
      this.take(']');
    }
    if (this.accept('=')) value = this.expression();
    this.take(';');
    return { kind: 'variable', type, name, size, value };
  }
}

// -> [{kind: 'function' | 'variable', ...}]
export function parseProgram(text) {
  const parser = new Parser(expand(text));
  const list = [];
  while (parser.at < parser.tokens.length) {
    if (parser.accept(';')) continue;
    list.push(parser.top());
  }
  return list;
}
