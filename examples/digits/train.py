#!/usr/bin/env python3
"""Trains the digits model and writes digits.onnx and its test data.

A convolutional network of 3,818 parameters for scikit-learn's bundled digits:
8x8 pixels of 0 to 16. Training is plain NumPy, so that the script needs nothing
but numpy, scikit-learn, onnx and, for the expected outputs, onnxruntime. The same
versions on the same kind of machine give the same bytes.
"""

import os

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

SEED = 7
EPOCHS = 40
BATCH = 32
LEARNING_RATE = 2e-3
TEST_DIGITS = 50  # in digits_test.npz
FOLDER = os.path.dirname(os.path.abspath(__file__))


# Layers. Images are [N, C, H, W]. Each forward function returns its result and
# what its backward function needs; backward functions return gradients.


def patches(x):
    """The 3x3 neighbourhoods of every pixel, zeros outside: [N, H, W, C * 9]."""
    n, c, h, w = x.shape
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    view = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    return view.transpose(0, 2, 3, 1, 4, 5).reshape(n, h, w, c * 9)


def conv_relu(x, weight, bias):
    columns = patches(x)
    y = columns @ weight.reshape(len(weight), -1).T + bias
    y = np.maximum(y, 0).transpose(0, 3, 1, 2)
    return y, (columns, x.shape, y > 0)


def conv_relu_backward(dy, weight, saved):
    columns, (n, c, h, w), positive = saved
    dy = (dy * positive).transpose(0, 2, 3, 1)
    flat = dy.reshape(-1, dy.shape[-1])
    dweight = (flat.T @ columns.reshape(len(flat), -1)).reshape(weight.shape)
    dcolumns = (dy @ weight.reshape(len(weight), -1)).reshape(n, h, w, c, 3, 3)
    dx = np.zeros((n, c, h + 2, w + 2))
    for i in range(3):
        for j in range(3):
            dx[:, :, i : i + h, j : j + w] += dcolumns[..., i, j].transpose(0, 3, 1, 2)
    return dx[:, :, 1:-1, 1:-1], dweight, flat.sum(0)


