#!/usr/bin/env bash
# Builds the benches, runs all of them beside oneDNN, and draws bench/report.html; installs what is missing first.
# It takes about three minutes; leave the machine alone meanwhile.
#
# Usage: bench/run.sh [ARGUMENT...]      (arguments for the benches, such as --benchmark_filter=Cold)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cmake/setup.sh g++:c++ cmake:cmake ninja-build:ninja nlohmann-json3-dev libbenchmark-dev libdnnl-dev libopenblas-dev

export CMAKE_GENERATOR=${CMAKE_GENERATOR:-Ninja}
export CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}
settings=(-DISOQUANT_BUILD_BENCHES=ON)
if ! [[ -e build/CMakeCache.txt ]]; then
  # Tests and examples need more packages; test/run.sh switches them on.
  settings+=(-DISOQUANT_BUILD_TESTS=OFF -DISOQUANT_BUILD_EXAMPLES=OFF)
fi
echo "Building build/bench ..."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { cmake -S . -B build -DCMAKE_BUILD_TYPE=Release "${settings[@]}" &&
  cmake --build build --target matmul_bench report; } >"$log" 2>&1; then
  cat "$log" >&2
  exit 1
fi

bench() {  # NAME ARGUMENT...
  local json=build/bench/$1.json
  shift
  build/bench/matmul_bench --benchmark_out="$json" --benchmark_out_format=json "$@"
}

bench best "$@"
runs=(build/bench/best.json)
# The tier that most machines have; both libraries are capped.
if [[ $# -eq 0 && -z ${ISOQUANT_MAX_TIER-} ]]; then
  ISOQUANT_MAX_TIER=avx2 bench avx2 --benchmark_filter='^(MatMul|MatMulCold)/'
  runs+=(build/bench/avx2.json)
fi
build/bench/report bench/report.html "${runs[@]}"
echo "bench/report.html"
