// The same numbers in tables of the data section: a table of sizes, one of hashes. Read at run time, printed.
#include "common.h"

static volatile const uint32_t sizes[] = {64, HB, 128, HB + 8, 256, HB + 12, (uint32_t)-HB, HB + 65536};
static volatile uint32_t counters[] = {HB, HB + 16, HB + 131072};
struct Entry {
  const char* name;
  uint32_t code;
};
static const struct Entry volatile entries[] = {{"first", 1}, {"second", HB}, {"third", HB + 4}};

int main(void) {
  printf("heap %08x\n", use_heap());
  for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) printf("size %u\n", sizes[i]);
  for (unsigned i = 0; i < sizeof counters / sizeof *counters; i++) printf("counter %u\n", counters[i]++);
  for (unsigned i = 0; i < 3; i++) printf("entry %s %u\n", entries[i].name, entries[i].code);
  printf("heap %08x\n", use_heap());
  return 0;
}
