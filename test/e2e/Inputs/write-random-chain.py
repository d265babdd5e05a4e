"""write-random-chain.py SEED FOLDER: writes FOLDER/chain.mlir, a random network of
convolutions, max pooling, ReLUs and sums with odd and even sizes, strides and uneven
pads, whose weights are inputs, and FOLDER/NAME.npy for each input."""

import os
import random
import sys

from write_waves import write_array


class Chain:
    """The text of a network, op by op; the last value is `value`, of `shape`."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        choose = self.random.choice
        self.shape = (choose([8, 9, 12, 15, 16, 24]), choose([6, 7, 8]), choose([2, 3, 4]))
        self.value = "%x"
        self.inputs = {"x": (1, *self.shape)}
        self.body = ""
        self.count = 0
        # An earlier value that a sum may read.
        self.earlier = None

    def emit(self, text, operands, shape):
        """Appends `text` with the types of its `operands` and result."""
        self.count += 1
        types = ", ".join(tensor(operand) for operand in operands)
        result = (1, *shape)
        self.body += f"  %v{self.count} = lathe.{text} : ({types}) -> {tensor(result)}\n"
        self.value, self.shape = f"%v{self.count}", shape

    def get_window(self, is_pool):
        """Size, stride and pads of a window and the image it leaves, or None."""
        choose = self.random.choice
        size = choose([2, 3]) if is_pool else choose([1, 2, 3, 5])
        stride = choose([1, 1, 2])
        before = 0 if is_pool else choose([0, size // 2])
        after = choose([before, max(before - 1, 0)])
        image = [(extent + before + after - size) // stride + 1 for extent in self.shape[:2]]
        attributes = (f"strides = array<i64: {stride}, {stride}>, dilations = array<i64: 1, 1>, "
                      f"pads = array<i64: {before}, {before}, {after}, {after}>")
        return (size, attributes, image) if min(image) >= 2 else None

    def add_conv(self):
        window = self.get_window(is_pool=False)
        if not window:
            return
        size, attributes, image = window
        channels = self.random.choice([2, 4, 6])
        weights = (size, size, self.shape[2], channels)
        name = f"w{self.count}"
        self.inputs[name] = weights
        self.emit(f"conv {self.value}, %{name} {{{attributes}}}",
                  [(1, *self.shape), weights], (*image, channels))
        self.remember()

    def add_pool(self):
        window = self.get_window(is_pool=True)
        if not window:
            return
        size, attributes, image = window
        self.emit(f"max_pool {self.value} {{kernel = array<i64: {size}, {size}>, {attributes}}}",
                  [(1, *self.shape)], (*image, self.shape[2]))
        self.remember()

    def add_relu(self):
        self.emit(f"relu {self.value}", [(1, *self.shape)], self.shape)

    def add_sum(self):
        if self.earlier and self.earlier[1] == self.shape and self.earlier[0] != self.value:
            self.emit(f"add {self.value}, {self.earlier[0]}", [(1, *self.shape)] * 2, self.shape)

    def remember(self):
        if not self.earlier or self.random.random() < 0.4:
            self.earlier = (self.value, self.shape)

    def build(self):
        """The function, which ends with a product of all elements."""
        ops = [self.add_conv] * 3 + [self.add_pool, self.add_sum, self.add_relu]
        for _ in range(self.random.randint(3, 6)):
            self.random.choice(ops)()
        elements = self.shape[0] * self.shape[1] * self.shape[2]
        self.inputs["d"] = (elements, 3)
        image, row, result = (1, *self.shape), (1, elements), (1, 3)
        arguments = ", ".join(f'%{name}: {tensor(shape)} {{lathe.name = "{name}"}}'
                              for name, shape in self.inputs.items())
        return (f"func.func @chain({arguments}) -> ({tensor(result)} {{lathe.name = \"y\"}}) {{\n"
                f"{self.body}"
                f"  %row = lathe.reshape {self.value} {{shape = array<i64: 1, {elements}>}}"
                f" : ({tensor(image)}) -> {tensor(row)}\n"
                f"  %y = lathe.matmul %row, %d : ({tensor(row)}, {tensor((elements, 3))})"
                f" -> {tensor(result)}\n"
                f"  return %y : {tensor(result)}\n}}\n")


def tensor(shape):
    return f"tensor<{'x'.join(map(str, shape))}xf32>"


def main():
    seed, folder = int(sys.argv[1]), sys.argv[2]
    chain = Chain(seed)
    text = chain.build()
    with open(os.path.join(folder, "chain.mlir"), "w") as file:
        file.write(text)
    for name, shape in chain.inputs.items():
        write_array(os.path.join(folder, name + ".npy"), shape)
        print(f"--input {name}={name}.npy")


if __name__ == "__main__":
    main()
