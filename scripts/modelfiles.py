"""Reads and writes what scripts/bit-equality needs of .npz and .onnx files, without
NumPy and onnx, which testing Lathe does not depend on."""

import ast
import struct
import zipfile

# Element types: of a manifest, of an .npy header, of the struct module.
TYPES = {
    "float32": ("<f4", "f"),
    "float64": ("<f8", "d"),
    "int8": ("|i1", "b"),
    "uint8": ("|u1", "B"),
    "int16": ("<i2", "h"),
    "uint16": ("<u2", "H"),
    "int32": ("<i4", "i"),
    "uint32": ("<u4", "I"),
    "int64": ("<i8", "q"),
    "uint64": ("<u8", "Q"),
}
INTEGER_RANGES = {
    f"int{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)
} | {f"uint{bits}": (0, 2**bits - 1) for bits in (8, 16, 32, 64)}


class BadFile(Exception):
    """A file that cannot be read, or holds something else than is needed."""


# A tensor here is (type of TYPES, shape, bytes in row-major order).


def unpack(kind, data):
    code = TYPES[kind][1]
    return struct.unpack(f"<{len(data) // struct.calcsize(code)}{code}", data)


def pack(kind, elements):
    return struct.pack(f"<{len(elements)}{TYPES[kind][1]}", *elements)


def read_npz(path):
    """The tensors of a file by name."""
    types = {npy: kind for kind, (npy, _) in TYPES.items()}
    tensors = {}
    with zipfile.ZipFile(path) as archive:
        for member in archive.namelist():
            contents = archive.read(member)
            # NumPy's format: magic, version 1.0 or a later one, length, header.
            start, form = (10, "<H") if contents[6] == 1 else (12, "<I")
            (length,) = struct.unpack(form, contents[8:start])
            header = ast.literal_eval(contents[start : start + length].decode())
            kind = types.get(header["descr"])
            if header["fortran_order"] or not kind:
                raise BadFile(f"{path}: '{member}' cannot be read: {header}")
            data = contents[start + length :]
            tensors[member.removesuffix(".npy")] = (kind, header["shape"], data)
    return tensors


def write_npz(path, tensors):
    with zipfile.ZipFile(path, "w") as archive:
        for name, (kind, shape, data) in tensors.items():
            fields = {
                "descr": TYPES[kind][0],
                "fortran_order": False,
                "shape": tuple(shape),
            }
            header = f"{fields}\n".encode()
            start = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header))
            archive.writestr(name + ".npy", start + header + data)


def parse_message(data):
    """The fields of a protobuf message that hold bytes, as (number, bytes)."""

    def parse_varint(at):
        value = shift = 0
        while True:
            value |= (data[at] & 127) << shift
            shift += 7
            at += 1
            if data[at - 1] < 128:
                return value, at

    at = 0
    while at < len(data):
        key, at = parse_varint(at)
        if key & 7 == 2:
            size, at = parse_varint(at)
            yield key >> 3, data[at : at + size]
            at += size
        elif key & 7 == 0:
            _, at = parse_varint(at)
        else:
            at += 8 if key & 7 == 1 else 4


def find_last_integers(path):
    """What the float part at the end of a quantized model starts from.

    Returns the results of DequantizeLinear from which a model computes its outputs
    in float; none for outputs that are such a result, or are integers.
    """
    with open(path, "rb") as stream:
        model = memoryview(stream.read())
    # The numbers of fields are those of onnx.proto.
    graph = next(value for number, value in parse_message(model) if number == 7)
    producers, pending = {}, []
    for number, value in parse_message(graph):
        if number == 1:
            node = {1: [], 2: [], 4: [b""]}
            for field, text in parse_message(value):
                if field in node:
                    node[field].append(bytes(text))
            operator = node[4][-1].decode()
            for name in node[2]:
                producers[name] = (operator, node[1])
        elif number == 12:
            pending.append(next(bytes(v) for n, v in parse_message(value) if n == 1))
    outputs, found = set(pending), {}
    while pending:
        operator, inputs = producers.get(name := pending.pop(), ("", []))
        if operator == "DequantizeLinear":
            # Of what is computed, not of constants.
            if inputs[0] in producers and name not in outputs:
                found[name.decode()] = None
        elif operator != "QuantizeLinear" and not operator.startswith("QLinear"):
            pending += [i for i in inputs if i in producers]
    return list(found)
