/*===----------------------------------------------------------------------===*\
|*                                                                            *|
|* Part of Lathe, under the Apache License v2.0 with LLVM Exceptions. *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

#include "runner.h"

/* Prints `label`, a space, `value` in decimal, and a newline. No printf: it
   would not fit beside a model into 16 KB of RAM. */
static void print_number(const char *label, uint64_t value) {
  char text[24];
  size_t at = sizeof text;
  text[--at] = '\0';
  text[--at] = '\n';
  do {
    text[--at] = (char)('0' + (int)(value % 10));
    value /= 10;
  } while (value != 0);
  text[--at] = ' ';
  lathe_port_print(label);
  lathe_port_print(text + at);
}

static void print_file_error(const char *what, const char *path,
                             const struct lathe_runner_tensor *tensor) {
  lathe_port_print("error: cannot ");
  lathe_port_print(what);
  lathe_port_print(" '");
  lathe_port_print(path);
  lathe_port_print("' for tensor '");
  lathe_port_print(tensor->name);
  print_number("', bytes:", (uint64_t)tensor->size);
}

static void print_if_known(const char *label, uint64_t value) {
  if (value != LATHE_PORT_UNKNOWN)
    print_number(label, value);
}

int lathe_runner_main(size_t num_files, const char *const *files) {
  const struct lathe_runner_model *model = &lathe_runner_model;
  uint64_t ticks, stack;
  int status;
  size_t i;

  if (num_files != model->num_inputs + model->num_outputs) {
    print_number("error: files needed, inputs and outputs:",
                 (uint64_t)(model->num_inputs + model->num_outputs));
    return 1;
  }
  for (i = 0; i < model->num_inputs; ++i) {
    const struct lathe_runner_tensor *input = &model->inputs[i];
    if (lathe_port_read_file(files[i], input->data, input->size) != 0) {
      print_file_error("read", files[i], input);
      return 1;
    }
  }

  lathe_port_start();
  status = model->run();
  lathe_port_stop(&ticks, &stack);
  if (status != 0) {
    print_number("error: the model returned", (uint64_t)status);
    return 2;
  }

  for (i = 0; i < model->num_outputs; ++i) {
    const struct lathe_runner_tensor *output = &model->outputs[i];
    const char *path = files[model->num_inputs + i];
    if (lathe_port_write_file(path, output->data, output->size) != 0) {
      print_file_error("write", path, output);
      return 1;
    }
  }
  print_if_known("ticks", ticks);
  print_if_known("stack", stack);
  return 0;
}
