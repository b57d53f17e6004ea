/* What a program can see of a debugger's stub: nothing. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int entries(const char *path)
{
    int n = 0;
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d));)
        n += e->d_name[0] != '.';
    if (d)
        closedir(d);
    return n;
}

__attribute__((noinline)) void here(void) { __asm__ volatile("" ::: "memory"); }

int main(void)
{
    sigset_t set;
    int open_fds = 0, blocked = 0;
    struct stat st;
    here();
    for (int fd = 3; fd < 5000; fd++)
        open_fds += fstat(fd, &st) == 0 || fcntl(fd, F_GETFD) >= 0;
    sigprocmask(SIG_BLOCK, NULL, &set);
    for (int n = 1; n <= 64; n++)
        blocked += sigismember(&set, n) == 1;
    printf("descriptors %d, listed %d, tasks %d, blocked %d\n", open_fds, entries("/proc/self/fd"), entries("/proc/self/task"), blocked);
    for (int n = 1; n < 64; n++) {
        struct sigaction a;
        if (!sigaction(n, NULL, &a) && a.sa_handler != SIG_DFL)
            printf("signal %d has an action\n", n);
    }
    for (int fd = 3; fd < 1100; fd++)
        if (close(fd) != -1 || errno != EBADF)
            printf("closed %d\n", fd);
    printf("close_range %ld\n", syscall(SYS_close_range, 3, ~0u, 0));
    for (int fd = 900; fd < 1024; fd++)
        dup2(1, fd);
    printf("close_range %ld\n", syscall(SYS_close_range, 900, 1024, 0));
    here();
    printf("still here\n");
    return 0;
}
