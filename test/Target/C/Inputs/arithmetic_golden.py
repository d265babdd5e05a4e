"""Prints, as C arrays, operands and the results that run-arithmetic.mlir must give.

Integers are Python's, reduced to the width by hand; floats are Python's doubles,
rounded to f32 by struct; half precision is struct's.
"""

import math
import struct


def signed(value, width):
    value &= (1 << width) - 1
    return value - (1 << width) if value >> (width - 1) else value


def truncated(a, b):
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


def integer_results(a, b, width):
    ua, ub = a % (1 << width), b % (1 << width)
    s = ub % width
    return [
        a + b, a - b, a * b, a & b, a | b, a ^ b,
        min(a, b), max(a, b), min(ua, ub), max(ua, ub),
        ua // ub, ua % ub, a // b, -(-a // b), -(-ua // ub),
        truncated(a, b), a - b * truncated(a, b),
        a << s, a >> s, ua >> s,
        a == b, a < b, a >= b, ua < ub, ua >= ub, max(a, b),
        a - 3, a * a, abs(a),
    ]


def to_f32(value):
    try:
        return struct.unpack("<f", struct.pack("<f", value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)


def divide(a, b):
    if b != 0 and not math.isnan(a):
        return a / b
    if a == 0 or math.isnan(a) or math.isnan(b):
        return math.nan
    return math.copysign(math.inf, a) * math.copysign(1, b)


def multiply(a, b):
    return a * b


def round_half_away(x):
    return math.copysign(math.floor(abs(x) + 0.5), x)


def float_results(a, b):
    nan = math.isnan(a) or math.isnan(b)
    number = b if math.isnan(a) else a
    whole = (lambda f: lambda x: x if math.isinf(x) or math.isnan(x)
             else math.copysign(float(f(x)), x))
    ordered = [a == b, a > b, a >= b, a < b, a <= b, (a != b) and not nan, not nan]
    unordered = [nan or a == b, nan or a > b, nan or a >= b, nan or a < b,
                 nan or a <= b, a != b, nan]
    return [
        a + b, a - b, multiply(a, b), divide(a, b),
        math.nan if nan else max(a, b), math.nan if nan else min(a, b),
        number if nan else max(a, b), number if nan else min(a, b),
        *ordered, *unordered,
        whole(math.floor)(a), whole(math.ceil)(a), whole(math.trunc)(a),
        whole(round)(a), whole(round_half_away)(a), abs(a), -a,
    ]


def c_integer(value, width):
    value = signed(int(value), width)
    if value == -(1 << 63):
        return "INT64_MIN"
    return "INT32_MIN" if value == -(1 << 31) else f"{value}LL" if width == 64 else str(value)


def c_float(value):
    value = float(value)
    if math.isnan(value):
        return "NAN"
    if math.isinf(value):
        return "-INFINITY" if value < 0 else "INFINITY"
    return value.hex()


def array(ctype, name, values):
    print(f"static const {ctype} {name}[{len(values)}] = {{{', '.join(values)}}};")


def print_integers(width):
    top = 1 << (width - 1)
    corners = [0, 1, -1, 2, 7, top - 1, -top, -top + 1, top // 3, -top // 5, 100, -77]
    a = corners * 2
    b = [1, 3, 7, -2, 5, top - 1, 3, -top, -top // 7, 13, 2, -5,
         top - 1, -1, 2, -top, -7, 1, 1, 2, -3, 9, -100, 77]
    # Overflow of a division is undefined in the IR, too.
    rows = [integer_results(x, y, width) for x, y in zip(a, b)]
    ctype = f"int{width}_t"
    for name, values in (("a", a), ("b", b)):
        array(ctype, f"i{width}_{name}", [c_integer(v, width) for v in values])
    columns = [c_integer(row[k], width) for k in range(len(rows[0])) for row in rows]
    array(ctype, f"i{width}_expected", columns)


def print_floats(name, ctype, rounded):
    a = [0.0, 1.0, -1.5, 2.5, 0.1, math.nan, math.inf, -math.inf,
         math.nan, 3.7, -0.5, 1e30, -2.5, 0.49999997, 8388609.0, 1.0]
    b = [1.0, -1.0, 2.5, 2.5, 0.3, 1.0, 2.0, -math.inf,
         math.nan, math.nan, 7.0, 1e-30, 0.125, 1e10, 3.0, 0.0]
    a, b = [rounded(x) for x in a], [rounded(x) for x in b]
    rows = [float_results(x, y) for x, y in zip(a, b)]
    array(ctype, f"{name}_a", [c_float(x) for x in a])
    array(ctype, f"{name}_b", [c_float(x) for x in b])
    array(ctype, f"{name}_expected",
          [c_float(rounded(float(row[k]))) for k in range(len(rows[0])) for row in rows])


def to_bf16(value):
    """The upper half of the nearest f32, chosen by exact comparison of distances."""
    bits = struct.unpack("<I", struct.pack("<f", value))[0]
    if math.isnan(value):
        return 0x7FC0
    low = bits >> 16
    below, above = low << 16, (low + 1) << 16
    if bits - below != above - bits:
        return low if bits - below < above - bits else low + 1
    return low + (low & 1)


def print_halves():
    wide = []
    for bits in range(65536):
        value = struct.unpack("<e", struct.pack("<H", bits))[0]
        wide.append(c_float(value))
    array("float", "f16_values", wide)
    x = [0.0, -0.0, 1.0, -1.0, 65504.0, 65519.0, -65504.0, 1e-8,
         2.0**-24, 2.0**-25, 1.5 * 2.0**-25, 2.0**-14, 2.0**-14 - 2.0**-25,
         1.0 + 2.0**-11, 1.0 + 3 * 2.0**-11, 0.1, -0.3, 1000.7, 333.33, 5.96e-8,
         3e-5, -6.1e-5, 2049.0, 2051.0, 4098.0, 4102.0, 0.33333, 3.14159,
         -2.71828, 12345.0, 6.0e4, 1.00390625]
    x = [to_f32(v) for v in x]
    array("float", "half_inputs", [c_float(v) for v in x])
    array("uint16_t", "f16_bits",
          [str(struct.unpack("<H", struct.pack("<e", v))[0]) for v in x])
    array("uint16_t", "bf16_bits", [str(to_bf16(v)) for v in x])


def print_casts():
    a = [0, 1, -1, 127, 128, -128, -129, 255, 256, 65535, -(1 << 31), (1 << 31) - 1,
         16777217, -16777219, 1000, -7]
    u = [0, 1, 127, 128, 129, 200, 254, 255, 3, 5, 77, 99, 180, 222, 240, 250]
    array("int32_t", "cast_a", [c_integer(v, 32) for v in a])
    array("uint8_t", "cast_u", [str(v) for v in u])
    array("int8_t", "cast_narrow", [c_integer(v, 8) for v in a])
    array("int64_t", "cast_wide",
          [c_integer(v, 64) for v in [x * x for x in a] + [x % (1 << 32) for x in a] + u])
    floats = [float(v) for v in a + [x % (1 << 32) for x in a] + u + [signed(v, 8) for v in u]]
    array("float", "cast_f", [c_float(to_f32(v)) for v in floats])
    array("int32_t", "cast_bits",
          [c_integer(struct.unpack("<i", struct.pack("<f", v))[0], 32) for v in a])


print("#include <math.h>\n#include <stdint.h>")
for bits in (8, 16, 32, 64):
    print_integers(bits)
print_floats("f32", "float", to_f32)
print_floats("f64", "double", float)
print_halves()
print_casts()
