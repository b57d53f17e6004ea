#!/bin/sh
# Run real Debian programs under dragoman and compare them, byte by byte, with the same programs
# on this machine's own architecture. See run.py for the options.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
more=
for option; do [ "$option" != --more ] || more=-m; done
tests/tools/roots.sh $more ${GUESTS:-arm64 riscv64}
tests/tools/qemu.sh >/dev/null
exec python3 tests/prog/run.py "$@"
