#: diff
seq 1 200 > a; sed '5d;50s/$/x/;$a end' a > b; diff a b; diff -u a b | tail -n +3; diff -y -W 20 a b | sed -n 4,6p; diff3 a b a | head -3; diff -q a b; echo $?; mkdir p q; cp a p; cp b q/a; diff -r p q | wc -l; sdiff -s a b; cmp a b; echo $?
#: dynamic-linker needs=mounts
ls -l /proc/self/exe | sed 's/.*-> //'; cat /proc/self/cmdline | tr '\0' ' '; echo; LD_DEBUG=libs ls 2>&1 >/dev/null | grep -c 'find library'; LD_LIBRARY_PATH=/nowhere true; echo $?; ldd /usr/bin/ls | awk '{ print $1 }' | grep -c libc.so; getconf PAGESIZE; getconf LONG_BIT; LD_PRELOAD=/no.so true 2>&1 | head -1
#: procps-util-linux needs=mounts
ps -o comm= -p $$; (sleep 30 & until pgrep -x sleep > /dev/null; do :; done; pgrep -x sleep | wc -l; pkill -x sleep; wait); setsid -w sh -c 'echo session'; flock lock echo locked; hostname > /dev/null; echo $?; rev <<< abc; column -t <<< 'a b c'; getopt -o ab: -l long -- -a -b x --long y; hexdump -C <<< hello; taskset -c 0 echo pinned; prlimit --nofile=50:50 sh -c 'ulimit -n'; script -qc 'tty > /dev/null && echo tty' /dev/null | tr -d '\r'; mountpoint -q /proc; echo $?; setarch -R echo noaslr
