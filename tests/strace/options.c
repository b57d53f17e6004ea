/* What tests/strace/options.sh traces: a word per argument, done in order. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void *threads_work(void *arg)
{
    for (int i = 0; i < 200; i++) syscall(__NR_faccessat, AT_FDCWD, "from a thread", R_OK);
    return arg;
}

/* Children that are killed in the middle of calls, some of them in the middle of being shown. */
static void kills(void)
{
    pid_t pid[12];
    for (int i = 0; i < 12; i++) {
        pid[i] = fork();
        if (!pid[i])
            for (;;) syscall(__NR_faccessat, AT_FDCWD, "from a child", R_OK);
    }
    for (int i = 0; i < 12; i++) {
        usleep(3000);
        kill(pid[i], SIGKILL);
        waitpid(pid[i], NULL, 0);
    }
}

int main(int argc, char **argv)
{
    struct stat st;
    char buffer[64] = "0123456789abcdefghijklmnopqrstuvwxyz0123456789";
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "file")) syscall(__NR_faccessat, AT_FDCWD, "absent", R_OK);
        else if (!strcmp(argv[i], "write")) syscall(__NR_write, 1, buffer, 46);
        else if (!strcmp(argv[i], "stat")) fstat(open("/", O_RDONLY), &st);
        else if (!strcmp(argv[i], "sleep")) usleep(20000);
        else if (!strcmp(argv[i], "close")) syscall(__NR_close_range, 0, ~0u, 0), syscall(__NR_dup3, open("/dev/null", O_RDWR), 2, 0);
        else if (!strcmp(argv[i], "fork")) {
            pid_t pid = fork();
            if (!pid) _exit(syscall(__NR_faccessat, AT_FDCWD, "child", R_OK) ? 3 : 4);
            waitpid(pid, NULL, 0);
        } else if (!strcmp(argv[i], "exec")) {
            pid_t pid = vfork();
            if (!pid) execl(argv[0], argv[0], "file", NULL);
            waitpid(pid, NULL, 0);
        } else if (!strcmp(argv[i], "threads")) {
            pthread_t t[4];
            for (int k = 0; k < 4; k++) pthread_create(&t[k], NULL, threads_work, NULL);
            for (int k = 0; k < 4; k++) pthread_join(t[k], NULL);
        } else if (!strcmp(argv[i], "kills")) kills();
        else if (!strcmp(argv[i], "signal")) signal(SIGUSR1, SIG_IGN), raise(SIGUSR1), signal(SIGUSR1, exit), raise(SIGUSR1);
        else if (!strcmp(argv[i], "abort")) abort();
    }
    return 5;
}
