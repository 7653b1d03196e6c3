#!/bin/sh
# Runs the example programs of a build as a user would, and checks what they say.
#
# Usage: test/example_test.sh BUILD_DIR
# One line for each check; exits non-zero if one failed.

set -u
. "$(dirname "$0")/check.sh"

if [ $# -ne 1 ]; then
  echo "usage: $0 BUILD_DIR" >&2
  exit 2
fi
mlp=$1/examples/quantized_mlp
info=$1/examples/isoquant_info
data=$(dirname "$0")/../examples/data
# Of the shipped weights and digits, on every CPU: computed once by a scalar program that follows the comments in
# linear.h and quantize.h. It changes with the weights, the data, or the arithmetic, and with nothing else.
golden=b50a54010b48aa0a

# succeeds OUTPUT COMMAND..., fails OUTPUT COMMAND...: run with both streams kept in OUTPUT.out and OUTPUT.err.
succeeds() {
  output=$tmp/$1
  shift
  "$@" >"$output.out" 2>"$output.err" && return
  sed 's/^/      /' "$output.err"
  return 1
}

# A clean failure is an exit status below 126 (no signal, and the program was found) and a message on stderr alone.
fails() {
  output=$tmp/$1
  shift
  "$@" >"$output.out" 2>"$output.err"
  status=$?
  [ $status -ne 0 ] && [ $status -lt 126 ] && [ -s "$output.err" ] && [ ! -s "$output.out" ] && return
  echo "      exit status $status"
  return 1
}

contains() { grep -q -e "$2" "$tmp/$1"; }
silent() { [ ! -s "$tmp/$1" ]; }
same() { [ -n "$1" ] && [ "$1" = "$2" ]; }
at_least() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a != "" && a + 0 >= b + 0) }'; }
number_of_lines() { [ "$(printf '%s\n' "$1" | grep -c .)" "$2" "$3" ]; }

# The values of a key, one a line. Enough for JSON with one key a line, as the programs print it.
values() { sed -n "s/^ *\"$2\": *\"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}\$/\1/p" "$tmp/$1"; }
distinct_digests() { values "$1" digest | sort -u; }

# A real parser where there is one; else the outermost brackets.
valid_json() {
  if command -v python3 >/dev/null 2>&1 && python3 -c 'import json' 2>/dev/null; then
    python3 -m json.tool "$tmp/$1" >/dev/null
  else
    [ "$(head -c 1 "$tmp/$1")" = "{" ] && [ "$(tail -n 1 "$tmp/$1")" = "}" ]
  fi
}

# ---- Classification, as a newcomer runs it.
check "runs without an argument" succeeds text "$mlp"
check "... shows pictures" contains text.out '██'
check "... says how it read the data" contains text.out \
  '^Data: white is 16 (as the network says); the label is in column 65 (as the network says)$'
check "... says that all tiers agree" contains text.out '^The same bits on every tier'
check "... has nothing to complain about" silent text.err

check "--json runs" succeeds json.all "$mlp" --json
check "... prints JSON and nothing else" valid_json json.all.out
digest=$(distinct_digests json.all.out)
check "... lists a tier" at_least "$(values json.all.out tier | wc -l)" 2
check "... lists every tier once" same "$(values json.all.out tier | sed 1d | sort | uniq -d | wc -l)" 0
check "... the digest is the same in each row" number_of_lines "$digest" -eq 1
check "... it is the same as on every other machine" same "$digest" "$golden"
check "... f32 accuracy >= 0.97" at_least "$(values json.all.out accuracy_f32)" 0.97
check "... int8 accuracy >= 0.96" at_least "$(values json.all.out accuracy_int8)" 0.96
check "... int8 within 0.01 of f32" at_least "$(values json.all.out accuracy_int8)" \
  "$(values json.all.out accuracy_f32 | awk '{ print $1 - 0.01 }')"

check "--batch 7 runs" succeeds json.batch "$mlp" --json --batch 7
check "... gives the same digest" same "$(distinct_digests json.batch.out)" "$digest"
check "--count 0 runs" succeeds none "$mlp" --count 0
check "... shows no picture" sh -c '! grep -q "██" "$1"' - "$tmp/none.out"

