/* Resource limits as the guest sets, sees and feels them. */
#include "t.h"
#include <sys/resource.h>

int main(int argc, char **argv)
{
    struct rlimit r, old;
    if (argc > 1) {
        getrlimit(RLIMIT_AS, &r);
        show("inherited", r.rlim_cur);
        show("small is possible", mmap(NULL, 1 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
        if (atoi(argv[1])) execl("/proc/self/exe", "limits", "0", NULL);
        return 0;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    getrlimit(RLIMIT_AS, &r);
    show("unlimited", r.rlim_cur == RLIM_INFINITY);
    r.rlim_cur = 300 << 20;
    show("set", setrlimit(RLIMIT_AS, &r));
    show("prlimit", prlimit(0, RLIMIT_AS, NULL, &old));
    show("soft", old.rlim_cur);
    show("hard unlimited", old.rlim_max == RLIM_INFINITY);
    show("small is possible", mmap(NULL, 1 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
    show("64 GiB is not", mmap(NULL, 64ul << 30, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) { execl("/proc/self/exe", "limits", "2", NULL); _exit(1); }
    int st;
    waitpid(pid, &st, 0);
    show("child", st);
    r.rlim_cur = r.rlim_max;
    show("raise again", setrlimit(RLIMIT_AS, &r));
    getrlimit(RLIMIT_NOFILE, &r);
    r.rlim_cur = 100;
    setrlimit(RLIMIT_NOFILE, &r);
    show("dup beyond", dup2(0, 100) < 0 ? errno : 0);
    show("dup below", dup2(0, 99));
    getrlimit(RLIMIT_NOFILE, &r);
    show("files", r.rlim_cur);
    show("bad resource", getrlimit(99, &r) ? errno : 0);
    show("bad pointer", syscall(SYS_prlimit64, 0, RLIMIT_AS, (void *)8, NULL) ? errno : 0);
    r.rlim_cur = 10;
    r.rlim_max = 5;
    show("soft over hard", setrlimit(RLIMIT_CORE, &r) ? errno : 0);
    return 0;
}
