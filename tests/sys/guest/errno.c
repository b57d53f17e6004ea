/*
 * System calls with random arguments, many of them wrong: every result must be the native kernel's. The sequence
 * is the same everywhere, so the state (files, descriptors, mappings) is, too. Unprivileged, in its own directory.
 */
#include "t.h"
#include <grp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* Arguments: the letters of calls.def. */
static const struct { long nr; const char *name, *args; } calls[] = {
#define RANDOM(name, args) { SYS_##name, #name, args },
#define CALL RANDOM
#define BOTH(name, each, random) RANDOM(name, random)
#define EACH(name, args)
#define NEWER(number, name, args)
#include "calls.def"
};

static int result_is_same(const char *name)
{
    static const char *const names[] = { "getcwd", "lseek", "getgroups", "sched_get_priority_max", "sched_get_priority_min" };
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(name, names[i])) return 1;
    return 0;
}

static uint64_t state = 88172645463325252ull;
static uint64_t rnd(uint64_t n) { state ^= state << 13; state ^= state >> 7; state ^= state << 17; return (state >> 11) % n; }

static char *pages, *readonly;      /* data page, then one without access; a page that cannot be written */
static int fds[12];
static char long_path[6000];
static int verbose;

static long argument(char c)
{
    static const char *const paths[] = { "file", "dir", "link", ".", "/", "nothing", "file/x", "nothing/x", "", "dir/../file", "fifo", "other", "/dev/null", "loop" };
    static const long sizes[] = { 0, 1, 4, 8, 16, 24, 32, 128, 4096, 8192, 100000, -1, 0x7fffffffffffffff };
    static const long ints[] = { 0, 1, 2, 3, 4, 5, 8, 17, 64, 100, -1, -100, 0x7fffffff, 0x80000000, 0x100000000 };
    static const int open_flags[] = { O_RDONLY, O_WRONLY, O_RDWR, 3, O_CREAT, O_EXCL | O_CREAT, O_TRUNC, O_APPEND, O_DIRECTORY, O_NOFOLLOW, O_PATH, O_TMPFILE | O_RDWR, O_CLOEXEC, O_DIRECT };
    switch (c) {
    case 'f': case 's': case 'e': case 'I': case 't': case 'P': return rnd(8) ? fds[rnd(12)] : (long)rnd(3) - 1 + (rnd(2) ? 900 : 0) == 0 ? 900 : -1;
    case 'D': return rnd(3) ? AT_FDCWD : fds[rnd(12)];
    case 'p':
        switch (rnd(16)) {
        case 0: return 0;
        case 1: return 8;
        case 2: return (long)long_path;
        case 3: return (long)pages + 4090;
        default: return (long)paths[rnd(14)];
        }
    case 'b':
        switch (rnd(10)) {
        case 0: return 0;
        case 1: return 8;
        case 2: return -8;
        case 3: return (long)pages + 4096 - sizes[rnd(8)];
        case 4: return (long)readonly;
        case 5: return (long)pages + 4096;
        default: return (long)pages + 64 * rnd(16);
        }
    case 'n': return sizes[rnd(13)];
    case 'i': return ints[rnd(15)];
    case 'x': return rnd(3) ? (long)rnd(2) << rnd(22) : rnd(2) ? 0 : (long)rnd(1 << 20);
    case 'o': return (rnd(2) ? open_flags[rnd(14)] : 0) | open_flags[rnd(14)] | (rnd(8) ? O_NONBLOCK : 1 << 26);
    case 'k': return sizes[rnd(10)];
    case 'r': return rnd(4);
    case 'a': return (long)pages + 16384 + 4096 * rnd(16) + (rnd(8) ? 0 : 4);
    case 'N': return 800 + rnd(100);
    case 'z': return 0;
    default: return c - '0';
    }
}

static void fill(void)
{
    for (unsigned i = 0; i < 1024; i++) ((uint32_t *)pages)[i] = rnd(4) ? rnd(4) : rnd(1u << 31);
    memcpy(pages + 4090, "abcdef", 6);
}

static void run(unsigned from, unsigned count, int print)
{
    alarm(2);
    for (unsigned i = 0; i < count; i++) {
        unsigned k = rnd(sizeof calls / sizeof calls[0]);
        long a[6] = { 0 };
        fill();
        for (unsigned n = 0; calls[k].args[n]; n++) a[n] = argument(calls[k].args[n]);
        long r = syscall(calls[k].nr, a[0], a[1], a[2], a[3], a[4], a[5]);
        if (!r && !strcmp(calls[k].name, "clone3")) _exit(0);     /* a child */
        if (!print) continue;
        if (verbose) printf("%lx %lx %lx %lx %lx %lx ", a[0], a[1], a[2], a[3], a[4], a[5]);
        if (r == -1) printf("%u %s: %s\n", from + i, calls[k].name, strerrorname_np(errno));
        else if (result_is_same(calls[k].name)) printf("%u %s: %ld\n", from + i, calls[k].name, r);
        else printf("%u %s: ok\n", from + i, calls[k].name);
    }
}

static char dir[100 + 11];

static void set_up(void)
{
    must(chdir(dir) == 0);
    mkdir("dir", 0755);
    fds[0] = open("file", O_RDWR | O_CREAT | O_TRUNC, 0644);
    must(write(fds[0], "0123456789", 10) == 10);
    symlink("file", "link");
    symlink("loop", "loop");
    mkfifo("fifo", 0600);
    fds[1] = open(".", O_RDONLY | O_DIRECTORY);
    must(pipe2(fds + 2, O_NONBLOCK) == 0);
    must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds + 4) == 0);
    fds[6] = open("/dev/null", O_RDWR);
    fds[7] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    fds[8] = open("/dev/zero", O_RDONLY);
    fds[9] = open("dir", O_PATH);
    fds[10] = open("file", O_RDONLY | O_NONBLOCK);
    fds[11] = fcntl(fds[0], F_DUPFD, 100);
    pages = mmap(NULL, 4096 * 80, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(pages != MAP_FAILED && mprotect(pages + 4096, 4096, PROT_NONE) == 0);
    readonly = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(long_path, 'x', sizeof long_path - 1);
}

int main(int argc, char **argv)
{
    unsigned rounds = argc > 1 ? atoi(argv[1]) : 60, each = 50;
    unsigned only = argc > 2 ? (unsigned)atoi(argv[2]) : ~0u;
    verbose = argc > 3;
    must(chmod(own_dir(dir, "errno"), 0777) == 0);
    for (unsigned i = 0; i < rounds; i++) {
        int status;
        fflush(stdout);
        pid_t pid = fork();
        must(pid >= 0);
        if (!pid) {
            state += i * 0x9e3779b97f4a7c15ull;
            if (getuid() == 0) must(setgroups(0, NULL) == 0 && setresgid(65534, 65534, 65534) == 0 && setresuid(65534, 65534, 65534) == 0);
            struct rlimit core = { 0, 0 };
            setrlimit(RLIMIT_CORE, &core);
            umask(0);
            sprintf(dir + strlen(dir), "/%u", i);
            must(mkdir(dir, 0777) == 0);
            set_up();
            setvbuf(stdout, malloc(1 << 16), _IOLBF, 1 << 16);
            run(i * each, each, only == ~0u || only == i);
            _exit(0);
        }
        must(waitpid(pid, &status, 0) == pid);
        if (status) printf("round %u: status %x\n", i, status);
    }
    /* So that what they made can be removed. */
    char command[sizeof dir + 32];
    snprintf(command, sizeof command, "chmod -R u+rwx '%s'", dir);
    return system(command) != 0;
}
