# ONNX's own test cases, from Debian's libonnx-testdata, on three backends.
import conformance
from model_test import Backend

config.test_format = conformance.ConformanceFormat(
    {
        "reference": Backend(["--backend=reference"]),
        "x86-64": Backend([]),
        "c": Backend(["--backend=c"], "gcc"),
    }
)
