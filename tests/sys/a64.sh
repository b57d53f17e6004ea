#!/bin/sh
# A64's own side of the system interface (tests/sys/a64/*.c): each program checks what the manual and Linux say,
# and prints "all right". Runs translated, interpreted, and both in step; a comment "// options: ..." gives dragoman options, and
# "// without: ..." names a way that it cannot be run in.
#
#   tests/sys/a64.sh [TEST...]      default: all. DRAGOMAN: the translator. Ends with "N passed, N failed, N skipped".
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
dragoman=${DRAGOMAN:-$top/build/dragoman} out=$top/build/sys/a64
cc=aarch64-linux-gnu-gcc
passed=0 failed=0
command -v $cc >/dev/null || { echo "skip: no $cc"; echo "0 passed, 0 failed, 1 skipped"; exit 0; }
mkdir -p "$out"
[ $# -gt 0 ] || set -- $(cd "$top/tests/sys/a64" && ls *.c | sed 's/\.c$//')
for test; do
	src=$top/tests/sys/a64/$test.c
	if ! $cc -O1 -g -Wall -static -march=armv8.5-a -o "$out/$test" "$src" -lpthread 2>"$out/$test.log"; then
		echo "FAIL $test: does not build"; head -3 "$out/$test.log"; failed=$((failed + 1)); continue
	fi
	options=$(sed -n 's,^// options: ,,p' "$src")
	without=$(sed -n 's,^// without: ,,p' "$src")
	for how in "" -interp -check=lockstep; do
		[ -z "$without" ] || [ "$how" != "$without" ] || continue
		timeout -k 5 120 $dragoman $options $how "$out/$test" >"$out/$test.out" 2>&1 </dev/null
		if [ "$(cat "$out/$test.out")" = "all right" ]; then
			passed=$((passed + 1))
		else
			failed=$((failed + 1)); echo "FAIL $test $how"; head -10 "$out/$test.out"
		fi
	done
done
echo "$passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
