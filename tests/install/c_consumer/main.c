/* Runs one verb on files through the C interface, and writes the parts of the answer into a folder.
 *
 *   c_consumer detect|reserve|component|check|undo FILE FOLDER
 *   c_consumer verify ORIGINAL FOLDER RESERVED
 */
#include <heapbump.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct file {
  char* data;
  size_t size;
};

static struct file read_file(const char* path) {
  struct file file = {NULL, 0};
  FILE* in = fopen(path, "rb");
  long size;
  if (in == NULL || fseek(in, 0, SEEK_END) != 0 || (size = ftell(in)) < 0) {
    perror(path);
    exit(99);
  }
  rewind(in);
  file.size = (size_t)size;
  file.data = malloc(file.size + 1);
  if (file.data == NULL || fread(file.data, 1, file.size, in) != file.size) {
    perror(path);
    exit(99);
  }
  fclose(in);
  return file;
}

static void write_part(const heapbump_result* result, uint32_t what, const char* folder, const char* name) {
  heapbump_bytes bytes = heapbump_result_get(result, what);
  char path[4096];
  FILE* out;
  if (bytes.data == NULL) return;
  snprintf(path, sizeof path, "%s/%s", folder, name);
  out = fopen(path, "wb");
  if (out == NULL || fwrite(bytes.data, 1, bytes.size, out) != bytes.size || fclose(out) != 0) {
    perror(path);
    exit(99);
  }
}

static heapbump_result* run(const char* verb, struct file in, struct file other) {
  if (strcmp(verb, "detect") == 0) return heapbump_detect(in.data, in.size);
  if (strcmp(verb, "reserve") == 0) return heapbump_reserve(in.data, in.size, NULL);
  if (strcmp(verb, "component") == 0) return heapbump_component(in.data, in.size, NULL);
  if (strcmp(verb, "check") == 0) return heapbump_check(in.data, in.size, NULL, 0);
  if (strcmp(verb, "undo") == 0) return heapbump_undo(in.data, in.size, NULL, 0);
  if (strcmp(verb, "verify") == 0) return heapbump_verify(in.data, in.size, other.data, other.size, NULL, 0);
  return NULL;
}

int main(int argc, char** argv) {
  struct file other = {NULL, 0};
  heapbump_result* result;
  int exit_code;
  if (argc == 2 && strcmp(argv[1], "version") == 0) {
    printf("%s\n", heapbump_version());
    return 0;
  }
  if (argc < 4) return 99;
  if (argc > 4) other = read_file(argv[4]);
  result = run(argv[1], read_file(argv[2]), other);
  if (result == NULL) return 99;
  write_part(result, HEAPBUMP_MODULE, argv[3], "module.wasm");
  write_part(result, HEAPBUMP_COMPONENT, argv[3], "component.wasm");
  write_part(result, HEAPBUMP_MANIFEST, argv[3], "manifest.json");
  write_part(result, HEAPBUMP_REPORT, argv[3], "report.json");
  exit_code = heapbump_result_exit_code(result);
  if (exit_code != 0)
    printf("%s: %s\n", heapbump_result_code(result), heapbump_result_message(result));
  heapbump_result_free(result);
  return exit_code;
}
