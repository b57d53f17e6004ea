#!/bin/sh
# `make bench` after its tools are built. Everything runs in one namespace: entering one for each
# measurement would be measured with it.
set -eu
cd "$(dirname "$0")/../.."
guests=${GUESTS:-arm64 riscv64}
tests/tools/roots.sh $guests
tests/tools/qemu.sh >/dev/null
roots=build/userland/amd64
for g in $guests; do roots="$roots build/userland/$g"; done
exec tests/tools/ns.sh $roots -- python3 tests/bench/bench.py
