// Asks preview1 to write nothing to a descriptor that is not open, and prints what it answers.
#include <stdio.h>
#include <stdlib.h>
#include <wasi/api.h>

int main(int argc, char **argv) {
  char *text = malloc(64 * (size_t)argc);
  if (text == NULL) return 1;
  __wasi_size_t written = 0;
  snprintf(text, 64, "errno %d", __wasi_fd_write(99, NULL, 0, &written));
  puts(text);
  free(text);
  return 0;
}
