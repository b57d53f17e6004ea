#!/bin/sh
# Compares structures and constants of the kernel's interface between the guests' compilers and the host's.
# A system call may be passed through only where this finds no difference.
set -eu
dir=$(dirname "$0") out=${1:-build/layout}
mkdir -p "$out"
measure() { # NAME COMPILER...
    _name=$1
    shift
    "$@" -w -O0 -S -o "$out/$_name.s" "$dir/layout.c"
    sed -n 's/[$#]//; s/^[[:space:]]*->//p' "$out/$_name.s" >"$out/$_name"
}
measure host ${CC:-gcc}
passed=0 failed=0 skipped=0
for guest in aarch64 riscv64; do
    if ! command -v $guest-linux-gnu-gcc >/dev/null; then
        echo "skip $guest: no cross compiler"; skipped=$((skipped + 1)); continue
    fi
    measure $guest $guest-linux-gnu-gcc
    total=$(wc -l <"$out/$guest")
    # Names that differ, without ".field" and " align".
    paste -d '|' "$out/host" "$out/$guest" | awk -F'|' '$1 != $2 { print $2 }' |
        sed 's/ [^ ]*$//; s/ align$//; s/\..*//' | sort >"$out/$guest.diff"
    bad=0
    while read -r name; do
        grep -q "^$name  " "$dir/layout.expect" || { echo "FAIL $guest: $name differs from the host"; bad=$((bad + 1)); }
    done <"$out/$guest.diff"
    failed=$((failed + bad)) passed=$((passed + total - bad))
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
