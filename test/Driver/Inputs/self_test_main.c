/* Runs the self-test of the digits model; its status is the test's, made small
   enough for an exit status. */
#include "digits.h"
#include "digits_self_test.h"

static uint8_t arena[DIGITS_ARENA_SIZE + DIGITS_ARENA_ALIGN];

int main(void) {
  uintptr_t start = (uintptr_t)arena + DIGITS_ARENA_ALIGN - 1;
  int status = digits_self_test((void *)(start - start % DIGITS_ARENA_ALIGN));
  return status < 0 ? 64 - status : status;
}
