# complete.sh SCRIPT WORD...: what SCRIPT completes the last word to.
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_lathe
echo "${COMPREPLY[*]}"
