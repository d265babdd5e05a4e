#!/usr/bin/env python3
"""lathe, but what the reference evaluator computes is wrong in one bit: the lowest of
the first byte of each array."""

import subprocess
import sys
import zipfile

arguments = sys.argv[1:]
done = subprocess.run(["lathe", *arguments])
if done.returncode == 0 and "--backend=reference" in arguments:
    path = arguments[arguments.index("--output") + 1]
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            data = bytearray(data)
            data[10 + int.from_bytes(data[8:10], "little")] ^= 1
            archive.writestr(name, bytes(data))
sys.exit(done.returncode)
