/* write_arena IMAGE.npy ARENA: runs digits on the image and writes its arena. */
#include "digits.h"

#include <stdio.h>
#include <string.h>

static unsigned char arena[DIGITS_ARENA_SIZE] __attribute__((aligned(64)));

int main(int argc, char **argv) {
  unsigned char header[10];
  FILE *image = argc == 3 ? fopen(argv[1], "rb") : NULL;
  FILE *out = argc == 3 ? fopen(argv[2], "wb") : NULL;
  if (!image || !out || fread(header, 1, sizeof header, image) != sizeof header)
    return 1;
  /* A little-endian length stands in front of what describes the array. */
  fseek(image, header[8] + 256 * header[9], SEEK_CUR);
  if (fread(arena + DIGITS_IMAGE_OFFSET, sizeof(float), DIGITS_IMAGE_SIZE,
            image) != DIGITS_IMAGE_SIZE ||
      digits_run(arena) != DIGITS_OK ||
      fwrite(arena, 1, sizeof arena, out) != sizeof arena)
    return 1;
  return fclose(out);
}
