#!/usr/bin/env bash
# Puts the source of Highway into a directory, from the Debian archive that this machine's apt is configured with.
#
# Usage: cmake/fetch_highway.sh DIRECTORY
#
# Debian's .orig.tar.gz of it is byte for byte the tarball of its home, and the hash is checked. apt works on a private
# state here: the system's list of sources, its package lists and its packages are not touched, and no root is needed.
set -euo pipefail

directory=$1
# Best first: hash, file, and the suites of Debian that have it.
candidates=(
  "07b3c1ba2c1096878a85a31a5b9b3757427af963b1141ca904db2f9f4afe0bc2 highway_1.3.0.orig.tar.gz forky sid"
  "7e0be78b8318e8bdbf6fa545d2ecb4c90f947df03f7aadc42c1967f019e63343 highway_1.2.0.orig.tar.gz trixie"
)
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

has_hash() { echo "$1  $2" | sha256sum --check --status 2>/dev/null; }

# Prints the mirror. Works where no package lists have been downloaded yet, too.
find_mirror() {
  [[ -r $keyring ]] && command -v apt-get >/dev/null || return 0
  apt-get indextargets --no-release-info --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
    awk '$1 ~ /\/debian(\/|$)/ && $2 !~ /-security/ && !found { print $1; found = 1 }'
}

fetch() {  # fetch HASH FILE SUITE
  local state=$private/apt
  rm -rf "$state"
  mkdir -p "$state"/{lists,cache/archives}/partial "$state"/{empty,download}
  printf '%s\n' 'Types: deb-src' "URIs: $mirror" "Suites: $3" 'Components: main' "Signed-By: $keyring" \
    >"$state/private.sources"
  local options=(
    -o Dir::Etc::SourceList="$state/private.sources" -o Dir::Etc::SourceParts="$state/empty"
    -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts="$state/empty"
    -o Dir::State::Lists="$state/lists" -o Dir::Cache="$state/cache" -o APT::Sandbox::User="$(id -un)"
    -o Acquire::Check-Valid-Until=false  # a mirror that lags is good enough: the hash says what we want
  )
  apt-get "${options[@]}" -qq update || return
  # Only the tarball: some mirrors lack the .dsc beside it, and nothing is unpacked here.
  (cd "$state/download" && apt-get "${options[@]}" -qq source --download-only --tar-only highway) || return
  has_hash "$1" "$state/download/$2" || return
  mkdir -p "$directory"
  cp "$state/download/$2" "$directory/$2.part" && mv "$directory/$2.part" "$directory/$2"
}

for candidate in "${candidates[@]}"; do
  read -r hash file _ <<<"$candidate"
  if has_hash "$hash" "$directory/$file"; then exit 0; fi
  rm -f "$directory/$file"  # damaged
done

mirror=$(find_mirror)
if [[ -z $mirror ]]; then
  echo "Highway: apt on this machine knows no Debian archive" >&2
  exit 1
fi
private=$(mktemp -d)
trap 'rm -rf "$private"' EXIT
for candidate in "${candidates[@]}"; do
  read -r hash file suites <<<"$candidate"
  for suite in $suites; do
    if fetch "$hash" "$file" "$suite" >"$private/log" 2>&1; then
      echo "Highway: $file from Debian $suite, into $directory"
      exit 0
    fi
  done
done
echo "Highway: Debian's archive does not give it; the last words of apt:" >&2
tail -n 5 "$private/log" >&2
exit 1
