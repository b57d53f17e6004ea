#: levels timeout=90
cat /usr/share/common-licenses/GPL-3 > f; seq 1 30000 >> f; head -c 100000 /dev/zero >> f
for l in -1 -6 -9; do cat f | gzip -q $l -c | tee z | sha256sum; gzip -dc < z | cmp - f && echo same; done
gzip -k f; ls f.*; rm f; gzip -d f.*; sha256sum f; gzip -t z && echo intact; head -c 1000 z | gzip -dc 2>/dev/null | wc -c; echo ${PIPESTATUS[1]}; echo junk | gzip -dc 2>/dev/null; echo $?
#: tools
seq 1 9999 | gzip -n > a.gz; zcat a.gz | md5sum; zgrep -c 77 a.gz; zdiff a.gz a.gz; echo $?; gzip -l a.gz
