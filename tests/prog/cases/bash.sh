#: variables
x=hello; y=${x^^}; z=${x/l/L}; a=(one two "three four"); declare -A m=([k]=v [q]=w)
echo "$y $z ${#a[@]} ${a[2]} ${m[k]}${m[q]} ${x:1:3} ${x%l*} ${u:-unset} $((7**5 % 1000)) $((-7/2)) $((1<<40))"
printf '%5d|%-5s|%x|%08.3f|%q|%e\n' 42 ab 255 3.14159 'a b' 12345.678
for ((i = 0; i < 5; i++)); do printf '%s ' $((i * i)); done; echo
case abc in a*c) echo glob;; esac
[[ foo123 =~ ^([a-z]+)([0-9]+)$ ]] && echo "${BASH_REMATCH[1]}-${BASH_REMATCH[2]}"
f() { local n=$1; ((n < 2)) && { echo "$n"; return; }; echo $(($(f $((n - 1))) + $(f $((n - 2))))); }
f 7
echo {a..e}{1..3} | fold -w 20
mapfile -t lines < <(printf 'x\ny\nz\n'); echo "${lines[@]}"
#: pipes
seq 1 2000 | sort -rn | head -5 | tr '\n' ' '; echo
seq 1 100000 | grep 7 | wc -l
yes | head -3
false | true; echo "${PIPESTATUS[@]}"
set -o pipefail; false | true; echo $?
cat <(echo a) <(echo b) | paste - -
exec 3> >(tr a-z A-Z; echo done); echo through >&3; exec 3>&-; wait $!
coproc C { while read -r l; do echo "<$l>"; done; }
echo ping >&"${C[1]}"; read -r r <&"${C[0]}"; echo "$r"; exec {C[1]}>&-; wait $C_PID
mkfifo p; (echo fifo > p) & cat p; wait
cat <<E | sed 's/x/y/'
here x $((1 + 1))
E
for i in 1 2 3 4 5 6 7 8 9 10; do echo $i; done | while read -r n; do ((s += n)); [ "$n" = 10 ] && echo "sum $s"; done
#: traps
trap 'echo exit $?' EXIT
trap 'echo usr1' USR1
trap 'echo usr2; echo again' USR2
kill -USR1 $$; kill -USR2 $$; echo after
trap 'echo err at $LINENO' ERR; false; trap - ERR
trap '' TERM; kill -TERM $$; echo ignored; trap - TERM
(trap 'echo child int; exit 5' INT; kill -INT $BASHPID; echo never); echo "status $?"
sleep 30 & p=$!; sleep 0.5; kill $p; wait $p; echo "killed $?"
trap 'echo chld' CHLD; /bin/true; trap - CHLD
trap 'echo alarm; exit 9' ALRM
(sleep 0.2; kill -ALRM $$) & while :; do :; done
#: signal-in-read
trap 'echo got' USR1
mkfifo f; (sleep 0.3; kill -USR1 $$; sleep 0.2; echo line > f) &
read -r l < f; echo "$l"; wait; echo end
#: job-control
set -m
sleep 60 & sleep 61 &
jobs
kill -STOP %1; sleep 0.3; jobs
kill -CONT %1; sleep 0.2; jobs -r
kill %1; wait %1; echo "first $?"
kill -9 %2; wait %2; echo "second $?"
(exit 7) & wait -n; echo "n $?"
(sleep 0.1; echo fg) & fg; echo "fg $?"
disown -a; jobs; echo end
#: many-forks timeout=90
for ((i = 0; i < 300; i++)); do x=$(echo $i); ((s += x)); done; echo $s
for ((i = 0; i < 40; i++)); do (exit $((i % 3))) & p[i]=$!; done
for p in "${p[@]}"; do wait "$p"; ((t += $?)); done; echo $t
for ((i = 0; i < 60; i++)); do /bin/true; done; echo $?
#: statuses
nosuchcommand 2>/dev/null; echo $?
/etc/passwd 2>/dev/null; echo $?
/tmp 2>/dev/null; echo $?
sh -c 'kill -SEGV $$' 2>/dev/null; echo $?
sh -c 'kill -KILL $$' 2>/dev/null; echo $?
sh -c 'exit 300'; echo $?
ulimit -c 0; (ulimit -n 64; ulimit -n); exec -a renamed bash -c 'echo $0; exit 42'
#: scripts
printf '#!/bin/sh -e\necho "$0 $# $1"\nfalse\necho no\n' > s; chmod +x s; ./s "a b" c; echo $?
printf '#!./s\n' > t; chmod +x t; ./t x; echo $?
printf 'echo plain $1\n' > u; chmod +x u; ./u arg
printf '#!/no/such\n' > v; chmod +x v; ./v 2>/dev/null; echo $?
printf '#!/usr/bin/env bash\necho env $BASH_VERSINFO\n' > w; chmod +x w; ./w
PATH=.:$PATH s q; cat s | sh -s one
#: loop timeout=120
for ((i = 0, s = 0; i < 100000; i++)); do ((s = (s * 31 + i) % 1000003)); done; echo $s
a=(); for i in {1..3000}; do a+=("$((i * 7919 % 3001))"); done
printf '%s\n' "${a[@]}" | sort -n | uniq | wc -l
s=; for i in {1..2000}; do s+=$i,; done; echo ${#s}; echo "${s//1/}" | cksum
#: uname oracle=qemu
uname -m; uname -s; uname -p; echo "$MACHTYPE $HOSTTYPE"
