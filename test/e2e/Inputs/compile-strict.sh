#!/bin/sh
# compile-strict.sh FOLDER COMPILER [FLAG...]: every C file of a compiled model
# compiles without a warning, and its headers do in C++ too.
set -e
folder=$1
shift
strict="-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror"
for source in "$folder"/*.c; do
  "$@" -std=c99 $strict -O2 -I"$folder" -c "$source" -o "$folder/strict.o"
done
for header in "$folder"/*.h; do
  # Included, as programs do: functions of a header are unused where it is compiled itself.
  echo "#include \"$(basename "$header")\"" |
    "$@" -x c++ -std=c++11 $strict -I"$folder" -fsyntax-only -
done
rm "$folder/strict.o"
