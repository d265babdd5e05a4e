/* Runs the model of write-bytes.py on standard input and prints its outputs. */
#include "bytes.h"

#include <stdio.h>

static uint8_t x[BYTES_X_SIZE], out0[BYTES_OUT0_SIZE], out4[BYTES_OUT4_SIZE];
static int8_t image[BYTES_IMAGE_SIZE], out1[BYTES_OUT1_SIZE];
static int8_t out2[BYTES_OUT2_SIZE], out5[BYTES_OUT5_SIZE];
static int8_t out6[BYTES_OUT6_SIZE], out8[BYTES_OUT8_SIZE];
static int8_t out9[BYTES_OUT9_SIZE], out10[BYTES_OUT10_SIZE];
static int8_t out11[BYTES_OUT11_SIZE], out12[BYTES_OUT12_SIZE];
static int8_t out13[BYTES_OUT13_SIZE], out14[BYTES_OUT14_SIZE];
static int8_t out15[BYTES_OUT15_SIZE], out16[BYTES_OUT16_SIZE];
static int8_t out17[BYTES_OUT17_SIZE];
static uint8_t out7[BYTES_OUT7_SIZE], out19[BYTES_OUT19_SIZE];
static int32_t out3[BYTES_OUT3_SIZE], out18[BYTES_OUT18_SIZE];
static _Alignas(BYTES_ARENA_ALIGN) unsigned char arena[BYTES_ARENA_SIZE + 1];

int main(void) {
  if (fread(x, sizeof(x), 1, stdin) != 1 ||
      fread(image, sizeof(image), 1, stdin) != 1 ||
      bytes_run(x, image, out0, out1, out2, out3, out4, out5, out6, out7, out8,
                out9, out10, out11, out12, out13, out14, out15, out16, out17, out18,
                out19, arena) != BYTES_OK)
    return 1;
  fwrite(out0, sizeof(out0), 1, stdout);
  fwrite(out1, sizeof(out1), 1, stdout);
  fwrite(out2, sizeof(out2), 1, stdout);
  fwrite(out3, sizeof(out3), 1, stdout);
  fwrite(out4, sizeof(out4), 1, stdout);
  fwrite(out5, sizeof(out5), 1, stdout);
  fwrite(out6, sizeof(out6), 1, stdout);
  fwrite(out7, sizeof(out7), 1, stdout);
  fwrite(out8, sizeof(out8), 1, stdout);
  fwrite(out9, sizeof(out9), 1, stdout);
  fwrite(out10, sizeof(out10), 1, stdout);
  fwrite(out11, sizeof(out11), 1, stdout);
  fwrite(out12, sizeof(out12), 1, stdout);
  fwrite(out13, sizeof(out13), 1, stdout);
  fwrite(out14, sizeof(out14), 1, stdout);
  fwrite(out15, sizeof(out15), 1, stdout);
  fwrite(out16, sizeof(out16), 1, stdout);
  fwrite(out17, sizeof(out17), 1, stdout);
  fwrite(out18, sizeof(out18), 1, stdout);
  fwrite(out19, sizeof(out19), 1, stdout);
  return 0;
}
