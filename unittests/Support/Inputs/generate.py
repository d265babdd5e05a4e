#!/usr/bin/env python3
"""Writes the files beside it with NumPy and the onnx package.

They are what TensorIOTest.cpp reads, so that Lathe's readers are tested with
files of the real writers. Written with NumPy 2.4, ml_dtypes 0.6 and onnx 1.23.
"""

import os
import zipfile

import ml_dtypes
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

os.chdir(os.path.dirname(os.path.abspath(__file__)))

counting = np.arange(6).reshape(2, 3)
halves = np.array([1.5, -2.0, 65504.0, 6e-8, np.inf, 0.1], np.float16)

np.save("f32.npy", (counting + 0.5).astype(np.float32))
np.save("f16.npy", halves)
np.save("i64_scalar.npy", np.int64(-16000))
np.save("bool.npy", np.array([True, False, True]))
np.save("bf16.npy", np.array([1.0, -0.5, 3.140625], ml_dtypes.bfloat16))
np.save("fortran.npy", np.asfortranarray(np.arange(24, dtype=np.int16).reshape(2, 3, 4)))
with open("version2.npy", "wb") as file:
    np.lib.format.write_array(file, counting.astype(np.uint8), version=(2, 0))
np.save("big_endian.npy", counting.astype(">f4"))
np.save("object.npy", np.array([{}, None]), allow_pickle=True)
np.save("record.npy", np.zeros(2, [("a", "<f4"), ("b", "<i4")]))
np.savez("stored.npz", x=counting.astype(np.float32), sr=np.int64(16000))
np.savez_compressed("deflated.npz", **{"gpu_0/data:0": np.arange(1000, dtype=np.float64)})
with zipfile.ZipFile("text.npz", "w") as archive:
    archive.writestr(zipfile.ZipInfo("readme.txt"), "not an array")


def save(name, tensor):
    with open(name, "wb") as file:
        file.write(tensor.SerializeToString())


save("raw.pb", numpy_helper.from_array((counting + 0.5).astype(np.float32), "x"))
save("typed_f16.pb", helper.make_tensor("h", TensorProto.FLOAT16, [6], halves))
save("typed_u8.pb", helper.make_tensor("u", TensorProto.UINT8, [3], [0, 128, 255]))
save("typed_u64.pb", helper.make_tensor("w", TensorProto.UINT64, [1], [2**64 - 1]))
save("string.pb", helper.make_tensor("s", TensorProto.STRING, [1], [b"text"]))
mismatch = helper.make_tensor("m", TensorProto.FLOAT, [2], [1.0, 2.0])
mismatch.dims[0] = 3
save("mismatch.pb", mismatch)
external = numpy_helper.from_array(counting.astype(np.float32), "e")
onnx.external_data_helper.set_external_data(external, "elsewhere.bin")
external.ClearField("raw_data")
save("external.pb", external)
