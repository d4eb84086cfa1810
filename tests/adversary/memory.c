// The two functions that compilers call by themselves. Compiled with -fno-builtin, or they would call themselves.
void* memset(void* to, int value, unsigned long size) {
  unsigned char* at = to;
  for (unsigned long i = 0; i < size; i++) at[i] = (unsigned char)value;
  return to;
}
void* memcpy(void* to, const void* from, unsigned long size) {
  unsigned char* at = to;
  const unsigned char* source = from;
  for (unsigned long i = 0; i < size; i++) at[i] = source[i];
  return to;
}
