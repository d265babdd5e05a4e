"""Trains two small networks on CIFAR-10, of shapes whose quantization by other tools
was published to fail.

For development only: it needs PyTorch, which nothing else here does. Each becomes an
ONNX file, for bench/compare-quantization. The seed is fixed; how sums are rounded
depends on the machine, so weights differ a little between machines.
"""

import argparse
import os
import time

import numpy
import torch
from torch import nn
from torch.nn import functional

from images import CIFAR10_NORMALIZATION, CIFAR10_TRAINING, ROOT

BATCH = 128


def convolutions(channels, batch_norm):
    """Convolutions of 3x3 with ReLU; a max-pool behind each second."""
    layers = []
    for index, (before, after) in enumerate(zip([3, *channels], channels)):
        layers.append(nn.Conv2d(before, after, 3, padding=1, bias=not batch_norm))
        if batch_norm:
            layers.append(nn.BatchNorm2d(after))
        layers.append(nn.ReLU())
        if index % 2:
            layers.append(nn.MaxPool2d(2))
    return layers


def cifar10_cnn():
    return nn.Sequential(
        *convolutions([32, 64, 128, 128, 256, 256], batch_norm=False),
        nn.Flatten(),
        nn.Linear(256 * 4 * 4, 1024),
        nn.ReLU(),
        nn.Linear(1024, 512),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Linear(512, 10),
    )


def svhn_cnn():
    return nn.Sequential(
        *convolutions([32, 32, 64, 64, 128, 128], batch_norm=True),
        nn.Flatten(),
        nn.Linear(128 * 4 * 4, 128),
        nn.ReLU(),
        nn.Dropout(0.4),
        nn.Linear(128, 10),
    )


NETWORKS = {"cifar10_cnn": cifar10_cnn, "svhn_cnn": svhn_cnn}


def read_images(count):
    """Images [N, 3, 32, 32] and classes [N]."""
    pairs = CIFAR10_TRAINING.read(count)
    images = numpy.stack([CIFAR10_NORMALIZATION.apply(image) for image, _ in pairs])
    return torch.tensor(images), torch.tensor([label for _, label in pairs])


def augment(images):
    """Shifted by up to four pixels, and every second one mirrored."""
    top, left = torch.randint(0, 9, (2,)).tolist()
    images = functional.pad(images, (4, 4, 4, 4))[:, :, top : top + 32, left : left + 32]
    mirrored = torch.rand(len(images), 1, 1, 1) < 0.5
    return torch.where(mirrored, images.flip(3), images)


def train(network, images, classes, epochs):
    network.to(memory_format=torch.channels_last)
    steps = len(images) // BATCH
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=epochs * steps)
    for epoch in range(epochs):
        begin, losses = time.perf_counter(), []
        for chosen in torch.randperm(len(images))[: steps * BATCH].split(BATCH):
            batch = augment(images[chosen]).contiguous(memory_format=torch.channels_last)
            with torch.autocast("cpu", torch.bfloat16):
                loss = functional.cross_entropy(network(batch), classes[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        seconds = time.perf_counter() - begin
        print(f"  epoch {epoch + 1}: loss {numpy.mean(losses):.3f}, {seconds:.0f} s", flush=True)


def main():
    parser = argparse.ArgumentParser(
        prog="bench/train-cnns",
        description=__doc__.split("\n\n")[0],
        epilog="For development only: needs PyTorch; takes about half an hour on two cores.",
    )
    parser.add_argument(
        "networks", nargs="*", metavar="NETWORK", help=f"of {', '.join(NETWORKS)} (default: all)"
    )
    parser.add_argument("-o", "--output", default=os.path.join(ROOT, "build/bench/models"))
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--images", type=int, default=20000, help="how many to train with")
    options = parser.parse_args()
    if unknown := set(options.networks) - set(NETWORKS):
        parser.error(f"no such network: {', '.join(unknown)}")

    torch.set_num_threads(options.threads)
    os.makedirs(options.output, exist_ok=True)
    images, classes = read_images(options.images)
    for name in options.networks or NETWORKS:
        print(name, flush=True)
        torch.manual_seed(0)
        network = NETWORKS[name]()
        train(network, images, classes, options.epochs)
        path = os.path.join(options.output, name + ".onnx")
        torch.onnx.export(
            network.eval(),
            (images[:1],),
            path,
            input_names=["image"],
            output_names=["scores"],
            opset_version=17,
            # The exporter that can leave batch normalization as it is.
            dynamo=False,
            do_constant_folding=False,
            training=torch.onnx.TrainingMode.PRESERVE,
        )
        print(f"  {path}")


main()
