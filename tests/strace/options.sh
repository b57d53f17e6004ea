#!/bin/sh
# What -strace's companions do: files, filters, times, counts; that the output is out of the guest's reach; that lines stay whole.
#
#   tests/strace/options.sh [GUEST...]      DRAGOMAN: the translator. Ends with a line "N passed, N failed, N skipped".
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
dragoman=${DRAGOMAN:-$top/build/dragoman}
work=$top/build/strace/options
passed=0 failed=0 skipped=0
[ $# -gt 0 ] || set -- aarch64 riscv64
rm -rf "$work"
mkdir -p "$work"

# check WHAT COMMAND...: the command succeeds
check() {
	_what=$1; shift
	if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAIL $guest: $_what"; fi
}
# trace OPTIONS... -- WORDS...: into $work/out, the exit status in $status
trace() {
	_options=
	while [ "$1" != -- ]; do _options="$_options $1"; shift; done
	shift
	rm -rf "$work"/out*
	timeout 60 $dragoman -strace="$work/out" $_options "$program" "$@" >"$work/stdout" 2>"$work/stderr" </dev/null
	status=$?
}
has() { grep -qE -e "$1" "$work/out"; }
hasnt() { ! has "$1"; }
all() { ! grep -vqE -e "$1" "$work/out"; }
# Every line is a whole call, its first or second part, a signal or an end.
whole() { all '^[0-9]+ +([a-z_0-9]+\(.*(\) += .*| <unfinished \.\.\.>)|<\.\.\. [a-z_0-9]+ resumed>.*\) += .*|--- SIG.* ---|\+\+\+ .* \+\+\+)$'; }

for guest; do
	command -v "$guest-linux-gnu-gcc" >/dev/null || { skipped=$((skipped + 1)); echo "skip options: no $guest-linux-gnu-gcc"; continue; }
	program=$top/build/strace/options-$guest
	[ "$program" -nt "$top/tests/strace/options.c" ] ||
		"$guest-linux-gnu-gcc" -O1 -w -static -o "$program" "$top/tests/strace/options.c" -lpthread || { failed=$((failed + 1)); continue; }

	trace -- file fork
	check "exit status is the guest's" [ $status = 5 ]
	check "nothing on the guest's stderr" [ ! -s "$work/stderr" ]
	check "lines are whole" whole
	check "a child's calls" has '^[0-9]+ +faccessat\(AT_FDCWD, "child", R_OK\) += -1 ENOENT \(No such file or directory\)$'
	check "its end" has '\+\+\+ exited with 3 \+\+\+'

	timeout 60 $dragoman -strace "$program" file 2>"$work/out"
	check "stderr, no identifiers for one task" has '^faccessat\(AT_FDCWD, "absent", R_OK\) += -1 ENOENT'
	timeout 60 $dragoman -strace "$program" fork 2>"$work/out"
	check "stderr, identifiers for several" has '^\[pid +[0-9]+\] faccessat\(AT_FDCWD, "child"'

	trace -strace-ff -- file fork exec
	check "a file per process" [ "$(ls "$work" | grep -c '^out\.[0-9]*$')" = 3 ]
	check "each its own calls" [ "$(cat "$work"/out.* | grep -c '"absent"')" = 2 ]

	trace -- exec
	check "execve of a child, and what it executes" has '^[0-9]+ +(<... execve resumed>|execve\(".*options.*\["[^"]*"(\.\.\.)?, "file"\], 0x[0-9a-f]+ /\* [0-9]+ vars \*/)\) += 0$'
	check "the new program's calls" has '"absent"'

	trace -strace-trace=%file -- file write
	check "class of calls" has '^[0-9]+ +faccessat'
	check "others not" hasnt 'write\('
	trace -strace-trace='!faccessat,write' -- file write
	check "all but some" hasnt 'faccessat|write\('
	check "all but some: the rest" has 'brk\('
	trace -strace-trace=nonsense -- file
	check "a name that is none" [ $status = 125 ]
	trace -strace-trace=network,process,signal,ipc,memory,desc,read -- file
	check "all classes are known" [ $status = 5 ]

	trace -- write
	check "strings are cut" has 'write\(1, "0123456789abcdefghijklmnopqrstuv"\.\.\., 46\)'
	trace -strace-s=40 -- write
	check "strings are cut later" has 'write\(1, "0123456789abcdefghijklmnopqrstuvwxyz0123"\.\.\., 46\)'
	trace -strace-v -- stat
	check "structures whole" has 'st_dev=makedev.*st_ctime_nsec='
	trace -strace-y -- stat
	check "descriptors' files" has 'fstat(at)?\([0-9]+</>'

	trace -strace-T -- sleep
	check "time spent" has 'nanosleep\(.*<0\.0[2-9][0-9]{4}>$'
	trace -strace-t -- file
	check "time of day" has '^[0-9]+ +[0-2][0-9]:[0-5][0-9]:[0-5][0-9]\.[0-9]{6} faccessat'
	trace -strace-r -- sleep file
	check "time since the line before" has '^[0-9]+ +0\.0[2-9][0-9]{4} '

	trace -- file fork threads
	calls=$(grep -cE '^[0-9]+ +[a-z_0-9]+\(' "$work/out")
	accesses=$(grep -cE '^[0-9]+ +faccessat\(' "$work/out")
	check "threads' lines are whole" whole
	trace -strace-c -- file fork threads
	check "counts" has "^ *[0-9.]+ +[0-9.]+ +[0-9]+ +$accesses +$accesses faccessat\$"
	check "the sum of counts" [ "$(awk '$NF != "total" && $4 ~ /^[0-9]+$/ { n += $4 } $NF == "total" { t = $4 } END { print n - t }' "$work/out")" = 0 ]
	check "no calls beside counts" hasnt '\('

	trace -- close file
	check "the output survives close_range and dup3" has '"absent"'

	trace -- signal
	check "signals" has '^[0-9]+ +--- SIGUSR1 \{si_signo=SIGUSR1, si_code=SI_TKILL, si_pid=[0-9]+, si_uid=[0-9]+\} ---$'
	trace -- abort
	check "death by a signal" has '\+\+\+ killed by SIGABRT'

	trace -- kills file
	check "killed tasks hold nobody up" [ $status = 5 ]
	check "lines stay whole when tasks are killed" whole
	check "and go on" has '"absent"'

	{ timeout 60 $dragoman -strace "$program" file fork 2>&1; echo $? >"$work/status"; } | head -1 >/dev/null
	check "an output that nobody reads is not the guest's trouble" [ "$(cat "$work/status")" = 5 ]
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
