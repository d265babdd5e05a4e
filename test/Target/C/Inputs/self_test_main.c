/* Runs the self-test of the model in package.mlir and checks the error codes. */
#include "dense.h"
#include "dense_self_test.h"

#include <stddef.h>

static uint8_t arena[DENSE_ARENA_SIZE + 1]
    __attribute__((aligned(DENSE_ARENA_ALIGN)));

int main(void) {
  const float input[DENSE_IN_0_SIZE] = {0};
  float output[DENSE_OUT_SIZE];
  if (dense_run(NULL, output, arena) != DENSE_ERROR_NULL ||
      dense_run(input, output, NULL) != DENSE_ERROR_NULL ||
      dense_run(input, output, arena + 1) != DENSE_ERROR_ALIGNMENT) {
    return 2;
  }
  return dense_self_test(arena) != 0;
}
