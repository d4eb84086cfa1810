// What a program can do with an address that malloc returned, and where it can have it from: each operation with each source.
//
// Each prints numbers that change when the heap moves. In an operation, `a` is the address, `shown` a static array; a source gives the
// declarations and the program around the operation's expression.
export const OPERATIONS = {
  'upper half': '(unsigned)(a >> 16)',
  'third byte': '(unsigned)((unsigned char *)&a)[2]',
  'remainder': '(unsigned)(a % 1009)',
  'upper bit as a condition': '(a & 0x20000) ? 5u : 6u',
  'upper half in equalities': '(a >> 16) == 1 ? 1u : (a >> 16) == 2 ? 2u : 3u',
  'order with a number': 'a > 0x18000 ? 1u : 2u',
  'distance from static data': '(unsigned)(a - (uintptr_t)shown)',
  'hash in 32 bits': '(unsigned)(a * 2654435761u) >> 28',
  'middle 16 bits': '(unsigned)(uint16_t)(a >> 8)',
  'quotient in an order': 'a / 3 > 30000 ? 1u : 2u',
  'hash in 64 bits': '(unsigned)(((uint64_t)a * 0x9e3779b97f4a7c15ull) >> 60)',
  'upper bits as an index': '(unsigned)shown[(a >> 15) & 15]',
  'smaller of it and a number': '(unsigned)(a < 0x20000 ? a : 0x20000)',
  'leading zeros': '(unsigned)__builtin_clz(a)',
  'product in an order': 'a * 3 > 0x50000 ? 1u : 0u',
  'middle 16 bits with a sign': '(unsigned)((int16_t)(a >> 4))',
  'upper bits as a condition': '(unsigned)(a >> 17) ? 1u : 2u',
  'parity': '__builtin_parity((unsigned)a) ? 1u : 2u',
  'difference in bits from static data': '(a ^ (uintptr_t)shown) > 0x1ffff ? 1u : 2u',
  'float': '(unsigned)(float)a',
  'number with a bit set': '(unsigned)(a | 0x100)',
  'sum in an order': '(unsigned)(a + 0x1000) > 0x14000 ? 1u : 2u',
};

export const SOURCES = {
  'a local variable': (operation) => ['', `uintptr_t a = (uintptr_t)malloc(3000 + argc); *(char *)a = 1; print(${operation});`],
  'a static word': (operation) => [`static char *kept; APART void keep(int n) { kept = malloc(3000 + n); *kept = 1; } APART unsigned look(void) { uintptr_t a = (uintptr_t)kept; return ${operation}; }`, 'keep(argc); print(look());'],
  'a static table': (operation) => [`static char *kept[8]; APART void keep(int n) { kept[1] = malloc(3000 + n); kept[4] = malloc(10); *kept[1] = 1; } APART unsigned look(int i) { uintptr_t a = (uintptr_t)kept[i]; return ${operation}; }`, 'keep(argc); print(look(argc)); print(look(argc + 3));'],
  'a parameter': (operation) => [`APART unsigned look(uintptr_t a) { return ${operation}; }`, 'char *p = malloc(3000 + argc); *p = 1; print(look((uintptr_t)p));'],
  'a reference': (operation) => [`APART unsigned look(const uintptr_t *at) { uintptr_t a = *at; return ${operation}; }`, 'uintptr_t p = (uintptr_t)malloc(3000 + argc); *(char *)p = 1; print(look(&p));'],
  'a result': (operation) => ['APART uintptr_t get(int n) { char *p = malloc(3000 + n); *p = 1; return (uintptr_t)p; }', `uintptr_t a = get(argc); print(${operation});`],
};

const TOP = `char shown[16] = {1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16};
APART void print(unsigned number) { printf("%u\\n", number); }`;

// `reduced`: in the short run. Each operation has two sources, so that each source has at least seven operations.
export function programs() {
  const sources = Object.entries(SOURCES);
  return Object.entries(OPERATIONS).flatMap(([operation, expression], row) => sources.map(([source, around], column) => {
    const [declarations, program] = around(expression);
    const step = (column - row % sources.length + sources.length) % sources.length;
    return { name: `${operation} of ${source}`, top: `${TOP}\n${declarations}`, program, reduced: step === 0 || step === 2 + (row / sources.length | 0) % 2 };
  }));
}
