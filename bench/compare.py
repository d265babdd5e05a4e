"""Times Lathe against ONNX Runtime's CPU provider.

Each model is compiled to a shared library, which is called through ctypes beside
an ONNX Runtime session: the same inputs and threads, turns of a few calls each, so
that what else the machine does meets both. A turn's figure is its fastest call; the
table has the medians over the turns, and the median of the turns' ratios with its
quartiles. What both compute is compared first.
"""

import argparse
import ctypes
import json
import math
import os
import subprocess
import sys
import tempfile
import time

import numpy
import onnxruntime

LATHE = os.environ["LATHE"]


class Lathe:
    """A model that Lathe has compiled, called in this process."""

    def __init__(self, path, target, threads, flags, inputs):
        self.folder = tempfile.TemporaryDirectory()
        command = [LATHE, "compile", path, "--emit=shared", f"--target={target}"]
        command += [f"--threads={threads}", "-q", "-o", self.folder.name, *flags]
        begin = time.perf_counter()
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        self.compile_time = time.perf_counter() - begin
        with open(os.path.join(self.folder.name, "manifest.json")) as file:
            manifest = json.load(file)
        library = ctypes.CDLL(os.path.join(self.folder.name, manifest["files"][0]))
        self.entry = getattr(library, manifest["entry"])
        # The model's own names, in the order of the interface.
        self.inputs = [
            numpy.ascontiguousarray(inputs[tensor["name"]]) for tensor in manifest["inputs"]
        ]
        self.outputs = {
            tensor["name"]: numpy.zeros(tensor["shape"], tensor["type"])
            for tensor in manifest["outputs"]
        }
        align = max(manifest["arena"]["align"], 1)
        arena = numpy.zeros(manifest["arena"]["size"] + align, numpy.uint8)
        address = -(-arena.ctypes.data // align) * align
        self.keep = arena
        tensors = self.inputs + list(self.outputs.values())
        self.arguments = [ctypes.c_void_p(t.ctypes.data) for t in tensors]
        self.arguments.append(ctypes.c_void_p(address))

    def run(self):
        if status := self.entry(*self.arguments):
            sys.exit(f"the compiled model returned {status}")

    def get(self):
        self.run()
        return self.outputs


class OnnxRuntime:
    """ONNX Runtime's CPU provider with all optimizations."""

    def __init__(self, path, threads, inputs):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(
            path, options, providers=["CPUExecutionProvider"]
        )
        self.inputs = inputs

    def run(self):
        return self.session.run(None, self.inputs)

    def get(self):
        names = [output.name for output in self.session.get_outputs()]
        return dict(zip(names, self.run()))


def time_turn(side, seconds):
    """The fastest of as many calls as fit into `seconds`, at least three."""
    best, end, calls = math.inf, time.perf_counter() + seconds, 0
    while calls < 3 or time.perf_counter() < end:
        begin = time.perf_counter()
        side.run()
        best = min(best, time.perf_counter() - begin)
        calls += 1
    return best


def largest_difference(ours, theirs):
    """The largest difference, relative to the tensor's largest magnitude."""
    worst = 0.0
    for name, expected in theirs.items():
        expected = expected.astype(numpy.float64)
        scale = max(float(numpy.abs(expected).max(initial=0)), 1e-30)
        difference = numpy.abs(ours[name].astype(numpy.float64) - expected)
        worst = max(worst, float(difference.max(initial=0)) / scale)
    return worst


def compare(path, inputs, options):
    """Times both sides on one model."""
    theirs = OnnxRuntime(path, options.threads, inputs)
    flags = [f"--shape={name}=" + "x".join(map(str, a.shape)) for name, a in inputs.items()]
    ours = Lathe(path, options.target, options.threads, flags, inputs)
    difference = largest_difference(ours.get(), theirs.get())
    turns = []
    for _ in range(options.turns):
        turns.append((time_turn(ours, options.seconds), time_turn(theirs, options.seconds)))
    ratios = [b / a for a, b in turns]
    low, ratio, high = numpy.percentile(ratios, [25, 50, 75])
    return {
        "lathe_ms": float(numpy.median([a for a, _ in turns])) * 1e3,
        "onnxruntime_ms": float(numpy.median([b for _, b in turns])) * 1e3,
        "ratio": float(ratio),
        "quartiles": [float(low), float(high)],
        "difference": difference,
        "compile_s": ours.compile_time,
    }


def main():
    parser = argparse.ArgumentParser(
        prog="bench/compare",
        description=__doc__.split("\n")[0],
        epilog="example: bench/compare ../shared/models/resnet20_cifar10_f32.onnx --threads=2",
    )
    parser.add_argument(
        "models", nargs="+", metavar="MODEL", help="MODEL.onnx with MODEL.in.npz beside it"
    )
    parser.add_argument("--target", default="host", help="Lathe's target (default: host)")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--turns", type=int, default=15, help="how often each side is timed")
    parser.add_argument("--seconds", type=float, default=0.2, help="length of a turn")
    parser.add_argument("--json", help="also write the figures to this file")
    options = parser.parse_args()

    print(f"ONNX Runtime {onnxruntime.__version__}, {options.threads} thread(s), {options.target}")
    print("model                      Lathe ms    ORT ms  ORT/Lathe  quartiles    difference  compile s")
    results = {}
    for path in options.models:
        name = os.path.basename(path).removesuffix(".onnx")
        with numpy.load(path.removesuffix(".onnx") + ".in.npz") as file:
            inputs = dict(file)
        result = results[name] = compare(path, inputs, options)
        low, high = result["quartiles"]
        print(
            f"{name:24} {result['lathe_ms']:10.3f} {result['onnxruntime_ms']:9.3f} "
            f"{result['ratio']:10.2f}  {low:.2f}-{high:.2f}   {result['difference']:10.1e} "
            f"{result['compile_s']:10.1f}",
            flush=True,
        )
    mean = math.exp(sum(math.log(r["ratio"]) for r in results.values()) / len(results))
    print(f"geometric mean of the ratios: {mean:.2f}")
    if options.json:
        with open(options.json, "w") as file:
            json.dump(results, file, indent=2)


main()
