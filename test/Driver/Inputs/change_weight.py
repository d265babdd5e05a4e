"""Adds 1 to the last number of each array of a C file of weights."""
import re
import sys

with open(sys.argv[1]) as file:
    text = file.read()
changed, count = re.subn(r"(-?[0-9.e+-]+)f(,?\s*\};)", lambda m: f"{float(m[1]) + 1!r}f{m[2]}", text)
assert count, "no array found"
with open(sys.argv[1], "w") as file:
    file.write(changed)
