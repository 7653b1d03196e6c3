#!/usr/bin/env bash
# Cuts the subject out of a photo by an int8 network on ONNX Runtime, with Isoquant and without, and compares: seconds,
# memory, results. Gets and builds first what is missing.
#
# Usage: examples/onnxruntime/run.sh [--photo PHOTO.png] [ARGUMENT...]
#
# Without a photo it draws one. Other arguments are remove_background's (build/examples/onnxruntime/remove_background
# --help lists them). Pictures are written to build/examples/onnxruntime: photo.png, without_background.png.
set -euo pipefail
start=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

photo=
if [[ ${1-} == --photo ]]; then
  photo=${2:?--photo needs a file}
  if [[ $photo != /* ]]; then photo=$start/$photo; fi
  shift 2
fi

cmake/setup.sh g++:c++ cmake:cmake ninja-build:ninja zlib1g-dev libpng-dev libjpeg-dev nlohmann-json3-dev \
  libcli11-dev >&2
examples/onnxruntime/setup.sh headers runtime model >&2

export CMAKE_GENERATOR=${CMAKE_GENERATOR:-Ninja}
export CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}
export NINJA_STATUS='[%f/%t] '
settings=(-DISOQUANT_BUILD_ONNXRUNTIME=ON -DISOQUANT_OPERATIONS=all)
if ! [[ -e build/CMakeCache.txt ]]; then
  # What else there is needs more packages; test/run.sh switches all that on.
  settings+=(-DISOQUANT_BUILD_TESTS=OFF -DISOQUANT_BUILD_BENCHES=OFF -DISOQUANT_BUILD_EXAMPLES=OFF)
  echo "Configuring ..." >&2
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! {
  cmake -S . -B build "${settings[@]}" >"$log" 2>&1 && configured=$SECONDS &&
    compiled=$(cmake --build build --target isoquant_ep remove_background run_onnx 2>&1 | cmake/show_progress.sh "$log")
}; then
  cat "$log" >&2
  exit 1
fi
if [[ $compiled -ne 0 ]]; then
  echo "Fetching and configuring took $configured s, compiling $compiled files $((SECONDS - configured)) s." >&2
fi
rm -f "$log"

folder=build/examples/onnxruntime
arguments=(--compare "$@")
if [[ -z $photo ]]; then
  photo=$folder/photo.png
  arguments+=(--draw)
fi
"$folder/remove_background" "$photo" "$folder/without_background.png" "${arguments[@]}"
echo "$photo -> $folder/without_background.png" >&2
