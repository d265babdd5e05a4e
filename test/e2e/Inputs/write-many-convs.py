"""Writes a model of COUNT different 3x3 convolutions, enough code to be divided
among threads: write-many-convs.py FILE COUNT SEED"""

import math
import sys

path = sys.argv[1]
count, seed = map(int, sys.argv[2:4])
channels = [3 + i for i in range(count + 1)]


def waves(number, scale, phase):
    return ", ".join(f"{scale * math.sin(i * i + phase):.5g}" for i in range(number))


weights, nodes = [], []
for i, (c, o) in enumerate(zip(channels, channels[1:])):
    values = waves(o * c * 9, (4.5 * c) ** -0.5, seed + i)
    weights.append(f"float[{o}, {c}, 3, 3] w{i} = {{{values}}}")
    nodes.append(f"  t{i + 1} = Conv<pads = [1, 1, 1, 1]>(t{i}, w{i})")

with open(path, "w", encoding="utf-8") as file:
    file.write(
        f"""<ir_version: 8, opset_import: ["" : 13]>
many (float[1, 3, 9, 9] t0) => (float[1, {channels[-1]}, 9, 9] t{count})
<{", ".join(weights)}>
{{
"""
        + "\n".join(nodes)
        + "\n}\n"
    )
