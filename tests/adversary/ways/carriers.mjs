// Ways of an address from malloc to where it is looked at: what keeps it, passes it or returns it in between.
//
// One line a way: name, declarations, program. NEW is a new block's address, REST(p) a number that changes when the heap moves.
const LOOK = (parameters, shown) => `APART void look(${parameters}) { print(${shown}); }`;

const CARRIERS = [
  ['static word', `char *kept; ${LOOK('void', 'REST(kept)')}`, 'kept = NEW; look();'],
  ['member of a static structure', `struct second kept; ${LOOK('void', 'REST(kept.at) + kept.n')}`, 'kept.n = 1; kept.at = NEW; look();'],
  ['static structure by pointer', `struct second kept; ${LOOK('struct second *s', 'REST(s->at) + s->n')}`, 'kept.n = 1; kept.at = NEW; look(&kept);'],
  ['static array', `char *kept[4]; ${LOOK('int i', 'REST(kept[i])')}`, 'kept[1] = NEW; kept[2] = NEW; look(argc);'],
  ['structure in the frame', '', 'struct second s; s.n = argc; s.at = NEW; if (s.n > 3) s.at = argv[0]; print(REST(s.at));'],
  ['copied structure', '', 'struct second s, copy; s.n = argc; s.at = NEW; copy = s; print(REST(copy.at) + copy.n);'],
  ['structure by value, first member', LOOK('struct first s', 'REST(s.at) + s.n'), 'struct first s; s.n = argc; s.at = NEW; look(s);'],
  ['structure by value, second member', LOOK('struct second s', 'REST(s.at) + s.n'), 'struct second s; s.n = argc; s.at = NEW; look(s);'],
  ['large structure by value', 'APART void look(struct large s) { s.name[s.n] = 1; print(REST(s.at) + s.name[1]); }', 'struct large s; memset(&s, 0, sizeof s); s.n = argc; s.at = NEW; look(s);'],
  ['structure by pointer, first member', LOOK('const struct first *s', 'REST(s->at) + s->n'), 'struct first s; s.n = argc; s.at = NEW; look(&s);'],
  ['structure by pointer, second member', LOOK('const struct second *s', 'REST(s->at) + s->n'), 'struct second s; s.n = argc; s.at = NEW; look(&s);'],
  ['reference', LOOK('char **at', 'REST(*at)'), 'char *p = NEW; look(&p);'],
  ['reference after a check', LOOK('char **at', 'REST(*at)'), 'char *p = NEW; if (!p) return 1; *p = 1; if (argc > 5) puts("x"); look(&p);'],
  ['array in the frame', '', 'char *a[8]; for (int i = 0; i < argc + 3; i++) a[i] = NEW; for (int i = 0; i < argc + 3; i++) print(REST(a[i]));'],
  ['array in the frame, one element', '', 'char *a[8]; a[argc] = NEW; a[3] = argv[0]; print(REST(a[argc]));'],
  ['variable arguments', '#include <stdarg.h>\nAPART void look(int n, ...) { va_list list; va_start(list, n); char *p = va_arg(list, char *); va_end(list); print(REST(p)); }', 'look(1, NEW);'],
  ['call through a table', `${LOOK('char *p', 'REST(p)')} APART void other(char *p) { print(*p); } void (*volatile called)(char *) = look; void *volatile second = other;`, 'called(NEW);'],
  ['comparison of qsort', 'static int look(const void *a, const void *b) { print(REST(*(char *const *)a)); return 0; }', 'char *a[2] = {NEW, NEW}; qsort(a, 2, sizeof *a, look);'],
  ['result at an offset', 'APART char *behind(char *p) { return p + 8; }', 'print(REST(behind(NEW)));'],
  ['result that may be static', 'char fixed[8]; APART char *choose(char *p, int n) { return n > 3 ? fixed : p; }', 'print(REST(choose(NEW, argc)));'],
  ['memcpy of a pointer', '', 'char *p = NEW, *q; memcpy(&q, &p, sizeof q); print(REST(q));'],
  ['half of 64 bits', '', 'union { uint64_t both; struct { char *a, *b; } s; } u; u.s.a = NEW; u.s.b = argv[0]; uint64_t both = u.both; print(REST((uint32_t)both));'],
  ['returned structure of one member', 'struct one { char *p; }; APART struct one get(int n) { struct one s = {NEW}; return s; }', 'print(REST(get(argc).p));'],
  ['returned structure of two members', 'APART struct first get(int n) { struct first s = {NEW, n}; return s; }', 'struct first s = get(argc); print(REST(s.at) + s.n);'],
  ['structure assigned to a static one', `struct large kept; ${LOOK('void', 'REST(kept.at)')}`, 'struct large s; memset(&s, 0, sizeof s); strncpy(s.name, "x", 3); s.at = NEW; kept = s; look();'],
  ['word that a callee writes', 'APART void get(char **at) { *at = NEW; }', 'char *p; get(&p); print(REST(p));'],
  ['structure in the heap', LOOK('const struct second *s', 'REST(s->at) + s->n'), 'struct second *s = malloc(sizeof *s); s->n = argc; s->at = NEW; look(s);'],
  ['exchanged static words', `char *left, *right; ${LOOK('void', 'REST(right)')}`, 'left = NEW; right = NEW; char *t = left; left = right; right = t; look();'],
  ['static stack', 'char *stack[8]; int top;', 'stack[top++] = NEW; stack[top++] = NEW; print(REST(stack[--top]));'],
  ['alloca', '', 'char **a = __builtin_alloca(argc * 16); a[0] = NEW; a[1] = argv[0]; print(REST(a[argc - 1]));'],
  ['array of variable length', '', 'int n = argc + 3; char *a[n]; for (int i = 0; i < n; i++) a[i] = NEW; print(REST(a[argc]));'],
  ['volatile variable', '', 'char *volatile p = NEW; print(REST(p));'],
  ['choice of two static structures', 'struct second one, two;', 'struct second *s = argc > 2 ? &one : &two; s->at = NEW; print(REST(two.at));'],
  ['results of string functions', '', 'print(REST(strchr(strcat(strcpy(NEW, "a=b"), "c"), 61)));'],
  ['last of a loop', '', 'char *p = NULL; for (int i = 0; i < argc + 2; i++) p = NEW; print(REST(p));'],
  ['closure', `struct closure { char **p; int k; }; ${LOOK('struct closure *c', 'REST(*c->p) + c->k')}`, 'struct closure c; char *p = NEW; c.p = &p; c.k = argc; look(&c);'],
];

const TOP = `#define NEW ({ char *made = malloc(3000); *made = 1; made; })
#define REST(p) ((unsigned)((uintptr_t)(p) % 1009))
APART void print(unsigned number) { printf("%u\\n", number); }
struct first { char *at; int n; }; struct second { int n; char *at; }; struct large { char name[20]; char *at; int n; };`;

export const programs = () => CARRIERS.map(([name, declarations, program]) => ({ name: `address by ${name}`, top: `${TOP}\n${declarations}`, program, reduced: true }));
