// Ways to give a limit that the addresses of blocks are compared with.
//
// One line a way: name, declarations, the limit (an expression, about 0x18000), and what would change it, so that the compiler does not
// take a static word for a constant.
const LIMITS = [
  ['number', '', '0x18000'],
  ['static word', 'uintptr_t limit = 0x18000;', 'limit', 'limit = 3;'],
  ['constant table', 'const uintptr_t table[4] = {0x14000, 0x18000, 0x1c000, 0x20000};', 'table[argc & 3]'],
  ['table filled before main', 'uintptr_t table[8]; __attribute__((constructor)) static void fill(void) { for (int i = 0; i < 8; i++) table[i] = 0x14000 + i * 0x4000; }', 'table[argc & 7]'],
  ['function', 'APART uintptr_t get(void) { return 0x18000; }', 'get()'],
  ['function of an argument', 'APART uintptr_t get(int n) { return n > 3 ? 0x20000 : 0x18000; }', 'get(argc)'],
  ['function of a table', 'APART uintptr_t low(void) { return 0x18000; } APART uintptr_t high(void) { return 0x28000; } uintptr_t (*volatile table[2])(void) = {low, high};', 'table[argc - 1]()'],
  ['strtoul of an option', '', 'strtoul(argc > 1 ? argv[1] : "98304", 0, 0)'],
  ['atoi of an option', '', '(uintptr_t)atoi(argc > 1 ? argv[1] : "98304")'],
  ['switch', 'APART uintptr_t get(int n) { switch (n) { case 1: return 0x18000; case 2: return 0x20000; case 3: return 0x1c000; case 4: return 0x22220; case 5: return 0x12000; } return 0x30000; }', 'get(argc)'],
  ['float', 'float limit = 98304.0f;', '(uintptr_t)limit', 'limit = 3;'],
  ['product of a double', 'double share = 0.375;', '(uintptr_t)(share * 262144)', 'share = 1;'],
  ['sum of static words', 'uintptr_t from = 0x10000, length = 0x8000;', '(from + length)', 'from = length = 4;'],
  ['sum of a number and a static word', 'uintptr_t length = 0x8000;', '(0x10000 + length)', 'length = 3;'],
  ['smaller of two', 'uintptr_t one = 0x18000, two = 0x28000;', '(one < two ? one : two)', 'one = two = 3;'],
  ['shift', '', '((uintptr_t)3 << (argc + 14))'],
  ['product', '', '((uintptr_t)argc * 98304)'],
  ['16 bits, shifted', 'uint16_t paragraphs = 0x1800;', '((uintptr_t)paragraphs << 4)', 'paragraphs = 2;'],
  ['16 bits, multiplied', 'uint16_t kib = 96;', '((uintptr_t)kib * 1024)', 'kib = 2;'],
  ['bytes', 'unsigned char bytes[4] = {0, 0x80, 1, 0};', '((uintptr_t)bytes[0] | (uintptr_t)bytes[1] << 8 | (uintptr_t)bytes[2] << 16)', 'bytes[1] = 1;'],
  ['bit-field', 'struct { unsigned limit : 24, more : 8; } bits = {0x18000, 3};', '(uintptr_t)bits.limit', 'bits.limit = 3;'],
  ['64 bits', 'uint64_t limit = 0x18000;', 'limit', 'limit = 1;'],
  ['64 bits, wrapped', 'uint64_t limit = 0x18000;', '(uintptr_t)limit', 'limit = 1;'],
  ['static word by pointer', 'uintptr_t one = 0x18000, two = 0x28000; uintptr_t *volatile at = &one;', '*at', 'at = &two;'],
  ['static structure by pointer', 'struct limits { int n; uintptr_t limit; } one = {1, 0x18000}, two = {2, 0x28000}; struct limits *volatile at = &one;', 'at->limit', 'at = &two;'],
  ['word that is not aligned', 'char raw[8] = {9, 0, (char)0x80, 1, 0};', '({ uintptr_t word; memcpy(&word, raw + 1, 4); word; })', 'raw[2] = 1;'],
  ['digits', 'APART uintptr_t read_digits(const char *s) { uintptr_t n = 0; while (*s) n = n * 10 + (*s++ - 48); return n; }', 'read_digits(argc > 1 ? argv[1] : "98304")'],
  ['structure in the heap', 'struct limits { int n; uintptr_t limit; };', '({ static struct limits *made; if (!made) { made = malloc(sizeof *made); made->limit = 0x18000; } made->limit; })'],
  ['environment', '', 'strtoul(getenv("LIMIT") ? getenv("LIMIT") : "98304", 0, 0)'],
  ['number and a length', '', '(0x18000 + strlen(argv[0]) - strlen(argv[0]))'],
  ['volatile word', 'volatile uintptr_t limit = 0x18000;', 'limit'],
  ['sscanf', 'APART uintptr_t scan(const char *s) { unsigned n = 0; sscanf(s, "%u", &n); return n; }', 'scan(argc > 1 ? argv[1] : "98304")'],
  ['word that a callee writes', 'APART void scan(const char *s, uintptr_t *limit) { *limit = strtoul(s, 0, 0); }', '({ uintptr_t limit; scan(argc > 1 ? argv[1] : "98304", &limit); limit; })'],
  ['number and a condition', 'extern char **environ;', '(0x18000 + 16 * (environ == 0))'],
  ['recursion', 'APART uintptr_t climb(int n) { return n == 0 ? 0x10000 : climb(n - 1) + 0x1000; }', 'climb(argc + 7)'],
  ['sum of a loop', '', '({ uintptr_t sum = 0; for (int i = 0; i < argc + 23; i++) sum += 4096; sum; })'],
];

const program = (limit, change) => `int above = 0; if (argc > 7) { ${change} }
  for (int i = 0; i < 40; i++) { char *p = malloc(1000); *p = i; if ((uintptr_t)p > ${limit}) above++; }
  printf("%d\\n", above);`;

export const programs = () => LIMITS.map(([name, declarations, limit, change = '']) => ({ name: `limit by ${name}`, top: declarations, program: program(limit, change), reduced: true }));
