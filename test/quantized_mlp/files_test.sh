#!/usr/bin/env bash
# Runs quantized_mlp on files that are not plain: tables that leave things open, pipes, pictures with transparent parts,
# what killed runs left.
#
# Usage: test/quantized_mlp/files_test.sh BUILD_DIR
# One line for each check; exits non-zero if one failed.
set -uo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../check.sh"
mlp=$(cd "$1" && pwd)/examples/quantized_mlp
data=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../examples/data" && pwd)
cd "$tmp" || exit 2
run() { "$mlp" "$@" >out 2>err || { cat err && false; }; }
says() { "$mlp" "${@:2}" >out 2>err && grep -q -e "$1" out; }
warns() { "$mlp" "${@:2}" >out 2>err && grep -q -e "$1" err; }
refuses() {  # refuses MESSAGE ARGUMENT...: one line on stderr, and nothing written
  local before
  before=$(ls -A)
  "$mlp" "${@:2}" >"$tmp/out" 2>"$tmp/err"
  [[ $? -eq 1 && $(wc -l <err) -eq 1 && ! -s out && $(ls -A) == "$before" ]] && grep -q -e "$1" err && return
  cat out err
  return 1
}
: >out && : >err
value() { sed -n "s/^ *\"$1\": *\"\{0,1\}\([^\"]*[^\",]\)\"\{0,1\},\{0,1\}\$/\1/p" out | head -n 1; }

# ---- Guesses from tables are made once, said, kept with the network, and the same ever after.
table() {  # table LINE...: thirty lines of three pixels, of these in turn, each with a label of three
  awk -v all="$*" 'BEGIN { n = split(all, line, " "); for (i = 0; i < 30; i++) print line[i % n + 1] "," i % 3 }'
}
probabilities() {  # ... of the classes, for one line; nothing if there is a word on stderr
  "$mlp" predict "$@" --json >json 2>err && [[ ! -s err ]] && sed -n '/"probabilities"/,/]/p' json | tr -d ' \n'
}
small=(--layers 3-4-3 --epochs 2 --validation 0)
table 16,3,1 0,200,7 5,5,90 >all.csv
table 1,2,3 0,4,7 5,5,6 >dark.csv
echo 16,3,1,1 >alone.csv
printf '0,0,0\n16,3,1\n' >unlabelled.csv
printf '\357\273\277Label,a,b,c\r\n2,0,0,0\r\n1,16,3,1\r\n\r\n' >named.csv

check "train says what it took for white and for the label" says \
  'white is 255 (guessed: .*; the label is in column 4 (guessed: ' train --data all.csv "${small[@]}" \
  --checkpoint checkpoint --output f32.safetensors
run train --data all.csv "${small[@]}" --output f32.safetensors --json
check "... and so does --json" test "$(value max_pixel) $(value label_column)" = "255.0 4"
check "... the file holds it" grep -q '{"__metadata__":{"label_column":"4","max_pixel":"255"}' f32.safetensors
run quantize f32.safetensors --output dynamic.safetensors
run quantize f32.safetensors --calibrate 9 --data all.csv --output static.safetensors
run pack dynamic.safetensors --output dynamic.packed
run quantize f32.safetensors --calibrate 9 --activations u8 --data all.csv --output u8.safetensors
check "--activations u8 has zero points" grep -q '"layers.0.input_zero_point"' u8.safetensors
run pack static.safetensors --output static.packed
run pack u8.safetensors --output u8.packed
for network in {f32,dynamic,static,u8}.safetensors {dynamic,static,u8}.packed; do
  expected=$(probabilities $network --data all.csv)
  check "$network reads a line" test -n "$expected"
  check "... the same alone" test "$(probabilities $network --data alone.csv)" = "$expected"
  check "... without its label" test "$(probabilities $network --data unlabelled.csv --index 1)" = "$expected"
  check "... under a header, the label in front" test "$(probabilities $network --data named.csv --index 1)" = "$expected"
  check "... from a pipe, the network from another" test \
    "$(probabilities <(cat $network) --data <(gzip <alone.csv))" = "$expected"
  run eval $network --data dark.csv --json --no-speed
  check "... in eval white is what it was" test "$(value max_pixel), $(value max_pixel_from)" = \
    "255.0, as the network says"
done
check "predict says it" says 'white is 255 (as the network says); the label is in column 1 (by its name)' \
  predict dynamic.packed --data named.csv
check "--max-pixel is another white" says 'white is 90 (as given)' predict dynamic.packed --data alone.csv --max-pixel 90
check "... for other answers" test "$(probabilities f32.safetensors --data alone.csv --max-pixel 9)" != \
  "$(probabilities f32.safetensors --data alone.csv)"
run quantize f32.safetensors --max-pixel 90 --output other.safetensors
check "... which quantize keeps" says 'white is 90 (as the network says)' predict other.safetensors --data alone.csv
check "--resume goes on with the white of the checkpoint" says 'white is 255 (as in the checkpoint); the label is in column 4' \
  train --data dark.csv --layers 3-4-3 --epochs 3 --validation 0 --checkpoint checkpoint --resume --output resumed
check "a table that is nearly black is noticed" warns 'nearly black: its largest pixel is 7, white is 255' \
  predict dynamic.packed --data dark.csv
