#: levels timeout=90
cat /usr/share/common-licenses/GPL-3 > f; seq 1 30000 >> f; head -c 100000 /dev/zero >> f
for l in -0 -6 -9; do cat f | xz -q $l -c | tee z | sha256sum; xz -dc < z | cmp - f && echo same; done
xz -k f; ls f.*; rm f; xz -d f.*; sha256sum f; xz -t z && echo intact; head -c 1000 z | xz -dc 2>/dev/null | wc -c; echo ${PIPESTATUS[1]}; echo junk | xz -dc 2>/dev/null; echo $?
#: threads
seq 1 300000 > f; xz -T4 --block-size=256KiB -1 -k f; xz -dc -T4 f.xz | sha256sum; xz --robot -l f.xz | tail -1; xz --format=lzma -1 -c f | md5sum; xz --check=sha256 -0 -c f | md5sum; xz --x86 --lzma2=preset=1 -c /etc/passwd | xz -dc | md5sum
