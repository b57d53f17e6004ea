/*
 * A page of code that one thread makes inaccessible and executable again, all the time, while others run it: what they get is SIGSEGV, never
 * another signal, and the code's result.
 */
#include "t.h"

enum { THREADS = 3, FLIPS = 4000, PAGE = 4096 };

static _Atomic int over, wrong, other_signals;
static char *code;

__attribute__((noinline, aligned(64))) static long triple(long n) { return 3 * n; }

static void on_fault(int signo, siginfo_t *info, void *context)
{
	(void)info, (void)context;
	if (signo != SIGSEGV)
		other_signals++;
}

static void *runner(void *arg)
{
	long (*f)(long) = (long (*)(long))(uintptr_t)arg;
	for (long n = 0; !over; n++)
		wrong += f(n) != 3 * n;
	return NULL;
}

int main(void)
{
	pthread_t thread[THREADS];
	code = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	must(code != MAP_FAILED);
	memcpy(code, (const void *)(uintptr_t)triple, 64);
	must(mprotect(code, PAGE, PROT_READ | PROT_EXEC) == 0);
	__builtin___clear_cache(code, code + 64);
	handle(SIGSEGV, on_fault, 0);
	handle(SIGBUS, on_fault, 0);
	handle(SIGILL, on_fault, 0);
	for (int i = 0; i < THREADS; i++)
		must(pthread_create(&thread[i], NULL, runner, code) == 0);
	for (int i = 0; i < FLIPS; i++) {
		must(mprotect(code, PAGE, PROT_NONE) == 0);
		must(mprotect(code, PAGE, PROT_READ | PROT_EXEC) == 0);
		if (i % 16 == 0)
			sched_yield();
	}
	over = 1;
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	show("wrong", wrong);
	show("other signals", other_signals);
	return 0;
}