check "a line of one value is noticed" warns 'all pixels .* are the same' predict f32.safetensors --data unlabelled.csv
sed 's/max_pixel/_ax_pixel/; s/label_column/_abel_column/' f32.safetensors >older.safetensors
check "a network of an older file is read, and white guessed aloud" warns \
  'older.safetensors does not say .* in all.csv white is 255 (guessed: .*column 4 (the last, ' predict older.safetensors --data all.csv
check "... by eval as well" warns 'does not say' eval older.safetensors --data all.csv --no-speed
check "... not if it is given" sh -c '"$1" eval older.safetensors --data all.csv --no-speed --max-pixel 255 \
  --label-column last 2>&1 >out |
  cmp - /dev/null' - "$mlp"

table 16,3,1 0,200,7 5,5,90 | sed 's/,[0-9]*$/,0/' >constant.csv
sed 's/\(.*\),\(.*\)/\2,\1/' all.csv >first.csv
(seq -s , 0 3 && cat all.csv) >counted.csv
(echo '"",a,b,c,label' && awk '{ print NR "," $0 }' all.csv) >index.csv
check "a label in front is found" says 'label is in column 1 (guessed' train --data first.csv "${small[@]}" --output x1
check "a header that counts is no picture" says 'label is in column 4' train --data counted.csv "${small[@]}" --output x2
check "one label alone is refused" refuses 'last, which holds one value alone' train --data constant.csv --output x3
check "... even if it is given" refuses 'labels to train on are the same' train --data constant.csv --output x3 \
  --label-column last
check "an index is refused" refuses 'column 1 numbers the lines' train --data index.csv --output x3
check "a column that is not there is refused" refuses 'there is no column digit' train --data all.csv --output x3 \
  --label-column digit

# ---- Pictures: a black stroke on transparency, 8 x 8 of grey and alpha.
base64 -d >ink.png <<'PNG'
iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAQAAABuBnYAAAAAEklEQVR42mNgwAH+AyHtBeAAACeLC/V2kvbVAAAAAElFTkSuQmCC
PNG
printf 'P2 8 8 65535\n%s' "$(printf '40000 %.0s' {1..64})" >flat.pgm
picture=(predict "$data/digits_mlp.safetensors" --image)
if ! "$mlp" "${picture[@]}" ink.png 2>&1 >out | grep -q 'without libpng'; then
  check "a stroke on transparency is seen on white" says '███  ███' "${picture[@]}" ink.png
  check "... without a word on stderr" test ! -s err
  check "... by --invert on black" says '   ██   ' "${picture[@]}" ink.png --invert
  check "... black on black is noticed" warns 'all pixels of ink.png are the same.*on black' "${picture[@]}" ink.png \
    --background black
fi
check "a flat picture of 16 bits is noticed" warns 'all pixels of flat.pgm are the same' "${picture[@]}" flat.pgm
check "... and JSON stays JSON" sh -c '"$@" --json 2>err | head -c 1 | grep -q "{"' - "$mlp" "${picture[@]}" flat.pgm

# ---- Pipes: read once, written once. (bash waits for neither end: `wait` for the writer of a file.)
check "eval reads a reference from a pipe" says '"cosine": ' eval dynamic.safetensors --reference <(cat f32.safetensors) \
  --data all.csv --no-speed --json
check "quantize reads standard input" sh -c '"$1" quantize /dev/stdin --output piped.safetensors >out <"$2" &&
  cat "$2" | "$1" quantize /dev/stdin --output piped.safetensors >out && cmp piped.safetensors dynamic.safetensors' - \
  "$mlp" f32.safetensors
check "pack reads a pipe, and does not measure what it cannot" says '"start_up_ms_packed": null' \
  pack <(cat dynamic.safetensors) --output piped.packed --json
check "... the file is the same" cmp piped.packed dynamic.packed
mkfifo pipe
cat pipe >piped.safetensors &
check "train writes a pipe" says 'wrote pipe' train --data all.csv "${small[@]}" --output pipe
wait $!
check "... once" cmp piped.safetensors f32.safetensors
check "... and refuses one for checkpoints" refuses 'pipe is no file' train --data all.csv --checkpoint pipe --output x3

# ---- Files: modes, links, leftovers.
(umask 077 && run pack dynamic.safetensors --output mode.packed)
check "a new file obeys the umask" test "$(stat -c %a mode.packed)" = 600
chmod 640 mode.packed && run pack static.safetensors --output mode.packed
check "a file that is replaced keeps its mode" test "$(stat -c %a mode.packed)" = 640
check "... and is replaced" cmp mode.packed static.packed
ln -s late.packed link.packed && run pack static.safetensors --output link.packed
check "a link that points to no file yet stays a link" test -L link.packed -a -f late.packed
# In a container a program has the same process id each time; here exec keeps that of the shell.
check "leftovers of a run with the same process id are in nobody's way" sh -c 'touch "same.packed.$$.tmp" &&
  exec "$1" pack dynamic.safetensors --output same.packed >out' - "$mlp"
check "nothing is left behind" test -z "$(ls -A | grep '^[.]quantized_mlp')"

finish
