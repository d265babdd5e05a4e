#!/usr/bin/env python3
"""The parts of scripts/demo that read and compare arrays; needs no NumPy.

  demo.py extract digits_test.npz images.bin     the images as raw floats
  demo.py report digits_test.npz BOARD.bin HOST.bin
                                                 predictions, labels, agreement
"""

import ast
import struct
import sys
import zipfile

CLASSES = 10
# Of the largest probability, 1.
TOLERANCE = 1e-5


def read_array(archive, name):
    """The elements of NAME.npy in an .npz as bytes, with their type and shape.

    The format is that of numpy.lib.format: magic, version, length of the header,
    the header as a Python literal, the elements.
    """
    data = zipfile.ZipFile(archive).read(name + ".npy")
    start, width = (10, "<H") if data[6] == 1 else (12, "<I")
    (length,) = struct.unpack_from(width, data, 8)
    header = ast.literal_eval(data[start : start + length].decode("latin1"))
    return data[start + length :], header["descr"], header["shape"]


def read_floats(data):
    return list(struct.iter_unpack(f"<{CLASSES}f", data))


def get_largest(row):
    return max(range(CLASSES), key=row.__getitem__)


def extract(archive, path):
    data, kind, _ = read_array(archive, "images")
    if kind != "<f4":
        sys.exit(f"error: the images of {archive} are {kind}, not float32")
    with open(path, "wb") as file:
        file.write(data)


def report(archive, board_path, host_path):
    with open(board_path, "rb") as file:
        board = read_floats(file.read())
    with open(host_path, "rb") as file:
        host = read_floats(file.read())
    reference = read_floats(read_array(archive, "probabilities")[0])
    data, kind, _ = read_array(archive, "labels")
    code = {"<i4": "i", "<i8": "q"}[kind]
    labels = [value for (value,) in struct.iter_unpack("<" + code, data)]

    predictions = {
        "Cortex-M4": [get_largest(row) for row in board],
        "native": [get_largest(row) for row in host],
        "ONNX Runtime": [get_largest(row) for row in reference],
    }
    rows = {"label": labels, **predictions}
    for name, row in rows.items():
        print(f"  {name:<13}" + " ".join(str(digit) for digit in row))
    print()
    for name, row in predictions.items():
        right = sum(a == b for a, b in zip(row, labels))
        print(f"  {name:<13}{right} of {len(labels)} right")

    def distance(a, b):
        return max(abs(x - y) for p, q in zip(a, b) for x, y in zip(p, q))

    same = sum(a == b for a, b in zip(predictions["Cortex-M4"], predictions["native"]))
    print(f"\n  Cortex-M4 and native agree on {same} of {len(labels)} digits;")
    print(f"  their probabilities differ by at most {distance(board, host):.1e},")
    print(f"  from ONNX Runtime's by at most {distance(board, reference):.1e}.")
    if len(board) != len(labels) or len(host) != len(labels):
        sys.exit("error: a result is missing")
    if same != len(labels) or distance(board, reference) > TOLERANCE:
        sys.exit("error: the results do not agree")


if __name__ == "__main__":
    {"extract": extract, "report": report}[sys.argv[1]](*sys.argv[2:])
