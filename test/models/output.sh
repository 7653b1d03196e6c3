# shellcheck shell=bash
# Sourced by the scripts that run programs on models of CPUs: what the programs print.

# The digest of the example.
golden=$(sed -n 's/^golden=//p' "$(dirname "${BASH_SOURCE[0]}")/../example_test.sh")

# values FILE KEY: of the JSON of our programs, which has one key a line.
values() { sed -n "s/^ *\"$2\": \"\([^\"]*\)\".*/\1/p" "$1"; }
