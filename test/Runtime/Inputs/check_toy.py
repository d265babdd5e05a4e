"""Checks what toy.c wrote: check_toy.py Y LAPS. The expected values are those
of Python's float64 functions."""

import math
import struct
import sys

inputs = (0.0, 1.0, -1.0, 2.0)
offsets = (0.0, 0.25, 0.5, 0.75)
with open(sys.argv[1], "rb") as file:
    actual = struct.unpack("<4f", file.read())
with open(sys.argv[2], "rb") as file:
    (laps,) = struct.unpack("<i", file.read())
expected = [math.log1p(math.exp(x + o)) for x, o in zip(inputs, offsets)]
for a, e in zip(actual, expected):
    assert abs(a - e) <= 1e-6 * e, (actual, expected)
assert laps == 1000, laps
