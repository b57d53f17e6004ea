/*
 * Damaged executables: whatever a file contains, dragoman runs it as the kernel would or refuses it with one line. Each file is
 * made from a seed, so a failure is repeated by its number.
 *
 *   mutate [-s FIRST] [-n FILES] [-t SECONDS] [-j PROCESSES] [-L ROOT]... DRAGOMAN BASE...
 *
 * A BASE is an executable, or INTERP@PROGRAM: INTERP is what gets damaged, and stands as "interp" in the directory where
 * PROGRAM, linked to use an interpreter of that name, runs.
 *
 * Asserted for each: the exit status is never 125 and stderr never speaks of an internal error; with status 126 or 127 either the
 * guest ran (its exit is in the log) or stderr is exactly one line of ours; a death by a fault's signal is one that
 * was delivered to the guest (it is in the log), at an address that is not the translator's own.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_BASES = 32, MAX_WORKERS = 16, NOBODY = 65534 };

struct file { uint8_t *bytes; size_t size; };
struct base { const char *name; struct file f, program; };      /* program: that f is the interpreter of, if any */

static struct base bases[MAX_BASES];
static unsigned nbases;
static const char *root = "";
static int dragoman;        /* a descriptor: the path may lead through directories that are closed to who runs it */
static double deadline;

/* Shared with the workers. */
static struct totals { uint64_t run, refused, exited, died, late, failed, stopped; } *totals;
static void stop(int signo) { totals->stopped = (uint64_t)signo; }

static uint64_t state;
static uint64_t rnd(void)   /* splitmix64 */
{
    uint64_t z = state += 0x9e3779b97f4a7c15ull;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}
static uint64_t below(uint64_t n) { return n ? rnd() % n : 0; }

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- damage ---- */

static bool named_ours;    /* an address of the translator's was written into the file */

/* A value at which arithmetic on the field may go wrong. */
static uint64_t edge(uint64_t old, size_t file_size)
{
    static const uint64_t edges[] = {
        0, 1, 2, 7, 8, 63, 64, 0xff, 0xfff, 0x1000, 0x1001, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000,
        0x6effffffffff, 0x6f0000000000, 0x6f0050000000, 0x6f1000000000, 0x7fffffffe000, 0x7ffffffff000, 0x7fffffffffff, 0x800000000000,
        0x7fffffffffffffff, 0x8000000000000000, 0xfffffffffffff000, 0xffffffffffffffff,
    };
    switch (below(6)) {
    case 0: return old + 1;
    case 1: return old - 1;
    case 2: return file_size + below(3) - 1;
    case 3: return old ^ 1ull << below(64);
    case 4: return rnd() >> below(64);
    default: old = edges[below(sizeof edges / sizeof edges[0])];
    }
    named_ours |= old >> 36 == 0x6f0 || old == 0x6effffffffff;
    return old;
}

static void damage_field(uint8_t *at, unsigned width, size_t file_size)
{
    uint64_t v = 0;
    memcpy(&v, at, width);
    v = edge(v, file_size);
    memcpy(at, &v, width);
}

static void damage_header(uint8_t *f, size_t size)
{
    static const struct { uint8_t off, width; } fields[] = {
        {offsetof(Elf64_Ehdr, e_type), 2}, {offsetof(Elf64_Ehdr, e_machine), 2}, {offsetof(Elf64_Ehdr, e_version), 4},
        {offsetof(Elf64_Ehdr, e_entry), 8}, {offsetof(Elf64_Ehdr, e_phoff), 8}, {offsetof(Elf64_Ehdr, e_shoff), 8},
        {offsetof(Elf64_Ehdr, e_flags), 4}, {offsetof(Elf64_Ehdr, e_ehsize), 2}, {offsetof(Elf64_Ehdr, e_phentsize), 2},
        {offsetof(Elf64_Ehdr, e_phnum), 2}, {offsetof(Elf64_Ehdr, e_shentsize), 2}, {offsetof(Elf64_Ehdr, e_shnum), 2},
        {0, 1}, {4, 1}, {5, 1}, {6, 1}, {7, 1},
    };
    unsigned i = (unsigned)below(sizeof fields / sizeof fields[0]);
    damage_field(f + fields[i].off, fields[i].width, size);
}

/* The program headers of the undamaged file. */
static uint8_t *header(uint8_t *f, const struct base *b, unsigned i)
{
    return f + ((const Elf64_Ehdr *)(const void *)b->f.bytes)->e_phoff + i * sizeof(Elf64_Phdr);
}
static unsigned nheaders(const struct base *b) { return ((const Elf64_Ehdr *)(const void *)b->f.bytes)->e_phnum; }

