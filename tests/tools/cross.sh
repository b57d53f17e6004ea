#!/bin/sh
# Make an amd64 root with the native compiler and the cross compilers of one version, whatever this machine has.
#
#   tests/tools/cross.sh DIR
set -eu
gcc=gcc-14
exec "$(dirname "$0")/userland.sh" amd64 "$1" bash coreutils gcc libc6-dev \
	$gcc-aarch64-linux-gnu libc6-dev-arm64-cross $gcc-riscv64-linux-gnu libc6-dev-riscv64-cross
