/* run-odd-in-arena X.npy R.npy ARENA: runs the model odd and writes its arena. */
#include "odd.h"

#include <stdio.h>

static unsigned char arena[ODD_ARENA_SIZE]
    __attribute__((aligned(ODD_ARENA_ALIGN)));

/* Reads the elements of an .npy file. */
static int read_input(const char *path, unsigned char *to, size_t count) {
  unsigned char header[10];
  FILE *file = fopen(path, "rb");
  if (!file || fread(header, 1, sizeof header, file) != sizeof header)
    return 0;
  /* A little-endian length stands in front of what describes the array. */
  fseek(file, header[8] + 256 * header[9], SEEK_CUR);
  return fread(to, sizeof(float), count, file) == count && !fclose(file);
}

int main(int argc, char **argv) {
  FILE *out = argc == 4 ? fopen(argv[3], "wb") : NULL;
  if (!out || !read_input(argv[1], arena + ODD_X_OFFSET, ODD_X_SIZE) ||
      !read_input(argv[2], arena + ODD_R_OFFSET, ODD_R_SIZE) ||
      odd_run(arena) != ODD_OK ||
      fwrite(arena, 1, sizeof arena, out) != sizeof arena)
    return 1;
  return fclose(out);
}