static void damage_program_header(uint8_t *f, const struct base *b)
{
    uint8_t *p = header(f, b, (unsigned)below(nheaders(b))), *q = header(f, b, (unsigned)below(nheaders(b)));
    uint8_t t[sizeof(Elf64_Phdr)];
    switch (below(8)) {
    case 0:
        p[below(sizeof t)] ^= (uint8_t)(1u << below(8));
        break;
    case 1:
        memcpy(t, p, sizeof t);
        memcpy(p, q, sizeof t);
        memcpy(q, t, sizeof t);
        break;
    case 2:
        memcpy(p, q, sizeof t);
        break;
    case 3: {
        static const uint32_t types[] = {PT_NULL, PT_LOAD, PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_NOTE, PT_PHDR, PT_TLS, PT_GNU_STACK,
                                         PT_GNU_PROPERTY, PT_GNU_RELRO};
        memcpy(p, &types[below(sizeof types / sizeof types[0])], 4);
        break;
    }
    default: {
        unsigned i = (unsigned)below(7);
        damage_field(p + (i ? 8 * i : below(2) * 4), i ? 8 : 4, b->f.size);
    }
    }
}

/* Somewhere inside what a program header of that type covers. */
static void damage_segment(uint8_t *f, const struct base *b, uint32_t type)
{
    for (unsigned i = 0; i < nheaders(b); i++) {
        const Elf64_Phdr *p = (const void *)header(b->f.bytes, b, i);
        if (p->p_type != type || !p->p_filesz || p->p_offset + p->p_filesz > b->f.size)
            continue;
        if (p->p_filesz >= 8 && below(2))
            damage_field(f + p->p_offset + below(p->p_filesz / 8) * 8, 8, b->f.size);
        else
            f[p->p_offset + below(p->p_filesz)] ^= (uint8_t)(1u << below(8));
        return;
    }
}

static void damage_section(uint8_t *f, const struct base *b)
{
    size_t at = below(b->f.size), n = 1 + below(64);
    for (size_t i = at; i < at + n && i < b->f.size; i++)
        f[i] = (uint8_t)(below(4) ? rnd() : 0);
}

/* Makes file number `seed`; returns its size. */
static size_t make(uint8_t *f, uint64_t seed, const struct base **which)
{
    state = seed * 0x2545f4914f6cdd1dull + 1;
    named_ours = false;
    const struct base *b = *which = &bases[seed % nbases];
    size_t size = b->f.size;
    memcpy(f, b->f.bytes, size);
    for (uint64_t n = 1 + below(3); n; n--)
        switch (below(12)) {
        case 0: case 1: damage_header(f, size); break;
        case 2: case 3: case 4: case 5: damage_program_header(f, b); break;
        case 6: damage_segment(f, b, PT_NOTE); break;
        case 7: damage_segment(f, b, PT_INTERP); break;
        case 8: damage_segment(f, b, PT_DYNAMIC); break;
        case 9: damage_segment(f, b, PT_LOAD); break;
        case 10: damage_section(f, b); break;
        case 11:
            if (!below(3))
                size = below(3) ? below(size) : below(4096) % size;
            break;
        }
    return size;
}

/* ---- running ---- */

static void write_file(const char *path, const void *bytes, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
    if (fd < 0 || write(fd, bytes, n) != (ssize_t)n) {
        fprintf(stderr, "mutate: cannot write %s: %s\n", path, strerror(errno));
        exit(2);
    }
    close(fd);
}

static void limit(int what, rlim_t n) { setrlimit(what, &(struct rlimit){n, n}); }

static int run(void)
{
    const char *argv[] = {"dragoman", "-L", root, "-d", "syscall,signal", "-D", "log", "program", NULL};
    char *env[] = {"LC_ALL=C", NULL};
    unlink("log");
    pid_t pid = vfork();
    if (!pid) {
        int err = open("err", O_WRONLY | O_CREAT | O_TRUNC, 0644), null = open("/dev/null", O_RDWR);
        dup2(null, 0);
        dup2(null, 1);
        dup2(err, 2);
        close(err);
        close(null);
        limit(RLIMIT_CORE, 0);
        limit(RLIMIT_AS, 24ull << 30);
        limit(RLIMIT_FSIZE, 1 << 20);
        limit(RLIMIT_CPU, 2);
        /* What loops is ended by the guest's default action for these. */
        setitimer(ITIMER_PROF, &(struct itimerval){.it_value = {0, 400000}}, NULL);
        setitimer(ITIMER_REAL, &(struct itimerval){.it_value = {2, 0}}, NULL);
        execveat(dragoman, "", (char **)argv, env, AT_EMPTY_PATH);
        write(2, "internal error: cannot be executed", 34);
        _exit(2);
    }
    int status = 0, ticks = 0;
    while (waitpid(pid, &status, ticks < 5000 ? WNOHANG : 0) == 0) {
        /* Asleep with its timers blocked or ignored. */
        if (++ticks == 5000)
            kill(pid, SIGKILL);
        struct timespec t = {0, 1000000};
        nanosleep(&t, NULL);
    }
    return status;
}

