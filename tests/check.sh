#!/bin/sh
# Runs the test areas named and adds up their closing lines "N passed, N failed, N skipped".
# An area whose target ends without such a line counts as one failure.
set -eu
passed=0 failed=0 skipped=0
for area in "$@"; do
    log=build/check-$area.log
    start=$(date +%s)
    status=0
    ${MAKE:-make} --no-print-directory "check-$area" >"$log" 2>&1 || status=$?
    line=$(sed -nE 's/^([a-z]+: )?([0-9]+ passed, [0-9]+ failed, [0-9]+ skipped)$/\2/p' "$log" | tail -n 1)
    [ -n "$line" ] || line="0 passed, 1 failed, 0 skipped"
    p=${line%% passed*} rest=${line#* passed, }; f=${rest%% failed*}; s=${rest#* failed, }; s=${s%% skipped*}
    [ "$status" = 0 ] || [ "$f" != 0 ] || f=1
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    echo "$area: $p passed, $f failed, $s skipped ($(($(date +%s) - start)) s)"
    [ "$f" = 0 ] || grep -iE '^(not ok|fail|FAIL)|: FAIL|failed:|[Ee]rror' "$log" | head -n 40 || true
    # Cases left out are named in the log with their reason.
    [ "$s" = 0 ] || grep -iE '^skip' "$log" | head -n 40 || true
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
