/* Runs the self-test of the model of write-bytes.py; its status is the test's, made
   small enough for an exit status. */
#include "bytes.h"
#include "bytes_self_test.h"

static uint8_t arena[BYTES_ARENA_SIZE + BYTES_ARENA_ALIGN];

int main(void) {
  uintptr_t start = (uintptr_t)arena + BYTES_ARENA_ALIGN - 1;
  int status = bytes_self_test((void *)(start - start % BYTES_ARENA_ALIGN));
  return status < 0 ? 64 - status : status;
}
