# Runs PROGRAM on processors that QEMU emulates: each MODEL that is left, also
# with a feature taken away (Haswell,-fma). Prints a line for each: what the
# program says and which version of the entry ran.
#
# usage: choose-versions.sh PROGRAM MODEL...
program=$1
shift
for model; do
  rm -f in_asm.log
  said=$(qemu-x86_64 -cpu "$model" -d in_asm -D in_asm.log "$program" 2>stderr.txt | tr '\n' ' ')
  version=$(sed -n 's/^IN: sine_run\.//p' in_asm.log | sort -u | tr '\n' ' ')
  echo "$model: $said$version"
done
