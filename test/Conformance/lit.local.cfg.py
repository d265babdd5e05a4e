# ONNX's own test cases, from Debian's libonnx-testdata, on three backends. Some
# 3,000 runs: scripts/test and scripts/conformance ask for them, and
# scripts/newest-conformance for those of another version.
import os

import conformance
from model_test import Backend

if os.environ.get("LATHE_CONFORMANCE"):
    config.test_format = conformance.ConformanceFormat(
        {
            "reference": Backend(["--backend=reference"]),
            "x86-64": Backend([]),
            "c": Backend(["--backend=c"], "gcc"),
        }
    )
