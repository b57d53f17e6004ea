#!/bin/sh
# Fetch and compile the Open POSIX test suite (Debian's posixtestsuite), natively and for each guest: one static
# program an architecture that holds all tests (many.c).
#
#   tests/suites/posix.sh        makes build/posix/posix-{amd64,arm64,riscv64} and .absent lists; remove it to fetch anew
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/tools/apt.sh"
cd "$top"
dir=build/posix root=build/torture/root
tests/tools/cross.sh "$root"
mkdir -p "$dir"
exec 9>"$dir/.lock"
flock 9
[ ! -e "$dir/ready" ] || exit 0

apt_init "$dir/.apt" amd64 trixie
apt_source posixtestsuite "$dir/source"
rm -rf "$root/posix"
mkdir -p "$root/posix/obj" "$dir"
tar -xzf "$dir"/source/*.orig.tar.gz -C "$root/posix" --strip-components 1
cp tests/suites/many.c tests/suites/posix-build.sh "$root/posix"
tests/tools/ns.sh "$root" -- chroot "$root" /usr/bin/bash /posix/posix-build.sh >"$dir/build.log" 2>&1 ||
	{ tail "$dir/build.log" >&2; die "cannot build"; }
cp "$root"/posix/posix-amd64 "$root"/posix/posix-arm64 "$root"/posix/posix-riscv64 "$root"/posix/absent-* "$dir"
rm -rf "$root/posix" "$dir/source" "$dir/.apt"
touch "$dir/ready"
