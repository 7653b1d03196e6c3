#!/bin/sh
# remove_background and run_onnx as a user would call them.
#
# Usage: programs_test.sh FOLDER_OF_THE_PROGRAMS FOLDER_OF_MODELS
#
# One line for each check; exits non-zero if one failed. ISOQUANT_ONNXRUNTIME and ISOQUANT_ONNXRUNTIME_PROVIDER are set.
set -u
. "$(dirname "$0")/../check.sh"
programs=$1
models=$2

# fails MESSAGE COMMAND...: the command fails, prints nothing on stdout and that message, or a part of it, on stderr.
fails() {
  message=$1
  shift
  if "$@" >"$tmp/out" 2>"$tmp/err" || [ -s "$tmp/out" ]; then return 1; fi
  grep -q -F "$message" "$tmp/err" && return
  echo "      found: $(cat "$tmp/err")"
  return 1
}
prints() {  # prints TEXT COMMAND...
  text=$1
  shift
  "$@" >"$tmp/out" 2>"$tmp/err" && grep -q -e "$text" "$tmp/out" && return
  echo "      found: $(cat "$tmp/out" "$tmp/err")"
  return 1
}
value() { sed -n "s/.*\"$1\": \"*\([^\",]*\)\"*,*$/\1/p" "$tmp/json"; }

remove=$programs/remove_background
if [ -x "$remove" ]; then
  check "a drawn picture, compared" sh -c '"$1" --draw "$2/photo.png" "$2/cut.png" --compare --runs 1 --json >"$2/json"' - \
    "$remove" "$tmp"
  check "... one digest with Isoquant and without" [ "$(value digest | sort -u | wc -l)" -eq 1 ]
  check "... no pixel differs" [ "$(value different_pixels)" = 0 ]
  check "... groups" [ "$(value groups)" -gt 100 ]
  check "... a tier" [ -n "$(value tier)" ]
  check "... nothing on stderr that is no terminal" prints isoquant "$remove" "$tmp/photo.png" "$tmp/cut2.png" --threads 2
  check "... and nothing was there" [ ! -s "$tmp/err" ]
  check "... the same picture from two threads" cmp "$tmp/cut.png" "$tmp/cut2.png"
  check "a tier by name" prints ' avx2$' "$remove" "$tmp/photo.png" "$tmp/cut3.png" --max-tier avx2
  check "... the same picture" cmp "$tmp/cut.png" "$tmp/cut3.png"
  check "a mask" prints isoquant "$remove" "$tmp/photo.png" "$tmp/mask.png" --mask
  check "... is a grey PNG" sh -c '[ "$(od -A n -t u1 -j 25 -N 1 "$1" | tr -d " ")" = 0 ]' - "$tmp/mask.png"
  head -c 5000 "$tmp/photo.png" >"$tmp/short.png"
  check "a cut picture" fails "$tmp/short.png: PNG: " "$remove" "$tmp/short.png" "$tmp/out.png"
  check "no picture" fails "neither a PNG nor a JPEG" "$remove" "$0" "$tmp/out.png"
  printf '\377\330\377\340 and no more' >"$tmp/short.jpg"
  check "a damaged JPEG" fails "$tmp/short.jpg: JPEG: " "$remove" "$tmp/short.jpg" "$tmp/out.png"
  check "a model for something else" fails "expected float32 1 x 3 x height x width" "$remove" "$tmp/photo.png" \
    "$tmp/out.png" --model "$models/conv_integer_batch/model.onnx"
  check "no such tier" fails "'best'" "$remove" "$tmp/photo.png" "$tmp/out.png" --max-tier best
  check "... nothing was written" [ ! -e "$tmp/out.png" ]
else
  echo "      remove_background was not built (libpng)"
fi

run=$programs/run_onnx
model=$models/conv_integer_dynamic_shapes/model.onnx
check "any model" prints 'IsoquantExecutionProvider *ConvSums *1 ' "$run" "$model" --dim x=5 --outputs "$tmp"
check "... with ONNX Runtime alone" prints 'CPUExecutionProvider *ConvInteger *1 ' "$run" "$model" --dim x=5 --plain
"$run" "$model" --dim x=5 --json >"$tmp/json"
digest=$(value digest | tail -n 1)
"$run" "$model" --dim x=5 --json --plain >"$tmp/json"
check "... the same digest" [ "$(value digest | tail -n 1)" = "$digest" ]
check "an input from a file" prints "inputs *y .* int32 .5,4,5,5." "$run" "$models/alone_int32/model.onnx" --input \
  "y=$tmp/output_0.npy"
check "no such input" fails "no input is named z; there are: x" "$run" "$model" --input "z=$tmp/output_0.npy"
check "an input of another type" fails "is int32 5 x 4 x 5 x 5, the input x is uint8 ? x 3 x ? x ?" "$run" "$model" \
  --input "x=$tmp/output_0.npy"
head -c 100 "$tmp/output_0.npy" >"$tmp/short.npy"
check "a cut file" fails "$tmp/short.npy: " "$run" "$model" --input "x=$tmp/short.npy"
check "strict" fails the_volume "$run" "$models/special_volume/model.onnx" --option strict=1

finish
