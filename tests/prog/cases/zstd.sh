#: levels timeout=90
cat /usr/share/common-licenses/GPL-3 > f; seq 1 30000 >> f; head -c 100000 /dev/zero >> f
for l in -1 -9 -19; do cat f | zstd -q $l -c | tee z | sha256sum; zstd -dc < z | cmp - f && echo same; done
zstd -k f; ls f.*; rm f; zstd -d f.*; sha256sum f; zstd -t z && echo intact; head -c 1000 z | zstd -dc 2>/dev/null | wc -c; echo ${PIPESTATUS[1]}; echo junk | zstd -dc 2>/dev/null; echo $?
#: threads
seq 1 300000 > f; zstd -q -T4 -k f; zstd -dc f.zst | sha256sum; zstd -q --long -5 -c f | zstd -dc --long | cmp - f && echo same; for i in {1..60}; do seq $i 500 > s$i; done; zstd -q --train s* -o d --maxdict=4000 2>/dev/null; zstd -q -D d -c s1 | zstd -q -D d -dc | cmp - s1 && echo dict
