/*===----------------------------------------------------------------------===*\
|*                                                                            *|
|* Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.         *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

/* Prints a table of the model's sine beside the C library's. */

#include "sine.h"
#include <math.h>
#include <stdio.h>

int main(void) {
  static uint8_t arena[SINE_ARENA_SIZE]
      __attribute__((aligned(SINE_ARENA_ALIGN)));
  int i;
  for (i = 0; i <= 12; ++i) {
    float x = 0.5f * (float)i;
    float y;
    int status = sine_run(&x, &y, arena);
    if (status != SINE_OK) {
      fprintf(stderr, "error %d\n", status);
      return 1;
    }
    printf("x %3.1f  model %7.4f  sin %7.4f\n", x, y, sin(x));
  }
  return 0;
}
