#: tests timeout=1500 needs=mounts
# numpy's own tests. What is printed is what failed, by name.
cd /usr/lib/python3/dist-packages/numpy
python3 -m pytest -q -x -p no:cacheprovider -rfE --tb=no -m 'not slow' _core/tests/test_{umath,half,numeric,indexing,item_selection,scalarmath,casting_unittests,casting_floatingpoint_errors,getlimits,simd,ufunc,dtype,nditer}.py 2>&1 | grep -E '^(FAILED|ERROR)|passed' | sed -E 's/[0-9]+ [a-z]+, //g; s/ in .*//'
