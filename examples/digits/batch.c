/*===----------------------------------------------------------------------===*\
|*                                                                            *|
|* Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.         *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

/*
 * Runs the compiled digits model on a file of BATCH images, one after the other,
 * with the runner of runtime/. The same file serves the board and the host.
 */

#include "digits.h"
#include "runner.h"

#ifndef BATCH
#define BATCH 50
#endif

static float images[BATCH][DIGITS_IMAGE_SIZE];
static float probabilities[BATCH][DIGITS_PROBABILITIES_SIZE];
static uint8_t arena[DIGITS_ARENA_SIZE]
    __attribute__((aligned(DIGITS_ARENA_ALIGN)));

static int run_batch(void) {
  size_t i;
  for (i = 0; i < BATCH; ++i) {
    int status = digits_run(images[i], probabilities[i], arena);
    if (status != 0)
      return status;
  }
  return 0;
}

static const struct lathe_runner_tensor input = {"images", images,
                                                 sizeof images};
static const struct lathe_runner_tensor output = {
    "probabilities", probabilities, sizeof probabilities};

const struct lathe_runner_model lathe_runner_model = {
    "digits", 1, &input, 1, &output, run_batch};
