"""npz-to-pb.py FROM TO: the only array of an .npz file, of float32, as an ONNX tensor."""

import ast
import struct
import sys
import zipfile


def varint(value):
    data = b""
    while value > 127:
        data += bytes([value & 127 | 128])
        value >>= 7
    return data + bytes([value])


with zipfile.ZipFile(sys.argv[1]) as archive:
    array = archive.read(archive.namelist()[0])
(length,) = struct.unpack("<H", array[8:10])
header = ast.literal_eval(array[10 : 10 + length].decode())
assert header["descr"] == "<f4"
# TensorProto: dims = 1, data_type = 2 (FLOAT is 1), raw_data = 9.
message = b"".join(b"\x08" + varint(extent) for extent in header["shape"])
message += b"\x10\x01\x4a" + varint(len(array) - 10 - length)
with open(sys.argv[2], "wb") as file:
    file.write(message + array[10 + length :])
