#!/usr/bin/env python3
"""Trains the sine model and writes sine.onnx and its test data.

Two hidden layers of 16 that approximate sin(x) for x from 0 to 2 pi, fitted by
scikit-learn. Needs numpy, scikit-learn, onnx and, for the expected outputs,
onnxruntime. The same versions on the same kind of machine give the same bytes.
"""

import os

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from sklearn.neural_network import MLPRegressor

SEED = 2
FOLDER = os.path.dirname(os.path.abspath(__file__))


def train():
    """Returns the layers as (weight [inputs, outputs], bias [outputs])."""
    x = np.linspace(0, 2 * np.pi, 1000)[:, None]
    network = MLPRegressor(
        hidden_layer_sizes=(16, 16),
        activation="tanh",
        solver="lbfgs",
        alpha=1e-6,
        max_iter=5000,
        max_fun=50000,
        tol=1e-9,
        random_state=SEED,
    )
    network.fit(x, np.sin(x[:, 0]))
    return list(zip(network.coefs_, network.intercepts_))


def export(layers):
    nodes, initializers = [], []
    value = "x"
    for i, (weight, bias) in enumerate(layers, 1):
        name = f"dense{i}"
        last = i == len(layers)
        result = "sin_x" if last else f"{name}_out"
        nodes.append(
            helper.make_node("Gemm", [value, f"{name}_weight", f"{name}_bias"], [result], name)
        )
        for kind, array in (("weight", weight), ("bias", bias)):
            initializers.append(
                numpy_helper.from_array(array.astype(np.float32), f"{name}_{kind}")
            )
        if not last:
            nodes.append(helper.make_node("Tanh", [result], [f"tanh{i}_out"], f"tanh{i}"))
        value = f"tanh{i}_out"
    graph = helper.make_graph(
        nodes,
        "sine",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1])],
        [helper.make_tensor_value_info("sin_x", TensorProto.FLOAT, [1, 1])],
        initializers,
    )
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", 13)],
        ir_version=7,
        producer_name="examples/sine/train.py",
    )
    onnx.checker.check_model(model, full_check=True)
    path = os.path.join(FOLDER, "sine.onnx")
    onnx.save(model, path)
    return path


def main():
    path = export(train())
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    x = np.linspace(0, 2 * np.pi, 101, dtype=np.float32)[:, None]
    y = np.concatenate([session.run(None, {"x": value[None]})[0] for value in x])
    print(f"largest error at 101 points: {np.abs(y - np.sin(x)).max():.4f}")
    np.savez(os.path.join(FOLDER, "sine.in.npz"), x=x[25:26])
    np.savez(os.path.join(FOLDER, "sine.out.npz"), sin_x=y[25:26])


if __name__ == "__main__":
    main()
