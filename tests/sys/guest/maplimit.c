/* As many mappings as the kernel allows (vm.max_map_count): what fails then and what goes on. */
#include "t.h"

enum { PAGE = 4096, PAGES = 300000 };

static void *thread(void *arg) { return arg; }
static volatile int handled;
static void handler(int signo, siginfo_t *i, void *ctx) { handled++; }
static int add(int n) { return n + 1; }

int main(void)
{
    char *p = mmap(NULL, (size_t)PAGES * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    must(p != MAP_FAILED);
    handle(SIGUSR1, handler, 0);
    long most = 65530;
    FILE *f = fopen("/proc/sys/vm/max_map_count", "r");
    if (f) fscanf(f, "%ld", &most), fclose(f);
    if (most > 100000) most = 100000;       /* enough of them */
    long n = 0, e = 0;
    while (n < most / 2 && !e) {
        if (mprotect(p + (2 * n + 1) * PAGE, PAGE, PROT_READ | PROT_WRITE)) e = errno;
        else p[(2 * n++ + 1) * PAGE] = (char)n;
    }
    show("most of them", n > most / 2 - 1000);
    show("then", most < 100000 ? e : 12);
    show("another split", most < 100000 ? mprotect(p + (2 * n + 5) * PAGE, PAGE, PROT_READ) ? errno : 0 : 12);
    pthread_t t;
    int (*volatile f2)(int) = add;
    show("calls", f2(1));
    raise(SIGUSR1);
    show("signals", handled);
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) {
        /* Everything is as it was, and room can be made. */
        for (long i = 0; i < n; i++)
            if (p[(2 * i + 1) * PAGE] != (char)(i + 1)) _exit(1);
        if (munmap(p, (size_t)PAGES * PAGE)) _exit(2);
        if (pthread_create(&t, NULL, thread, NULL) || pthread_join(t, NULL)) _exit(3);
        execl("/bin/sh", "sh", "-c", "exit 5", NULL);
        _exit(4);
    }
    int status;
    waitpid(pid, &status, 0);
    show("child", WEXITSTATUS(status));
    show("one of them", munmap(p + PAGE, PAGE));
    show("the same again", mprotect(p + 3 * PAGE, PAGE, PROT_NONE));
    show("a few", munmap(p, 100 * PAGE));
    show("a thread now", (errno = pthread_create(&t, NULL, thread, NULL)));
    pthread_join(t, NULL);
    long sum = 0;
    for (long i = 60; i < n; i++) sum += p[(2 * i + 1) * PAGE] == (char)(i + 1);
    show("content", sum == n - 60);
    show("all", munmap(p, (size_t)PAGES * PAGE));
    return 0;
}
