#!/bin/sh
# The names that -strace gives to values come from this machine's headers: do the guests' headers give them the same values? And does
# the generator refuse bad tables, naming the line?
#
#   tests/strace/values.sh GENVALUES OUT        CC: the host's compiler. Ends with a line "N passed, N failed, N skipped".
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
genvalues=$1 out=$2 table=$top/syscall/strace/values.tbl
passed=0 failed=0 skipped=0
mkdir -p "$out"

# measure NAME COMPILER...: all values, one "SECTION NAME VALUE" a line, into $out/NAME
measure() {
	_name=$1; shift
	: >"$out/$_name"
	for section in kernel_headers libc_headers ioctl_headers; do
		c=$out/$_name-$section.c
		"$@" -E -dD -w -D_GNU_SOURCE "$top/syscall/strace/$section.h" >"$c.i" || return 1
		{
			echo "#include \"$top/syscall/strace/$section.h\""
			printf '%s\n' '#define C(name) __asm__ volatile("\n->" #name " %0" : : "i"((long)(name)))'
			echo 'void values(void)'
			echo '{'
			# Names that these headers do not have are no failure: not every headers' age is the same.
			"$genvalues" -n "$table" "$section" <"$c.i" 2>/dev/null | sort -u
			echo '}'
		} >"$c"
		"$@" -w -O0 -D_GNU_SOURCE -S -o "$c.s" "$c" 2>"$c.log" || { head -3 "$c.log"; return 1; }
		sed -n 's/[$#]//; s/^[[:space:]]*->//p' "$c.s" | sed "s/^/$section /" >>"$out/$_name"
	done
	sort -u -o "$out/$_name" "$out/$_name"
}

measure host ${CC:-gcc} || { echo "FAIL: the host's values cannot be measured"; failed=$((failed + 1)); }
for guest in aarch64 riscv64; do
	command -v $guest-linux-gnu-gcc >/dev/null || { echo "skip $guest: no cross compiler"; skipped=$((skipped + 1)); continue; }
	measure $guest $guest-linux-gnu-gcc || { echo "FAIL $guest: values cannot be measured"; failed=$((failed + 1)); continue; }
	awk -v guest=$guest '
		FILENAME == ARGV[1] { if ($1 !~ /^#/ && NF) expected[$1] = 1; next }
		FILENAME == ARGV[2] { host[$1 " " $2] = $3; next }
		!(($1 " " $2) in host) { next }
		host[$1 " " $2] != $3 && !($2 in expected) { print "FAIL " guest ": " $2 " is " $3 ", on the host " host[$1 " " $2]; bad++; next }
		{ good++ }
		END { print good + 0, bad + 0 >"/dev/stderr" }' "$top/tests/strace/values.expect" "$out/host" "$out/$guest" 2>"$out/$guest.count"
	read -r good bad <"$out/$guest.count"
	passed=$((passed + good)) failed=$((failed + bad))
	[ "$good" -gt 2000 ] || { echo "FAIL $guest: only $good values compared"; failed=$((failed + 1)); }
done

# refuse LINE TEXT: a table with that text is refused, for that line
refuse() {
	printf '%b' "$2" >"$out/bad.tbl"
	"$genvalues" "$out/bad.tbl" kernel_headers <"$out/host-kernel_headers.c.i" >/dev/null 2>"$out/bad.message" &&
		{ echo "FAIL: accepted: $2"; failed=$((failed + 1)); return; }
	if grep -q "bad.tbl:$1: " "$out/bad.message"; then passed=$((passed + 1)); else echo "FAIL: wrong message for: $2"; failed=$((failed + 1)); fi
}
refuse 2 '= kernel_headers\nset X??? NO_SUCH_NAME\n'
refuse 2 '= kernel_headers\nset X??? NO_SUCH_*\n'
refuse 3 '= kernel_headers\n\nset X???\n'
refuse 1 '=\n'
refuse 1 '= other_headers\n'
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
