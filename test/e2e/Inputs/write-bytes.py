"""Writes a model of 8-bit integers to bytes.mlir, with what dot products are
used for, and its inputs to x.npy and image.npy, and without a header to
inputs.bin: convolutions with and without padding and zero points, of signed and
unsigned data, depthwise with filters of several sizes, in groups, of an image, of a
signal, of a turned image, of many channels, and matrix products, one of a single row. Some are as
Winograd's algorithm takes them, with an even and an odd number of channels."""

import struct

state = 1


def number(low, high):
    global state
    state = (state * 1103515245 + 12345) % 2**31
    return low + (state >> 8) % (high - low + 1)


def tensor(shape, element):
    return "tensor<" + "".join(f"{extent}x" for extent in shape) + element + ">"


def size(shape):
    count = 1
    for extent in shape:
        count *= extent
    return count


body, results = [], []


def add(text, type):
    name = f"%{len(body)}"
    body.append(f"  {name} = {text}{type}")
    return name


def constant(shape, element, format, low, high):
    values = [number(low, high) for _ in range(size(shape))]
    text = struct.pack(f"<{len(values)}{format}", *values).hex().upper()
    return add(f'lathe.constant dense<"0x{text}"> : ', tensor(shape, element))


def requantize(sums, shape, element, zero_point, low, high, is_result=True):
    channels = [shape[-1]]
    factors = constant(channels, "i32", "i", 5 * 10**6, 10**7)
    types = f"({tensor(shape, 'i32')}, {tensor(channels, 'i32')}) -> "
    attributes = f"shift = 31 : si64, zero_point = {zero_point} : si64, "
    attributes += f"low = {low} : si64, high = {high} : si64, to = {element}"
    text = f"lathe.requantize {sums}, {factors} {{{attributes}}} : {types}"
    result = (add(text, tensor(shape, element)), tensor(shape, element))
    if is_result:
        results.append(result)
    return result


def conv(x, type, shape, weight, result, attributes, bias=True):
    operands, types = [x, constant(weight, "i8", "b", -127, 127)], [type]
    types.append(tensor(weight, "i8"))
    if bias:
        operands.append(constant(weight[-1:], "i32", "i", -5000, 5000))
        types.append(tensor(weight[-1:], "i32"))
    text = f"lathe.conv {', '.join(operands)} {{{attributes}}} : "
    return add(text + f"({', '.join(types)}) -> ", tensor(result, "i32"))


def window(stride, pad, rest=""):
    pads = f"pads = array<i64: {pad}, {pad}, {pad}, {pad}>"
    strides = f"strides = array<i64: {stride}, {stride}>"
    return f"{strides}, dilations = array<i64: 1, 1>, {pads}{rest}"


x_shape, image_shape = [1, 9, 11, 20], [1, 11, 9, 3]
x, image = tensor(x_shape, "ui8"), tensor(image_shape, "i8")

shape = [1, 9, 11, 40]
sums = conv("%x", x, x_shape, [3, 3, 20, 40], shape, window(1, 1))
requantize(sums, shape, "ui8", 0, 0, 255)
zero_point = ", input_zero_point = 7 : si64"
sums = conv("%x", x, x_shape, [3, 3, 20, 40], shape, window(1, 1, zero_point))
requantize(sums, shape, "i8", -3, -3, 100)
shape = [1, 5, 6, 20]
groups = ", group = 20 : i64" + zero_point
sums = conv("%x", x, x_shape, [3, 3, 1, 20], shape, window(2, 1, groups))
requantize(sums, shape, "i8", 5, -128, 127)
shape = [1, 9, 11, 34]
groups = ", group = 2 : i64"
sums = conv("%x", x, x_shape, [1, 1, 10, 34], shape, window(1, 0, groups), False)
results.append((sums, tensor(shape, "i32")))
shape = [1, 6, 5, 17]
zero_point = ", input_zero_point = -5 : si64"
sums = conv("%image", image, image_shape, [3, 3, 3, 17], shape, window(2, 1, zero_point))
requantize(sums, shape, "ui8", 128, 0, 255)
rows = add("lathe.reshape %image {shape = array<i64: 11, 27>} : ", f"({image}) -> tensor<11x27xi8>")
weights = constant([27, 9], "i8", "b", -127, 127)
text = f"lathe.matmul {rows}, {weights} {{lhs_zero_point = 3 : si64}} : "
sums = add(text + "(tensor<11x27xi8>, tensor<27x9xi8>) -> ", "tensor<11x9xi32>")
requantize(sums, [11, 9], "i8", 0, -128, 127)
shape, odd_shape = [1, 9, 11, 33], [1, 9, 11, 13]
sums = conv("%x", x, x_shape, [1, 1, 20, 13], odd_shape, window(1, 0), False)
requantize(sums, odd_shape, "i8", -2, -128, 127)
sums = conv(*results[-1], odd_shape, [3, 3, 13, 33], shape, window(1, 1))
requantize(sums, shape, "ui8", 100, 0, 255)