# ---- The environment.
cap=$(values json.all.out tier | sed 1d | grep -x avx2 || values json.all.out tier | tail -n 1)
check "ISOQUANT_MAX_TIER=$cap runs" succeeds json.cap env ISOQUANT_MAX_TIER="$cap" "$mlp" --json
check "... runs that tier" same "$(values json.cap.out tier | head -n 1)" "$cap"
check "... gives the same digest" same "$(distinct_digests json.cap.out)" "$digest"
if [ "$cap" != "$(values json.all.out tier | head -n 1)" ]; then
  check "... the environment is named as the reason" contains json.cap.out 'why_not_better.*ISOQUANT_MAX_TIER'
  check "... the same as text runs" succeeds text.cap env ISOQUANT_MAX_TIER="$cap" "$mlp"
  check "... the environment is named there, too" contains text.cap.out "ISOQUANT_MAX_TIER=$cap"
  best=$(values json.all.out tier | head -n 1)
  check "ISOQUANT_DISABLE=$best runs" succeeds json.disable env ISOQUANT_DISABLE="$best" "$mlp" --json
  check "... does not list it" sh -c '! grep -q "\"tier\": \"$2\"" "$1"' - "$tmp/json.disable.out" "$best"
  check "... gives the same digest" same "$(distinct_digests json.disable.out)" "$digest"
fi
check "ISOQUANT_MAX_TIER=nonsense runs" succeeds json.nonsense env ISOQUANT_MAX_TIER=nonsense "$mlp" --json
check "... is reported" contains json.nonsense.err nonsense
check "... changes nothing" same "$(values json.nonsense.out tier)" "$(values json.all.out tier)"
check "... JSON stays JSON" valid_json json.nonsense.out

# ---- Files that are not what they should be.
weights=$data/digits_mlp.safetensors
bytes=$(wc -c <"$weights")
head -c $((bytes / 2)) "$weights" >"$tmp/half.safetensors"
head -c $((bytes - 1)) "$weights" >"$tmp/cut.safetensors"
head -c 5 "$weights" >"$tmp/short.safetensors"
head -c 1000 "$data/digits.csv.gz" >"$tmp/garbage.safetensors"
: >"$tmp/empty.safetensors"
printf '\003\0\0\0\0\0\0\0{a}' >"$tmp/header.safetensors"
printf '\002\0\0\0\0\0\0\0{}' >"$tmp/nothing.safetensors"
for file in missing half cut short garbage empty header nothing; do
  check "--weights: $file" fails bad "$mlp" --weights "$tmp/$file.safetensors"
  check "... has a message of one line" sh -c '[ "$(wc -l <"$1")" -eq 1 ]' - "$tmp/bad.err"
done
check "... a folder" fails bad "$mlp" --weights "$tmp"
head -c 10000 "$data/digits.csv.gz" >"$tmp/cut.csv.gz"
echo "1,2,3" >"$tmp/short.csv"
check "--data: missing" fails bad "$mlp" --data "$tmp/missing.csv.gz"
check "--data: cut" fails bad "$mlp" --data "$tmp/cut.csv.gz"
check "--data: no digits" fails bad "$mlp" --data "$tmp/short.csv"
check "--data: the weights" fails bad "$mlp" --data "$weights"
check "--batch 0" fails bad "$mlp" --batch 0
check "--no-such-option" fails bad "$mlp" --no-such-option

# Weights that do not say which number is white, as other programs write them.
sed 's/max_pixel/_ax_pixel/; s/label_column/_abel_column/' "$weights" >"$tmp/older.safetensors"
check "--weights: without the format of tables" succeeds json.older "$mlp" --json --weights "$tmp/older.safetensors"
check "... says what is taken for it" contains json.older.err 'white is 16 (guessed'
check "... gives the same digest" same "$(distinct_digests json.older.out)" "$golden"

# ---- Training.
check "train runs" succeeds train1 "$mlp" train --output "$tmp/1.safetensors"
check "train runs again" succeeds train2 "$mlp" train --output "$tmp/2.safetensors"
check "... the bytes are the same" cmp -s "$tmp/1.safetensors" "$tmp/2.safetensors"
check "... the size is that of the shipped weights" same "$(wc -c <"$tmp/1.safetensors")" "$bytes"
check "the new weights run" succeeds json.new "$mlp" --json --weights "$tmp/1.safetensors"
check "... f32 accuracy >= 0.97" at_least "$(values json.new.out accuracy_f32)" 0.97
check "... int8 accuracy >= 0.96" at_least "$(values json.new.out accuracy_int8)" 0.96
check "train without --output" fails bad "$mlp" train
check "train into no folder" fails bad "$mlp" train --epochs 0 --output "$tmp/none/1.safetensors"

