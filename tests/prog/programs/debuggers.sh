#: strace timeout=120
# Lines that do not depend on who is first, on process numbers or on calls that this strace has no name for.
lines() { grep -v 'unfinished\|resumed\|syscall_0x\|SIGCHLD' "$1" | sed 's/^[0-9]* *//; s/kill([0-9]*/kill(N/; s/si_[pu]id=[0-9]*/N/g; s/ *= /=/' | LC_ALL=C sort; }
strace -f -qq -e trace=write,kill -o o sh -c 'echo one | cat; (kill -USR1 $$) ; sleep 1' 2>&1; echo $?
lines o
strace -qq -e trace=write -e inject=write:retval=4:when=2 -o o sh -c 'echo abc; echo def; echo ghi'; echo $?; lines o
strace --seccomp-bpf -f -qq -e trace=kill -o o sh -c '/bin/true; kill -0 $$; exit 3'; echo $?; lines o
# A process that is attached to is not disturbed, and not when strace is killed either.
sleep 2 & p=$!
strace -qq -e trace=none -p $p & s=$!
sleep 0.5; kill -KILL $s; wait $s; wait $p; echo $?
sh -c 'sleep 2; exit 5' & p=$!
for i in 1 2 3 4; do strace -qq -f -e trace=none -p $p & s=$!; sleep 0.2; kill -INT $s; wait $s; done; wait $p; echo $?
#: strace-attach timeout=120
mkfifo a b
sh -c 'exec 3<a 4>b; while read x <&3; do echo "got $x" >&4; done' & p=$!
exec 5>a 6<b
strace -qq -f -e trace=write -o o -p $p 2>/dev/null & s=$!
until grep -q "TracerPid:.*[1-9]" /proc/$p/status; do sleep 0.1; done
echo one >&5; read y <&6; echo $y; echo two >&5; read y <&6; echo $y
kill -INT $s; wait $s; echo three >&5; read y <&6; echo $y; exec 5>&-; wait $p; echo $?
grep -c 'got one' o
#: gdb timeout=300
cat >a.c <<'C'
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
volatile int counter;
double half(double x) { return x / 2; }
__attribute__((noinline)) int fact(int n)
{
    if (n <= 1) {
        counter++;
        return 1;
    }
    return n * fact(n - 1);
}
void *thread(void *p)
{
    fact(3);
    return p;
}
int main(void)
{
    int r = fact(5), st;
    pthread_t t;
    pthread_create(&t, 0, thread, 0);
    pthread_join(t, 0);
    pid_t p = fork();
    if (!p) {
        counter = 100;
        _exit(3);
    }
    waitpid(p, &st, 0);
    printf("%d %d %d %.2f\n", r, counter, st, half(3));
    return 0;
}
C
gcc -g -O0 -o a a.c
# Without addresses, numbers of threads and what differs between architectures.
debug() { printf '%s\n' 'set pagination off' 'set confirm off' 'set width 0' 'set style enabled off' "$@" >s; gdb -nx -batch -x s ./a 2>&1 |
	grep -v '^\[\|^Using host\|^warning\|Download\|debuginfod\| in ?? ()\|exited with\|^$' | sed 's/ from .*//; s/0x[0-9a-f]*/ADDR/g; s/(LWP [0-9]*)/(LWP)/; s/process [0-9]*/process N/g'; }
debug 'break fact if n == 2' 'run >/dev/null' bt up 'print n' 'print half(5)' finish 'print counter' delete next 'kill'
debug 'set can-use-hw-watchpoints 0' 'break main' 'run >/dev/null' 'watch counter' continue 'print counter' 'info watchpoints' 'delete' continue
debug 'break thread' 'run >/dev/null' 'bt 1' 'set var counter = 40' delete 'tbreak half' continue 'print x' 'print $_siginfo.si_signo' 'return' continue
debug 'set follow-fork-mode child' 'catch fork' 'run >/dev/null' continue
debug 'break thread' 'run >/dev/null' 'generate-core-file core' kill >/dev/null; gdb -nx -batch -ex bt ./a core 2>&1 | grep '^#0' | sed 's/0x[0-9a-f]*/ADDR/g'
debug 'break 31' 'run >/dev/null' 'tbreak fact' 'print fact(4)' bt 'kill' | grep -v '^#[2-9]'
debug 'starti >/dev/null' 'break main' continue detach | grep -v stopped
cat >l.c <<'C'
#include <pthread.h>
#include <unistd.h>
volatile long n;
void *spin(void *p) { for (;;) n++; return p; }
int main(void) { pthread_t t; pthread_create(&t, 0, spin, 0); for (;;) usleep(1000); }
C
gcc -g -O0 -o l l.c
./l & p=$!
for i in 1 2 3; do gdb -nx -batch -p $p -ex 'thread 2' -ex 'print n > 0' -ex detach 2>&1 | grep -c 'spin\|= 1'; done
kill $p; wait $p; echo $?
#: sanitizers timeout=120
cat >leak.c <<'C'
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
void *volatile p;
void *thread(void *a) { void *volatile keep = malloc(777); for (;;) sleep(1); return a; }
int main(int argc, char **argv)
{
    pthread_t t;
    pthread_create(&t, 0, thread, 0);
    usleep(10000);
    p = malloc(1234);
    if (argc > 1) p = 0;
    return 0;
}
C
# LeakSanitizer stops all threads of its process by ptrace.
gcc -g -fsanitize=leak -o leak leak.c
for i in 1 2 3; do ./leak; echo $?; ./leak x 2>&1 | grep -o 'SUMMARY.*'; done
