"""Describes the hot loops of assembly read from standard input: the blocks of at
most a hundred instructions that branch to themselves, with at least eight
multiply-adds on vectors."""

import re
import sys

# FMA on AArch64 and x86-64, and pairs of 16 bits on the latter.
MULTIPLY_ADD = re.compile(r"\s(fmla|vfmadd\w+ps|vpmaddwd)\s")
LABEL = re.compile(r"^(\.\w+):")
STACK = re.compile(r"\[sp\b|\(%rsp")


def main():
    label, block = "", []
    for line in sys.stdin:
        if match := LABEL.match(line):
            label, block = match.group(1), []
            continue
        block.append(line)
        # The branch that ends the loop names its label.
        if label and re.search(rf"\s(j\w+|b\.\w+|cbn?z|tbn?z)\s.*{re.escape(label)}\b", line):
            adds = sum(bool(MULTIPLY_ADD.search(line)) for line in block)
            stack = sum(bool(STACK.search(line)) for line in block)
            if adds >= 8 and len(block) <= 100:
                print(f"loop of {adds} multiply-adds, {stack} on the stack, {len(block)} in all")
            label = ""


main()
