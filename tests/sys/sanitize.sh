#!/bin/sh
# Programs built with the cross compilers' sanitizers find what they are to find, and nothing in a program without fault:
# they know the address spaces of their architecture only.
#
# DRAGOMAN: the translator under test with its options. Ends with a line "N passed, N failed, N skipped".
# riscv64's runtime of gcc 12 works in no address space of today's kernels; what it needs of later ones is the placement.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
dragoman=${DRAGOMAN:-$top/build/dragoman} out=$top/build/sys/sanitize
passed=0 failed=0
mkdir -p "$out"

# expect GUEST FLAGS CASE PATTERN
expect() {
	program=$out/$1$2
	if [ ! "$program" -nt "$top/tests/sys/sanitize/main.c" ]; then
		"$1-linux-gnu-gcc" -g -O1 -w -DGUEST="\"$1\"" $2 -o "$program" "$top/tests/sys/sanitize/main.c" -lpthread || { failed=$((failed + 1)); return; }
	fi
	ASAN_OPTIONS=detect_leaks=0 timeout 100 $dragoman -L "/usr/$1-linux-gnu" "$program" "$3" >"$out/output" 2>&1 </dev/null
	status=$?
	if grep -q "$4" "$out/output"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1)); echo "FAIL $1 $2 $3: no $4 (status $status)"; head -20 "$out/output"
	fi
}

for s in address thread undefined; do expect aarch64 -fsanitize=$s none '^end'; done
expect aarch64 -fsanitize=address overflow 'SUMMARY: AddressSanitizer: heap-buffer-overflow'
expect aarch64 -fsanitize=address after 'SUMMARY: AddressSanitizer: heap-use-after-free'
expect aarch64 -fsanitize=thread race 'SUMMARY: ThreadSanitizer: data race'
expect aarch64 -fsanitize=undefined shift 'runtime error: shift exponent'
for g in aarch64 riscv64; do expect $g '' placed 'placed well'; done
echo "$passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
