"""Images of ../shared/data (or LATHE_SHARED/data), read and made a model's input."""

import csv
import glob
import io
import os
import zipfile
from dataclasses import dataclass

import numpy
from PIL import Image

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SHARED = os.environ.get("LATHE_SHARED", os.path.join(os.path.dirname(ROOT), "shared"))


@dataclass(frozen=True)
class Data:
    """Images below SHARED/data: a folder, a .bin of CIFAR-10, or a .zip of folders
    CLASS_NAME. All of them, or every second one ("even", "odd")."""

    name: str
    samples: str = "all"

    @property
    def path(self):
        return os.path.join(SHARED, "data", self.name)

    def read(self, count=None):
        """Pairs of image and class; None is the class of a detector's images. `count` of
        them are spread evenly over all."""
        first, step = {"all": (0, 1), "even": (0, 2), "odd": (1, 2)}[self.samples]
        read = {".zip": _read_zip, ".bin": _read_records}.get(self.path[-4:], _read_folder)
        pairs = list(read(self.path))[first::step]
        return pairs[:: max(1, len(pairs) // count)][:count] if count else pairs


@dataclass
class Preprocessing:
    """What docs/datasets.md describes, as a file for Lathe and as done here."""

    scale: float = 1 / 255
    mean: tuple = (0, 0, 0)
    std: tuple = (1, 1, 1)
    crop: int = None
    letterbox: int = None

    def yaml(self):
        lines = [f"scale: {self.scale!r}", f"mean: {[*self.mean]}", f"std: {[*self.std]}"]
        if self.crop:
            lines.append(f"crop: [{self.crop}, {self.crop}]")
        if self.letterbox:
            lines += ["resize: letterbox", "antialias: false", "fill: 114"]
        return "\n".join(lines) + "\n"

    def apply(self, image):
        """The model's input [C, H, W]."""
        width, height = image.size
        if self.crop:
            left, top = round((width - self.crop) / 2), round((height - self.crop) / 2)
            image = image.crop((left, top, left + self.crop, top + self.crop))
        if self.letterbox:
            factor = self.letterbox / max(width, height)
            size = round(width * factor), round(height * factor)
            grid = (width / size[0], 0, 0, 0, height / size[1], 0)
            # Unlike resize(), this is bilinear without antialiasing.
            image = image.transform(size, Image.Transform.AFFINE, grid, Image.Resampling.BILINEAR)
            canvas = Image.new("RGB", (self.letterbox, self.letterbox), (114, 114, 114))
            canvas.paste(image, [(self.letterbox - n) // 2 for n in size])
            image = canvas
        values = (numpy.asarray(image) * self.scale - self.mean) / self.std
        return numpy.ascontiguousarray(values.astype(numpy.float32).transpose(2, 0, 1))


def _read_zip(path):
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            image = Image.open(io.BytesIO(archive.read(name))).convert("RGB")
            yield image, int(name.split("_")[0])


def _read_records(path):
    for record in numpy.fromfile(path, numpy.uint8).reshape(-1, 1 + 3 * 32 * 32):
        pixels = record[1:].reshape(3, 32, 32).transpose(1, 2, 0)
        yield Image.fromarray(numpy.ascontiguousarray(pixels)), int(record[0])


def _read_folder(folder):
    labels = {}
    if os.path.exists(path := os.path.join(folder, "labels.csv")):
        with open(path) as file:
            labels = {row[0]: row[1] for row in csv.reader(file)}
    for path in sorted(glob.glob(os.path.join(folder, "**/*.jpg"), recursive=True)):
        label = labels.get(os.path.basename(path))
        yield Image.open(path).convert("RGB"), None if label is None else int(label)


# Of CIFAR-10's training images.
CIFAR10_NORMALIZATION = Preprocessing(
    mean=(0.4914, 0.4822, 0.4465), std=(0.2470, 0.2435, 0.2616)
)
CIFAR10_TRAINING = Data("cifar10/train_20000_jpeg.zip")
