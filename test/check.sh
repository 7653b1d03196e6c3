# shellcheck shell=sh
# Sourced by tests that run programs as a user would: one line for each check, in a temporary folder $tmp.
LC_ALL=C
export LC_ALL
unset ISOQUANT_MAX_TIER ISOQUANT_DISABLE
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
passed=0
failed=0

# check NAME COMMAND...: passes if the command succeeds.
check() {
  name=$1
  shift
  if "$@"; then
    echo "ok    $name"
    passed=$((passed + 1))
  else
    echo "FAIL  $name"
    failed=$((failed + 1))
  fi
}

# The last line; fails if a check failed.
finish() {
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
}
