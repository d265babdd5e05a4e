#!/bin/sh
# compile-strict.sh FOLDER COMPILER [FLAG...]: every C file of a compiled model
# compiles without a warning, and its headers do in C++ too.
set -e
folder=$1
shift
strict="-Wall -Wextra -Wpedantic -Wconversion -Werror"
for source in "$folder"/*.c; do
  "$@" -std=c99 $strict -O2 -I"$folder" -c "$source" -o "$folder/strict.o"
done
for header in "$folder"/*.h; do
  "$@" -x c++ -std=c++11 $strict -fsyntax-only "$header"
done
rm "$folder/strict.o"
