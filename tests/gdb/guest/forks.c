/* fork, vfork and execve: argv[1] says which. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noinline)) int in_child(int n) { return n + 1; }
__attribute__((noinline)) int in_parent(int n) { return n + 2; }
__attribute__((noinline)) int arrived(int n) { return n + 3; }

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "fork";
    char *again[] = {argv[0], "exec", NULL};
    int status = 0;
    setbuf(stdout, NULL);
    if (!strcmp(what, "exec")) {
        printf("arrived %d\n", arrived(1));
        return 3;
    }
    if (!strcmp(what, "onlyexec")) {
        execv(argv[0], again);
        return 1;
    }
    if (!strcmp(what, "many")) {
        for (int i = 0; i < 20; i++) {
            if (!fork())
                _exit(in_child(i));
            wait(&status);
        }
        printf("last %d\n", WEXITSTATUS(status));
        return 0;
    }
    pid_t pid = !strcmp(what, "vfork") ? vfork() : fork();
    if (pid == 0) {
        if (strcmp(what, "fork")) {
            execv(argv[0], again);
            _exit(1);
        }
        int r = in_child(1);
        printf("child %d\n", r);
        _exit(r);
    }
    int r = in_parent(1);
    waitpid(pid, &status, 0);
    printf("parent %d, child ended with %d\n", r, WEXITSTATUS(status));
    return 0;
}
