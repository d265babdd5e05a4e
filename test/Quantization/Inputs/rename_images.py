"""rename_images.py FROM TO: the digits of an .npz file, as samples of the input `image`."""

import sys
import zipfile

with zipfile.ZipFile(sys.argv[1]) as source, zipfile.ZipFile(sys.argv[2], "w") as target:
    target.writestr("image.npy", source.read("images.npy"))
    target.writestr("labels.npy", source.read("labels.npy"))
