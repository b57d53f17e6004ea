#!/bin/sh
# `make bench` after its tools are built. Everything runs in one namespace: entering one for each
# measurement would be measured with it.
set -eu
cd "$(dirname "$0")/../.."
guests=${GUESTS:-arm64 riscv64}
tests/tools/roots.sh $guests
tests/tools/qemu.sh >/dev/null
sets=userland
if python3 tests/bench/bench.py --wants-large; then
	tests/tools/roots.sh -j $guests
	sets='userland jit'
fi
roots=
for set in $sets; do
	for g in amd64 $guests; do roots="$roots build/$set/$g"; done
done
exec tests/tools/ns.sh $roots -- python3 tests/bench/bench.py
