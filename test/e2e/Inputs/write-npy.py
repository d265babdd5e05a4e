"""write-npy.py FILE EXTENT...: writes 0, 1, 2 ... in float32 as a NumPy array."""

import math
import struct
import sys

shape = tuple(map(int, sys.argv[2:]))
header = str({"descr": "<f4", "fortran_order": False, "shape": shape})
header = header.ljust(117) + "\n"
count = math.prod(shape)
with open(sys.argv[1], "wb") as file:
    file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)))
    file.write(header.encode() + struct.pack(f"<{count}f", *range(count)))
