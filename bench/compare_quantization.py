"""Compares post-training quantization by Lathe and by ONNX Runtime's quantize_static.

Both get the same samples, as arrays. `lathe evaluate` scores what comes out, on images
that did not calibrate, so that only the quantization differs; a further column says
what ONNX Runtime itself scores with the same file. Time and memory are those of the
whole process that quantizes: Lathe with --threads, ONNX Runtime, which offers no
choice, on all cores. It keeps every tensor of every sample for percentile and entropy:
if that does not fit, it gets half of the samples.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from functools import partial

import numpy
import onnxruntime
from images import CIFAR10_NORMALIZATION, CIFAR10_TRAINING, ROOT, SHARED, Data, Preprocessing

LATHE = os.environ["LATHE"]

MINIMUM_SAMPLES = 16
MODES_WITHOUT_SAMPLES = {"dynamic", "float16", "bfloat16"}


@dataclass
class Fold:
    """What calibrates (`count` of it, or all), what gives top-1 or mAP, and what gives
    the agreement or the matched detections."""

    calibrate: Data
    score: Data
    agree: Data
    count: int = None


@dataclass
class Case:
    model: str
    preprocessing: Preprocessing
    folds: list
    detector: list = field(default_factory=list)  # flags of lathe evaluate


LOSSLESS = Data("cifar10/test_lossless_300.bin")
DECODED = Data("cifar10/test_2000.bin")
IMAGENET_HALVES = [Data("imagenet", "even"), Data("imagenet", "odd")]
COCO_HALVES = [Data("coco", "even"), Data("coco", "odd")]
# What torchvision's models, and this ResNet-20, were trained with.
IMAGENET = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}

CASES = {
    "mobilenet_v2": Case(
        "mobilenet_v2_f32",
        Preprocessing(**IMAGENET, crop=224),
        [Fold(a, b, b) for a, b in (IMAGENET_HALVES, IMAGENET_HALVES[::-1])],
    ),
    "resnet8": Case(
        "resnet8_cifar10_f32",
        Preprocessing(scale=1),
        [Fold(CIFAR10_TRAINING, LOSSLESS, DECODED, 256)],
    ),
    "resnet20": Case(
        "resnet20_cifar10_f32",
        Preprocessing(**IMAGENET),
        [Fold(CIFAR10_TRAINING, LOSSLESS, DECODED, 256)],
    ),
    "yolo11n": Case(
        "yolo11n_320_f32",
        Preprocessing(letterbox=320),
        [Fold(COCO_HALVES[0], COCO_HALVES[1], COCO_HALVES[1])],
        [f"--detector={ROOT}/examples/detectors/yolo11.yaml"],
    ),
}
# By bench/train-cnns, which trains on images decoded from JPEG, too.
CASES |= {
    name: Case(
        name, CIFAR10_NORMALIZATION, [Fold(CIFAR10_TRAINING, DECODED, DECODED, 256)]
    )
    for name in ("cifar10_cnn", "svhn_cnn")
}

ONNXRUNTIME = {
    "default": [],
    "per-channel": ["--per-channel"],
    "percentile": ["--method=percentile"],
    "entropy": ["--method=entropy"],
}
ONNXRUNTIME |= {
    f"pre-processed-{name}": ["--pre-process", *flags] for name, flags in ONNXRUNTIME.items()
}


@dataclass
class Row:
    """What one way to quantize a model gave: sums over the folds, but the greatest
    memory. Quality is top-1 or mAP, agreement may be that of detections; both are
    shares, times the number of images."""

    samples: int = 0
    seconds: float = 0
    cpu_seconds: float = 0
    megabytes: float = 0
    scored: int = 0
    quality: float = 0
    compared: int = 0
    agreement: float = 0
    correct_in_onnxruntime: int = None
    error: str = ""


class Failure(Exception):
    """A command that failed, with the last line of what it said."""


def run_measured(command, memory_gb, row):
    """Runs `command` with that much memory at most, and adds what it took to `row`."""
    measure = [sys.executable, os.path.join(ROOT, "bench/measure.py"), str(memory_gb)]
    process = subprocess.run(measure + command, capture_output=True, text=True, check=True)
    figures = json.loads(process.stdout)
    if figures["status"]:
        lines = process.stderr.strip().split("\n")
        raise Failure(lines[-1] or f"status {figures['status']}")
    row.seconds += figures["seconds"]
    row.cpu_seconds += figures["cpu_seconds"]
    row.megabytes = max(row.megabytes, figures["megabytes"])


def lathe_command(mode, threads, model, samples, output):
    command = [LATHE, "quantize", model, f"--mode={mode}", "-o", output, "-q"]
    if mode not in MODES_WITHOUT_SAMPLES:
        command += [f"--calibration={samples}", f"--threads={threads}"]
    return command


def onnxruntime_command(flags, model, samples, output):
    script = os.path.join(ROOT, "bench/quantize_onnxruntime.py")
    return [sys.executable, script, model, samples, output, *flags]


def quantize(command, model, samples, output, options, row):
    """Writes `output`, with half of the samples as long as memory does not suffice.
    False if it cannot be written."""
    while True:
        path = os.path.join(options.output, "samples.npz")
        numpy.savez(path, samples)
        try:
            run_measured(command(model, path, output), options.memory, row)
            row.samples += len(samples)
            return True
        except Failure as failure:
            row.error = str(failure)
        if not is_out_of_memory(row.error) or len(samples) < 2 * MINIMUM_SAMPLES:
            return False
        samples = samples[::2]


def is_out_of_memory(error):
    return any(text in error for text in ("MemoryError", "allocate", "bad_alloc"))


def evaluate(models, data, case, options):
    """What `lathe evaluate` finds out about each of `models`, of which the first one is
    the float model."""
    with tempfile.TemporaryDirectory() as folder:
        preprocessing = os.path.join(folder, "preprocessing.yaml")
        with open(preprocessing, "w") as file:
            file.write(case.preprocessing.yaml())
        path = os.path.join(folder, "figures.json")
        command = [LATHE, "evaluate", *models, f"--dataset={data.path}", *case.detector, "-q"]
        if data.samples != "all":
            command.append(f"--samples={data.samples}")
        command += [f"--preprocessing={preprocessing}", f"--json={path}"]
        command.append(f"--threads={options.threads}")
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        with open(path) as file:
            return json.load(file)["models"]


def count_correct(path, data, case, options):
    """How many images a classifier puts into the right class in ONNX Runtime. Nothing
    if its input is not float."""
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options.threads
    settings.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, settings, providers=["CPUExecutionProvider"])
    (model_input,) = session.get_inputs()
    if model_input.type != "tensor(float)":
        return None
    correct = 0
    for image, label in data.read():
        inputs = {model_input.name: case.preprocessing.apply(image)[None]}
        correct += int(session.run(None, inputs)[0].argmax()) == label
    return correct


def score(case, fold, models, options):
    """Adds the figures of a fold to the rows. `models` are pairs of a path and a row,
    the float model first."""
    paths = [path for path, _ in models]
    figures = {}
    for data in {fold.score, fold.agree}:
        figures[data] = evaluate(paths, data, case, options)
    for index, (path, row) in enumerate(models):
        scored, compared = figures[fold.score][index], figures[fold.agree][index]
        row.scored += scored["samples"]
        row.quality += scored["samples"] * scored["map" if case.detector else "top1"]
        if index:
            row.compared += compared["samples"]
            agreement = compared["matched" if case.detector else "agreement"]
            row.agreement += compared["samples"] * agreement
        if not case.detector:
            correct = count_correct(path, fold.score, case, options)
            if correct is not None:
                row.correct_in_onnxruntime = (row.correct_in_onnxruntime or 0) + correct


def compare(name, options):
    """The rows of a model, by the name of what quantized it."""
    case = CASES[name]
    model = find_model(case, options)
    methods = {
        f"Lathe, {mode}": partial(lathe_command, mode, options.threads) for mode in options.modes
    } | {
        f"ONNX Runtime, {way}": partial(onnxruntime_command, ONNXRUNTIME[way])
        for way in options.onnxruntime
    }
    rows = {"float": Row()} | {method: Row() for method in methods}
    for index, fold in enumerate(case.folds):
        images = fold.calibrate.read(fold.count)
        samples = numpy.stack([case.preprocessing.apply(image) for image, _ in images])
        models = [(model, rows["float"])]
        for method, command in methods.items():
            print(f"{name}, fold {index + 1}: {method}", file=sys.stderr, flush=True)
            slug = "".join(c if c.isalnum() else "-" for c in method.lower())
            output = os.path.join(options.output, f"{name}.{index + 1}.{slug}.onnx")
            if quantize(command, model, samples, output, options, rows[method]):
                models.append((output, rows[method]))
        score(case, fold, models, options)
    return rows


def find_model(case, options):
    for folder in (os.path.join(SHARED, "models"), options.trained):
        path = os.path.join(folder, case.model + ".onnx")
        if os.path.exists(path):
            return path
    sys.exit(f"no {case.model}.onnx in {options.trained}: run bench/train-cnns")


def percent(amount, total):
    return f"{100 * amount / total:.2f}" if total and amount is not None else ""


def print_rows(name, rows):
    for method, row in rows.items():
        figures = [""] * 7
        if row.scored:
            figures[0] = percent(row.quality, row.scored)
            figures[1] = percent(row.agreement, row.compared)
            figures[2] = percent(row.correct_in_onnxruntime, row.scored)
        elif row.error:
            figures[0] = row.error
        if row.samples:
            amounts = [row.samples, row.seconds, row.cpu_seconds, row.megabytes]
            figures[3:] = [f"{amount:.0f}" for amount in amounts]
        print("| " + " | ".join([name, method, *figures]) + " |", flush=True)


def main():
    parser = argparse.ArgumentParser(
        prog="bench/compare-quantization",
        description=__doc__,
        epilog="For development only. Example: bench/compare-quantization resnet8 --modes=int8,dynamic",
    )
    parser.add_argument(
        "models", nargs="*", metavar="MODEL", help=f"of {', '.join(CASES)} (default: all)"
    )
    parser.add_argument(
        "--modes",
        type=lambda text: text.split(","),
        default=["int8-float-io"],
        help="of lathe quantize, with commas between them (default: int8-float-io)",
    )
    parser.add_argument(
        "--onnxruntime",
        metavar="WAYS",
        type=lambda text: text.split(","),
        default=list(ONNXRUNTIME),
        help=f"of {', '.join(ONNXRUNTIME)} (default: all)",
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--memory", type=float, default=12, help="the most that quantizing may take, in GB"
    )
    parser.add_argument(
        "--trained",
        default=os.path.join(ROOT, "build/bench/models"),
        help="where bench/train-cnns wrote its models",
    )
    parser.add_argument(
        "-o",
        "--output",
        default=os.path.join(ROOT, "build/bench/quantized"),
        help="where the quantized models go (default: build/bench/quantized)",
    )
    options = parser.parse_args()
    if unknown := set(options.models) - set(CASES):
        parser.error(f"no such model: {', '.join(unknown)}")
    if unknown := set(options.onnxruntime) - set(ONNXRUNTIME):
        parser.error(f"ONNX Runtime does not do: {', '.join(unknown)}")
    os.makedirs(options.output, exist_ok=True)

    print(f"ONNX Runtime {onnxruntime.__version__}, {options.threads} thread(s)\n")
    print(
        "| model | quantized by | top-1, mAP % | agreement, matched % "
        "| in ONNX Runtime % | samples | s | CPU s | MB |"
    )
    print("|" + "---|" * 9)
    for name in options.models or CASES:
        print_rows(name, compare(name, options))


main()
