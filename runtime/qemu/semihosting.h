/*===----------------------------------------------------------------------===*\
|*                                                                            *|
|* Part of Lathe, under the Apache License v2.0 with LLVM Exceptions. *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

/* Arm semihosting for M-profile cores: requests to the emulator (Semihosting
   for AArch32 and AArch64, ARM-software/abi-aa). */

#ifndef LATHE_RUNTIME_QEMU_SEMIHOSTING_H
#define LATHE_RUNTIME_QEMU_SEMIHOSTING_H

#include <stddef.h>
#include <stdint.h>

enum semihosting_operation {
  SEMIHOSTING_OPEN = 0x01,
  SEMIHOSTING_CLOSE = 0x02,
  SEMIHOSTING_WRITE0 = 0x04,
  SEMIHOSTING_WRITE = 0x05,
  SEMIHOSTING_READ = 0x06,
  SEMIHOSTING_FLEN = 0x0C,
  SEMIHOSTING_GET_CMDLINE = 0x15,
  SEMIHOSTING_EXIT_EXTENDED = 0x20
};

/* Modes of SEMIHOSTING_OPEN, as those of fopen. */
enum { SEMIHOSTING_MODE_RB = 1, SEMIHOSTING_MODE_WB = 5 };

struct semihosting_open {
  const char *path;
  uint32_t mode;
  uint32_t length;
};

struct semihosting_transfer {
  int32_t handle;
  void *data;
  uint32_t size;
};

struct semihosting_command_line {
  char *buffer;
  uint32_t size;
};

struct semihosting_exit_status {
  uint32_t reason;
  uint32_t status;
};

static inline int32_t semihosting_call(enum semihosting_operation operation,
                                       const void *argument) {
  register int32_t r0 __asm__("r0") = (int32_t)operation;
  register const void *r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

static inline void semihosting_exit(int status) {
  struct semihosting_exit_status request;
  request.reason = 0x20026; /* ADP_Stopped_ApplicationExit */
  request.status = (uint32_t)status;
  for (;;)
    semihosting_call(SEMIHOSTING_EXIT_EXTENDED, &request);
}

#endif /* LATHE_RUNTIME_QEMU_SEMIHOSTING_H */
