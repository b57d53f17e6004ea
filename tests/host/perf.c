/* Functions that take time, before a fork, in the child and in the parent. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noinline)) static unsigned spin_before(unsigned n) { unsigned x = 1; while (n--) x = x * 1664525 + (x >> 7); return x; }
__attribute__((noinline)) static unsigned spin_in_child(unsigned n) { unsigned x = 1; while (n--) x = x * 69069 + (x >> 9); return x; }

int main(int argc, char **argv)
{
	unsigned n = argc > 1 ? atoi(argv[1]) : 1000;
	volatile unsigned sum = spin_before(n);
	pid_t child = fork();
	if (child == 0) {
		sum += spin_in_child(n);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	printf("%d %d\n", (int)child, (int)getpid());
	return 0;
}
