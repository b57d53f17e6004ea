#!/bin/sh
# Every table in bad/ must be refused with the message its first line gives. usage: bad.sh GENDECODE
dir=$(dirname "$0")/bad out=$(mktemp -d) fails=0
for t in "$dir"/*.tbl; do
    want=$(sed -n '1s/^# //p' "$t")
    if got=$("$1" -o "$out/t" "$t" 2>&1); then echo "$t: accepted"; fails=$((fails + 1)); continue; fi
    case $got in *"$want"*) ;; *) echo "$t: said '$got', not '$want'"; fails=$((fails + 1));; esac
done
rm -r "$out"
[ $fails = 0 ] && echo "bad tables: all refused"
