#!/bin/sh
# Fetch what the torture tests are made from: gcc's own execution tests (Debian's gcc source package) and
# a root with the native compiler and the cross compilers of one version, whatever this machine has.
#
#   tests/torture/suite.sh [DIR]        default build/torture
#
# Makes DIR/root (amd64; the tests are its /suite). Kept once made; remove DIR to fetch anew.
. "$(dirname "$0")/../tools/suite.sh"
dir=${1:-build/torture}
suite "$dir/root" "$dir" "$dir/root/suite" gcc-14
# The source proper is an archive inside the archive.
rm -rf "$dir/root/suite.new"
mkdir "$dir/root/suite.new"
tar -xOzf "$dir"/source/*.orig.tar.gz --wildcards '*/gcc-[0-9]*.tar.xz' |
	tar -xJ -C "$dir/root/suite.new" --strip-components 3 --wildcards '*/gcc/testsuite/gcc.c-torture/execute/*' \
		'*/gcc/testsuite/gcc.dg/pr*.c' '*/gcc/testsuite/gcc.dg/tree-ssa/pr*.c' # some include these
mv "$dir/root/suite.new" "$dir/root/suite"
suite_done
