#!/usr/bin/env bash
# The provider in ONNX Runtime on CPU models of QEMU, x86 and 64-bit Arm: ONNX's node tests, the models of models/, ISNet,
# ResNet-50 and PP-OCRv4's reader give the digests that they gave on this machine, and the tests of the provider pass. On
# Haswell products of u8 and s8 are wrong in ONNX Runtime alone, and right with the provider. And so it is on this
# machine's CPU with AMX tiles emulated, where it has AVX-512 (test/emulator). The last line is "N passed, N failed".
#
# Usage: test/onnxruntime/run_emulated.sh [SETTING...]      (as test/run.sh onnxruntime-emulated; settings for CMake)
#
# test/run.sh comes first: it builds for this machine, writes the models, and keeps its digests in build/test/onnxruntime.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.."

native=$PWD/build/test/onnxruntime
results=$native/emulated
rm -rf "$results"
if ! [[ -e $native/models_digests.txt && -e $native/node_digests.txt && -e $native/isnet_digests.txt &&
  -e $native/light_digests.txt && -e $native/ocr_digests.txt ]]; then
  echo "left out: test/run.sh has not run all of the provider's tests on this machine" >&2
  echo "0 passed, 0 failed"
  exit 0
fi
mkdir -p "$results"
passed=0
failed=0
fail() { echo "$passed passed, $((failed + 1)) failed" && exit 1; }
folder=$(examples/onnxruntime/setup.sh headers runtime | tail -n 1) || fail
mapfile -t node_tests < <(cut -d' ' -f1 "$native/node_digests.txt" | sed 's|^|/usr/share/libonnx-testdata/data/node/|')

# Set for each architecture: emulator, the folder of the build, ONNX Runtime.
use() {
  qemu=$1 build=$2
  export ISOQUANT_ONNXRUNTIME=$folder/$3/libonnxruntime.so.1
  ISOQUANT_ONNXRUNTIME_PROVIDER=$(find "$PWD/$build/examples/onnxruntime" -name libisoquant_ep.so)
  export ISOQUANT_ONNXRUNTIME_PROVIDER ISOQUANT_ONNXRUNTIME_MODELS=$native/models
}

models_test() {  # models_test MODEL LOG ARGUMENT...
  timeout 400 "$qemu" -cpu "$1" "$build/test/onnxruntime_models_test" --quick --profile "$2.profile" "${@:3}" >"$2.log" 2>&1
}

count() {  # count MODEL NAME PASSED ALL
  passed=$((passed + $3))
  failed=$((failed + $4 - $3))
  printf '%-12s %-44s %4d of %4d %5d s\n' "$1" "$2" "$3" "$4" "$SECONDS"
  SECONDS=0
}

tiles_test() {  # tiles_test MODEL LOG ARGUMENT...: as models_test, on this CPU with emulated tiles
  ISOQUANT_ONNXRUNTIME_PROVIDER=$native/libonnxruntime_tiles_provider.so timeout 400 build/test/onnxruntime_tiles_test \
    --best-tier amx_int8 --quick --profile "$2.profile" "${@:3}" >"$2.log" 2>&1
}

same_digests() {  # same_digests MODEL NAME TEST...: each digest that this machine has, too, counts as a test passed
  local log=$results/$1.$2 here=$native/$2_digests.txt same all run=models_test
  if [[ $1 == amx_int8 ]]; then run=tiles_test; fi
  "$run" "$1" "$log" --digests "$log.digests" "${@:3}" || [[ $run == models_test ]] || failed=$((failed + 1))
  all=$(wc -l <"$here")
  same=$(sort "$log.digests" "$here" | uniq -d | wc -l)
  if [[ $same -ne $all ]]; then cat "$log.log" && diff "$log.digests" "$here" || true; fi
  count "$1" "$2: digests as on this machine" "$same" "$all"
}

provider_test() {  # provider_test MODEL
  local log=$results/$1.provider_test cases=(0 1)
  timeout 400 "$qemu" -cpu "$1" "$build/test/onnxruntime_provider_test" >"$log" 2>&1 || cat "$log"
  read -r -a cases < <(awk -F'[|:]' '/^\[doctest\] test cases:/ { print $3 + 0, $3 + $4 }' "$log") || true
  count "$1" "tests of the provider" "${cases[@]}"
}

SECONDS=0
if [[ $(uname -m) == x86_64 ]]; then
  x86=$(cmake/fetch_qemu.sh x86_64) || fail
  use "$x86" build x64
  for model in Haswell Nehalem; do
    same_digests "$model" node "${node_tests[@]}"
    same_digests "$model" models "$native/models"
  done
  same_digests Haswell ocr "$native/ocr"
  wrong=("$native"/models/{matmul_integer_u8_s8,matmul_integer_saturating,group_matmul_int8,qlinear_matmul_u8_s8})
  log=$results/Haswell.wrong
  models_test Haswell "$log" --plain-is-wrong "${wrong[@]}" || cat "$log.log"
  right=$(sed -n 's/^ONNX models: \([0-9]*\) passed.*/\1/p' "$log.log")
  count Haswell "right, and wrong in ONNX Runtime alone" "${right:-0}" "${#wrong[@]}"
  if grep -q '^flags.* avx512vl' /proc/cpuinfo; then
    same_digests amx_int8 models "$native/models"
    same_digests amx_int8 isnet "$native/isnet"
    same_digests amx_int8 ocr "$native/ocr"
  else
    echo "amx_int8: left out, this CPU has no AVX-512"
  fi
fi

arm=$(test/aarch64/setup.sh) || fail
export QEMU_AARCH64=$arm QEMU_LD_PREFIX=/usr/aarch64-linux-gnu
export CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}
cmake --preset aarch64 -DISOQUANT_BUILD_TESTS=ON -DISOQUANT_BUILD_ONNXRUNTIME=ON "$@" >"$results/cmake.log" &&
  cmake --build --preset aarch64 --target isoquant_ep onnxruntime_models_test onnxruntime_provider_test || fail
use "$arm" build-aarch64 arm64
SECONDS=0
for model in max cortex-a72; do  # all kinds of vectors and dot products; neither
  same_digests "$model" node "${node_tests[@]}"
  same_digests "$model" models "$native/models"
done
same_digests max isnet "$native/isnet"
same_digests max light "$native/light"
same_digests max ocr "$native/ocr"
provider_test max

echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
