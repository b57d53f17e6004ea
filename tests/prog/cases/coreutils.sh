#: sort timeout=90
seq 1 60000 | awk '{print ($1 * 7919) % 60013, $1}' > n
sort -n n | cksum; sort n | cksum; sort -k2,2nr -s n | cksum; sort -R --random-source=n n | cksum
sort --parallel=4 -S 1M n | cksum; LC_ALL=C sort -u -k1.1,1.1 n; sort -h <<< $'3K\n2M\n1G\n5'; sort -V <<< $'a10\na9\na1.2'
sort -c n 2>&1
#: hashes
seq 1 100000 > f
for h in md5sum sha1sum sha224sum sha256sum sha384sum sha512sum b2sum cksum sum; do $h f; done
sha256sum f > s; sha256sum -c s; cksum -a sm3 f; cksum -a crc --raw f | od -An -tx1
base64 f | md5sum; base32 f | md5sum; basenc --z85 -w0 <(head -c 4000 f) | md5sum
#: ls timeout=30
mkdir -p d/{a,b/{c,d},e\ f}; for i in 1 2 3; do echo $i > d/a/$i; echo > "d/e f/x$i"; done
ln -s a d/link; ln d/a/1 d/hard; mkfifo d/b/fifo; chmod 4755 d/a/2; chmod 1777 d/b
find d -exec touch -h -d '2024-02-03 04:05:06.789 UTC' {} +
ls -lR d; ls -laQ --full-time d/a | tail -n +4; ls -1S d; ls -F d; ls -x --color=always d; ls nosuch 2>&1; echo $?
stat -c '%n %a %F %s %h %Y %U' d/a/2 d/link d/b/fifo; du -a --apparent-size d/a | sort
#: factor timeout=90
factor 0 1 97 360360 18446744073709551557 1000000007 999999000001 340282366920938463463374607431768211455 12345678901234567890123
seq 1000000 1001000 | factor | md5sum
#: text
seq 1 500 > f
head -3 f; tail -2 f; tac f | head -2; nl f | sed -n 2p; wc f; cut -c1-2 f | uniq -c | head -4
paste -d, f f | tail -1; join f f | tail -1; comm -12 f f | wc -l; tr 0-9 a-j < f | md5sum; fmt -w 30 f | head -2
fold -w 7 f | md5sum; expand <<< $'a\tb'; unexpand -a <<< 'a       b'; pr -3 -t -l 10 f | head -3; split -n l/4 f; wc -l x??
csplit -s f 100 200; wc -l xx??; od -A d -t x2z f | head -2; shuf --random-source=f f | md5sum; tsort <<< 'a b b c'
numfmt --to=iec 123456789; numfmt --from=si 12K; seq -w 8 11; seq 0.1 0.1 0.5; printf '%.10g\n' 1e100 0.1 nan -inf
echo -e 'a\x41\n\u00e9'; expr 6 \* 7; expr abc : 'a\(.\)'; date -d @1700000000 +%FT%T; date -d '2024-02-29 +1 year' +%F
#: files
mkdir a; echo one > a/1; cp -a a b; mv b/1 b/2; cat b/2; rm -r a; ls; install -m 751 -D b/2 c/d; stat -c %a c/d
ln -s c/d l; readlink -f l | sed 's,.*/c/,c/,'; realpath --relative-to=. c/d; dd if=/dev/zero of=z bs=1k count=100 2>/dev/null; stat -c '%s %b' z
truncate -s 1G sparse; stat -c %s sparse; cp --sparse=always sparse t; du t | cut -f1; shred -u z; ls; mktemp -u XXX | wc -c
touch -d 2001-02-03 o; [ o -ot l ] && echo older; test -L l; echo $?; chmod u=rwx,go=x o; stat -c %A o; tee x y <<< tee; cmp x y; echo $?
mkdir p && rmdir p; unlink x; sync; df . > /dev/null; echo $?; chown 0:0 y; id -u; whoami; groups; pathchk -p y; basename a/b.c .c; dirname a/b
#: process
timeout 0.3 sleep 10; echo $?; timeout -s INT 5 false; echo $?; nice -n 5 nice; env -i A=b env; nohup true 2>/dev/null; echo $?
env -u HOME sh -c 'echo ${HOME-none}'; sleep 0.05; stdbuf -oL echo buf; printenv TZ; tty; true; nproc > /dev/null; echo $?
kill -l 15; kill -l | wc -w; timeout -k 1 1 sh -c 'trap "" TERM; while :; do sleep 0.1; done'; echo $?; chroot / echo chroot
