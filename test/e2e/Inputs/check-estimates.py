"""check-estimates.py BUDGETS MODELS: estimates of instructions beside counts.

BUDGETS is instruction-budgets.test, whose limits are 3 % above what was counted under
QEMU. Fails if an estimate is more than 20 % off.
"""

import json
import os
import re
import subprocess
import sys

HEADROOM = 1.03
TOLERANCE = 0.20


def estimate(core, model):
    done = subprocess.run(["lathe", "profile", model, "--target=" + core, "--format=json"],
                          capture_output=True, text=True, check=True)
    return json.loads(done.stdout)[0]["estimated"]["instructions"]


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        budgets = re.findall(r"^RUN: %\{check\} (\S+) (\S+) (\d+)$", file.read(), re.M)
    failed = not budgets
    for core, model, limit in budgets:
        counted = int(limit) / HEADROOM
        estimated = estimate(core, os.path.join(sys.argv[2], model + ".onnx"))
        error = estimated / counted - 1
        print(f"{core} {model}: counted {counted:,.0f}, estimated {estimated:,}, {error:+.1%}")
        failed |= abs(error) > TOLERANCE
    print("no estimate is more than 20 % off" if not failed else "failed")
    sys.exit(failed)


if __name__ == "__main__":
    main()
