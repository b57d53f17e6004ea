/* Limits of files while other threads open what is made for them: as they were set, for all who look or inherit them. */
#include "t.h"
#include <sys/resource.h>

enum { FILES = 200, SIZE = 1 << 20 };

static void *opens(void *arg)
{
    for (;;) close(open("/proc/self/maps", O_RDONLY));
    return arg;
}

static void start_thread(void)
{
    pthread_t thread;
    must(pthread_create(&thread, NULL, opens, NULL) == 0);
}

static int as_set(void)
{
    struct rlimit files, size;
    getrlimit(RLIMIT_NOFILE, &files);
    getrlimit(RLIMIT_FSIZE, &size);
    return files.rlim_cur == FILES && size.rlim_cur == SIZE;
}

/* What the file says of the process, in which nobody else is at work. */
static void listed(void)
{
    char line[200];
    FILE *f = fopen("/proc/self/limits", "r");
    while (fgets(line, sizeof line, f)) {
        if (!strncmp(line, "Max open files", 14)) show("open files", atol(line + 26));
        if (!strncmp(line, "Max file size", 13)) show("file size", atol(line + 26));
    }
    fclose(f);
}

static void spawned(void)
{
    int wrong = 0, status;
    start_thread();
    for (int i = 0; i < 1000; i++) {
        pid_t pid = vfork();
        if (!pid) _exit(!as_set());
        must(waitpid(pid, &status, 0) == pid);
        wrong += status != 0;
    }
    _exit(wrong > 99 ? 99 : wrong);
}

static void executed(void)
{
    static char *again[] = { "lent", "again", NULL };
    start_thread();
    usleep(1000);
    execv("/proc/self/exe", again);
    _exit(98);
}

int main(int argc, char **argv)
{
    if (argc > 1) return !as_set();
    struct rlimit r;
    getrlimit(RLIMIT_NOFILE, &r);
    must(setrlimit(RLIMIT_NOFILE, &(struct rlimit){ FILES, r.rlim_max }) == 0);
    getrlimit(RLIMIT_FSIZE, &r);
    must(setrlimit(RLIMIT_FSIZE, &(struct rlimit){ SIZE, r.rlim_max }) == 0);
    listed();
    show("vfork children with others", run_child(spawned));
    int wrong = 0;
    for (int i = 0; i < 100; i++) wrong += run_child(executed) != 0;
    show("programs with others", wrong);
    return 0;
}