static size_t slurp(const char *path, char *buf, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, buf, size - 1);
    if (fd >= 0) {
        off_t end = lseek(fd, 0, SEEK_END);
        if (end > (off_t)size - 1)      /* the end is what tells */
            n = pread(fd, buf, size - 1, end - (off_t)size + 1);
        close(fd);
    }
    buf[n > 0 ? n : 0] = 0;
    return n > 0 ? (size_t)n : 0;
}

/* NULL, or what is wrong. */
static const char *judge(int status)
{
    static char err[8192], log[16384];
    size_t n = slurp("err", err, sizeof err);
    slurp("log", log, sizeof log);
    bool ours = strstr(err, "dragoman: ") != NULL;
    if (strstr(err, "internal error"))
        return "internal error";
    if (WIFEXITED(status)) {
        int code = WEXITSTATUS(status);
        if (code == 125 && !strstr(log, "exit_group("))
            return "status 125";
        if (code == 126 || code == 127) {
            if (ours && (strncmp(err, "dragoman: ", 10) || strchr(err, '\n') != err + n - 1))
                return "more than one line on stderr";
            if (!ours && !strstr(log, "exit_group(") && !strstr(log, "exit("))
                return "refused without a word";
            totals->refused += ours;
        } else {
            totals->exited++;
        }
        return ours && code != 126 && code != 127 ? "a message, but the guest ran" : NULL;
    }
    int signo = WTERMSIG(status);
    totals->died++;
    totals->late += signo == SIGALRM || signo == SIGPROF || signo == SIGXCPU || signo == SIGKILL;
    if (ours)
        return "a message, but the guest ran";
    if (signo == SIGSEGV || signo == SIGBUS || signo == SIGILL || signo == SIGFPE || signo == SIGTRAP || signo == SIGABRT) {
        char want[64];
        snprintf(want, sizeof want, "signal %d ends the process", signo);
        const char *address = NULL;
        for (const char *p = log; (p = strstr(p, "fault: signal ")); p++)
            address = strstr(p, "address ");
        /* Or it sent the signal to itself, as abort does. */
        if (!strstr(log, want) && !strstr(log, "kill("))
            return "died of a fault that was not the guest's";
        uint64_t at = address ? strtoull(address + 8, NULL, 16) : 0;
        if ((signo == SIGSEGV || signo == SIGBUS) && at >= 0x6f0000000000ull && at < 0x6f1000000000ull && !named_ours)
            return "the guest faulted at an address of ours";
    }
    return NULL;
}

static int run_file(const struct base *b, const uint8_t *bytes, size_t size)
{
    if (b->program.bytes)
        write_file("program", b->program.bytes, b->program.size);
    write_file(b->program.bytes ? "interp" : "program", bytes, size);
    return run();
}

/* Undamaged, each has to run to its end: else nothing would be tried. */
static void try_bases(void)
{
    for (unsigned i = 0; i < nbases; i++)
        if (run_file(&bases[i], bases[i].f.bytes, bases[i].f.size)) {
            printf("FAIL %s: does not run undamaged\n", bases[i].name);
            exit(2);
        }
}

static void work(uint64_t first, uint64_t files, unsigned worker, unsigned workers)
{
    static uint8_t *f;
    size_t largest = 0;
    for (unsigned i = 0; i < nbases; i++)
        largest = bases[i].f.size > largest ? bases[i].f.size : largest;
    f = malloc(largest);
    try_bases();
    for (uint64_t seed = first + worker; seed < first + files && now() < deadline && !totals->stopped; seed += workers) {
        const struct base *b;
        size_t size = make(f, seed, &b);
        int status = run_file(b, f, size);
        const char *wrong = judge(status);
        __atomic_add_fetch(&totals->run, 1, __ATOMIC_RELAXED);
        if (wrong) {
            char err[300];
            slurp("err", err, sizeof err);
            __atomic_add_fetch(&totals->failed, 1, __ATOMIC_RELAXED);
            printf("FAIL seed %llu (%s): %s; wait status %x; stderr: %s\n", (unsigned long long)seed, b->name, wrong, status, err);
            fflush(stdout);
        }
        while (waitpid(-1, &status, WNOHANG) > 0)
            ;
    }
}

