/* Codes 4,000 words and decodes them again, as `lathe_runner_model`. */

#include "run_length.h"
#include "runner.h"

#include <string.h>

enum { COUNT = 4000 };

static uint32_t words[COUNT], decoded[COUNT];
static uint8_t code[4 * COUNT + COUNT / 128 + 1];

static int run(void) {
  size_t length = lathe_run_length_encode(words, COUNT, 4, code);
  if (length > lathe_run_length_bound(COUNT, 4))
    return 1;
  memset(code + length, 0, sizeof code - length);
  return lathe_run_length_decode(code, length, decoded, COUNT, 4);
}

static const struct lathe_runner_tensor inputs[] = {
    {"words", words, sizeof words}};
static const struct lathe_runner_tensor outputs[] = {
    {"decoded", decoded, sizeof decoded}, {"code", code, sizeof code}};

const struct lathe_runner_model lathe_runner_model = {"coded", 1,       inputs,
                                                      2,       outputs, run};
