"""Writes the node cases of the installed `onnx` as files.

Usage: generate-onnx-cases.py FOLDER. The cases become FOLDER/node/CASE, as in
Debian's libonnx-testdata. Prints how many there are.
"""

import argparse
import sys

import numpy
from onnx.backend.test import cmd_tools
from onnx.backend.test.loader import load_node_model_tests


def main():
    # Most inputs are random.
    numpy.random.seed(0)
    cases = load_node_model_tests()
    # The tool itself writes only models; the cases of nodes have the same form.
    cmd_tools.model_test.collect_testcases = lambda: cases
    cmd_tools.generate_data(argparse.Namespace(output=sys.argv[1]))
    print(len(cases))


if __name__ == "__main__":
    main()