/* A damaged guest may do anything: it gets a process namespace, no rights, and a directory of its own. */
static void worker(const char *dir, uint64_t first, uint64_t files, unsigned i, unsigned workers)
{
    char own[4096];
    bool is_root = geteuid() == 0;
    snprintf(own, sizeof own, "%s/%u", dir, i);
    mkdir(own, 0755);
    if (chdir(own) || (is_root && chown(".", NOBODY, NOBODY))) {
        perror("mutate: own directory");
        exit(2);
    }
    if (unshare(CLONE_NEWPID) && unshare(CLONE_NEWUSER | CLONE_NEWPID))
        fprintf(stderr, "mutate: no process namespace, going on without\n");
    pid_t pid = fork();
    if (!pid) {
        if (is_root && (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY)))
            fprintf(stderr, "mutate: cannot drop rights, going on with them\n");
        work(first, files, i, workers);
        exit(0);
    }
    int status;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    exit(status ? 2 : 0);
}

static struct file read_file(const char *path)
{
    int fd = open(path, O_RDONLY);
    struct stat st;
    struct file f = {NULL, 0};
    if (fd >= 0 && !fstat(fd, &st) && (f.bytes = malloc((size_t)st.st_size)))
        f.size = (size_t)read(fd, f.bytes, (size_t)st.st_size);
    if (!f.bytes || f.size != (size_t)st.st_size) {
        fprintf(stderr, "mutate: cannot read %s\n", path);
        exit(2);
    }
    close(fd);
    return f;
}

static void read_base(struct base *b, char *arg)
{
    char *at = strchr(arg, '@');
    b->name = arg;
    if (at) {
        *at = 0;
        b->program = read_file(at + 1);
    }
    b->f = read_file(arg);
}

int main(int argc, char **argv)
{
    uint64_t first = 1, files = 100000;
    unsigned workers = 2;
    double seconds = 1e9;
    int opt;
    while ((opt = getopt(argc, argv, "s:n:t:j:L:")) != -1)
        switch (opt) {
        case 's': first = strtoull(optarg, NULL, 0); break;
        case 'n': files = strtoull(optarg, NULL, 0); break;
        case 't': seconds = atof(optarg); break;
        case 'j': workers = (unsigned)atoi(optarg); break;
        case 'L': root = optarg; break;
        default: return 2;
        }
    if (argc - optind < 2 || workers < 1 || workers > MAX_WORKERS)
        return fprintf(stderr, "usage: mutate [options] DRAGOMAN BASE...\n"), 2;
    dragoman = open(argv[optind++], O_RDONLY | O_CLOEXEC);
    while (optind < argc && nbases < MAX_BASES)
        read_base(&bases[nbases++], argv[optind++]);
    totals = mmap(NULL, sizeof *totals, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    char dir[4000];
    snprintf(dir, sizeof dir, "%s/dragoman-elf-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    if (dragoman < 0 || totals == MAP_FAILED || !mkdtemp(dir))
        return perror("mutate"), 2;
    int status, bad = chmod(dir, 0755);     /* workers are nobody */
    /* Who is told to stop ends after the file at hand, and clears up. */
    sigaction(SIGINT, &(struct sigaction){.sa_handler = stop}, NULL);
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = stop}, NULL);
    sigaction(SIGHUP, &(struct sigaction){.sa_handler = stop}, NULL);
    deadline = now() + seconds;
    double start = now();
    for (unsigned i = 0; i < workers; i++) {
        pid_t pid = fork();
        if (!pid)
            worker(dir, first, files, i, workers);
        bad |= pid < 0;
    }
    for (pid_t pid; (pid = wait(&status)) > 0 || errno == EINTR;)
        bad |= pid > 0 && status;
    pid_t rm = fork();
    if (!rm)
        execlp("rm", "rm", "-rf", dir, NULL);
    bad |= rm < 0 || waitpid(rm, &status, 0) != rm || status || totals->stopped || !totals->run;
    printf("%llu files in %.0f s: %llu refused, %llu exited, %llu killed by a signal (%llu of them for taking long)\n",
           (unsigned long long)totals->run, now() - start, (unsigned long long)totals->refused, (unsigned long long)totals->exited,
           (unsigned long long)totals->died, (unsigned long long)totals->late);
    printf("%llu passed, %llu failed, 0 skipped\n", (unsigned long long)(totals->run - totals->failed),
           (unsigned long long)totals->failed + (bad != 0));
    return totals->failed || bad;
}
