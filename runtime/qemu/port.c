/*===----------------------------------------------------------------------===*\
|*                                                                            *|
|* Part of Lathe, under the Apache License v2.0 with LLVM Exceptions. *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

/*
 * The runner's port to a Cortex-M under QEMU: files by semihosting, time by
 * SysTick, stack by the pattern that is left of it.
 *
 * Under `-icount shift=0` an instruction takes a nanosecond of the emulated
 * clock, so that the ticks count instructions; how many make a tick depends on
 * the board and stands in the target's description.
 */

#include "../runner/runner.h"
#include "semihosting.h"
#include <string.h>

/* Files. */

static int32_t open_file(const char *path, uint32_t mode) {
  struct semihosting_open request;
  request.path = path;
  request.mode = mode;
  request.length = (uint32_t)strlen(path);
  return semihosting_call(SEMIHOSTING_OPEN, &request);
}

/* Moves `size` bytes and closes the file; 0 if all were moved. */
static int transfer_and_close(enum semihosting_operation operation,
                              int32_t handle, void *data, size_t size) {
  struct semihosting_transfer request;
  int32_t left;
  request.handle = handle;
  request.data = data;
  request.size = (uint32_t)size;
  left = semihosting_call(operation, &request);
  return semihosting_call(SEMIHOSTING_CLOSE, &handle) != 0 || left != 0;
}

int lathe_port_read_file(const char *path, void *data, size_t size) {
  int32_t handle = open_file(path, SEMIHOSTING_MODE_RB);
  if (handle < 0)
    return 1;
  if (semihosting_call(SEMIHOSTING_FLEN, &handle) != (int32_t)size) {
    semihosting_call(SEMIHOSTING_CLOSE, &handle);
    return 1;
  }
  return transfer_and_close(SEMIHOSTING_READ, handle, data, size);
}

int lathe_port_write_file(const char *path, const void *data, size_t size) {
  int32_t handle = open_file(path, SEMIHOSTING_MODE_WB);
  if (handle < 0)
    return 1;
  return transfer_and_close(SEMIHOSTING_WRITE, handle, (void *)data, size);
}

void lathe_port_print(const char *text) {
  semihosting_call(SEMIHOSTING_WRITE0, text);
}

/* Time. */

struct systick {
  volatile uint32_t control;
  volatile uint32_t reload;
  volatile uint32_t value;
};

#define SYSTICK ((struct systick *)0xE000E010u)
#define SYSTICK_ENABLE 1u
#define SYSTICK_INTERRUPT 2u
#define SYSTICK_PROCESSOR_CLOCK 4u
#define SYSTICK_PERIOD 0x1000000u

static volatile uint32_t wraps;

void lathe_systick_handler(void);
void lathe_systick_handler(void) { ++wraps; }

static void start_timer(void) {
  wraps = 0;
  SYSTICK->control = 0;
  SYSTICK->reload = SYSTICK_PERIOD - 1;
  SYSTICK->value = 0;
  SYSTICK->control =
      SYSTICK_ENABLE | SYSTICK_INTERRUPT | SYSTICK_PROCESSOR_CLOCK;
}

static uint64_t stop_timer(void) {
  uint32_t value;
  /* The clock stays as it is: QEMU would rescale the count to another one. */
  SYSTICK->control = SYSTICK_PROCESSOR_CLOCK;
  /* An interrupt that came at the last moment is taken now. */
  __asm__ volatile("dsb\n\tisb" ::: "memory");
  value = SYSTICK->value;
  /* It counts down, and 0 is where it stands before its first tick. */
  return (uint64_t)wraps * SYSTICK_PERIOD +
         (value == 0 ? 0 : SYSTICK_PERIOD - value);
}

/* Stack. */

extern uint32_t lathe_stack_limit[], lathe_stack_top[];

#define STACK_PATTERN 0x5AA5C33Cu
/* Words below the stack pointer that are left alone, for what the compiler may
   keep there while painting. */
#define STACK_MARGIN 8

static uint32_t *stack_start;

static uint32_t *get_stack_pointer(void) {
  uint32_t *pointer;
  __asm__ volatile("mov %0, sp" : "=r"(pointer));
  return pointer;
}

/* Fills what is free of the stack with a pattern. */
static void paint_stack(void) {
  volatile uint32_t *word;
  stack_start = get_stack_pointer();
  for (word = lathe_stack_limit; word < stack_start - STACK_MARGIN; ++word)
    *word = STACK_PATTERN;
}

/* The bytes below the stack pointer at the time of painting that were written
   since. Use of less than the margin cannot be seen and counts as the margin.
 */
static uint64_t measure_stack(void) {
  const uint32_t *word = lathe_stack_limit;
  while (word < stack_start - STACK_MARGIN && *word == STACK_PATTERN)
    ++word;
  return (uint64_t)(stack_start - word) * sizeof *word;
}

void lathe_port_start(void) {
  paint_stack();
  start_timer();
}

void lathe_port_stop(uint64_t *ticks, uint64_t *stack) {
  *ticks = stop_timer();
  *stack = measure_stack();
}
