# check-instructions.sh MODELS FOLDER CORE MODEL LIMIT: compiles a model for a core,
# runs it on the emulated one, and fails if it takes more instructions than LIMIT or
# its outputs are not those beside the model.
set -e
models=$1 folder=$2 core=$3 model=$4 limit=$5
rm -rf "$folder"
lathe compile "$models/$model.onnx" --target="$core" -q -o "$folder"
output=$(lathe run "$folder" --input "$models/$model.in.npz" --compare "$models/$model.out.npz")
echo "$output"
count=$(echo "$output" | sed -n 's/^instructions \([0-9]*\)$/\1/p')
if [ "$count" -gt "$limit" ]; then
  echo "$core, $model: $count instructions, more than $limit" >&2
  exit 1
fi
