/* Prints what the models FIRST and SECOND, if defined, make of the same input. */
#include <stdio.h>

#ifdef FIRST
#include "first.h"
static _Alignas(64) char first_arena[FIRST_ARENA_SIZE];
#endif
#ifdef SECOND
#include "second.h"
static _Alignas(64) char second_arena[SECOND_ARENA_SIZE];
#endif

typedef int (*Model)(const float *, float *, void *);

static int print(Model model, void *arena) {
  float x[3 * 9 * 9], y[22 * 9 * 9];
  for (int i = 0; i < 3 * 9 * 9; ++i)
    x[i] = (float)(i % 17) / 16;
  int status = model(x, y, arena);
  for (int i = 0; i < 22 * 9 * 9; ++i)
    printf("%.9g\n", y[i]);
  return status;
}

int main(void) {
  int status = 0;
#ifdef FIRST
  status |= print(first_run, first_arena);
#endif
#ifdef SECOND
  status |= print(second_run, second_arena);
#endif
  return status;
}
