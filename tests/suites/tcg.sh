#!/bin/sh
# Fetch QEMU's own test programs (Debian's qemu source package) into the root with the compilers, as its /tcg.
#
#   tests/suites/tcg.sh        kept once made; remove build/torture/root/tcg to fetch anew
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/tools/apt.sh"
cd "$top"
dir=build/tcg root=build/torture/root
tests/tools/qemu.sh >/dev/null
tests/tools/cross.sh "$root"
mkdir -p "$dir"
exec 9>"$dir/.lock"
flock 9
[ ! -d "$root/tcg" ] || exit 0

apt_init "$dir/.apt" amd64 trixie
apt_source qemu "$dir/source"
rm -rf "$root/tcg.new"
mkdir "$root/tcg.new"
tar -xJf "$dir"/source/*.orig.tar.xz -C "$root/tcg.new" --strip-components 3 --wildcards '*/tests/tcg/*'
rm -rf "$dir/source" "$dir/.apt"
mv "$root/tcg.new" "$root/tcg"
