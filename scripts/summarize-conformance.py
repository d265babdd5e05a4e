"""Prints a table of a run of ONNX's test cases, and what failed by its reason.

Usage: summarize-conformance.py RESULTS.json, as written by lit --output. Exits with 0
if at least one case ran and none failed that is not known to.
"""

import collections
import json
import re
import sys

PASSED = {"PASS", "FLAKYPASS"}


def get_message(test):
    """The line that says what went wrong."""
    lines = test["output"].splitlines()
    telling = [line for line in lines if re.search("error|differ|cannot", line)]
    return (telling or lines or [test["code"]])[0]


def get_reason(message):
    """The message without what names the case."""
    message = re.sub(r"^.*?error: ", "", message)
    message = re.sub(r"node '[^']*' ", "", message)
    return re.sub(r"[0-9][-+.0-9e]*", "#", message)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        tests = json.load(file)["tests"]
    counts = collections.defaultdict(collections.Counter)
    failed = collections.defaultdict(list)
    for test in tests:
        backend = test["name"].rsplit("/", 1)[-1]
        code = test["code"]
        outcome = "passed" if code in PASSED else "known" if code == "XFAIL" else "failed"
        counts[backend][outcome] += 1
        if outcome == "failed":
            name, message = test["name"].split("Conformance/")[-1], get_message(test)
            failed[get_reason(message)].append((name, message))
    for cases in sorted(failed.values(), key=lambda cases: (-len(cases), cases)):
        for name, message in sorted(cases):
            print(f"failed: {name}: {message}")
    print(f"{'backend':12}{'passed':>8}{'known to fail':>16}{'failed':>8}")
    for backend, count in sorted(counts.items()):
        print(f"{backend:12}{count['passed']:8}{count['known']:16}{count['failed']:8}")
    return 0 if tests and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
