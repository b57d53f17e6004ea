/* A loop with a branch, a function it calls, and a child or a thread that runs another one: with known counts. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noinline)) static unsigned callee(unsigned x) { return x * 2654435761u ^ x >> 15; }

__attribute__((noinline)) static unsigned with_branch(unsigned n)
{
	unsigned x = 1;
	for (unsigned i = 0; i < n; i++) {
		if (x & 1)
			x = callee(x) + i;
		else
			x = x / 2 + 7;
		__asm__ volatile("" : "+r"(x));
	}
	return x;
}

__attribute__((noinline)) static unsigned plain_loop(unsigned n)
{
	unsigned x = 1;
	while (n--)
		x = x * 1664525 + (x >> 7);
	return x;
}

static pthread_barrier_t barrier;

static void *exits(void *arg)
{
	pthread_barrier_wait(&barrier);
	_exit(0);
	return arg;
}

int main(int argc, char **argv)
{
	volatile unsigned sum = with_branch(2000000);
	if (argc > 1 && !strcmp(argv[1], "fork")) {
		pid_t child = fork();
		if (child == 0)
			_exit(plain_loop(5000000) == 0);
		waitpid(child, NULL, 0);
		printf("%d\n", (int)child);
		return 0;
	}
	if (argc > 1 && !strcmp(argv[1], "vfork")) {
		pid_t child = vfork();
		if (child == 0)
			_exit(plain_loop(5000000) == 0);
		waitpid(child, NULL, 0);
		return 0;
	}
	sum += plain_loop(5000000);
	if (argc > 1 && !strcmp(argv[1], "threads")) {
		pthread_t thread;
		pthread_barrier_init(&barrier, NULL, 8);
		for (int i = 1; i < 8; i++)
			pthread_create(&thread, NULL, exits, NULL);
		exits(NULL);
	}
	if (argc > 1 && !strcmp(argv[1], "die"))
		*(volatile int *)8 = (int)sum;
	return 0;
}
