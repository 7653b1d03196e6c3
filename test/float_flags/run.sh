#!/usr/bin/env bash
# Builds the library's float files under each set of flags that change what floats are, and runs the tests of their bits.
#
# Usage: test/float_flags/run.sh BUILD_FOLDER
set -euo pipefail

cmake --build "$1" --target float_flags
status=0
for program in "$1"/test/float_flags/*/float_flags_*; do
  if [[ ! -x $program || -d $program ]]; then continue; fi
  echo "$(basename "$program"): $(cat "$(dirname "$program")/flags.txt")"
  # Under -Ofast and -ffast-math the program begins with denormals switched off: no tests that compute them themselves.
  "$program" --test-case="*golden digests,*NaN*,*out of their domain*,*sign of zero,*product is rounded*" --minimal ||
    status=1
done
exit "$status"
