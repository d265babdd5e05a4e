"""Writes a file of register tiles with the same tile for all kernels: reads from
standard input a model with the keys that lathe-select-strategy looked for.
write-tiles.py ROWS VECTORS [BITS REGISTERS THREADS OUTER], for AVX-512, one thread
and one iteration of the loop outside of the rows"""

import re
import sys

rows, vectors, bits, registers, threads, outer = (
    sys.argv[1:] + ["512", "32", "1", "1"][len(sys.argv) - 3 :]
)
print("version: 1\ntiles:")
for key in sorted(set(re.findall(r'lathe\.tile_key = "(\w+)"', sys.stdin.read()))):
    print(
        f"""  - kernel: '{key}'
    description: any
    vector-bits: {bits}
    vector-registers: {registers}
    threads: {threads}
    rows: {rows}
    vectors: {vectors}
    outer: {outer}
    microseconds: 1
    default-microseconds: 2"""
    )
