#!/bin/sh
# Run real Debian programs under dragoman and compare them, byte by byte, with the same programs
# on this machine's own architecture. See run.py for the options.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
set=
for option; do
	case $option in
	--more) set=-m ;;
	--programs | --soak) set=-p ;;
	esac
done
tests/tools/roots.sh $set ${GUESTS:-arm64 riscv64}
[ "$set" != -p ] || tests/tools/sources.sh build/sources lua5.4 sqlite3 zlib
tests/tools/qemu.sh >/dev/null
exec python3 tests/prog/run.py "$@"
