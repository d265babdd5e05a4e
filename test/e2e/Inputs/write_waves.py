"""Writes float32 tensors of sines as .npy: write_waves.py FILE SHAPE FILE SHAPE …"""

import math
import struct
import sys


def write_array(path, shape):
    """Writes one tensor."""
    count = math.prod(shape)
    header = str({"descr": "<f4", "fortran_order": False, "shape": shape})
    # The data starts at a multiple of 64 bytes, after 10 bytes of preamble.
    header += " " * (-(len(header) + 11) % 64) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)))
        file.write(header.encode("latin1"))
        file.write(struct.pack(f"<{count}f", *(math.sin(i * i) for i in range(count))))


if __name__ == "__main__":
    for name, text in zip(sys.argv[1::2], sys.argv[2::2]):
        write_array(name, tuple(int(extent) for extent in text.split("x")))
