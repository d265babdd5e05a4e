/* Feeds three inputs of six ones, twos and threes to the model, clears it, and
   feeds the first again. Prints the first element of each output. */
#include "streaming.h"
#include <stdio.h>

static _Alignas(STREAMING_ARENA_ALIGN) uint8_t arena[STREAMING_ARENA_SIZE];

int main(void) {
  float x[STREAMING_X_SIZE], y[STREAMING_Y_SIZE];
  int call, i;
  for (i = 0; i < STREAMING_ARENA_SIZE; ++i)
    arena[i] = 0xff;
  for (call = 0; call < 4; ++call) {
    for (i = 0; i < STREAMING_X_SIZE; ++i)
      x[i] = (float)(call % 3 + 1);
    if (call % 3 == 0 && streaming_reset(arena) != STREAMING_OK)
      return 1;
    if (streaming_run(x, y, arena) != STREAMING_OK)
      return 1;
    printf("%g\n", (double)y[0]);
  }
  return streaming_reset(0) == STREAMING_ERROR_NULL &&
                 streaming_reset(arena + 1) == STREAMING_ERROR_ALIGNMENT
             ? 0
             : 1;
}
