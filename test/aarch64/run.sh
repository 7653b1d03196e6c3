#!/usr/bin/env bash
# Cross-builds for 64-bit Arm and runs unit tests, the example, isoquant_info and the README's programs on each CPU model
# of models.txt, which says what tests those are. Each must choose the tier that stands there and give the golden digests. One line for each model;
# the last line is "N passed, N failed": test cases of all models, and one for what else was checked of each.
#
# Usage: test/aarch64/run.sh [SETTING...]      (as test/run.sh aarch64; settings for CMake)
#
# Programs are linked statically, but for the tests that replace malloc. What they print stays in
# build-aarch64/test/models/MODEL.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.."
source test/models/output.sh
programs=build-aarch64/test/models

run_model() {  # run_model QEMU MODEL TIER TESTS
  local qemu=("$1" -cpu "$2") tier=$3 log=$programs/$2 verdict=() program tests=()
  case $4 in
    golden) tests=('--test-case=*golden*,Tiers:*' --best-tiers=2) ;;
    # Not those of golden digests or plain weights that have workers, too. (A ? is a comma, which would end the pattern.)
    kernels)
      tests=('--test-case-exclude=ThreadPoolExecutor:*,Executor:*,Memory:*,*threads of an executor*')
      tests[0]+=',*: any number of workers,*: any number of workers? w*,Batches: stages? any number*'
      ;;
  esac
  rm -rf "$log" && mkdir -p "$log"
  SECONDS=0
  export QEMU_LD_PREFIX=/usr/aarch64-linux-gnu ISOQUANT_TEST_FEWER_WORKERS=1
  "${qemu[@]}" "$programs/models_info" >"$log/tiers" 2>&1 || verdict+=("isoquant_info failed")
  "${qemu[@]}" "$programs/models_info" --json >"$log/info" 2>&1 || verdict+=("isoquant_info --json failed")
  for program in readme_program readme_output_stages; do
    "${qemu[@]}" "$programs/models_$program" >"$log/$program" 2>&1 || verdict+=("$program failed")
  done
  "${qemu[@]}" "$programs/models_mlp" --json >"$log/mlp" 2>&1 || verdict+=("the example failed")
  timeout 1000 "${qemu[@]}" "$programs/models_test" "${tests[@]}" >"$log/test" 2>&1 || verdict+=("tests failed")
  timeout 1000 "${qemu[@]}" build-aarch64/test/isoquant_test --source-file='*context_test.cc' \
    >"$log/context_test" 2>&1 || verdict+=("tests of Context failed")

  local chosen target digest counts
  chosen=$(values "$log/info" chosen)
  target=$(values "$log/info" target | head -n 1)  # the chosen one comes first
  digest=$(values "$log/mlp" digest | sort -u | paste -sd,)
  counts=$(awk -F'[|:]' '/^\[doctest\] test cases:/ { passed += $3; failed += $4; programs++ }
    END { print passed + 0, failed + 0, programs + 0 }' "$log/test" "$log/context_test")
  if [[ $counts != *" 2" ]]; then verdict+=("tests did not end"); fi
  # Nothing but a reason stands behind the name of a tier that does not run.
  if grep -q 'no: *$' "$log/tiers"; then verdict+=("a tier is refused without a reason"); fi
  if [[ $chosen != "$tier" || $(values "$log/mlp" tier | head -n 1) != "$tier" ]]; then verdict+=("not $tier"); fi
  if [[ $digest != "$golden" ]]; then verdict+=("not $golden"); fi
  printf '%-34s %-17s %-14s %-17s %6s %6s %7s  %s\n' "$2" "$target" "$chosen" "$digest" ${counts% *} "$SECONDS" \
    "$(IFS=';' && echo "${verdict[*]:-passed}")"
  if [[ ${#verdict[@]} -ne 0 ]]; then tail -n 200 "$log"/* >&2; fi
}

if [[ ${1-} == --model ]]; then  # called by xargs below
  run_model "${@:2}"
  exit
fi

if ! qemu=$("$here/setup.sh"); then
  echo "0 passed, 1 failed"
  exit 1
fi
export QEMU_AARCH64=$qemu CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}
if ! cmake --preset aarch64 -DISOQUANT_BUILD_TESTS=ON -DISOQUANT_BUILD_EXAMPLES=ON "$@" ||
  ! cmake --build --preset aarch64 --target all models; then
  echo "0 passed, 1 failed"  # the build
  exit 1
fi

"$qemu" --version | head -n 1
printf '%-34s %-17s %-14s %-17s %6s %6s %7s  %s\n' model target tier digest passed failed seconds verdict
known=" $({ "$qemu" -cpu help || true; } | tail -n +2 | tr "\n" " ") "  # it says 1 to those who ask for help
sed 's/#.*//' "$here/models.txt" | while read -r model tier tests; do
  if [[ -z $model ]]; then continue; fi
  if [[ $known == *" ${model%%,*} "* ]]; then
    echo "$qemu $model $tier $tests"
  else
    echo "$model: left out, this QEMU does not know it" >&2
  fi
done >"$programs/list"
xargs -r -P "$(nproc)" -L 1 "$here/run.sh" --model <"$programs/list" | tee "$programs/results" || true
# Counts stand in the columns 5 and 6, the verdict in those from 8 on. A model without a line failed.
awk -v models="$(wc -l <"$programs/list")" '
  { passed += $5; failed += $6; if ($8 == "passed") passed++; else failed++ }
  END {
    failed += models == 0 ? 1 : models - NR
    print passed + 0 " passed, " failed + 0 " failed"
    exit failed != 0
  }' "$programs/results"
