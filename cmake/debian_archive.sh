# shellcheck shell=bash
# Sourced by the fetch_*.sh: single files from the Debian archive that this machine's apt is configured with, from any
# suite of it. apt works on a private state: the system's list of sources, its package lists and its packages are not
# touched, and no root is needed. Signatures are checked as always.

# Where they are kept, and where CMake looks for sources.
dependency_cache=${ISOQUANT_DEPENDENCY_CACHE:-${XDG_CACHE_HOME:-${HOME-}/.cache}/isoquant}

debian_keyring=/usr/share/keyrings/debian-archive-keyring.gpg
debian_state=$(mktemp -d)
debian_log=$debian_state/log
trap 'rm -rf "$debian_state"' EXIT

has_hash() { echo "$1  $2" | sha256sum --check --status 2>/dev/null; }

# Prints the mirror. Works where no package lists have been downloaded yet, too.
debian_mirror() {
  [[ -r $debian_keyring ]] && command -v apt-get >/dev/null || return 0
  apt-get indextargets --no-release-info --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
    awk '$1 ~ /\/debian(\/|$)/ && $2 !~ /-security/ && !found { print $1; found = 1 }'
}

# debian_get deb|deb-src MIRROR SUITE ARGUMENT...: runs apt-get with these arguments and the package lists of that suite
# alone, in the empty directory $debian_state/download.
debian_get() {
  local apt=$debian_state/apt
  rm -rf "$apt" "$debian_state/download"
  mkdir -p "$debian_state/download" "$apt"/{lists,cache/archives}/partial "$apt/empty"
  printf '%s\n' "Types: $1" "URIs: $2" "Suites: $3" 'Components: main' "Signed-By: $debian_keyring" \
    >"$apt/private.sources"
  local options=(
    -o Dir::Etc::SourceList="$apt/private.sources" -o Dir::Etc::SourceParts="$apt/empty"
    -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts="$apt/empty"
    -o Dir::State::Lists="$apt/lists" -o Dir::Cache="$apt/cache" -o APT::Sandbox::User="$(id -un)"
    -o Acquire::Check-Valid-Until=false  # a mirror that lags is good enough
  )
  apt-get "${options[@]}" -qq update || return
  (cd "$debian_state/download" && apt-get "${options[@]}" -qq "${@:4}")
}
