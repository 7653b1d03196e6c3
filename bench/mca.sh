#!/usr/bin/env bash
# What the kernels for Arm would reach on cores that are not at hand: the inner loops of the compiled library, in cycles
# by LLVM's models of those cores; and the instructions of whole calls, counted by an emulator. Installs what is missing.
#
# Usage: bench/mca.sh [--write]      (--write: into bench/README.md, in place of the tables that are there)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

qemu=$(test/aarch64/setup.sh)
cmake/setup.sh llvm-19:llvm-mca-19 >&2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! { cmake --preset aarch64 && cmake --build build-aarch64 --target isoquant; } >"$work/log" 2>&1; then
  cat "$work/log" >&2
  exit 1
fi
aarch64-linux-gnu-g++ -std=c++17 -O2 -static -Iinclude bench/matmul_calls.cc build-aarch64/libisoquant.a \
  build-aarch64/_deps/highway-build/libhwy.a -o "$work/matmul_calls"
for engine in rest f32 bf16; do  # those of integers, f32, bf16
  aarch64-linux-gnu-objdump -dC --no-show-raw-insn "build-aarch64/CMakeFiles/isoquant.dir/src/engine_$engine.cc.o"
done >"$work/matmul.s"

cores=(cortex-a55 cortex-a72 cortex-a76 neoverse-n1 neoverse-v1 neoverse-v2 apple-m1)
with_dot="cortex-a55 cortex-a76 neoverse-n1 neoverse-v1 neoverse-v2 apple-m1"

# tier | loop | function | instruction | multiply-adds of 128 bits of it | cores that have it | what bounds the loop
neon='N_NEON_WITHOUT_AES::.*'
sve='N_SVE::.*'
loops=(
  "neon|4 x 8|${neon}SmullSadalp>::Kernel<4ul, 2ul>::Run|smull2?|8|${cores[*]}|smull"
  "neon_dotprod|8 x 8|${neon}Sdot>::Kernel<8ul, 2ul>::Run|sdot|16|$with_dot|sdot"
  "neon_dotprod|1 x 16|${neon}Sdot>::Kernel<1ul, 4ul>::Run|sdot|16|$with_dot|load"
  "neon_i8mm|8 x 8|${neon}Smmla.*::Kernel<8ul, 4ul, true>::Run|smmla|32|neoverse-v1 neoverse-v2|smmla"
  "neon_i8mm|8 x 8, plain panels|${neon}Smmla.*::Kernel<8ul, 4ul, false>::Run|smmla|32|neoverse-v1 neoverse-v2|smmla"
  "sve_dot|8 x 2 vectors|${sve}Sdot>::Kernel<8ul, 2ul>::Run|sdot|16|neoverse-v1 neoverse-v2|sve_sdot"
  "sve_dot|1 x 2 vectors|${sve}Sdot>::Kernel<1ul, 2ul>::Run|sdot|16|neoverse-v1|sve_load"
  "sve_dot|1 x 4 vectors|${sve}Sdot>::Kernel<1ul, 4ul>::Run|sdot|16|neoverse-v2|sve_load"
  "sve_i8mm|8 x 4 vectors|${sve}Smmla.*::Kernel<8ul, 4ul, true>::Run|smmla|32|neoverse-v1 neoverse-v2|sve_smmla"
  "sve_i8mm|8 x 4 vectors, plain panels|${sve}Smmla.*::Kernel<8ul, 4ul, false>::Run|smmla|32|neoverse-v1 neoverse-v2|sve_smmla"
  "neon, f32|8 x 8|${neon}::Fmla>::Kernel<8ul, 2ul>::Run|fmla|4|${cores[*]}|fmla"
  "sve, f32|8 x 2 vectors|${sve}::Fmla>::Kernel<8ul, 2ul>::Run|fmla|4|neoverse-v1 neoverse-v2|sve_fmla"
  "neon, bf16|10 x 8|${neon}WidenedFmla>::Kernel<10ul, 2ul>::Run|fmla|4|${cores[*]}|fmla"
  "neon_bf16|10 x 8|${neon}Bfmmla.*::Kernel<10ul, 4ul, true>::Run|bfmmla|16|neoverse-v1 neoverse-v2|bfmmla"
  "neon_bf16|10 x 8, plain panels|${neon}Bfmmla.*::Kernel<10ul, 4ul, false>::Run|bfmmla|16|neoverse-v1 neoverse-v2|bfmmla"
  "sve_bf16|10 x 4 vectors|${sve}Bfmmla.*::Kernel<10ul, 4ul, true>::Run|bfmmla|16|neoverse-v1 neoverse-v2|sve_bfmmla"
  "sve_bf16|10 x 4 vectors, plain panels|${sve}Bfmmla.*::Kernel<10ul, 4ul, false>::Run|bfmmla|16|neoverse-v1 neoverse-v2|sve_bfmmla"
)

cycles() {  # cycles CORE FILE: of one iteration, in the long run
  llvm-mca-19 -mtriple=aarch64 -mcpu="$1" -iterations=1000 "$2" 2>/dev/null | awk '/^Total Cycles:/ { print $3 / 1000 }'
}

