#!/bin/sh
# refuse.sh PATH ARGUMENT...: runs lathe, which must exit with 1, print one error
# and leave nothing at PATH.
path=$1
shift
rm -rf "$path"
message=$(lathe "$@" 2>&1 < /dev/null)
status=$?
printf '%s\n' "$message"
if [ "$status" -ne 1 ]; then
  echo "refuse.sh: exit status $status"
  exit 1
fi
if [ "$(printf '%s\n' "$message" | grep -c 'error: ')" -ne 1 ]; then
  echo "refuse.sh: not one error"
  exit 1
fi
if [ -e "$path" ]; then
  echo "refuse.sh: $path was written"
  exit 1
fi
