#!/usr/bin/env bash
# Prints the path of a qemu-aarch64 or qemu-x86_64 (user mode): the system's, if it is new enough; else a newer one of
# Debian's, unpacked in the cache of dependencies and not installed; else an old one of the system's, installed if need
# be.
#
# Usage: cmake/fetch_qemu.sh [aarch64|x86_64]
#
# Before 9.0 it lacks models: 7.2, that of Debian 12, does not know neoverse-v1 and neoverse-n2.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/debian_archive.sh"
program=qemu-${1:-aarch64}

is_new() {  # is_new PROGRAM
  [[ $("$1" --version 2>/dev/null | head -n 1) =~ version\ ([0-9]+)\. ]] && [[ ${BASH_REMATCH[1]} -ge 9 ]]
}

fetch() {  # fetch SUITE: the one file that is needed, which is linked statically
  local got=$debian_state/download
  debian_get deb "$mirror" "$1" download qemu-user || return
  dpkg-deb --fsys-tarfile "$got"/qemu-user_*.deb | tar -x -C "$got" "./usr/bin/$program" || return
  is_new "$got/usr/bin/$program" || return
  mkdir -p "$dependency_cache"
  cp "$got/usr/bin/$program" "$cached.part" && mv "$cached.part" "$cached"
}

cached=$dependency_cache/$program
for qemu in "$(command -v "$program" || true)" "$cached"; do
  if [[ -n $qemu ]] && is_new "$qemu"; then echo "$qemu" && exit; fi
done
mirror=$(debian_mirror)
if [[ -n $mirror ]]; then
  for suite in bookworm-backports trixie; do
    if fetch "$suite" >"$debian_log" 2>&1; then echo "$cached" && exit; fi
  done
fi
"$here/setup.sh" "qemu-user:$program" >&2
command -v "$program"
