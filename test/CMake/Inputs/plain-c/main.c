#include "sine.h"
#ifdef SELF_TEST
#include "sine_self_test.h"
#endif

static uint8_t arena[SINE_ARENA_SIZE]
    __attribute__((aligned(SINE_ARENA_ALIGN)));

int main(void) {
  const float x = 1.5707964f;
  float y = 0;
#ifdef SELF_TEST
  if (sine_self_test(arena) != 0)
    return 2;
#endif
  return sine_run(&x, &y, arena) == SINE_OK && y > 0.99f && y < 1.01f ? 0 : 1;
}
