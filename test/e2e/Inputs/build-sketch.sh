#!/bin/sh
# build-sketch.sh SKETCH LIBRARY LOOPS PROGRAM [PREFIX FLAG...]: builds a sketch as the
# Arduino builder does, as C++ behind `#include <Arduino.h>`, with the sources of a library's
# folder that it would find: those beside library.properties. With a prefix, for the board
# of runtime/qemu whose script is board.ld there.
set -e
here=$(dirname "$0")
root=$here/../../..
sketch=$1 library=$2 loops=$3 program=$4 prefix=$5
[ $# -lt 5 ] || shift
shift 4
warnings="-Wall -Wextra -Werror"
objects=
for source in "$library"/*.c; do
  "${prefix}gcc" "$@" $warnings -Os -I"$library" -c "$source" -o "$source.o"
  objects="$objects $source.o"
done
if [ -n "$prefix" ]; then
  qemu=$root/runtime/qemu
  for source in startup port; do
    "${prefix}gcc" "$@" -Os -c "$qemu/$source.c" -o "$program.$source.o"
    objects="$objects $program.$source.o"
  done
  link="-nostartfiles --specs=nosys.specs -L$qemu -T$qemu/mps2-an385.ld"
fi
for source in "$sketch" "$here/arduino/board.cpp"; do
  object=$program.$(basename "$source").o
  "${prefix}g++" "$@" $warnings -Os -std=gnu++11 -fno-exceptions -fno-rtti \
    -fno-threadsafe-statics -I"$here/arduino" -I"$library" -DLOOPS="$loops" \
    -include Arduino.h -x c++ -c "$source" -o "$object"
  objects="$objects $object"
done
# The C compiler links: nothing here needs the library of C++.
"${prefix}gcc" "$@" $objects $link -lm -o "$program"
rm -f $objects
