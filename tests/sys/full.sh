#!/bin/sh
# What is scarce around dragoman itself. Disks that are full: what dragoman writes beside the program (logs, traces, maps, reports, core files) is lost then, and nothing else
# changes; what the program writes fails as it does natively. A hard limit on memory from outside, which counts the translator as well: it makes
# do with little, or says so.
#
#   tests/sys/full.sh            GUESTS, DRAGOMAN, OUT as for guest.sh. Ends with a line "N passed, N failed, N skipped".
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top" || exit 1
# Relative, because /tmp is covered below, and this may be there.
dragoman=${DRAGOMAN:-build/dragoman} out=${OUT:-build/sys} guests=${GUESTS:-aarch64 riscv64}
passed=0 failed=0 skipped=0

if [ "${1:-}" != --inside ]; then
	for g in native $guests; do
		cc=$g-linux-gnu-gcc
		[ $g != native ] || cc=${CC:-gcc}
		mkdir -p "$out/$g"
		command -v ${cc%% *} >/dev/null || continue
		printf '%s\n' '#include <stdio.h>' 'int main(int argc, char **argv) {' \
			'for (int i = 0; i < 3000; i++) printf("line %d\n", i);' 'int lost = fflush(stdout);' \
			'if (argc > 1) *(volatile int *)8 = 1;' 'return lost ? 3 : 0; }' |
			$cc -O1 -w -static -x c -o "$out/$g/full" - || exit 1
	done
	unshare -rm true 2>/dev/null || { echo "SKIP: no namespaces"; echo "0 passed, 0 failed, 1 skipped"; exit 0; }
	exec unshare -rm "$top/tests/sys/full.sh" --inside
fi

small=$(mktemp -d "$out/small.XXXXXX") work=$(mktemp -d "$out/work.XXXXXX")
trap 'rm -rf "$work"; umount -l "$small"; rmdir "$small"' EXIT
mount -t tmpfs -o size=64k none "$small" || exit 1

whole() { case $1 in /*) echo "$@" ;; *) echo "$top/$*" ;; esac; }

# same WHAT COMMAND...: as the native program, which has just been run into $work/native
same() {
	what=$1
	shift
	timeout -k 5 60 "$@" >"$work/guest" 2>"$work/err"
	status=$?
	# The shell says how a program died; that a jitdump or a report lacks its end is said.
	said=$(grep -v -e '^Segmentation fault' -e 'jitdump: the file ends here' -e 'cannot write the report' "$work/err")
	if [ $status = $want ] && cmp -s "$work/native" "$work/guest" && [ -z "$said" ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAIL $what: status $status, natively $want; $said"
	fi
}

for g in $guests; do
	[ -x "$out/$g/full" ] || { skipped=$((skipped + 1)); continue; }
	# Room for a little, then for nothing.
	for room in 20 0; do
		rm -f "$small"/*
		head -c $((65536 - room * 1024)) /dev/zero >"$small/filler"
		"$out/native/full" >"$work/native"
		want=$?
		same "log, $room KiB" $dragoman -d in,syscall -D "$small/log" "$out/$g/full"
		same "strace, $room KiB" $dragoman -strace="$small/strace" "$out/$g/full"
		same "jitdump, $room KiB" $dragoman -jitdump="$small" "$out/$g/full"
		same "report, $room KiB" $dragoman -report "$small/report" "$out/$g/full"
		if grep -q 'cannot write the report' "$work/err"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAIL report, $room KiB: nothing is said"; fi
		mount --bind "$small" /tmp
		same "perf map, $room KiB" $dragoman -perfmap "$out/$g/full"
		umount /tmp
		case $(cat /proc/sys/kernel/core_pattern) in
		[/\|]*) skipped=$((skipped + 1)) ;;
		*)
			(cd "$small" && ulimit -c unlimited && "$(whole "$out/native/full")" crash) >"$work/native" 2>/dev/null
			want=$?
			rm -f "$small"/core*
			# The shell's word about the death is its own.
			same "core, $room KiB" sh -c 'cd "$0" && ulimit -c unlimited && exec "$@"' "$small" $(whole $dragoman) "$(whole "$out/$g/full")" crash
			;;
		esac
	done
	"$out/native/full" >"$work/native"
	want=$?
	# Just enough for what the program writes.
	beside=$work/beside
	for option in "-d in -D $beside/log" '-d ir' "-strace=$beside/strace" "-jitdump=$beside" -perfmap "-report $beside/report"; do
		mkdir "$beside"
		[ "$option" != -perfmap ] || mount --bind "$beside" /tmp
		same "$option, small files" sh -c 'ulimit -f 58; exec "$@" 2>"$0/err"' "$beside" $dragoman $option "$out/$g/full"
		[ "$option" != -perfmap ] || umount /tmp
		rm -r "$beside"
	done
	for kb in 300000 100000 60000; do
		same "hard limit of $kb KiB" sh -c 'ulimit -v $0 && exec "$@"' $kb $dragoman "$out/$g/full"
		same "soft limit of $kb KiB" sh -c 'ulimit -Sv $0 && exec "$@"' $kb $dragoman "$out/$g/full"
	done
	sh -c 'ulimit -v 20000 && exec "$@"' "" $dragoman "$out/$g/full" >"$work/guest" 2>"$work/err"
	if [ $? = 125 ] && [ ! -s "$work/guest" ] && grep -q '^dragoman: out of memory' "$work/err"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAIL hard limit of 20 MB: $(head -c 300 "$work/err")"
	fi
	# Not through same(): its output is compared, and here there is none.
	"$out/native/full" >/dev/full
	want=$?
	timeout -k 5 60 $dragoman "$out/$g/full" >/dev/full
	status=$?
	if [ $status = $want ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAIL standard output: status $status, natively $want"; fi
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
