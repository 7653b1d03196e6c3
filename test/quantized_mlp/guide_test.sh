#!/usr/bin/env bash
# Runs the commands of README.md's section "Quantise your own model" from top to bottom, on a small set of IDX files made
# here, and checks what the commands of quantized_mlp say, and how they fail.
#
# Usage: test/quantized_mlp/guide_test.sh BUILD_DIR
# One line for each check; exits non-zero if one failed.
set -uo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../check.sh"
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
mlp=$(cd "$1" && pwd)/examples/quantized_mlp
work=$tmp/work
mkdir "$work" && cd "$work" || exit 2
# Pictures of 28 x 28 as escapes for printf, one a line: a bright square at a place of its own for each of ten classes,
# in noise.
pictures() {  # pictures COUNT SEED
  awk -v count="$1" -v seed="$2" 'BEGIN {
    srand(seed)
    for (i = 0; i < count; i++) {
      left = i % 5 * 5 + 1; top = int(i % 10 / 5) * 12 + 4
      for (y = 0; y < 28; y++) for (x = 0; x < 28; x++) {
        bright = x >= left && x < left + 6 && y >= top && y < top + 7
        printf "\\%03o", int(rand() * 100) + (bright ? 150 : 0)
      }
      print ""
    }
  }'
}

size() { printf '\\%03o\\%03o\\%03o\\%03o' 0 0 $(($1 / 256)) $(($1 % 256)); }

make_set() {  # make_set NAME COUNT SEED
  {
    printf "\\0\\0\\010\\003$(size "$2")$(size 28)$(size 28)"
    pictures "$2" "$3" | while read -r line; do printf "$line"; done
  } >"data/$1-images-idx3-ubyte"
  {
    printf "\\0\\0\\010\\001$(size "$2")"
    for ((i = 0; i < $2; i++)); do printf "\\$(printf %03o $((i % 10)))"; done
  } >"data/$1-labels-idx1-ubyte"
}

mkdir data
make_set train 300 1
make_set t10k 100 2
gzip data/train-images-idx3-ubyte

# ---- The guide. Only its first two lines, which name the data and the program, are replaced.
section=$(sed -n '/^## Quantise your own model/,/^## /p' "$root/README.md")
awk '/^```sh$/ { inside = 1; next } /^```$/ { inside = 0 } inside' <<<"$section" >guide.sh
check "the guide has commands" test "$(grep -c '^\$mlp ' guide.sh)" -ge 7
check "... names the data in its first line" sh -c 'head -n 1 guide.sh | grep -q "^data=fashion-mnist"'
check "... and the program in its second" sh -c 'sed -n 2p guide.sh | grep -q "^mlp=.*examples/quantized_mlp"'
{ echo "set -ex" && sed -e "1s|^data=[^ ]*|data=$work/data|" -e "2s|^mlp=[^ ]*|mlp=$mlp|" guide.sh; } >run.sh
run_guide() { bash run.sh >guide.out 2>guide.err || { cat guide.err && false; }; }
check "the guide runs from top to bottom" run_guide
check "... without a word on stderr but its commands" test "$(grep -vc '^+' guide.err)" = 0
right=$(sed -n 's/^\([0-9.]*\) % of 100 test images right.*/\1/p' guide.out)
check "... each network is right (>= 95 %)" awk -v all="$right" 'BEGIN {
  n = split(all, a, "\n"); for (i in a) if (a[i] < 95) exit 1; exit n < 4 }'
check "... the same bits on every tier" test "$(grep -c 'The same bits on every tier and in batches' guide.out)" -ge 2

# ---- What the commands say.
value() { sed -n "s/^ *\"$2\": *\"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}\$/\1/p" "$1" | head -n 1; }
for model in int8 static; do
  "$mlp" eval $model.safetensors --data data --json --no-speed >file.json
  "$mlp" pack $model.safetensors --output again.packed --json >pack.json
  "$mlp" eval again.packed --data data --json --no-speed --batch 7 --threads 2 >packed.json
  check "$model: the packed file gives the same logits" test "$(value file.json logits)" = "$(value packed.json logits)"
  check "... which are sixteen digits" grep -q '"logits": "[0-9a-f]\{16\}"' file.json
