#: tests timeout=1500 needs=mounts
# numpy's own tests. What is printed is what failed, by name.
for t in umath half numeric indexing item_selection scalarmath casting_unittests casting_floatingpoint_errors getlimits simd ufunc dtype nditer; do tests="$tests numpy._core.tests.test_$t"; done
python3 -m pytest -q -p no:cacheprovider -rfE --tb=no -m 'not slow' --pyargs $tests 2>&1 | grep -E '^(FAILED|ERROR)|passed' | sed -E 's/[0-9]+ [a-z]+, //g; s/ in .*//'
