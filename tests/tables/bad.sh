#!/bin/sh
# Every table in bad/ must be refused with the message its first line gives. usage: bad.sh GENDECODE OUT
dir=$(dirname "$0")/bad out=$2 passed=0 failed=0
for t in "$dir"/*.tbl; do
    want=$(sed -n '1s/^# //p' "$t")
    if got=$("$1" -o "$out/t" "$t" 2>&1); then got="accepted"; fi
    case $got in
    *"$want"*) passed=$((passed + 1));;
    *) echo "FAIL $t: '$got', not '$want'"; failed=$((failed + 1));;
    esac
done
echo "$passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
