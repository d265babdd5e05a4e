"""A lit test format: ONNX's test cases, each run on each of several backends.

The cases lie in the folder that LATHE_CONFORMANCE_DATA names, as SUITE/CASE.
"""

import fnmatch
import os
import re

import lit.Test
import model_test

DATA = os.environ.get("LATHE_CONFORMANCE_DATA", "/usr/share/libonnx-testdata/data")
SUITES = ("node", "simple", "pytorch-converted", "pytorch-operator")
DIRECTORY = os.path.join(os.path.dirname(__file__), "Conformance")


def read_reasons(name):
    """Reads lines "PATTERN: REASON"; a pattern matches SUITE/CASE/BACKEND or SUITE/CASE."""
    with open(os.path.join(DIRECTORY, name), encoding="utf-8") as file:
        lines = [line.strip() for line in file]
    pairs = [line.split(": ", 1) for line in lines if line and line[0] != "#"]
    return {pattern: reason for pattern, reason in pairs}


def find_reason(reasons, name):
    """The reason that a case is listed for, or none."""
    for pattern, reason in reasons.items():
        if fnmatch.fnmatchcase(name, pattern):
            return reason
    return None


def list_cases():
    """The folders of all cases, as SUITE/CASE."""
    for suite in SUITES:
        root = os.path.join(DATA, suite)
        for case in sorted(os.listdir(root)) if os.path.isdir(root) else []:
            if os.path.isdir(os.path.join(root, case, "test_data_set_0")):
                yield f"{suite}/{case}"


def get_tolerance(case):
    """ONNX's own runner allows a relative 1e-3 and an absolute 1e-7."""
    # What is expected of floats of 16 bits was rounded to them at each operation:
    # two steps of the type.
    rtol = "1e-3"
    if re.search("bf16|bfloat16", case, re.IGNORECASE):
        rtol = "1.6e-2"
    elif re.search("fp16|float16", case, re.IGNORECASE):
        rtol = "2e-3"
    return [f"--rtol={rtol}", "--atol=1e-6"]


class ConformanceFormat(model_test.ModelFormat):
    """One test per case in scope and backend, called SUITE/CASE/BACKEND."""

    def __init__(self, backends):
        out_of_scope = read_reasons("out-of-scope.txt")
        models = {}
        for case in list_cases():
            if find_reason(out_of_scope, case):
                continue
            path = os.path.join(DATA, case)
            data = os.path.join(path, "test_data_set_0")
            models[case] = model_test.Model(
                os.path.join(path, "model.onnx"), data, data, list(backends)
            )
            models[case].tolerance = get_tolerance(case)
        super().__init__(models, backends)
        self.known = read_reasons("known-failures.txt")

    def execute(self, test, litConfig):
        result = super().execute(test, litConfig)
        code, output = result if isinstance(result, tuple) else (result.code, result.output)
        name = "/".join(test.path_in_suite[-3:])
        reason = find_reason(self.known, name)
        if not reason or code not in (lit.Test.PASS, lit.Test.FAIL):
            return code, output
        if code == lit.Test.PASS:
            return lit.Test.XPASS, f"{name} passes; take it off known-failures.txt\n"
        return lit.Test.XFAIL, f"{reason}\n{output}"
