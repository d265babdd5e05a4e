/*===----------------------------------------------------------------------===*\
|*                                                                            *|
|* Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.         *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

/* Prints a table of the model's sine, in thousandths: Zephyr prints no floats
   unless it is configured to. */

#include "sine.h"
#include <zephyr/kernel.h>
#include <zephyr/sys/printk.h>

static uint8_t arena[SINE_ARENA_SIZE]
    __attribute__((aligned(SINE_ARENA_ALIGN)));

int main(void) {
  int i;
  for (i = 0; i <= 12; ++i) {
    const float x = 0.5f * (float)i;
    float y = 0.0f;
    const uint32_t start = k_cycle_get_32();
    const int status = sine_run(&x, &y, arena);
    const uint32_t cycles = k_cycle_get_32() - start;
    if (status != SINE_OK) {
      printk("error %d\n", status);
      return 0;
    }
    printk("x %d model %d, %u cycles\n", (int)(1000.0f * x),
           (int)(1000.0f * y), (unsigned)cycles);
  }
  return 0;
}
