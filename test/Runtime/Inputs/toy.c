/* A model for the runner by hand: y = softplus(x), and how often the loop ran.
   It holds a constant, writable data, zeroed data, floats and a call into the
   C library, so that every section and the floating-point unit are needed. */

#include "runner.h"
#include <math.h>
#include <string.h>

enum { count = 4 };
static float x[count], y[count];
static int32_t laps[1];
static uint32_t repeat = TOY_LAPS;
static const float offsets[count] = {0.0f, 0.25f, 0.5f, 0.75f};

static int run(void) {
  volatile float scratch[256];
  uint32_t lap;
  int i;
  if (x[0] < -100.0f)
    return 7;
  for (i = 0; i < 256; ++i)
    scratch[i] = 0.0f;
  laps[0] = 0;
  for (lap = 0; lap < repeat; ++lap) {
    ++laps[0];
    for (i = 0; i < count; ++i)
      scratch[i] = x[i] + offsets[i];
  }
  for (i = 0; i < count; ++i)
    y[i] = logf(1.0f + expf(scratch[i]));
  return 0;
}

static const struct lathe_runner_tensor inputs[] = {{"x", x, sizeof x}};
static const struct lathe_runner_tensor outputs[] = {
    {"y", y, sizeof y}, {"laps", laps, sizeof laps}};
const struct lathe_runner_model lathe_runner_model = {"toy", 1,       inputs,
                                                      2,     outputs, run};
