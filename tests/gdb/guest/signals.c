/* Signals handled, ignored, deadly; argv[1] says which. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile int got;
static volatile sig_atomic_t last;

void handler(int n, siginfo_t *info, void *context)
{
    (void)context;
    last = n;
    got += info->si_code == SI_TKILL || info->si_code == SI_USER || info->si_code == SEGV_MAPERR;
}

__attribute__((noinline)) int *nowhere(void) { return (int *)16; }

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "handled";
    struct sigaction a = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigset_t pending;
    if (!strcmp(what, "crash")) {
        *nowhere() = 1;
        return 0;
    }
    if (!strcmp(what, "abort"))
        abort();
    if (!strcmp(what, "ignored"))
        a.sa_handler = SIG_IGN;
    sigaction(SIGUSR1, &a, NULL);
    sigaction(SIGRTMIN + 3, &a, NULL);
    raise(SIGUSR1);
    printf("after USR1: got %d last %d\n", got, (int)last);
    raise(SIGRTMIN + 3);
    sigpending(&pending);
    printf("after RT: got %d last %d blocked %d\n", got, (int)last, sigismember(&pending, SIGUSR1));
    if (!strcmp(what, "deadly"))
        raise(SIGTERM);
    return got;
}
