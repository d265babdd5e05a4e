/*===----------------------------------------------------------------------===*\
|*                                                                            *|
|* Part of Lathe, under the Apache License v2.0 with LLVM Exceptions. *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

/*
 * From reset to the runner on a Cortex-M: vector table, floating-point unit,
 * command line, exit. QEMU loads .data where it belongs and zeroes the rest of
 * the memory, so nothing is copied or cleared here.
 *
 * The command line comes by semihosting and is split at blanks: the name of the
 * program, then the files.
 */

#include "../runner/runner.h"
#include "semihosting.h"

extern char lathe_stack_top[];
void lathe_systick_handler(void);

enum { max_files = 64, command_line_size = 1024 };

static void run(void) {
  static char line[command_line_size];
  static const char *words[max_files + 1];
  size_t count = 0;
  char *at = line;
  struct semihosting_command_line request;
  request.buffer = line;
  request.size = sizeof line;
  if (semihosting_call(SEMIHOSTING_GET_CMDLINE, &request) != 0) {
    lathe_port_print("error: no command line, or one that is too long\n");
    semihosting_exit(1);
  }
  while (*at != '\0') {
    if (*at == ' ') {
      *at++ = '\0';
      continue;
    }
    if (count > max_files) {
      lathe_port_print("error: too many files\n");
      semihosting_exit(1);
    }
    words[count++] = at;
    while (*at != '\0' && *at != ' ')
      ++at;
  }
  semihosting_exit(lathe_runner_main(count > 0 ? count - 1 : 0, words + 1));
}

/* Without the unit enabled its first instruction is a fault (Armv7-M
   Architecture Reference Manual, B3.2.20, Coprocessor Access Control Register):
   full access to CP10 and CP11, which on Armv8.1-M covers Helium as well. */
static void enable_float_unit(void) {
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
  *(volatile uint32_t *)0xE000ED88u |= 0xFu << 20;
  __asm__ volatile("dsb\n\tisb" ::: "memory");
#endif
}

/* The linker script's entry. */
void lathe_reset_handler(void);
void lathe_reset_handler(void) {
  enable_float_unit();
  run();
}

/* A fault ends the program instead of locking the core up. */
static void fault_handler(void) {
  lathe_port_print("error: the processor took a fault\n");
  semihosting_exit(3);
}

typedef void (*handler)(void);

struct vector_table {
  void *stack_top;
  handler handlers[15];
};

/* Exceptions 1 to 15; no interrupt beyond them is ever enabled. */
__attribute__((section(".vectors"),
               used)) static const struct vector_table vectors = {
    lathe_stack_top,
    {lathe_reset_handler, fault_handler, fault_handler, fault_handler,
     fault_handler, fault_handler, fault_handler, fault_handler, fault_handler,
     fault_handler, fault_handler, fault_handler, fault_handler, fault_handler,
     lathe_systick_handler}};
