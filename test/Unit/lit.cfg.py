# The GoogleTest programs, a test for each of their cases.
import os

import lit.formats

config.name = "lathe-unit"
config.test_format = lit.formats.GoogleTest(".", "Tests")
config.suffixes = []
config.test_source_root = config.unittests
config.test_exec_root = config.unittests
for name in ("HOME", "ASAN_OPTIONS", "UBSAN_OPTIONS"):
    if name in os.environ:
        config.environment[name] = os.environ[name]
