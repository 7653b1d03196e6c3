#!/usr/bin/env bash
# Installs what a build needs and this machine lacks; with everything there it does nothing.
#
# Usage: cmake/setup.sh [--cross] PACKAGE[:COMMAND]...
# Debian's package names, and for a tool the command that makes the package needless, whoever installed it.
#
# On a system without apt-get it only says what is needed. Highway's source goes to $ISOQUANT_DEPENDENCY_CACHE
# (default: ~/.cache/isoquant), where CMake looks for it. --cross: for another CPU. That cannot use this system's
# libraries: the sources of doctest and zlib go there, too.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

sources=(highway)
if [[ ${1-} == --cross ]]; then
  sources+=(doctest zlib)
  shift
elif command -v pkg-config >/dev/null && pkg-config --exists 'libhwy >= 1.2'; then
  sources=()
fi

has_package() { [[ $(dpkg-query --show --showformat '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

as_root() {
  if [[ $(id -u) -eq 0 ]]; then "$@"; else sudo "$@"; fi
}

missing=()
for need; do
  package=${need%%:*}
  if [[ $need == *:* ]] && command -v "${need#*:}" >/dev/null; then continue; fi
  if has_package "$package"; then continue; fi
  missing+=("$package")
done

for source in "${sources[@]}"; do
  if "$here/fetch_source.sh" "$source"; then continue; fi
  echo "$source: CMake will download it instead" >&2
  if ! [[ -e /etc/ssl/certs/ca-certificates.crt || " ${missing[*]} " == *" ca-certificates "* ]]; then
    missing+=(ca-certificates)
  fi
done

if [[ ${#missing[@]} -eq 0 ]]; then exit 0; fi
if ! command -v apt-get >/dev/null; then
  echo "Needed, under Debian's names: ${missing[*]}. There is no apt-get here; install what is missing by hand." >&2
  exit 0
fi
if [[ $(id -u) -ne 0 ]] && ! command -v sudo >/dev/null; then
  echo "Run this as root, or with sudo installed: apt-get install ${missing[*]}" >&2
  exit 1
fi
echo "Installing with apt-get: ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { as_root apt-get -q update && as_root env DEBIAN_FRONTEND=noninteractive apt-get -q install --yes \
  --no-install-recommends "${missing[@]}"; } </dev/null >"$log" 2>&1; then
  tail -n 30 "$log" >&2
  exit 1
fi
