"""Quantizes a model with ONNX Runtime's quantize_static, in a process of its own, so
that its time and memory can be measured."""

import argparse
import os
import tempfile

import numpy
import onnx
from onnxruntime import quantization
from onnxruntime.quantization.shape_inference import quant_pre_process

METHODS = {
    "min-max": quantization.CalibrationMethod.MinMax,
    "percentile": quantization.CalibrationMethod.Percentile,
    "entropy": quantization.CalibrationMethod.Entropy,
}


class Samples(quantization.CalibrationDataReader):
    """Samples [N, ...] of a model with one input, each a batch of one."""

    def __init__(self, name, samples):
        self.batches = ({name: sample[None]} for sample in samples)

    def get_next(self):
        return next(self.batches, None)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("samples", help="an .npz file with one array")
    parser.add_argument("output")
    parser.add_argument("--method", choices=METHODS, default="min-max")
    parser.add_argument("--per-channel", action="store_true")
    parser.add_argument("--pre-process", action="store_true")
    options = parser.parse_args()

    with numpy.load(options.samples) as file:
        (samples,) = file.values()
    with tempfile.TemporaryDirectory() as folder:
        path = options.model
        if options.pre_process:
            path = os.path.join(folder, "processed.onnx")
            quant_pre_process(options.model, path)
        model = onnx.load(path)
        # DequantizeLinear has an axis since then; quantize_static refuses older ones.
        if options.per_channel and model.opset_import[0].version < 13:
            model = onnx.version_converter.convert_version(model, 13)
        weights = {tensor.name for tensor in model.graph.initializer}
        (name,) = (i.name for i in model.graph.input if i.name not in weights)
        quantization.quantize_static(
            model,
            options.output,
            Samples(name, samples),
            per_channel=options.per_channel,
            calibrate_method=METHODS[options.method],
        )


main()
