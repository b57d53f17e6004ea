#!/bin/sh
# Install what building and testing need, with apt-get (through sudo where we are not root).
#
#   tools/deps.sh [build] [demo] [test]        default: all of them
#
# Does nothing, and needs no network, when everything is there already.
set -eu

build='gcc make libc6-dev libcapstone-dev'
demo='apt dpkg tar xz-utils util-linux debian-archive-keyring ca-certificates'
test="$demo clang python3 binutils debootstrap groff-base strace gdb gdb-multiarch
      gcc-aarch64-linux-gnu libc6-dev-arm64-cross gcc-riscv64-linux-gnu libc6-dev-riscv64-cross"

[ $# -gt 0 ] || set -- build demo test
want=
for set in "$@"; do
	case $set in
	build) want="$want $build" ;;
	demo) want="$want $demo" ;;
	test) want="$want $test" ;;
	*) echo "usage: $0 [build] [demo] [test]" >&2; exit 2 ;;
	esac
done

missing=
for p in $(printf '%s\n' $want | sort -u); do
	status=$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null) || status=
	[ "$status" = installed ] || missing="$missing $p"
done
[ -n "$missing" ] || exit 0

root=
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || { echo "$0: not root, no sudo; please install:$missing" >&2; exit 1; }
	root=sudo
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
# The word splitting of $missing is meant.
$root apt-get -qq -o Acquire::Retries=3 update
$root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 \
	install --no-install-recommends $missing >/dev/null
