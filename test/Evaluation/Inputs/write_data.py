"""write_data.py FOLDER: small data sets for the tests of lathe evaluate.

scores.npz    six samples `x` of three numbers, and their `labels`
unlabeled.npy the samples alone
wrong.npz     the samples with a label that no model of three classes has
nan.npz       the samples, one with NaN
pairs/        images of two gray pixels, in a folder for each of two classes
boxes/        two images of 8 by 8 pixels with an object each
"""

import os
import struct
import sys
import zipfile


def npy(descr, code, shape, values):
    header = str({"descr": descr, "fortran_order": False, "shape": shape})
    header = header.ljust(117) + "\n"
    return (
        b"\x93NUMPY\x01\x00"
        + struct.pack("<H", len(header))
        + header.encode()
        + struct.pack(f"<{len(values)}{code}", *values)
    )


def write(path, contents):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(contents)


def write_npz(path, samples, labels):
    values = [value for sample in samples for value in sample]
    with zipfile.ZipFile(path, "w") as archive:
        shape = (len(samples), 1, len(samples[0]))
        archive.writestr("x.npy", npy("<f4", "f", shape, values))
        archive.writestr("labels.npy", npy("<i8", "q", (len(labels),), labels))


root = sys.argv[1]
os.makedirs(root, exist_ok=True)

SCORES = [(4, 1, 0), (0, 4, 1), (1, 0, 4), (4, 0, 1), (0, 1, 4), (1, 4, 0)]
LABELS = [0, 1, 2, 1, 2, 0]
write_npz(f"{root}/scores.npz", SCORES, LABELS)
write_npz(f"{root}/wrong.npz", SCORES, LABELS[:-1] + [3])
write_npz(f"{root}/nan.npz", [(4, float("nan"), 0)] + SCORES[1:], LABELS)
flat = [value for sample in SCORES for value in sample]
write(f"{root}/unlabeled.npy", npy("<f4", "f", (6, 1, 3), flat))

for name, pixels in (("dark/a", (200, 100)), ("dark/b", (90, 100)), ("light/c", (0, 254))):
    write(f"{root}/pairs/{name}.pgm", b"P5 2 1 255\n" + bytes(pixels))

for name, box in (("a", "0 0.5 0.5 0.5 0.5"), ("b", "0 0.125 0.125 0.25 0.25")):
    write(f"{root}/boxes/images/{name}.ppm", b"P6 8 8 255\n" + bytes(192))
    write(f"{root}/boxes/labels/{name}.txt", box.encode() + b"\n")