# ---- What the CPU has.
check "isoquant_info runs" succeeds info "$info"
check "isoquant_info --json runs" succeeds info.json "$info" --json
check "... prints JSON and nothing else" valid_json info.json.out
chosen=$(values info.json.out chosen)
check "... names the tier that quantized_mlp ran on" same "$chosen" "$(values json.all.out tier | head -n 1)"
check "... lists it as a tier" sh -c 'printf "%s\n" "$1" | grep -q -x -e "$2"' - "$(values info.json.out name)" "$chosen"
check "... and in the text" sh -c 'grep -q -e "^> $2 " "$1"' - "$tmp/info.out" "$chosen"
check "... says so of s8 x s8" same "$(values info.json.out 's8 x s8')" "$chosen"
check "... and of u8 x s8, in the text" contains info.out '^products  s8 x s8, u8 x s8$'
check "... names a target" contains info.json.out '"target": "[A-Z]'
check "isoquant_info with ISOQUANT_MAX_TIER=$cap runs" succeeds info.cap env ISOQUANT_MAX_TIER="$cap" "$info" --json
check "... chooses that tier" same "$(values info.cap.out chosen)" "$cap"
check "isoquant_info with ISOQUANT_MAX_TIER=nonsense runs" succeeds info.nonsense env ISOQUANT_MAX_TIER=nonsense "$info"
check "... reports it" contains info.nonsense.err nonsense

# ---- A user's own executor; not built where there is no OpenMP.
if [ -x "$1/examples/openmp_executor" ]; then
  check "openmp_executor runs" succeeds openmp "$1/examples/openmp_executor"
  check "... compares three numbers of threads" same "$(grep -c 'the same 60000 sums as one$' "$tmp/openmp.out")" 3
fi

# ---- examples/run.sh, in a tree where a script stands for CMake. It says what is in the file `said`.
tree=$tmp/tree
root=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$tree/bin" "$tree/cmake" "$tree/examples" "$tree/build/examples"
cp "$root/examples/run.sh" "$tree/examples"
cp "$root/cmake/show_progress.sh" "$tree/cmake"
cat >"$tree/bin/cmake" <<'CMAKE'
#!/bin/sh
if [ "$1" != --build ]; then
  echo "-- configuring" && [ ! -e no_configure ]
else
  cat said && [ ! -e no_build ]
fi
CMAKE
echo '#!/bin/sh' >"$tree/cmake/setup.sh"
printf '#!/bin/sh\nprintf "<%%s>" "$@"\n' >"$tree/build/examples/quantized_mlp"
chmod +x "$tree/bin/cmake" "$tree/cmake/setup.sh" "$tree/build/examples/quantized_mlp"
run() { succeeds run env PATH="$tree/bin:$PATH" "$tree/examples/run.sh" 'an argument' -x; }
says_how_far() { [ "$(grep '^Building: ' "$tmp/run.err" | sed 's/, [0-9]* s$//')" = "$1" ]; }
ninja='[1/30] Building CXX object a.cc.o
[2/30] Building CXX object b.cc.o
a.cc: warning: odd
[4/30] Building CXX object c.cc.o
[30/30] Linking CXX executable'
echo "$ninja" >"$tree/said"
check "run.sh runs" run
check "... passes arguments on, and leaves stdout to the example" same "$(cat "$tmp/run.out")" '<an argument><-x>'
check "... says now and then how far it is" says_how_far 'Building: 4 of 30 files
Building: 30 of 30 files'
check "... says what took how long" contains run.err '^Dependencies and .* took [0-9]* s, compiling 3 files [0-9]* s[.]$'
: >"$tree/build/CMakeCache.txt"
printf '[ 16%%] Building CXX object a.cc.o\n[ 19%%] Building C object b.c.o\n[100%%] Linking\n[ 90%%] Built target\n' >"$tree/said"
check "... by make as well" run
check "... says how far it is" says_how_far 'Building: 16 %
Building: 100 %'
echo 'ninja: no work to do.' >"$tree/said"
check "... with nothing to build" run
check "... is silent" silent run.err
if command -v script >/dev/null; then
  echo "$ninja" >"$tree/said"
  check "... on a terminal" succeeds run env PATH="$tree/bin:$PATH" script -qec "$tree/examples/run.sh" /dev/null
  check "... it writes one line over" contains run.out "$(printf '\rBuilding: 1 of 30 files.*\rBuilding: 30 of 30 files')"
fi
echo 'a.cc:1: error: no such thing' >"$tree/said"
: >"$tree/no_build"
check "... if the build fails" fails bad env PATH="$tree/bin:$PATH" "$tree/examples/run.sh"
check "... shows all of the log" same "$(cat "$tmp/bad.err")" "$(printf -- '-- configuring\na.cc:1: error: no such thing')"
: >"$tree/no_configure"
check "... if CMake fails" fails bad env PATH="$tree/bin:$PATH" "$tree/examples/run.sh"
check "... shows what it said" same "$(cat "$tmp/bad.err")" '-- configuring'

finish
