# How lit finds and runs Lathe's tests: FileCheck tests beside the part of lib/
# they test, whole compilations under e2e/, and the GoogleTest programs.
import os
import shutil
import sys

import lit.formats

config.name = "lathe"
config.test_format = lit.formats.ShTest(True)
config.suffixes = [".mlir", ".onnxtxt", ".textproto", ".test"]
config.excludes = ["Inputs", "CMakeLists.txt"]
config.test_source_root = os.path.dirname(__file__)
# Test formats of our own.
sys.path.append(config.test_source_root)

config.environment["PATH"] = os.pathsep.join(
    [os.path.join(config.lathe_build, "bin"), config.llvm_tools_dir, os.environ["PATH"]]
)
for name in ("HOME", "CCACHE_DIR", "ASAN_OPTIONS", "UBSAN_OPTIONS"):
    if name in os.environ:
        config.environment[name] = os.environ[name]

# Real models and data lie beside the checkout; tests that need them say
# `REQUIRES: shared` and are reported as unsupported where they are absent.
shared = os.environ.get(
    "LATHE_SHARED", os.path.join(os.path.dirname(config.lathe_source), "shared")
)
config.lathe_shared = shared
if os.path.isdir(os.path.join(shared, "models")):
    config.available_features.add("shared")
config.substitutions.append(("%shared", shared))
config.substitutions.append(("%source", config.lathe_source))
config.substitutions.append(("%build", config.lathe_build))

# Cross compilers and emulators.
for feature, program in (
    ("aarch64", "aarch64-linux-gnu-gcc"),
    ("qemu-aarch64", "qemu-aarch64"),
    ("qemu-x86_64", "qemu-x86_64"),
    ("riscv", "riscv64-unknown-elf-gcc"),
    ("qemu-riscv32", "qemu-riscv32"),
    ("arm-none-eabi", "arm-none-eabi-gcc"),
    ("qemu-arm", "qemu-system-arm"),
    ("gcc", "gcc"),
    ("clang", "clang-22"),
    ("cmake", "cmake"),
    ("cppcheck", "cppcheck"),
    ("cbc", "cbc"),
    ("toulbar2", "toulbar2"),
):
    if shutil.which(program):
        config.available_features.add(feature)
try:
    with open("/proc/cpuinfo") as cpuinfo:
        flags = set(next(line for line in cpuinfo if line.startswith("flags")).split())
    if {"avx2", "fma"} <= flags:
        config.available_features.add("x86-64-v3")
    if {"avx512f", "avx512bw", "avx512vl", "avx512dq"} <= flags:
        config.available_features.add("x86-64-v4")
except (OSError, StopIteration):
    pass
