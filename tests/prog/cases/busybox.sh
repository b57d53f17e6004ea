#: applets timeout=120
for a in $(busybox --list); do echo "== $a"; busybox "$a" --help < /dev/null 2>&1; echo $?; done
#: shell timeout=60
busybox sh -c 'i=0; s=0; while [ $i -lt 3000 ]; do i=$((i + 1)); s=$((s + i * i)); done; echo $s; f() { local x=$1; echo "f $x"; }; f a; trap "echo bye" EXIT; echo ${s%?} ${#s}; (exit 4); echo $?; set -o pipefail; false | true; echo $?; for i in 1 2 3; do echo $i; done | busybox tac; kill -USR1 $$ 2>/dev/null & wait; cat <<E | busybox rev
here $((3 * 4))
E
exit 6' 2>/dev/null; echo $?
busybox ash -c 'sleep 20 & p=$!; kill $p; wait $p; echo $?; echo a | (read x; echo got $x)'
#: tools timeout=60
b=busybox; seq 1 5000 > f; $b md5sum f; $b sha512sum f; $b sha3sum f; $b gzip -c f | $b zcat | cmp - f; $b bzip2 -c f | $b bzcat | cmp - f; $b sort -rn f | $b head -2; $b awk '{ s += $1 } END { print s, s / 7 }' f; $b sed -n '/99$/p' f | $b wc -l; $b grep -c 7 f; $b tar c f | $b tar t; $b dc -e '2 100 ^ p'; echo '2^64; scale=10; 1/7' | $b bc; $b find . -type f; $b xxd f | $b tail -1; echo f | $b cpio -o -H newc 2>/dev/null | $b cpio -t 2>/dev/null; $b factor 1234567890; $b ipcalc -n 10.1.2.3/8; $b date -u -d @0; $b od f | $b tail -2; echo hi | $b base64; $b diff f /dev/null | $b wc -l; $b vi --help 2>&1 | $b head -1; $b cal 2 2024; $b printf '%5.1f\n' 2.25; $b expr 7 % 4; $b timeout 0.2 sleep 5; echo $?
#: uname oracle=qemu
busybox uname -m; busybox arch 2>/dev/null; echo $?
