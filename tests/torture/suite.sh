#!/bin/sh
# Fetch what the torture tests are made from: gcc's own execution tests (Debian's gcc source package) and
# a root with the native compiler and the cross compilers of one version, whatever this machine has.
#
#   tests/torture/suite.sh [DIR]        default build/torture
#
# Makes DIR/root (amd64; the tests are its /suite). Kept once made; remove DIR to fetch anew.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/tools/apt.sh"
cd "$top"
dir=${1:-build/torture}
gcc=gcc-14

"$top/tests/tools/userland.sh" amd64 "$dir/root" bash coreutils gcc libc6-dev \
	$gcc-aarch64-linux-gnu libc6-dev-arm64-cross $gcc-riscv64-linux-gnu libc6-dev-riscv64-cross
exec 9>"$dir/.lock"
flock 9
[ ! -d "$dir/root/suite" ] || exit 0

apt_init "$dir/.apt" amd64 trixie
sed -i 's/^deb /deb-src /' "$apt_state/etc/sources.list"
apt_private update >"$apt_state/log" 2>&1 || { tail "$apt_state/log" >&2; die "apt-get update failed"; }
rm -rf "$dir/source" "$dir/root/suite.new"
mkdir "$dir/source"
(cd "$dir/source" && apt_private source --download-only $gcc) >>"$apt_state/log" 2>&1 ||
	{ tail "$apt_state/log" >&2; die "download of $gcc's source failed"; }
# The source proper is an archive inside the archive.
mkdir "$dir/root/suite.new"
tar -xOzf "$dir"/source/*.orig.tar.gz --wildcards '*/gcc-[0-9]*.tar.xz' |
	tar -xJ -C "$dir/root/suite.new" --strip-components 3 --wildcards '*/gcc/testsuite/gcc.c-torture/execute/*' \
		'*/gcc/testsuite/gcc.dg/pr*.c' '*/gcc/testsuite/gcc.dg/tree-ssa/pr*.c' # some include these
mv "$dir/root/suite.new" "$dir/root/suite"
rm -rf "$dir/source" "$dir/.apt"
