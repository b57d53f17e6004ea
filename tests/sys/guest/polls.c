/*
 * A signal reaches every loop, however its parts are laid out: four stretches of code, each too long to be translated in one piece with the
 * next, in each order of addresses, going round until a timer's handler says so; the same with a call in each.
 */
#include "t.h"

static volatile int stop;
static void on_alarm(int signo, siginfo_t *info, void *context) { (void)signo, (void)info, (void)context; stop = 1; }

#if defined __x86_64__
#define JUMP "jmp "
#define CALL "call 88f\n"
#define RETURN "88: ret\n"
#define OUT_IF_SET(out) "cmpl $0, (%0)\n jne " out "\n"
#define CLOBBERED "memory", "cc"
#elif defined __aarch64__
#define JUMP "b "
#define CALL "bl 88f\n"
#define RETURN "88: ret\n"
#define OUT_IF_SET(out) "ldr w9, [%0]\n cbnz w9, " out "\n"
#define CLOBBERED "memory", "x9", "x30"
#else
#define JUMP "j "
#define CALL "call 88f\n"
#define RETURN "88: ret\n"
#define OUT_IF_SET(out) "lw t0, (%0)\n bnez t0, " out "\n"
#define CLOBBERED "memory", "t0", "ra"
#endif

#define PART(n, next, more) "L" #n "_%=: " OUT_IF_SET("Lout_%=") ".rept 150\n nop\n .endr\n" more JUMP "L" #next "_%=\n"
#define PART_1(more) PART(1, 2, more)
#define PART_2(more) PART(2, 3, more)
#define PART_3(more) PART(3, 4, more)
#define PART_4(more) PART(4, 1, more)
#define ROUND(a, b, c, d, more) \
	static __attribute__((noinline)) void go##a##b##c##d(volatile int *set) \
	{ \
		__asm__ volatile(JUMP "L1_%=\n" PART_##a(more) PART_##b(more) PART_##c(more) PART_##d(more) RETURN "Lout_%=:\n" : : "r"(set) : CLOBBERED); \
	}
#define ORDERS(X) \
	X(1, 2, 3, 4) X(1, 2, 4, 3) X(1, 3, 2, 4) X(1, 3, 4, 2) X(1, 4, 2, 3) X(1, 4, 3, 2) \
	X(2, 1, 3, 4) X(2, 1, 4, 3) X(2, 3, 1, 4) X(2, 3, 4, 1) X(2, 4, 1, 3) X(2, 4, 3, 1) \
	X(3, 1, 2, 4) X(3, 1, 4, 2) X(3, 2, 1, 4) X(3, 2, 4, 1) X(3, 4, 1, 2) X(3, 4, 2, 1) \
	X(4, 1, 2, 3) X(4, 1, 3, 2) X(4, 2, 1, 3) X(4, 2, 3, 1) X(4, 3, 1, 2) X(4, 3, 2, 1)
#define PLAIN(a, b, c, d) ROUND(a, b, c, d, "")
#define NAME(a, b, c, d) go##a##b##c##d,
ORDERS(PLAIN)
static void (*const plain[])(volatile int *) = {ORDERS(NAME)};

#undef NAME
#define CALLING(a, b, c, d) ROUND(a, b, c, d##0, CALL)
#define PART_10(more) PART_1(more)
#define PART_20(more) PART_2(more)
#define PART_30(more) PART_3(more)
#define PART_40(more) PART_4(more)
#define NAME(a, b, c, d) go##a##b##c##d##0,
ORDERS(CALLING)
static void (*const calling[])(volatile int *) = {ORDERS(NAME)};

static void run(const char *what, void (*const go[])(volatile int *), int n)
{
	int ended = 0;
	for (int i = 0; i < n; i++) {
		struct itimerval soon = {{0, 0}, {0, 1500}};
		stop = 0;
		must(setitimer(ITIMER_REAL, &soon, NULL) == 0);
		go[i](&stop);
		ended += stop;
	}
	show(what, ended);
}

int main(void)
{
	handle(SIGALRM, on_alarm, 0);
	run("loops ended", plain, sizeof plain / sizeof plain[0]);
	run("with calls", calling, sizeof calling / sizeof calling[0]);
	return 0;
}
