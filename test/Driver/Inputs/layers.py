"""layers.py FILE.npz DIR [NAME INDEX VALUE]: unpacks float32 tensors as .npy files whose names
have underscores for slashes; element INDEX of tensor NAME becomes VALUE."""

import os
import struct
import sys
import zipfile

archive, directory = sys.argv[1:3]
name, index, value = (sys.argv[3:] + [None] * 3)[:3]
os.makedirs(directory, exist_ok=True)
with zipfile.ZipFile(archive) as file:
    for member in file.namelist():
        data = bytearray(file.read(member))
        if member == f"{name}.npy":
            start = 10 + struct.unpack_from("<H", data, 8)[0]
            struct.pack_into("<f", data, start + 4 * int(index), float(value))
        with open(os.path.join(directory, member.replace("/", "_")), "wb") as out:
            out.write(data)
