/* Prints what the sine model returns and, if it ran, the sine of 0.5. */
#include "sine.h"
#include <stdio.h>

int main(void) {
  static unsigned char arena[SINE_ARENA_SIZE]
      __attribute__((aligned(SINE_ARENA_ALIGN)));
  float x = 0.5f, y = 0.0f;
  int status = sine_run(&x, &y, arena);
  printf("status %d\n", status);
  if (status == SINE_OK)
    printf("sine %.2f\n", (double)y);
  return 0;
}
