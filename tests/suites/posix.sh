#!/bin/sh
# Fetch and compile the Open POSIX test suite (Debian's posixtestsuite), natively and for each guest: one static
# program an architecture that holds all tests (many.c).
#
#   tests/suites/posix.sh        makes build/posix/posix-{amd64,arm64,riscv64} and .absent lists; remove it to fetch anew
. "$(dirname "$0")/../tools/suite.sh"
dir=build/posix root=build/torture/root
suite $root $dir $dir/ready posixtestsuite
rm -rf $root/posix
mkdir -p $root/posix/obj
tar -xzf $dir/source/*.orig.tar.gz -C $root/posix --strip-components 1
cp tests/suites/many.c tests/suites/posix-build.sh $root/posix
tests/tools/ns.sh $root -- chroot $root /usr/bin/bash /posix/posix-build.sh >$dir/build.log 2>&1 ||
	{ tail $dir/build.log >&2; die "cannot build"; }
cp $root/posix/posix-amd64 $root/posix/posix-arm64 $root/posix/posix-riscv64 $root/posix/absent-* $dir
rm -rf $root/posix
suite_done
touch $dir/ready
