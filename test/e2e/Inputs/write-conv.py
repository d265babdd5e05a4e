"""Writes a model of one 3x3 convolution, with a residual and a Relu behind it:
write-conv.py FILE BATCH HEIGHT WIDTH INPUTS OUTPUTS PADS, PADS as in 1,1,1,1"""

import math
import sys

path = sys.argv[1]
n, h, w, c, o = map(int, sys.argv[2:7])
pads = [int(pad) for pad in sys.argv[7].split(",")]
oh, ow = h + pads[0] + pads[2] - 2, w + pads[1] + pads[3] - 2


def waves(count, scale):
    return ", ".join(f"{scale * math.sin(i * i + 1):.7g}" for i in range(count))


with open(path, "w", encoding="utf-8") as file:
    file.write(
        f"""<ir_version: 8, opset_import: ["" : 13]>
conv (float[{n}, {c}, {h}, {w}] x, float[{n}, {o}, {oh}, {ow}] r) => (float[{n}, {o}, {oh}, {ow}] y)
<float[{o}, {c}, 3, 3] weight = {{{waves(o * c * 9, (9 * c) ** -0.5)}}},
 float[{o}] bias = {{{waves(o, 1)}}}>
{{
  a = Conv<pads = {pads}>(x, weight, bias)
  b = Add(a, r)
  y = Relu(b)
}}
"""
    )
