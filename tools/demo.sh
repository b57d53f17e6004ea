#!/bin/sh
# Show guest programs running: tools/demo.sh DRAGOMAN ROOTS
set -eu
dragoman=$1 roots=$2

show() { # ARCH PROGRAM [ARG...]
	arch=$1 program=$2
	shift 2
	"$dragoman" -L "$roots/$arch" "$roots/$arch/usr/bin/$program" "$@"
}

echo "this machine: $(uname -m)"
for arch in arm64 riscv64; do
	echo
	echo "== $arch"
	printf 'uname -m:  '
	show "$arch" uname -m
	printf 'pipeline:  '
	# The shell and all it starts are guest programs: the first word of each is found in the root.
	show "$arch" bash -c 'seq 1 1000 | grep 7 | sed "s/7/seven/g" | sort | tail -n 1; cat /etc/os-release | head -n 1'
	printf 'python3:   '
	show "$arch" python3 -c 'import sys; u = __import__("os").uname(); print(sys.version.split()[0], sys.platform, u.machine, sys.implementation._multiarch)'
done
