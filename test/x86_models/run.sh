#!/usr/bin/env bash
# Runs tests and the example on whole emulated CPUs, and checks that each chooses the tier that models.txt says and gives
# the golden digests. One line for each model; the last line is "N passed, N failed".
#
# Usage: test/x86_models/run.sh PROGRAM_DIR      (test/run.sh x86-models builds the programs and calls this)
#
# ISOQUANT_X86_EMULATOR is a command: COMMAND PROGRAM MODEL ARGUMENT... runs a static program and exits with its status,
# COMMAND --models lists the models. README.md shows how to make one of Intel SDE.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
read -ra emulator <<<"${ISOQUANT_X86_EMULATOR-}"
if [[ ${#emulator[@]} -eq 0 ]]; then
  echo "ISOQUANT_X86_EMULATOR is not set: it must name a command that runs programs on emulated CPUs, see README.md" >&2
  echo "0 passed, 1 failed"
  exit 1
fi
source "$here/../models/output.sh"

run_model() {  # run_model PROGRAM_DIR MODEL TIER [TESTS]
  local programs=$1 model=$2 tier=$3 verdict=() log
  log=$(mktemp -d)
  SECONDS=0
  "${emulator[@]}" "$programs/models_info" "$model" --json >"$log/info" 2>&1 || verdict+=("isoquant_info failed")
  "${emulator[@]}" "$programs/models_mlp" "$model" --json --data "$data/digits.csv.gz" \
    --weights "$data/digits_mlp.safetensors" >"$log/mlp" 2>&1 || verdict+=("the example failed")

  # MatMul's own golden digests are many products: those that matter are among the paths of "Tiers". Nor do all products
  # need to be emulated inside an emulator; and none where the CPU has tiles: they are run by it. Failing allocations
  # matter where tiles are held.
  local tests='Tiers:*,*golden*,Float environment: no call*,*small alternate stack has ended'
  tests+=',Seven bits: extremes*,Seven bits: Conv2d*'
  local without='MatMul:*,Emulated tiers: every path,Emulated tiers: products*,Emulated tiers: several*'
  without+=',Emulated tiers: a Context*,Emulated tiers: windows*,Emulated tiers: outputs*'
  local tiers=1  # of golden digests
  if [[ $tier == avx_vnni_int8 ]]; then tiers=2; fi  # avx_vnni is the best one of no model of Bochs
  if [[ ${4-} == tiers ]]; then
    tests='Tiers:*'
  elif [[ $tier == amx_int8 ]]; then
    tests+=',Memory: where an*,Float environment: nor*'
  else
    tests+=',Emulator:*,Emulated tiers:*'
  fi
  if [[ ${4-} != choice ]]; then
    "${emulator[@]}" "$programs/models_test" "$model" "--best-tiers=$tiers" "--test-case=$tests" \
      "--test-case-exclude=$without" >"$log/test" 2>&1 || verdict+=("tests failed")
    grep -q '^\[doctest\] Status: SUCCESS!' "$log/test" || verdict+=("tests did not end")
  fi

  local chosen target digest
  chosen=$(values "$log/info" chosen)
  target=$(values "$log/info" target | head -n 1)  # the chosen one comes first
  digest=$(values "$log/mlp" digest | sort -u | paste -sd,)
  if [[ $chosen != "$tier" || $(values "$log/mlp" tier | head -n 1) != "$tier" ]]; then verdict+=("not $tier"); fi
  if [[ $digest != "$golden" ]]; then verdict+=("not $golden"); fi
  printf '%-26s %-8s %-14s %-17s %7s  %s\n' "$model" "$target" "$chosen" "$digest" "$SECONDS" \
    "$(IFS=';' && echo "${verdict[*]:-passed}")"
  if [[ ${#verdict[@]} -ne 0 ]]; then cat "$log"/* >&2; fi
  rm -rf "$log"
}

if [[ $# -ge 3 ]]; then  # called by xargs below
  run_model "$@"
  exit
fi

# What the example reads. An emulator that starts a system of its own must be told (others ignore BX_FILES); that system
# has a /tmp of its own.
data=$(mktemp -d -p /var/tmp)
trap 'rm -rf "$data"' EXIT
cp "$here"/../../examples/data/digits{.csv.gz,_mlp.safetensors} "$data"
export data BX_FILES="$data/digits.csv.gz=$data/digits.csv.gz $data/digits_mlp.safetensors=$data/digits_mlp.safetensors"

offered=" $("${emulator[@]}" --models | tr '\n' ' ') "
printf '%-26s %-8s %-14s %-17s %7s  %s\n' model target tier digest seconds verdict
grep -v '^#' "$here/models.txt" | while read -r model tier tests; do
  if [[ -n $model && $offered == *" $model "* ]]; then echo "$1 $model $tier${tests:+ $tests}"; fi
done | xargs -r -P "$(nproc)" -L 1 "${BASH_SOURCE[0]}" | tee "$data/results" || true
passed=$(grep -c ' passed$' "$data/results" || true)
failed=$(($(wc -l <"$data/results") - passed))
if [[ ! -s $data/results ]]; then
  echo "${emulator[*]} offers no model of $here/models.txt" >&2
  failed=1
fi
echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
