#!/bin/sh
# Fetch QEMU's own test programs (Debian's qemu source package) into the root with the compilers, as its /tcg.
#
#   tests/suites/tcg.sh        kept once made; remove build/torture/root/tcg to fetch anew
. "$(dirname "$0")/../tools/suite.sh"
root=build/torture/root
tests/tools/qemu.sh >/dev/null
suite $root build/tcg $root/tcg qemu
rm -rf $root/tcg.new
mkdir $root/tcg.new
tar -xJf build/tcg/source/*.orig.tar.xz -C $root/tcg.new --strip-components 3 --wildcards '*/tests/tcg/*'
mv $root/tcg.new $root/tcg
suite_done
