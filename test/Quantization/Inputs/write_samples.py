# Writes samples.npz, 24 of them, and image.npy, the first, for blocks.onnxtxt.
import struct
import zipfile

COUNT, SIZE = 24, 3 * 12 * 12


def npy(shape, values):
    header = "{'descr': '<f4', 'fortran_order': False, 'shape': %s, }" % (shape,)
    header = header.ljust(117) + "\n"
    return (b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) +
            header.encode() + struct.pack("<%df" % len(values), *values))


state, values = 1, []
for _ in range(COUNT * SIZE):
    state = state * 1103515245 + 12345 & 0x7FFFFFFF
    values.append(state / 2**30 - 1)
with zipfile.ZipFile("samples.npz", "w") as file:
    file.writestr("image.npy", npy((COUNT, 3, 12, 12), values))
with open("image.npy", "wb") as file:
    file.write(npy((1, 3, 12, 12), values[:SIZE]))
