#!/bin/sh
# Runs the guest tests (tests/sys/guest/*.c) for each guest and compares what they print, and how
# they end, with a native build of the same source.
#
#   tests/sys/guest.sh [-b] [TEST...]      default: all; -b: only build them for the guests
#
# DRAGOMAN: the translator under test with its options. REPEAT: runs of the racy ones (default 3).
# GUESTS: "aarch64 riscv64"; a test's comment "// guests: ..." names those that it is for alone. OUT: where the builds go. Ends with a line "N passed, N failed, N skipped".
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
dragoman=${DRAGOMAN:-$top/build/dragoman} out=${OUT:-$top/build/sys} repeat=${REPEAT:-3}
guests=${GUESTS:-aarch64 riscv64} cc=${CC:-gcc}
racy=" ptrace orphans kills frames storm churn threads forks execs clones "
passed=0 failed=0 skipped=0
TMPDIR=$(mktemp -d) || exit 1
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
trap 'exit 1' HUP INT TERM
chmod 755 "$TMPDIR"     # some tests go on as nobody

# build DIRECTORY TEST COMPILER...
build() {
	_program=$1/$2 _source=$top/tests/sys/guest/$2.c
	mkdir -p "$1"
	shift 2
	[ -e "$_program" ] && [ -z "$(find "$_source" "$top"/tests/sys/guest/*.h "$top"/tests/sys/guest/*.def -newer "$_program")" ] && return
	"$@" -O1 -g -w -static -o "$_program" "$_source" -lpthread -lm -latomic 2>"$_program.log" ||
	"$@" -O1 -g -w -static -o "$_program" "$_source" -lpthread -lm 2>"$_program.log"
}

# concerns TEST GUEST
concerns() {
	_only=$(sed -n 's,^// guests: ,,p' "$top/tests/sys/guest/$1.c")
	[ -z "$_only" ] && return
	case " $_only " in *" $2 "*) ;; *) return 1 ;; esac
}

# run OUTPUT COMMAND...
run() {
	_to=$1; shift
	timeout -k 5 120 "$@" >"$_to" 2>"$_to.err" </dev/null
	echo "status $?" >>"$_to"
}

only_build=
[ "${1:-}" = -b ] && only_build=1 && shift
[ $# -gt 0 ] || set -- $(cd "$top/tests/sys/guest" && ls *.c | sed 's/\.c$//')
if [ $only_build ]; then
	for g in $guests; do
		command -v "$g-linux-gnu-gcc" >/dev/null || continue
		for test; do
			concerns "$test" "$g" || continue
			build "$out/$g" "$test" "$g-linux-gnu-gcc" || { echo "$test: no $g build"; cat "$out/$g/$test.log"; exit 1; }
		done
	done
	exit 0
fi
for test; do
	build "$out/native" "$test" $cc || { echo "$test: no native build"; failed=$((failed + 1)); continue; }
	run "$out/native/$test.out" "$out/native/$test"
	if [ "$(tail -n 1 "$out/native/$test.out")" != "status 0" ]; then
		echo "FAIL $test: the native run does not come to its end"
		tail -n 3 "$out/native/$test.out"
		failed=$((failed + 1))
		continue
	fi
	n=1
	case $racy in *" $test "*) n=$repeat;; esac
	for g in $guests; do
		concerns "$test" "$g" || continue
		if ! command -v "$g-linux-gnu-gcc" >/dev/null; then skipped=$((skipped + 1)); echo "skip $test: no $g-linux-gnu-gcc"; continue; fi
		build "$out/$g" "$test" "$g-linux-gnu-gcc" || { echo "$test: no $g build"; failed=$((failed + 1)); continue; }
		i=0 bad=0
		while [ $i -lt "$n" ]; do
			i=$((i + 1))
			run "$out/$g/$test.out" $dragoman "$out/$g/$test"
			if ! cmp -s "$out/native/$test.out" "$out/$g/$test.out"; then
				bad=$((bad + 1))
				echo "FAIL $test $g (run $i)"
				diff "$out/native/$test.out" "$out/$g/$test.out" | head -10
				head -5 "$out/$g/$test.out.err"
			fi
		done
		if [ $bad = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
	done
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