def pool(x):
    """Maximum of 2x2."""
    n, c, h, w = x.shape
    blocks = x.reshape(n, c, h // 2, 2, w // 2, 2)
    y = blocks.max((3, 5))
    return y, blocks == y[:, :, :, None, :, None]


def pool_backward(dy, largest):
    n, c, h, _, w, _ = largest.shape
    return (largest * dy[:, :, :, None, :, None]).reshape(n, c, 2 * h, 2 * w)


def softmax(x):
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def initial_parameters(rng):
    def he(*shape):
        return rng.standard_normal(shape) * np.sqrt(2 / np.prod(shape[1:]))

    return {
        "conv1_weight": he(8, 1, 3, 3),
        "conv1_bias": np.zeros(8),
        "conv2_weight": he(16, 8, 3, 3),
        "conv2_bias": np.zeros(16),
        "dense_weight": he(10, 16 * 4 * 4),
        "dense_bias": np.zeros(10),
    }


def forward(p, x):
    a, saved1 = conv_relu(x / 16, p["conv1_weight"], p["conv1_bias"])
    b, saved2 = conv_relu(a, p["conv2_weight"], p["conv2_bias"])
    c, largest = pool(b)
    flat = c.reshape(len(x), -1)
    logits = flat @ p["dense_weight"].T + p["dense_bias"]
    return softmax(logits), (saved1, saved2, largest, c.shape, flat)


def gradients(p, x, labels):
    """Of the mean cross entropy."""
    y, (saved1, saved2, largest, pooled_shape, flat) = forward(p, x)
    dlogits = (y - np.eye(10)[labels]) / len(x)
    g = {"dense_weight": dlogits.T @ flat, "dense_bias": dlogits.sum(0)}
    dpooled = (dlogits @ p["dense_weight"]).reshape(pooled_shape)
    db = pool_backward(dpooled, largest)
    da, g["conv2_weight"], g["conv2_bias"] = conv_relu_backward(
        db, p["conv2_weight"], saved2
    )
    _, g["conv1_weight"], g["conv1_bias"] = conv_relu_backward(
        da, p["conv1_weight"], saved1
    )
    return g


def train(x, labels):
    """Adam (Kingma and Ba, 2015) with a learning rate that falls to zero."""
    rng = np.random.default_rng(SEED)
    p = initial_parameters(rng)
    mean = {k: np.zeros_like(v) for k, v in p.items()}
    square = {k: np.zeros_like(v) for k, v in p.items()}
    steps = EPOCHS * (len(x) // BATCH)
    step = 0
    for _ in range(EPOCHS):
        order = rng.permutation(len(x))
        for start in range(0, len(x) - BATCH + 1, BATCH):
            batch = order[start : start + BATCH]
            step += 1
            rate = LEARNING_RATE * (1 - (step - 1) / steps)
            for k, g in gradients(p, x[batch], labels[batch]).items():
                mean[k] = 0.9 * mean[k] + 0.1 * g
                square[k] = 0.999 * square[k] + 0.001 * g * g
                corrected = np.sqrt(square[k] / (1 - 0.999**step)) + 1e-8
                p[k] -= rate * mean[k] / (1 - 0.9**step) / corrected
    return p


def export(p):
    conv = dict(kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    nodes = [
        helper.make_node("Mul", ["image", "scale"], ["scaled"], "normalize"),
        helper.make_node(
            "Conv", ["scaled", "conv1_weight", "conv1_bias"], ["c1"], "conv1", **conv
        ),
        helper.make_node("Relu", ["c1"], ["r1"], "relu1"),
        helper.make_node(
            "Conv", ["r1", "conv2_weight", "conv2_bias"], ["c2"], "conv2", **conv
        ),
        helper.make_node("Relu", ["c2"], ["r2"], "relu2"),
        helper.make_node(
            "MaxPool", ["r2"], ["pooled"], "pool", kernel_shape=[2, 2], strides=[2, 2]
        ),
        helper.make_node("Flatten", ["pooled"], ["flat"], "flatten"),
        helper.make_node(
            "Gemm", ["flat", "dense_weight", "dense_bias"], ["logits"], "dense", transB=1
        ),
        helper.make_node("Softmax", ["logits"], ["probabilities"], "softmax", axis=1),
    ]
    weights = dict(p, scale=np.array(1 / 16))
    graph = helper.make_graph(
        nodes,
        "digits",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 1, 8, 8])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [1, 10])],
        [numpy_helper.from_array(v.astype(np.float32), k) for k, v in weights.items()],
    )
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", 13)],
        ir_version=7,
        producer_name="examples/digits/train.py",
    )
    onnx.checker.check_model(model, full_check=True)
    path = os.path.join(FOLDER, "digits.onnx")
    onnx.save(model, path)
    return path


def main():
    digits = load_digits()
    images = digits.images.astype(np.float32)[:, None]
    x_train, x_test, y_train, y_test = train_test_split(
        images, digits.target, test_size=360, random_state=SEED, stratify=digits.target
    )
    path = export(train(x_train.astype(np.float64), y_train))

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    outputs = np.concatenate(
        [session.run(None, {"image": image[None]})[0] for image in x_test]
    )
    accuracy = np.mean(outputs.argmax(1) == y_test)
    print(f"accuracy on {len(y_test)} test digits: {accuracy:.4f}")

    np.savez(os.path.join(FOLDER, "digit.in.npz"), image=x_test[:1])
    np.savez(os.path.join(FOLDER, "digit.out.npz"), probabilities=outputs[:1])
    np.savez(
        os.path.join(FOLDER, "digits_test.npz"),
        images=x_test[:TEST_DIGITS],
        labels=y_test[:TEST_DIGITS].astype(np.int64),
        probabilities=outputs[:TEST_DIGITS],
    )


if __name__ == "__main__":
    main()
