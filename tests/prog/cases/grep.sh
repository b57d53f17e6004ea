#: regex timeout=60
for i in {1..3000}; do echo "line $i foo$((i % 17)) bar$((i * i % 101)) Zażółć"; done > f
grep -c foo1 f; grep -E '(foo|bar)1[0-5]? ' f | md5sum; grep -o 'bar[0-9]*' f | sort | uniq -c | md5sum; grep -n -m3 -A1 'foo7 ' f
grep -P '(?<=foo)(\d)(?=\d bar)' f | md5sum; grep -v 1 f | wc -l; grep -iw ZAŻÓŁĆ f | wc -l; grep -E '(.)\1\1' f | head -3; grep -F -x -f <(head -2 f) f
grep -q nothing f; echo $?; grep -rl 'line 5' . ; grep -Eb 'line (1|2)000' f; grep -z a f | wc -c; grep -c '[[:upper:]]' f; echo "a+b" | grep -o 'a\+b' ; echo $?
grep x /nosuch 2>&1; echo $?; LC_ALL=C grep -c 'Za.*' f; head -c 1000 /dev/zero | grep -c a