done
f32_digests() {  # names of tiers that are not here change nothing
  for tier in avx512bw avx2 sse4 sse2 scalar neon; do
    ISOQUANT_MAX_TIER=$tier "$mlp" eval f32.safetensors --data data --json --no-speed 2>err >f32.json || return 1
    value f32.json logits
  done | sort -u | wc -l
}
check "f32: one digest on every tier" test "$(f32_digests)" = 1
check "predict --json says what the picture is" sh -c '"$1" predict again.packed --data data --index 7 --json |
  grep -q "\"prediction\": 7"' - "$mlp"
printf 'P5 28 28 255 ' >picture.pgm
printf "$(pictures 4 5 | tail -n 1)" >>picture.pgm
check "predict reads a picture" sh -c '"$1" predict again.packed --image picture.pgm --json |
  grep -q "\"prediction\": 3"' - "$mlp"
check "train --json in a pipe is silent on stderr" sh -c '"$1" train --data data --epochs 1 --output x.safetensors \
  --json 2>err >out && [ ! -s err ] && [ "$(head -c 1 out)" = "{" ]' - "$mlp"
for command in train quantize eval predict pack; do
  check "$command --help has an example" sh -c '"$1" '$command' --help | grep -q "Example: quantized_mlp '$command'"' - "$mlp"
done

# ---- How they fail: one line on stderr, exit status 1, nothing written.
fails() {  # fails COMMAND...
  local before after status
  before=$(ls)
  "$mlp" "$@" >"$tmp/out" 2>"$tmp/err"
  status=$?
  after=$(ls)
  [[ $status -eq 1 && $(wc -l <"$tmp/err") -eq 1 && ! -s $tmp/out && $before == "$after" ]] && return
  echo "      exit status $status: $(cat "$tmp/out" "$tmp/err")"
  return 1
}
head -c 5000 data/t10k-images-idx3-ubyte >cut
head -c 2000 f32.safetensors >cut.safetensors
head -c 9000 model.packed >cut.packed
printf 'P5 27 28 255 ' >small.pgm && head -c 756 /dev/zero >>small.pgm
mkdir bad && cp data/t10k-labels-idx1-ubyte data/train-* bad && cp cut bad/t10k-images-idx3-ubyte
check "a truncated IDX file" fails eval int8.safetensors --data bad
check "a data folder that is none" fails train --data "$work" --output new.safetensors
check "layers that do not fit the data" fails train --data data --layers 64-10 --output new.safetensors
check "layers that are none" fails train --data data --layers 784-x-10 --output new.safetensors
check "data that does not fit the network" fails eval int8.safetensors
check "a picture that does not fit the network" fails predict int8.safetensors --image small.pgm
check "an image that is not there" fails predict int8.safetensors --data data --index 100
check "cut weights" fails quantize cut.safetensors --output new.safetensors
check "weights that are int8 already" fails quantize int8.safetensors --output new.safetensors
check "f32 weights to pack" fails pack f32.safetensors --output new.packed
check "a cut packed file" fails eval cut.packed --data data
check "a folder in place of a network" fails eval data --data data
check "an output folder that is not there" fails quantize f32.safetensors --output none/new.safetensors
check "a checkpoint of another network" fails train --data data --layers 784-8-10 --checkpoint f32.safetensors \
  --resume --output new.safetensors
if [[ -e /dev/full ]]; then
  check "a full disk" fails quantize f32.safetensors --output /dev/full
  check "... and for an answer" sh -c '! "$1" predict model.packed --data data >/dev/full 2>err && [ -s err ]' - "$mlp"
fi

finish
