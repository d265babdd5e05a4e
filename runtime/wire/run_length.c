/*===----------------------------------------------------------------------===*\
|*                                                                            *|
|* Part of Lathe, under the Apache License v2.0 with LLVM Exceptions. *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

#include "run_length.h"

#include <stdint.h>
#include <string.h>

enum {
  LITERALS = 0x00,
  SAME_RUN = 0x80,
  NEW_RUN = 0xC0,
  MAX_LITERALS = 128,
  MAX_SAME_RUN = 64,
  MAX_NEW_RUN = 65
};

size_t lathe_run_length_bound(size_t count, size_t size) {
  return count * size + (count + MAX_LITERALS - 1) / MAX_LITERALS;
}

/* Lets the compiler copy elements, which are aligned, without a function. */
#if defined(__GNUC__)
#define ALIGNED(pointer, bytes) __builtin_assume_aligned(pointer, bytes)
#else
#define ALIGNED(pointer, bytes) (pointer)
#endif

/* The bits of an element; memcpy, as it may be of any type. */
static uint32_t load(const uint8_t *element, size_t size) {
  uint16_t half;
  uint32_t word;
  if (size == 1)
    return *element;
  if (size == 2) {
    memcpy(&half, ALIGNED(element, 2), sizeof half);
    return half;
  }
  memcpy(&word, ALIGNED(element, 4), sizeof word);
  return word;
}

static void store(uint8_t *element, size_t size, uint32_t bits) {
  uint16_t half = (uint16_t)bits;
  if (size == 1)
    *element = (uint8_t)bits;
  else if (size == 2)
    memcpy(ALIGNED(element, 2), &half, sizeof half);
  else
    memcpy(ALIGNED(element, 4), &bits, sizeof bits);
}

static uint8_t *put_literals(uint8_t *code, const uint8_t *elements,
                             size_t count, size_t size) {
  while (count > 0) {
    size_t part = count < MAX_LITERALS ? count : MAX_LITERALS;
    *code++ = (uint8_t)(LITERALS + (part - 1));
    memcpy(code, elements, part * size);
    code += part * size;
    elements += part * size;
    count -= part;
  }
  return code;
}

static uint8_t *put_same_run(uint8_t *code, size_t count) {
  while (count > 0) {
    size_t part = count < MAX_SAME_RUN ? count : MAX_SAME_RUN;
    *code++ = (uint8_t)(SAME_RUN + (part - 1));
    count -= part;
  }
  return code;
}

static uint8_t *put_new_run(uint8_t *code, const uint8_t *element, size_t count,
                            size_t size) {
  size_t part = count < MAX_NEW_RUN ? count : MAX_NEW_RUN;
  *code++ = (uint8_t)(NEW_RUN + (part - 2));
  memcpy(code, element, size);
  return put_same_run(code + size, count - part);
}

static size_t encode(const uint8_t *elements, size_t count, size_t size,
                     uint8_t *start) {
  const uint8_t *at = elements;
  uint8_t *code = start;
  size_t num_literals = 0; /* before `at`, not in the code yet */
  uint32_t last = 0;       /* the element of the last run */

  while (count > 0) {
    const uint32_t element = load(at, size);
    const uint8_t *next = at + size;
    size_t run = 1, taken;
    /* Most elements stand alone. */
    if (element != last && (count == 1 || load(next, size) != element)) {
      at = next;
      ++num_literals;
      --count;
      continue;
    }
    while (run < count && load(next, size) == element) {
      next += size;
      ++run;
    }
    /* A run takes a byte, or that and the element. It may cut literals in two,
       which takes a byte more. */
    taken = (element == last ? 1 : size + 1) + (num_literals > 0);
    if (run * size > taken) {
      code = put_literals(code, at - num_literals * size, num_literals, size);
      code = element == last ? put_same_run(code, run)
                             : put_new_run(code, at, run, size);
      last = element;
      num_literals = 0;
    } else {
      num_literals += run;
    }
    at = next;
    count -= run;
  }
  code = put_literals(code, at - num_literals * size, num_literals, size);
  return (size_t)(code - start);
}

static int decode(const uint8_t *code, size_t length, uint8_t *elements,
                  size_t count, size_t size) {
  uint8_t *at = elements;
  uint32_t last = 0;

  while (length > 0) {
    const size_t token = *code++;
    size_t number = token < SAME_RUN  ? token - LITERALS + 1
                    : token < NEW_RUN ? token - SAME_RUN + 1
                                      : token - NEW_RUN + 2;
    const size_t taken = token < SAME_RUN  ? number * size
                         : token < NEW_RUN ? 0
                                           : size;
    --length;
    if (number > count || taken > length)
      return 1;
    count -= number;
    length -= taken;
    if (token < SAME_RUN) {
      memcpy(at, code, taken);
      at += taken;
    } else {
      if (token >= NEW_RUN) {
        memcpy(at, code, size);
        last = load(at, size);
      }
      for (; number > 0; --number, at += size)
        store(at, size, last);
    }
    code += taken;
  }
  return count != 0;
}

size_t lathe_run_length_encode(const void *elements, size_t count, size_t size,
                               void *code) {
  const uint8_t *from = (const uint8_t *)elements;
  uint8_t *to = (uint8_t *)code;

  /* A loop for each size. */
  switch (size) {
  case 1:
    return encode(from, count, 1, to);
  case 2:
    return encode(from, count, 2, to);
  default:
    return encode(from, count, 4, to);
  }
}

int lathe_run_length_decode(const void *code, size_t length, void *elements,
                            size_t count, size_t size) {
  const uint8_t *from = (const uint8_t *)code;
  uint8_t *to = (uint8_t *)elements;

  switch (size) {
  case 1:
    return decode(from, length, to, count, 1);
  case 2:
    return decode(from, length, to, count, 2);
  default:
    return decode(from, length, to, count, 4);
  }
}
