/* Calls the sine model, linked or, with -DLOAD, from the shared library that
   the first argument names. Returns 0 if it is right: within the 0.002 that its
   training reached. */
#include "sine.h"
#include <dlfcn.h>
#include <math.h>
#include <stdio.h>

#ifdef LOAD
typedef int (*run_function)(const float *x, float *sin_x, void *arena);

static run_function load(const char *path) {
  run_function run = NULL;
  void *library = dlopen(path, RTLD_NOW);
  void *symbol = library ? dlsym(library, "sine_run") : NULL;
  if (!symbol)
    fprintf(stderr, "%s\n", dlerror());
  *(void **)&run = symbol;
  return run;
}
#endif

int main(int argc, char **argv) {
  static uint8_t arena[SINE_ARENA_SIZE]
      __attribute__((aligned(SINE_ARENA_ALIGN)));
  float x = 0.5f, y = 0.0f;
#ifdef LOAD
  run_function sine_run = argc > 1 ? load(argv[1]) : NULL;
  if (!sine_run)
    return 3;
#else
  (void)argc;
  (void)argv;
#endif
  if (sine_run(&x, &y, arena) != SINE_OK)
    return 1;
  return fabsf(y - sinf(x)) < 0.002f ? 0 : 2;
}
