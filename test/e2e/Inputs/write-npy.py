"""write-npy.py [--int64] FILE EXTENT...: writes 0, 1, 2 ... in float32 as a NumPy array."""

import math
import struct
import sys

arguments = sys.argv[1:]
descr, code = "<f4", "f"
if arguments[0] == "--int64":
    descr, code = "<i8", "q"
    arguments.pop(0)
shape = tuple(map(int, arguments[1:]))
header = str({"descr": descr, "fortran_order": False, "shape": shape})
header = header.ljust(117) + "\n"
count = math.prod(shape)
with open(arguments[0], "wb") as file:
    file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)))
    file.write(header.encode() + struct.pack(f"<{count}{code}", *range(count)))
