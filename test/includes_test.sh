#!/bin/sh
# No folder includes one above it: in the library, and in the examples quantized_mlp and onnxruntime.
#
# Usage: test/includes_test.sh
# One line for each check; exits non-zero if one failed.

set -u
. "$(dirname "$0")/check.sh"
root=$(cd "$(dirname "$0")/.." && pwd)

# Rooms, lowest first. A file may include files of its own room, and of rooms in lines before. Rooms in one line do not
# use each other. A room is one folder; with /* it is all folders below, too. Every folder with sources needs a room.
library='
include/isoquant
hwy/*
include/isoquant/inl/util
include/isoquant/inl/isa
include/isoquant/inl/functions
include/isoquant/inl/engine
include/isoquant/inl/sources include/isoquant/inl/stages
include/isoquant/inl
src examples/*
bench/* test/*'
example='
examples/quantized_mlp/support
examples/quantized_mlp/data examples/quantized_mlp/f32
examples/quantized_mlp/with_isoquant
examples/quantized_mlp/evaluation examples/quantized_mlp/model_files
examples/quantized_mlp/training
examples/quantized_mlp/terminal
examples/quantized_mlp/commands
examples/quantized_mlp'
onnxruntime='
examples/onnxruntime/provider/api examples/onnxruntime/host
examples/onnxruntime/provider/graph
examples/onnxruntime/provider/run examples/onnxruntime/provider/match
examples/onnxruntime/provider/kernels
examples/onnxruntime/provider/program
examples/onnxruntime/provider/ep
examples/onnxruntime/remove_background examples/onnxruntime/run_onnx'
# Folders that includes may start from, apart from that of the file and the root.
starts='include examples/quantized_mlp examples/onnxruntime examples/onnxruntime/provider'
# Allowed all the same: file or folder, and what it includes. (Public headers know no Highway; but thread_pool.h is an
# executor over Highway's thread pool.)
exceptions='
include/isoquant/thread_pool.h hwy/contrib/thread_pool/thread_pool.h'
# Headers of others begin so.
others='^(CLI|benchmark|doctest|nlohmann)/'

# violations ROOT: a line for each include that goes up, that leads nowhere, or whose folder has no room, and for each
# exception that nothing needs.
violations() (
  cd "$1" || exit
  find include src bench test examples -name '*.h' -o -name '*.cc' | sort >"$tmp/files"
  xargs grep -H -E '^[ 	]*#[ 	]*include[ 	]*("|<(isoquant|hwy)/)' <"$tmp/files" >"$tmp/includes"
  awk -v library="$library" -v example="$example" -v onnxruntime="$onnxruntime" -v starts="$starts" -v exceptions="$exceptions" -v others="$others" '
    function read_table(table, text,    lines, rooms, i, j) {
      for (i = split(text, lines, "\n"); i > 0; i--) {
        for (j = split(lines[i], rooms, " "); j > 0; j--) rank[table, rooms[j]] = i
      }
    }
    function folder_of(file) { return substr(file, 1, match(file, "/[^/]*$") - 1) }
    function room_of(table, file,    folder) {  # "" if there is none
      folder = folder_of(file)
      if ((table, folder) in rank) return folder
      for (; folder != ""; folder = folder_of(folder)) if ((table, folder "/*") in rank) return folder "/*"
      return ""
    }
    function resolve(from, name,    base, i) {  # the file that is included, "" if it is nowhere
      if (name ~ /^hwy\//) return name
      base = folder_of(from) "/"
      while (name ~ /^\.\.\//) { name = substr(name, 4); base = folder_of(substr(base, 1, length(base) - 1)) "/" }
      if (base name in is_file) return base name
      if (name in is_file) return name
      for (i = 1; i <= num_starts; i++) if (start[i] "/" name in is_file) return start[i] "/" name
      return ""
    }
    function is_excepted(from, to,    found, i) {
      for (i in excepted) {
        if (to == included[i] && (from == excepted[i] || index(from, excepted[i] "/") == 1)) { found = 1; needed[i] = 1 }
      }
      return found
    }
    function check(table, from, to,    a, b) {
      a = room_of(table, from)
      b = room_of(table, to)
      if (a == "" || b == "") print from ": no room for its folder, or for that of " to
      else if (a != b && rank[table, b] >= rank[table, a] && !is_excepted(from, to)) print from ": must not include " to
    }
    BEGIN {
      read_table("library", library)
      read_table("example", example)
      read_table("onnxruntime", onnxruntime)
      num_starts = split(starts, start, " ")
      for (i = split(exceptions, lines, "\n"); i > 0; i--) {
        if (split(lines[i], parts, " ") == 2) { excepted[i] = parts[1]; included[i] = parts[2] }
      }
    }
    FILENAME ~ /files$/ { is_file[$0] = 1; next }
    {
      from = substr($0, 1, index($0, ":") - 1)
      split($0, parts, /["<>]/)
      if (parts[2] ~ others) next
      to = resolve(from, parts[2])
      if (to == "") { print from ": where is " parts[2] "?"; next }
      check("library", from, to)
      if (from ~ /^examples\/quantized_mlp\// && to ~ /^examples\//) check("example", from, to)
      if (from ~ /^examples\/onnxruntime\// && to ~ /^examples\//) check("onnxruntime", from, to)
    }
    END { for (i in excepted) if (!(i in needed)) print "no file needs the exception " excepted[i] " " included[i] }
  ' "$tmp/files" "$tmp/includes"
)

none_in() {
  found=$(violations "$1")
  [ -z "$found" ] && return
  echo "$found" | sed 's/^/      /'
  return 1
}

check "no folder includes one above it" none_in "$root"

# ---- Whether it would be noticed: a copy with one include more.
copy=$tmp/copy
mkdir "$copy" && (cd "$root" && cp -R include src bench test examples "$copy") || exit 2
finds() {  # finds FILE INCLUDED MESSAGE
  cp "$copy/$1" "$tmp/original"
  case $2 in
    '<'*) echo "#include $2" ;;
    *) echo "#include \"$2\"" ;;
  esac >>"$copy/$1"
  found=$(violations "$copy")
  cp "$tmp/original" "$copy/$1"
  echo "$found" | grep -q -x -F "$1: $3" && return
  echo "      found: $found"
  return 1
}
# In the order of the library's rooms, and of the example's.
check "... Highway in a public header" finds include/isoquant/weights.h hwy/base.h "must not include hwy/base.h"
check "... the same between < and >" finds include/isoquant/weights.h '<hwy/base.h>' "must not include hwy/base.h"
check "... a template in a public header" finds include/isoquant/matmul.h isoquant/inl/matmul-inl.h \
  "must not include include/isoquant/inl/matmul-inl.h"
check "... src/ in a template" finds include/isoquant/inl/matmul-inl.h src/check.h "must not include src/check.h"
check "... a path with .." finds include/isoquant/inl/isa/arm.h ../matmul-inl.h \
  "must not include include/isoquant/inl/matmul-inl.h"
check "... src/ in an example" finds examples/isoquant_info.cc src/check.h "must not include src/check.h"
check "... a test in src/" finds src/check.cc test/support.h "must not include test/support.h"
check "... training in data" finds examples/quantized_mlp/data/csv.h training/train.h \
  "must not include examples/quantized_mlp/training/train.h"
check "... a room beside" finds examples/quantized_mlp/f32/mlp.h data/csv.h \
  "must not include examples/quantized_mlp/data/csv.h"
check "... a program's file in those that programs share" finds examples/onnxruntime/host/npy.h run_onnx/inputs.h \
  "must not include examples/onnxruntime/run_onnx/inputs.h"
check "... a file that is nowhere" finds src/check.cc nowhere.h "where is nowhere.h?"
mkdir "$copy/src/new" && cp "$copy/src/check.cc" "$copy/src/new/check.cc"
check "... a folder without a room" sh -c '[ "$1" -ge 1 ]' - "$(violations "$copy" | grep -c '^src/new/check.cc: no room')"

finish
