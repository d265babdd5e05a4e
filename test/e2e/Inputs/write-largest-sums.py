"""Writes a 3x3 convolution of bytes to FILE.mlir whose sums are as far from zero as
any of its size: weights of 127 or -128 by output channel, and data of 255 in X.npy:
write-largest-sums.py FILE X HEIGHT WIDTH INPUTS OUTPUTS"""

import struct
import sys

height, width, inputs, outputs = map(int, sys.argv[3:])
data = f"tensor<1x{height}x{width}x{inputs}xui8>"
weights = f"tensor<3x3x{inputs}x{outputs}xi8>"
result = f"tensor<1x{height}x{width}x{outputs}xi32>"
row = bytes(0x80 if o % 2 else 0x7F for o in range(outputs))
with open(sys.argv[1], "w", encoding="utf-8") as file:
    file.write(
        f"""func.func @conv(%x: {data} {{lathe.name = "x"}}) -> ({result} {{lathe.name = "y"}}) {{
  %w = lathe.constant dense<"0x{(row * (9 * inputs)).hex().upper()}"> : {weights}
  %0 = lathe.conv %x, %w {{strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>,
         pads = array<i64: 1, 1, 1, 1>}} : ({data}, {weights}) -> {result}
  return %0 : {result}
}}
"""
    )
header = str({"descr": "|u1", "fortran_order": False, "shape": (1, height, width, inputs)})
# The data starts at a multiple of 64 bytes, after 10 bytes of preamble.
header += " " * (-(len(header) + 11) % 64) + "\n"
with open(sys.argv[2], "wb") as file:
    file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode("latin1"))
    file.write(b"\xff" * (height * width * inputs))
