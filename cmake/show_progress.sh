#!/usr/bin/env bash
# Reads what a build by Ninja or make says, and shows on stderr how far it is: on a terminal in one line that is written
# over, else in a line for each tenth. Prints the number of files that were compiled.
#
# Usage: cmake --build ... 2>&1 | cmake/show_progress.sh LOG      (LOG: a file, to which all that was read is appended)
set -euo pipefail

compiled=0
shown=0  # tenths
while IFS= read -r line; do
  printf '%s\n' "$line" >>"$1"
  if [[ $line =~ Building\ (C|CXX)\ object ]]; then compiled=$((compiled + 1)); fi
  if [[ $line =~ ^\[([0-9]+)/([0-9]+)\] ]]; then  # Ninja, by default and with NINJA_STATUS='[%f/%t] '
    text="${BASH_REMATCH[1]} of ${BASH_REMATCH[2]} files"
    tenths=$((10 * BASH_REMATCH[1] / BASH_REMATCH[2]))
  elif [[ $line =~ ^\[\ *([0-9]+)%\] ]]; then  # make
    text="${BASH_REMATCH[1]} %"
    tenths=$((BASH_REMATCH[1] / 10))
  else
    continue
  fi
  if [[ -t 2 ]]; then
    printf '\rBuilding: %s, %d s\033[K' "$text" "$SECONDS" >&2
  elif [[ $tenths -gt $shown && $compiled -gt 0 ]]; then
    echo "Building: $text, $SECONDS s" >&2
    shown=$tenths
  fi
done
if [[ -t 2 ]]; then printf '\r\033[K' >&2; fi
echo "$compiled"
