// Ways to use a buffer at a fixed number in the heap (video memory at 0x20000, say), which the program takes for its own.
//
// One line a way: name, declarations, a statement that writes for `i`, an expression that reads for `i`.
const BUFFERS = [
  ['index', '#define VIDEO ((volatile uint8_t *)0x20000)', 'VIDEO[i] = i', 'VIDEO[i]'],
  ['constant address', '#define VIDEO ((volatile uint8_t *)0x20000)', 'VIDEO[3] += i', 'VIDEO[3]'],
  ['index with a step', 'static volatile uint8_t *const video = (uint8_t *)0x20000;', 'video[i * 2] = i', 'video[i * 2]'],
  ['static pointer', 'volatile uint8_t *video = (uint8_t *)0x20000;', 'video[i] = i', 'video[i]'],
  ['table of two', 'volatile uint8_t *video[2] = {(uint8_t *)0x20000, (uint8_t *)0x24000};', 'video[i & 1][i] = i', 'video[i & 1][i]'],
  ['rows and columns', '#define VIDEO ((volatile uint8_t (*)[320])0x20000)', 'VIDEO[i / 10][i] = i', 'VIDEO[i / 10][i]'],
  ['result', 'APART volatile uint8_t *video(void) { return (volatile uint8_t *)0x20000; }', 'video()[i] = i', 'video()[i]'],
  ['result of an argument', 'APART volatile uint8_t *row(int n) { return (volatile uint8_t *)(0x20000 + 320 * n); }', 'row(i)[3] = i', 'row(i)[3]'],
  ['argument', 'APART void put(volatile uint8_t *p, int i) { p[i] = i; } APART int get(volatile uint8_t *p, int i) { return p[i]; }', 'put((uint8_t *)0x20000, i)', 'get((uint8_t *)0x20000, i)'],
  ['argument with an index', 'APART void put(volatile uint8_t *p, int v) { *p = v; } APART int get(volatile uint8_t *p) { return *p; }', 'put((uint8_t *)0x20000 + i, i)', 'get((uint8_t *)0x20000 + i)'],
  ['memset', '', 'memset((void *)(0x20000 + 8 * i), i, 8)', '*(volatile uint8_t *)(0x20000 + 8 * i)'],
  ['memcpy', '', 'memcpy((void *)0x20000, &i, 4)', '({ int x; memcpy(&x, (void *)0x20000, 4); x; })'],
  ['strcpy', '', 'strcpy((char *)0x20000, argv[0])', '(int)strlen((char *)0x20000)'],
  ['snprintf', '', 'snprintf((char *)0x20000, 20, "%d", i)', 'atoi((char *)0x20000)'],
  ['index downwards', '#define TOP 0x24000', '*(volatile int *)(TOP - 4 * (i + 1)) = i', '*(volatile int *)(TOP - 4 * (i + 1))'],
  ['structure', 'struct video { int n; uint8_t data[4000]; };\n#define VIDEO ((volatile struct video *)0x20000)', 'VIDEO->n = i, VIDEO->data[i] = i', 'VIDEO->n + VIDEO->data[i]'],
  ['local pointer', '', '({ volatile uint8_t *p = (uint8_t *)0x20000; p += i; *p = i; })', '({ volatile uint8_t *p = (uint8_t *)0x20000; p += i; *p; })'],
  ['choice of two', '', '({ volatile uint8_t *p = (uint8_t *)(argc > 3 ? 0x20000 : 0x24000); p[i] = i; })', '((volatile uint8_t *)(argc > 3 ? 0x20000 : 0x24000))[i]'],
  ['shift of a count', '', '*(volatile uint8_t *)(((argc + 1) << 16) + i) = i', '*(volatile uint8_t *)(((argc + 1) << 16) + i)'],
  ['number and a static offset', 'size_t offset = 0x10000;', '*(volatile uint8_t *)(0x10000 + offset + i) = i', '*(volatile uint8_t *)(0x10000 + offset + i)'],
  ['64 bits', 'uint64_t video = 0x20000;', '*(volatile uint8_t *)(uintptr_t)(video + i) = i', '*(volatile uint8_t *)(uintptr_t)(video + i)'],
  ['page number of 16 bits', 'uint16_t page = 0x20;', '*(volatile uint8_t *)(page * 4096 + i) = i', '*(volatile uint8_t *)(page * 4096 + i)'],
  ['static pointer set before main', 'volatile uint8_t *video; __attribute__((constructor)) static void set(void) { video = (uint8_t *)0x20000; }', 'video[i] = i', 'video[i]'],
  ['bits added', '', '*(volatile uint8_t *)(0x20000 | (i & 1023)) = i', '*(volatile uint8_t *)(0x20000 | (i & 1023))'],
  ['walking pointer', '', 'for (volatile uint8_t *p = (uint8_t *)0x20000; p < (uint8_t *)0x20040; p++) *p = i', '({ int sum = 0; for (volatile uint8_t *p = (uint8_t *)0x20000; p < (uint8_t *)0x20040; p++) sum += *p; sum; })'],
];

const program = (write, read) => `char *p = malloc(100); strcpy(p, "x"); int sum = 0;
  for (int i = 0; i < argc + 99; i++) { ${write}; }
  for (int i = 0; i < argc + 99; i++) sum += ${read};
  printf("%s %d\\n", p, sum);`;

export const programs = () => BUFFERS.map(([name, declarations, write, read]) => ({ name: `buffer by ${name}`, top: declarations, program: program(write, read), initial: 4, reduced: true }));
