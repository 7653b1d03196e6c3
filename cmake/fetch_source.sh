#!/usr/bin/env bash
# Puts the source of a project that we depend on into the cache of dependencies, from the Debian archive
# (debian_archive.sh).
#
# Usage: cmake/fetch_source.sh highway|doctest|zlib
#
# Debian's orig tarballs of them are byte for byte the tarballs of their homes (but zlib's, which lacks some documents),
# and the hash is checked: those of dependencies.cmake.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/debian_archive.sh"

project=$1
case $project in  # best first: the variable with the hash, file, and the suites of Debian that have it
  highway)
    candidates=("ISOQUANT_HIGHWAY_1_3_0 highway_1.3.0.orig.tar.gz forky sid"
      "ISOQUANT_HIGHWAY_1_2_0 highway_1.2.0.orig.tar.gz trixie") ;;
  doctest) candidates=("ISOQUANT_DOCTEST_2_4_11 doctest_2.4.11.orig.tar.gz trixie forky sid") ;;
  zlib) candidates=("ISOQUANT_ZLIB_1_2_13_DFSG zlib_1.2.13.dfsg.orig.tar.bz2 bookworm") ;;
  *) echo "fetch_source.sh: no such project: $project" >&2 && exit 2 ;;
esac

hash_of() { sed -n "s/^set($1 \([0-9a-f]*\)).*/\1/p" "$here/dependencies.cmake"; }

fetch() {  # fetch HASH FILE SUITE
  # Only the tarball: some mirrors lack the .dsc beside it, and nothing is unpacked here.
  debian_get deb-src "$mirror" "$3" source --download-only --tar-only "$project" || return
  has_hash "$1" "$debian_state/download/$2" || return
  mkdir -p "$dependency_cache"
  cp "$debian_state/download/$2" "$dependency_cache/$2.part" && mv "$dependency_cache/$2.part" "$dependency_cache/$2"
}

for candidate in "${candidates[@]}"; do
  read -r hash file _ <<<"$candidate"
  if has_hash "$(hash_of "$hash")" "$dependency_cache/$file"; then exit 0; fi
  rm -f "$dependency_cache/$file"  # damaged
done

mirror=$(debian_mirror)
if [[ -z $mirror ]]; then
  echo "$project: apt on this machine knows no Debian archive" >&2
  exit 1
fi
for candidate in "${candidates[@]}"; do
  read -r hash file suites <<<"$candidate"
  for suite in $suites; do
    if fetch "$(hash_of "$hash")" "$file" "$suite" >"$debian_log" 2>&1; then
      echo "$project: $file from Debian $suite, into $dependency_cache"
      exit 0
    fi
  done
done
echo "$project: Debian's archive does not give it; the last words of apt:" >&2
tail -n 5 "$debian_log" >&2
exit 1