# What a loop of nothing else could reach: independent instructions of one kind; for single rows, one load for each.
# Instructions of floats have four or five cycles of latency, and so twenty accumulators; others twelve.
limit_count() { case $1 in *fm*) echo 20 ;; *) echo 12 ;; esac; }
limit_loop() {  # limit_loop KIND
  local i
  for ((i = 0; i < $(limit_count "$1"); i++)); do
    case $1 in
      smull) echo "smull v$i.8h, v30.8b, v31.8b" ;;
      sdot) echo "sdot v$i.4s, v30.16b, v31.4b[0]" ;;
      load) echo "ldr q$((i + 12)), [x0, #$((16 * i))]; sdot v$i.4s, v$((i + 12)).16b, v31.4b[0]" ;;
      smmla) echo "smmla v$i.4s, v30.16b, v31.16b" ;;
      sve_sdot) echo "sdot z$((i + 12)).s, z30.b, z7.b[0]" ;;
      sve_load) echo "ld1b {z$((i + 8)).b}, p0/z, [x0, x1]; sdot z$((i + 20)).s, z$((i + 8)).b, z7.b[0]" ;;
      sve_smmla) echo "smmla z$i.s, z30.b, z31.b" ;;
      fmla) echo "fmla v$i.4s, v30.4s, v31.s[0]" ;;
      sve_fmla) echo "fmla z$((i + 9)).s, z30.s, z7.s[0]" ;;
      bfmmla) echo "bfmmla v$i.4s, v30.8h, v31.8h" ;;
      sve_bfmmla) echo "bfmmla z$i.s, z30.h, z31.h" ;;
    esac
  done | tr ';' '\n'
  if [[ $1 == smull ]]; then
    for i in {0..11}; do echo "sadalp v$((i + 12)).4s, v$i.8h"; done
  fi
}

inner_loops() {
  local loop tier shape function instruction macs having bound core count vector row
  echo "| tier | tile | $(printf '%s | ' "${cores[@]}")"
  echo "| --- | --- | $(printf -- '--- | %.0s' "${cores[@]}")"
  for loop in "${loops[@]}"; do
    IFS='|' read -r tier shape function instruction macs having bound <<<"$loop"
    awk -v function_name="$function" -v instruction="$instruction" -f bench/inner_loop.awk "$work/matmul.s" >"$work/loop.s"
    if grep -qE '\[sp' "$work/loop.s"; then echo "$tier, $shape: registers are spilled" >&2; fi
    count=$(grep -cE "^	($instruction)	" "$work/loop.s")
    limit_loop "$bound" >"$work/limit.s"
    row="| $tier | $shape |"
    for core in "${cores[@]}"; do
      if [[ " $having " != *" $core "* ]]; then
        row+=" |"
        continue
      fi
      vector=1
      if [[ $tier == sve_* && $core == neoverse-v1 ]]; then vector=2; fi  # 256 bits
      row+=$(awk -v count="$count" -v macs=$((macs * vector)) -v cycles="$(cycles "$core" "$work/loop.s")" \
        -v limit="$(cycles "$core" "$work/limit.s")" -v limit_count="$(limit_count "$bound")" 'BEGIN {
          printf " %.1f cycles, %.1f, %.0f %% |", cycles, count * macs / cycles, 100 * count / cycles * limit / limit_count
        }')
    done
    echo "$row"
  done
}

instructions() {  # instructions MODEL ARGUMENT...: of one run
  local model=$1
  shift
  "$qemu" -cpu "$model" -one-insn-per-tb -d exec,nochain -D "$work/trace" "$work/matmul_calls" "$@"
  grep -c ^Trace "$work/trace"
}

whole_calls() {
  local shapes=("1 256 256" "4 256 64" "8 256 64" "64 256 64" "128 512 128") shape row pair
  echo "| tier | $(printf '%s | ' "${shapes[@]// / x }")"
  echo "| --- | $(printf -- '--- | %.0s' "${shapes[@]}")"
  for pair in neon:cortex-a53 neon_dotprod:neoverse-n1 neon_i8mm:max,sve=off sve_dot:neoverse-v1 sve_i8mm:neoverse-v1; do
    row="| ${pair%%:*} |"
    for shape in "${shapes[@]}"; do
      # shellcheck disable=SC2086  # words
      row+=$(awk -v shape="$shape" -v once="$(instructions "${pair#*:}" "${pair%%:*}" $shape 1)" \
        -v twice="$(instructions "${pair#*:}" "${pair%%:*}" $shape 2)" 'BEGIN {
          split(shape, size, " ")
          printf " %.3f |", (twice - once) / (size[1] * size[2] * size[3])
        }')
    done
    echo "$row"
  done
}

{
  echo "<!-- written by bench/mca.sh -->"
  echo
  inner_loops
  echo
  echo "Instructions for each multiply-add of whole calls (M x K x N, s8 to s32), SVE with 256 bits:"
  echo
  whole_calls
  echo
  echo "<!-- end -->"
} >"$work/tables"
if [[ ${1-} != --write ]]; then
  cat "$work/tables"
  exit
fi
awk -v tables="$work/tables" '
  /^<!-- written by bench\/mca.sh -->$/ { while ((getline line < tables) > 0) print line; skip = 1 }
  !skip { print }
  /^<!-- end -->$/ { skip = 0 }
' bench/README.md >"$work/readme"
cp "$work/readme" bench/README.md
