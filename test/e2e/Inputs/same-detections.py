"""same-detections.py A.npz B.npz: whether two outputs of a YOLO head (1x84xN: centre,
size, 80 class scores) hold the same detections above a score of 0.25: as many, each
with one of the same class that covers the same place (IoU of 0.9 or more).

Without numpy, which the tests do not require."""

import array
import ast
import struct
import sys
import zipfile

SCORE, OVERLAP = 0.25, 0.9


def read_array(path):
    """The shape and the elements of the only array of a .npz file, which is float32."""
    with zipfile.ZipFile(path) as archive:
        (name,) = archive.namelist()
        data = archive.read(name)
    (length,) = struct.unpack("<H", data[8:10])
    header = ast.literal_eval(data[10 : 10 + length].decode())
    assert header["descr"] == "<f4" and not header["fortran_order"]
    return header["shape"], array.array("f", data[10 + length :])


def detections(path):
    """(class, left, top, right, bottom) of each candidate with a score above SCORE."""
    (_, rows, count), values = read_array(path)
    found = []
    for i in range(count):
        scores = [values[row * count + i] for row in range(4, rows)]
        if max(scores) > SCORE:
            x, y, w, h = (values[row * count + i] for row in range(4))
            box = (x - w / 2, y - h / 2, x + w / 2, y + h / 2)
            found.append((scores.index(max(scores)), *box))
    return found


def overlap(a, b):
    """Intersection over union of two boxes."""
    width = min(a[3], b[3]) - max(a[1], b[1])
    height = min(a[4], b[4]) - max(a[2], b[2])
    shared = max(width, 0) * max(height, 0)
    area = lambda box: (box[3] - box[1]) * (box[4] - box[2])
    return shared / (area(a) + area(b) - shared)


def unmatched(some, others):
    """Those of `some` that none of `others` equals."""
    same = lambda a, b: a[0] == b[0] and overlap(a, b) >= OVERLAP
    return [a for a in some if not any(same(a, b) for b in others)]


first, second = (detections(path) for path in sys.argv[1:3])
lost = unmatched(first, second) + unmatched(second, first)
print(f"{len(first)} and {len(second)} candidates, {len(lost)} without a counterpart")
sys.exit(1 if lost or not first else 0)
