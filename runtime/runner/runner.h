/*===----------------------------------------------------------------------===*\
|*                                                                            *|
|* Part of Lathe, under the Apache License v2.0 with LLVM Exceptions. *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

/*
 * Runs one compiled model on files: what `lathe run` links an emitted C folder
 * with, on the host and for an emulated microcontroller.
 *
 * Three parts make a program: the runner (runner.c), a port to the machine
 * (host.c, or the files of runtime/qemu/), and a file generated for the model,
 * which defines `lathe_runner_model`.
 */

#ifndef LATHE_RUNTIME_RUNNER_H
#define LATHE_RUNTIME_RUNNER_H

#include <stddef.h>
#include <stdint.h>

/* An input or output of the model and the buffer that the model is run on. */
struct lathe_runner_tensor {
  const char *name; /* in the ONNX model */
  void *data;       /* aligned for the type of its elements */
  size_t size;      /* in bytes */
};

struct lathe_runner_model {
  const char *name;
  size_t num_inputs;
  const struct lathe_runner_tensor *inputs; /* in ONNX order */
  size_t num_outputs;
  const struct lathe_runner_tensor *outputs; /* in ONNX order */
  int (*run)(void); /* calls the entry with the buffers; 0 on success */
};

extern const struct lathe_runner_model lathe_runner_model;

/*
 * Reads one raw file per input, runs the model, writes one raw file per output
 * and prints to standard output, a line each,
 *   ticks N   of the port's timer that the run took, where it has one,
 *   stack N   bytes of stack that the run used at most, where that is known.
 * `files` are the names of the inputs' files, then of the outputs'. Returns the
 * exit status: 0, 1 if a file is missing, too short, too long or unwritable or
 * their number is wrong, 2 if the model returned an error; the latter two with
 * a message on standard output.
 */
int lathe_runner_main(size_t num_files, const char *const *files);

/* The port to a machine. */

/* What a machine does not measure. */
#define LATHE_PORT_UNKNOWN UINT64_MAX

/* Reads exactly `size` bytes, the whole file; 0 on success. */
int lathe_port_read_file(const char *path, void *data, size_t size);
/* Makes a file of `size` bytes; 0 on success. */
int lathe_port_write_file(const char *path, const void *data, size_t size);
void lathe_port_print(const char *text);
/* Starts measuring time and stack. */
void lathe_port_start(void);
/* Stops, and says how long it took and how much stack was used at most. */
void lathe_port_stop(uint64_t *ticks, uint64_t *stack);

#endif /* LATHE_RUNTIME_RUNNER_H */
