#: levels timeout=90
cat /usr/share/common-licenses/GPL-3 > f; seq 1 30000 >> f; head -c 100000 /dev/zero >> f
for l in -1 -9 -5; do cat f | bzip2 -q $l -c | tee z | sha256sum; bzip2 -dc < z | cmp - f && echo same; done
bzip2 -k f; ls f.*; rm f; bzip2 -d f.*; sha256sum f; bzip2 -t z && echo intact; head -c 1000 z | bzip2 -dc 2>/dev/null | wc -c; echo ${PIPESTATUS[1]}; echo junk | bzip2 -dc 2>/dev/null; echo $?
