"""Prints the elements of the arrays of an .npz, one after the other, as
bytes: npz-bytes.py FILE"""

import struct
import sys
import zipfile

with zipfile.ZipFile(sys.argv[1]) as archive:
    for name in archive.namelist():
        array = archive.read(name)
        (header,) = struct.unpack("<H", array[8:10])
        sys.stdout.buffer.write(array[10 + header :])
