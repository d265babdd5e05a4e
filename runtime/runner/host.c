/*===----------------------------------------------------------------------===*\
|*                                                                            *|
|* Part of Lathe, under the Apache License v2.0 with LLVM Exceptions. *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

/* The runner's port to a machine with files and a C library. */

#include "runner.h"
#include <stdio.h>
#include <time.h>

int lathe_port_read_file(const char *path, void *data, size_t size) {
  FILE *file = fopen(path, "rb");
  int complete;
  if (!file)
    return 1;
  /* One more byte would be a file that is too long. */
  complete = fread(data, 1, size, file) == size && fgetc(file) == EOF;
  return fclose(file) != 0 || !complete;
}

int lathe_port_write_file(const char *path, const void *data, size_t size) {
  FILE *file = fopen(path, "wb");
  int complete;
  if (!file)
    return 1;
  complete = fwrite(data, 1, size, file) == size;
  return fclose(file) != 0 || !complete;
}

void lathe_port_print(const char *text) { fputs(text, stdout); }

static clock_t started;

void lathe_port_start(void) { started = clock(); }

/* The ticks are those of clock(), CLOCKS_PER_SEC a second. */
void lathe_port_stop(uint64_t *ticks, uint64_t *stack) {
  *ticks = (uint64_t)(clock() - started);
  *stack = LATHE_PORT_UNKNOWN;
}

int main(int argc, char **argv) {
  return lathe_runner_main(argc > 0 ? (size_t)argc - 1 : 0,
                           (const char *const *)(argv + 1));
}
