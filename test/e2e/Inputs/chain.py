"""Prints a model whose nodes stand in one chain: chain.py COUNT NODE…

Each NODE is the text of a node that reads {p}, the tensor before it, and writes
{o}; they take turns.
"""

import sys

count = int(sys.argv[1])
nodes = sys.argv[2:]
print('<ir_version: 8, opset_import: ["" : 17]>')
print("chain (float[1, 4] x) => (float[1, 4] y)")
print("<float half = {0.5}, int64[4] order = {1, 3, 0, 2}> {")
previous = "x"
for i in range(count):
    output = "y" if i == count - 1 else f"step{i}"
    print(" ", nodes[i % len(nodes)].format(p=previous, o=output))
    previous = output
print("}")
