#: compile-run timeout=150 needs=mounts
cat > m.c <<'E'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pthread.h>
#include <setjmp.h>
int twice(int); static jmp_buf j; static void *th(void *a) { *(long *)a *= 3; return a; }
static int cmp(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
static int deep(int n) { if (n == 0) longjmp(j, 5); return deep(n - 1) + 1; }
int main(int argc, char **argv) {
	int a[100]; for (int i = 0; i < 100; i++) a[i] = i * 37 % 101; qsort(a, 100, sizeof *a, cmp);
	pthread_t t; long v = 14; void *r; pthread_create(&t, 0, th, &v); pthread_join(t, &r);
	printf("%d %d %d %ld %s %d\n", twice(21), a[0], a[99], *(long *)r, argv[1], setjmp(j) ? 5 : deep(100));
	unsigned long h = 5381; for (int i = 0; i < 1000000; i++) h = h * 33 ^ (unsigned char)i; printf("%lx %s\n", h, strstr("needle in hay", "in")); return argc; }
E
echo 'int twice(int x) { return 2 * x; }' > l.c
for o in -O0 -O2 "-O3 -g" "-Os -static"; do gcc $o -Wall -c l.c && gcc $o -Wall -pthread m.c l.o -o m && ./m "arg $o"; echo $?; done
gcc -shared -fPIC -o libl.so l.c && gcc m.c -L. -ll -Wl,-rpath,'$ORIGIN' -o d && ./d so; echo $?; ar rcs l.a l.o; nm l.a | grep -c twice; echo 'int main(void) { return x; }' | gcc -xc - 2>&1 | grep -c error; echo $'#define A(x) x##1\nA(b) __LINE__' | cpp -P
#: assemble oracle=qemu timeout=60
echo 'long f(long a, long b) { return a / b + a % b; } double g(double x) { return x * x + 1; }' > t.c; gcc -O2 -S -o - t.c | grep -v ident | md5sum; gcc -O2 -c t.c; objdump -d t.o | tail -n +4; readelf -h t.o | grep Machine; strip t.o; size t.o; gcc -dumpmachine
#: cc1 timeout=120 oracle=qemu
for h in stdio stdlib string math pthread signal sys/socket; do echo "#include <$h.h>"; done > i.c; for i in {1..60}; do echo "int f$i(int *p, int n) { int s = $i; for (int i = 0; i < n; i++) s += p[i] * (s ^ $i); switch (s & 7) { case 1: return s + 1; case 2: return p[$i]; case 5: return f1 == 0; default: return s; } }"; done | sed 's/f1 == 0/n/' >> i.c; gcc -O2 -S i.c -o - | md5sum; gcc -O3 -funroll-loops -fno-inline -S i.c -o - | md5sum
