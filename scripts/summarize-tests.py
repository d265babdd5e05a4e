"""Prints the skipped tests of a lit run with their reasons, and the totals.

Usage: summarize-tests.py RESULTS.json, as written by lit --output. Exits with 0
if at least one test ran and none failed.
"""

import json
import re
import sys

PASSED = {"PASS", "FLAKYPASS", "XFAIL"}
SKIPPED = {"UNSUPPORTED", "SKIPPED", "EXCLUDED"}


def get_reason(test):
    """Why a test did not run, from what lit or GoogleTest printed."""
    match = re.search(r"Missing required feature\(s\): (.*)", test["output"])
    if match:
        return "needs " + match.group(1)
    lines = [line for line in test["output"].splitlines() if line.strip()]
    return lines[-1].strip() if lines else test["code"].lower()


def main():
    try:
        with open(sys.argv[1], encoding="utf-8") as file:
            tests = json.load(file)["tests"]
    except OSError as error:
        print(f"error: lit wrote no results: {error}", file=sys.stderr)
        tests = []
    skipped = [test for test in tests if test["code"] in SKIPPED]
    passed = sum(test["code"] in PASSED for test in tests)
    failed = len(tests) - passed - len(skipped)
    for test in sorted(skipped, key=lambda test: test["name"]):
        print(f"skipped: {test['name']}: {get_reason(test)}")
    print(f"{passed} passed, {failed} failed, {len(skipped)} skipped")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
