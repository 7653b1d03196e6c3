#!/usr/bin/env bash
# Builds the examples and runs quantized_mlp with the given arguments; installs what is missing first.
#
# Usage: examples/run.sh [ARGUMENT...]      (examples/run.sh --help lists them)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cmake/setup.sh g++:c++ cmake:cmake ninja-build:ninja zlib1g-dev libpng-dev nlohmann-json3-dev libcli11-dev >&2

export CMAKE_GENERATOR=${CMAKE_GENERATOR:-Ninja}
export CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}
export NINJA_STATUS='[%f/%t] '
settings=(-DISOQUANT_BUILD_EXAMPLES=ON)
if ! [[ -e build/CMakeCache.txt ]]; then
  # Tests and benches need more packages and the rest of the library; test/run.sh switches all that on, and warnings,
  # which take 6 % of the time.
  settings+=(-DISOQUANT_BUILD_TESTS=OFF -DISOQUANT_BUILD_BENCHES=OFF -DISOQUANT_OPERATIONS=linear
    -DISOQUANT_WARNINGS=OFF)
  echo "Configuring ..." >&2
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! {
  cmake -S . -B build "${settings[@]}" >"$log" 2>&1 && configured=$SECONDS &&
    compiled=$(cmake --build build --target quantized_mlp 2>&1 | cmake/show_progress.sh "$log")
}; then
  cat "$log" >&2
  exit 1
fi
if [[ $compiled -ne 0 ]]; then
  echo "Dependencies and configuring took $configured s, compiling $compiled files $((SECONDS - configured)) s." >&2
fi
rm -f "$log"
exec build/examples/quantized_mlp "$@"
