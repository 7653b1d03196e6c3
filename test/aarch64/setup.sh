#!/usr/bin/env bash
# Installs what run.sh needs and this machine lacks, and prints the path of a qemu-aarch64.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
cmake/setup.sh --cross g++-aarch64-linux-gnu:aarch64-linux-gnu-g++ cmake:cmake ninja-build:ninja nlohmann-json3-dev \
  libcli11-dev >&2
exec cmake/fetch_qemu.sh