# Depthwise, one behind the other: 3x3, 5x5, 2x4 and 1x1.
shape = [1, 9, 11, 20]
groups = ", group = 20 : i64"
unsigned = ", input_zero_point = 7 : si64"
sums = conv("%x", x, x_shape, [3, 3, 1, 20], shape, window(1, 1, groups + unsigned))
filtered = requantize(sums, shape, "i8", -5, -128, 127, False)
groups += zero_point
sums = conv(*filtered, shape, [5, 5, 1, 20], shape, window(1, 2, groups))
filtered = requantize(sums, shape, "i8", -5, -128, 127)
shape = [1, 4, 8, 20]
attributes = "strides = array<i64: 2, 1>, dilations = array<i64: 1, 1>, "
attributes += "pads = array<i64: 0, 0, 0, 0>" + groups
sums = conv(*filtered, shape, [2, 4, 1, 20], shape, attributes)
filtered = requantize(sums, shape, "i8", -5, -128, 127)
sums = conv(*filtered, shape, [1, 1, 1, 20], shape, window(1, 0, groups))
filtered = requantize(sums, shape, "i8", -5, -128, 127)
wide = [1, 4, 8, 150]
sums = conv(*filtered, shape, [1, 1, 20, 150], wide, window(1, 0, zero_point))
widened = requantize(sums, wide, "i8", 9, -128, 127)
signal = add("lathe.reshape %image {shape = array<i64: 1, 11, 27>} : ", f"({image}) -> tensor<1x11x27xi8>")
attributes = "strides = array<i64: 2>, dilations = array<i64: 1>, pads = array<i64: 1, 1>"
sums = conv(signal, "tensor<1x11x27xi8>", [], [3, 27, 5], [1, 6, 5], attributes + zero_point)
requantize(sums, [1, 6, 5], "i8", 9, -128, 127)
turned_shape = [1, 9, 11, 3]
turned = (add("lathe.transpose %image {permutation = array<i64: 0, 2, 1, 3>} : ", f"({image}) -> tensor<1x9x11x3xi8>"), "tensor<1x9x11x3xi8>")
for kernel, pad in [(3, 1), (1, 0)]:
    shape = [1, 9, 11, 6]
    weight = [kernel, kernel, 3, 6]
    sums = conv(*turned, turned_shape, weight, shape, window(1, pad, zero_point))
    requantize(sums, shape, "i8", 9, -128, 127)
row = add("lathe.reshape %image {shape = array<i64: 1, 297>} : ", f"({image}) -> tensor<1x297xi8>")
weights = constant([297, 70], "i8", "b", -60, 60)
text = f"lathe.matmul {row}, {weights} {{lhs_zero_point = 3 : si64}} : "
sums = add(text + "(tensor<1x297xi8>, tensor<297x70xi8>) -> ", "tensor<1x70xi32>")
requantize(sums, [1, 70], "i8", 0, -128, 127)

# Filters of three rows and columns, with all limits, of channels that fill no vector.
groups = ", group = 150 : i64" + zero_point
sums = conv(*widened, wide, [3, 3, 1, 150], wide, window(1, 1, groups))
filtered = requantize(sums, wide, "i8", -5, -128, 127)
sums = conv(*filtered, wide, [3, 3, 1, 150], wide, window(1, 1, groups))
filtered = requantize(sums, wide, "i8", -5, -5, 100)
sums = conv(*filtered, wide, [3, 3, 1, 150], wide, window(1, 1, groups))
results.append((sums, tensor(wide, "i32")))
half = [1, 2, 4, 150]
sums = conv(*filtered, wide, [3, 3, 1, 150], half, window(2, 1, groups))
requantize(sums, half, "ui8", 9, 0, 255)

arguments = f'%x: {x} {{lathe.name = "x"}}, %image: {image} {{lathe.name = "image"}}'
types = ", ".join(
    f'{type} {{lathe.name = "out{i}"}}' for i, (_, type) in enumerate(results)
)
with open("bytes.mlir", "w") as file:
    file.write(f"func.func @bytes({arguments}) -> ({types}) {{\n")
    file.write("\n".join(body))
    values = ", ".join(value for value, _ in results)
    types = ", ".join(type for _, type in results)
    file.write(f"\n  return {values} : {types}\n}}\n")


def write_input(path, shape, kind):
    data = bytes(number(0, 255) for _ in range(size(shape)))
    header = str({"descr": kind, "fortran_order": False, "shape": tuple(shape)})
    # The data starts at a multiple of 64 bytes, after 10 bytes of preamble.
    header += " " * (-(len(header) + 11) % 64) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)))
        file.write(header.encode("latin1") + data)
    return data


with open("inputs.bin", "wb") as file:
    file.write(write_input("x.npy", x_shape, "|u1"))
    file.write(write_input("image.npy", image_shape, "|i1"))
