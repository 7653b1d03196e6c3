#!/usr/bin/env bash
# Prints the path of a qemu-aarch64 (user mode): the system's, if it is new enough; else that of Debian 12's backports,
# unpacked in a directory and not installed; else whatever the system has or Debian 12 itself gives.
#
# Usage: cmake/fetch_qemu.sh DIRECTORY
#
# Before 9.0 it lacks models: 7.2, that of Debian 12, does not know neoverse-v1 and neoverse-n2.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/debian_archive.sh"
directory=$1

is_new() {  # is_new PROGRAM
  [[ $("$1" --version 2>/dev/null | head -n 1) =~ version\ ([0-9]+)\. ]] && [[ ${BASH_REMATCH[1]} -ge 9 ]]
}

fetch() {  # fetch SUITE: the one file that is needed, which is linked statically
  debian_get deb "$mirror" "$1" download qemu-user || return
  dpkg-deb --fsys-tarfile "$debian_state"/download/qemu-user_*.deb |
    tar -x -C "$debian_state/download" ./usr/bin/qemu-aarch64 || return
  mkdir -p "$directory"
  cp "$debian_state/download/usr/bin/qemu-aarch64" "$directory/qemu-aarch64.part" &&
    "$directory/qemu-aarch64.part" --version && mv "$directory/qemu-aarch64.part" "$directory/qemu-aarch64"
}

system=$(command -v qemu-aarch64 || command -v qemu-aarch64-static || true)
for qemu in "$system" "$directory/qemu-aarch64"; do
  if [[ -n $qemu ]] && is_new "$qemu"; then echo "$qemu" && exit; fi
done

mirror=$(debian_mirror)
if [[ -n $mirror ]] && fetch bookworm-backports >"$debian_log" 2>&1; then echo "$directory/qemu-aarch64" && exit; fi
if [[ -n $system ]]; then echo "$system" && exit; fi
if [[ -x $directory/qemu-aarch64 ]]; then echo "$directory/qemu-aarch64" && exit; fi
if [[ -n $mirror ]] && fetch bookworm >>"$debian_log" 2>&1; then echo "$directory/qemu-aarch64" && exit; fi
echo "qemu-aarch64: neither installed nor to be had from a Debian archive" >&2
if [[ -e $debian_log ]]; then tail -n 5 "$debian_log" >&2; fi
exit 1
