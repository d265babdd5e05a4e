"""Writes a model in Lathe's IR: a softmax or a convolution, and behind it a chain of
gates x * sigmoid(x). write-gates.py COUNT softmax|conv"""

import sys

count, root = int(sys.argv[1]), sys.argv[2]
x = "tensor<1x56x56x64xf32>"
roots = {
    "softmax": f"lathe.softmax %x {{axis = 3 : i64}} : ({x}) -> {x}",
    "conv": "lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, "
    f"pads = array<i64: 1, 1, 1, 1>}} : ({x}, tensor<3x3x64x64xf32>) -> {x}",
}
print(f"func.func @gates(%x: {x}, %w: tensor<3x3x64x64xf32>) -> {x} {{")
print(f"  %g0 = {roots[root]}")
for i in range(count):
    print(f"  %s{i} = lathe.sigmoid %g{i} : ({x}) -> {x}")
    print(f"  %g{i + 1} = lathe.mul %g{i}, %s{i} : ({x}, {x}) -> {x}")
print(f"  return %g{count} : {x}\n}}")
