/* Calls the kernels of run-arithmetic.mlir and compares with golden.h. */
#include "golden.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

static int failures;

#define CHECK(label, actual, expected, same)                                   \
  do {                                                                         \
    int i;                                                                     \
    for (i = 0; i < COUNT(expected); ++i) {                                    \
      if (!(same)) {                                                           \
        printf("%s: element %d differs\n", label, i);                          \
        ++failures;                                                            \
      }                                                                        \
    }                                                                          \
  } while (0)

#define SAME_INTEGER(actual, expected) ((actual)[i] == (expected)[i])
/* Equal, or both NaN. */
#define SAME_FLOAT(actual, expected)                                           \
  ((actual)[i] == (expected)[i] ||                                             \
   ((actual)[i] != (actual)[i] && (expected)[i] != (expected)[i]))

#define TEST_BINARY(name, type, same)                                          \
  void name##_ops(const type *a, const type *b, type *out);                    \
  static void test_##name(void) {                                              \
    static type actual[COUNT(name##_expected)];                                \
    name##_ops(name##_a, name##_b, actual);                                    \
    CHECK(#name, actual, name##_expected, same(actual, name##_expected));      \
  }

TEST_BINARY(i8, int8_t, SAME_INTEGER)
TEST_BINARY(i16, int16_t, SAME_INTEGER)
TEST_BINARY(i32, int32_t, SAME_INTEGER)
TEST_BINARY(i64, int64_t, SAME_INTEGER)
TEST_BINARY(f32, float, SAME_FLOAT)
TEST_BINARY(f64, double, SAME_FLOAT)

void halves(const uint16_t *a, float *wide, const float *x, uint16_t *y,
            uint16_t *z, float *back);

static void test_halves(void) {
  static uint16_t all[65536];
  static float wide[65536];
  uint16_t f16[COUNT(f16_bits)], bf16[COUNT(f16_bits)];
  float back[COUNT(f16_bits)];
  int i;
  for (i = 0; i < 65536; ++i) {
    all[i] = (uint16_t)i;
  }
  halves(all, wide, half_inputs, f16, bf16, back);
  CHECK("f16 to f32", wide, f16_values, SAME_FLOAT(wide, f16_values));
  CHECK("f32 to f16", f16, f16_bits, SAME_INTEGER(f16, f16_bits));
  CHECK("f32 to bf16", bf16, bf16_bits, SAME_INTEGER(bf16, bf16_bits));
  for (i = 0; i < COUNT(f16_bits); ++i) {
    const uint32_t bits = (uint32_t)bf16_bits[i] << 16;
    if (memcmp(&bits, &back[i], sizeof bits) != 0) {
      printf("bf16 to f32: element %d differs\n", i);
      ++failures;
    }
  }
}

void casts(const int32_t *a, const uint8_t *u, int8_t *narrow, int64_t *wide,
           float *f, int32_t *g);

static void test_casts(void) {
  int8_t narrow[COUNT(cast_narrow)];
  int64_t wide[COUNT(cast_wide)];
  float f[COUNT(cast_f)];
  int32_t g[COUNT(cast_bits)];
  casts(cast_a, cast_u, narrow, wide, f, g);
  CHECK("narrow", narrow, cast_narrow, SAME_INTEGER(narrow, cast_narrow));
  CHECK("wide", wide, cast_wide, SAME_INTEGER(wide, cast_wide));
  CHECK("to float", f, cast_f, SAME_FLOAT(f, cast_f));
  CHECK("bits", g, cast_bits, SAME_INTEGER(g, cast_bits));
}

int main(void) {
  test_i8();
  test_i16();
  test_i32();
  test_i64();
  test_f32();
  test_f64();
  test_halves();
  test_casts();
  return failures != 0;
}
