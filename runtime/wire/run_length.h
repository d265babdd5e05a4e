/*===----------------------------------------------------------------------===*\
|*                                                                            *|
|* Part of Lathe, under the Apache License v2.0 with LLVM Exceptions. *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

/*
 * A run-length code for tensors on their way between devices: short for what a
 * ReLU leaves, which is zero for the most part, or a padded image. It loses
 * nothing, needs no memory of its own and reads what it codes once.
 *
 * The code is a sequence of these, where the number n is in the first byte:
 *   0x00 + n, n = 0 to 127, and n + 1 elements: these elements;
 *   0x80 + n, n = 0 to 63: the element of the last run, n + 1 times; before the
 *             first run one of zero bits;
 *   0xC0 + n, n = 0 to 63, and an element: a run of it, n + 2 times.
 * Elements are as in memory, which is little-endian on all of Lathe's targets.
 * The second form is what PackBits (Apple's, as in TIFF 6.0, section 9) does not
 * have: it makes a single zero of four bytes one byte.
 */

#ifndef LATHE_RUNTIME_RUN_LENGTH_H
#define LATHE_RUNTIME_RUN_LENGTH_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The most bytes that `count` elements of `size` bytes become. */
size_t lathe_run_length_bound(size_t count, size_t size);

/*
 * Codes `count` elements of `size` bytes, which is 1, 2 or 4, aligned to
 * that, to `code`, which has room for as many as the bound. Returns the number
 * of bytes.
 */
size_t lathe_run_length_encode(const void *elements, size_t count, size_t size,
                               void *code);

/*
 * Decodes the `length` bytes of `code` to exactly `count` elements of `size`
 * bytes, which is 1, 2 or 4, aligned to that. Returns 0, or 1 if the code is
 * not one of so many elements; nothing is written behind them in any case.
 */
int lathe_run_length_decode(const void *code, size_t length, void *elements,
                            size_t count, size_t size);

#ifdef __cplusplus
}
#endif

#endif /* LATHE_RUNTIME_RUN_LENGTH_H */
