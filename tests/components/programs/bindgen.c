// A reactor with bindings beside preview1, as wit-bindgen makes them for `speaker` in bindgen_test.mjs: an imported function
// that takes and gives strings, an exported one that does, what frees its result, and the cabi_realloc that the host calls.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct text {
  char* bytes;
  size_t size;
};

__attribute__((import_module("local:words/dictionary"), import_name("translate"))) void translate(const char* word, size_t size,
                                                                                                struct text* result);

__attribute__((export_name("cabi_realloc"))) void* cabi_realloc(void* old, size_t old_size, size_t align, size_t size) {
  (void)old_size;
  if (size == 0) return (void*)align;
  void* memory = realloc(old, size);
  if (memory == NULL) abort();
  return memory;
}

struct entry {
  struct entry* next;
  struct text word;
};
static struct entry* kept;
static struct text answer;

// Translates each word, keeps what it was told, and gives all of it back.
__attribute__((export_name("say"))) struct text* say(char* bytes, size_t size) {
  answer.bytes = malloc(1);
  answer.size = 0;
  int words = 0;
  for (size_t at = 0; at < size; words++) {
    size_t end = at;
    while (end < size && bytes[end] != ' ') end++;
    struct entry* entry = malloc(sizeof *entry);
    if (entry == NULL) abort();
    translate(bytes + at, end - at, &entry->word);
    entry->next = kept;
    kept = entry;
    answer.bytes = realloc(answer.bytes, answer.size + entry->word.size + 1);
    if (answer.bytes == NULL) abort();
    memcpy(answer.bytes + answer.size, entry->word.bytes, entry->word.size);
    answer.size += entry->word.size;
    answer.bytes[answer.size++] = ' ';
    if (words % 100 == 0) printf("%d: %.*s\n", words, (int)entry->word.size, entry->word.bytes);
    at = end + 1;
  }
  const char* home = getenv("HOME");
  printf("%d words for %s\n", words, home == NULL ? "nobody" : home);
  fflush(stdout);
  free(bytes);
  return &answer;
}

__attribute__((export_name("cabi_post_say"))) void said(struct text* result) {
  free(result->bytes);
}

__attribute__((export_name("kept"))) uint64_t count(void) {
  uint64_t sum = 0;
  for (struct entry* entry = kept; entry != NULL; entry = entry->next)
    for (size_t i = 0; i < entry->word.size; i++) sum = sum * 31 + (unsigned char)entry->word.bytes[i];
  return sum;
}
