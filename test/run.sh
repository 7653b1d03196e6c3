#!/usr/bin/env bash
# Builds everything and runs all tests; installs what is missing first. The last line is "N passed, N failed": the test
# cases of isoquant_test, the models that the provider for ONNX Runtime runs, and one for each other test.
#
# Before that it prints which paths of each tier were executed, and whether by the CPU or by the emulator in
# test/emulator. (amx_int8 is there under AVX2 too: test/CMakeLists.txt says why.)
#
# Usage: test/run.sh [x86-models|aarch64|onnxruntime-emulated] [SETTING...]
# Settings are for CMake, such as -DISOQUANT_WERROR=ON.
#
# x86-models: instead of that, a part of the tests and the example on every CPU model that the command in
# ISOQUANT_X86_EMULATOR offers (test/x86_models/run.sh).
#
# aarch64: instead of that, all unit tests and the example, built for 64-bit Arm, on CPU models of QEMU
# (test/aarch64/run.sh).
#
# onnxruntime-emulated: instead of that, the provider for ONNX Runtime on CPU models of QEMU, x86 and 64-bit Arm
# (test/onnxruntime/run_emulated.sh).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [[ ${1-} == aarch64 ]]; then exec test/aarch64/run.sh "${@:2}"; fi
if [[ ${1-} == onnxruntime-emulated ]]; then exec test/onnxruntime/run_emulated.sh "${@:2}"; fi

mode=all
build=()  # what to build: all
if [[ ${1-} == x86-models ]]; then
  mode=x86-models
  build=(--target models)
  shift
  # Before minutes of building.
  if [[ -z ${ISOQUANT_X86_EMULATOR-} ]]; then exec test/x86_models/run.sh; fi
fi

cmake/setup.sh g++:c++ cmake:cmake ninja-build:ninja pkg-config:pkg-config zlib1g-dev libpng-dev nlohmann-json3-dev libcli11-dev \
  doctest-dev libbenchmark-dev libonnx-testdata

# The provider for ONNX Runtime is built and tested where its headers and a runtime can be had.
onnxruntime=-DISOQUANT_BUILD_ONNXRUNTIME=OFF
if examples/onnxruntime/setup.sh headers runtime; then
  onnxruntime=-DISOQUANT_BUILD_ONNXRUNTIME=ON
  examples/onnxruntime/setup.sh model python ocr || echo "ONNX Runtime: a part of the provider's tests is left out"
else
  echo "ONNX Runtime: the provider is neither built nor tested, its headers or a runtime cannot be had"
fi

export CMAKE_GENERATOR=${CMAKE_GENERATOR:-Ninja}
export CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}
if ! cmake -S . -B build -DISOQUANT_OPERATIONS=all -DISOQUANT_WARNINGS=ON -DISOQUANT_BUILD_TESTS=ON \
  -DISOQUANT_BUILD_BENCHES=ON -DISOQUANT_BUILD_EXAMPLES=ON "$onnxruntime" "$@" ||
  ! cmake --build build "${build[@]}"; then
  echo "0 passed, 1 failed"  # the build
  exit 1
fi

if [[ $mode == x86-models ]]; then exec test/x86_models/run.sh build/test/models; fi

status=0
export ISOQUANT_PRINT_COVERAGE=1
ctest --test-dir build --parallel "$CMAKE_BUILD_PARALLEL_LEVEL" --output-on-failure --no-tests=error || status=$?

echo "tier           target  path           executed  result"
grep -E '^[a-z0-9_]+ .* (native|emulated|forced|no target) +(right|WRONG)$' build/Testing/Temporary/LastTest.log || true

# Counts in CTest's log, where a section begins with "3/7 Testing: name" and ends with its verdict.
counts=$(awk '
  function end_section() {
    if (!in_section) return
    if (!has_summary) { if (ok) passed++; else failed++ }
    else if (!ok && !section_failed) failed++  # a crash at exit, say
  }
  /^[0-9]+\/[0-9]+ Testing: / { end_section(); in_section = 1; ok = 0; has_summary = 0; section_failed = 0 }
  /^\[doctest\] test cases:/ {
    split($0, parts, /[|:]/)
    has_summary = 1
    passed += parts[3]; failed += parts[4]; section_failed += parts[4]
  }
  /^ONNX models: [0-9]+ passed, [0-9]+ failed$/ { has_summary = 1; passed += $3; failed += $5; section_failed += $5 }
  /^(Test Passed\.|Required regular expression found\..*)$/ { ok = 1 }
  END { end_section(); print passed + 0 " passed, " failed + 0 " failed" }
' build/Testing/Temporary/LastTest.log)
if [[ $status -ne 0 && $counts == *", 0 failed" ]]; then counts=${counts/%, 0 failed/, 1 failed}; fi
echo "$counts"
exit "$status"
