/* /proc and /sys as this program's own, by every way that leads there, of itself and of other processes. */
#include "t.h"
#include <dirent.h>
#include <elf.h>
#include <linux/openat2.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/utsname.h>

static char text[1 << 20];
static char own_path[4096], temp[100];

static long slurp_fd(int fd)
{
    long n = 0, k;
    if (fd < 0) return -errno;
    while (n < (long)sizeof text - 1 && (k = read(fd, text + n, sizeof text - 1 - n)) > 0) n += k;
    text[n] = 0;
    close(fd);
    return n;
}
static long slurp(const char *path) { return slurp_fd(open(path, O_RDONLY)); }

/* The line of maps that holds an address: "rwxp name". */
static const char *line_of(uint64_t addr)
{
    static char buf[512];
    for (char *l = text; *l; l = strchr(l, '\n') + 1) {
        unsigned long lo, hi;
        char perms[8], name[256] = "";
        if (sscanf(l, "%lx-%lx %7s", &lo, &hi, perms) != 3) return "unreadable";
        if (lo > addr || addr >= hi) continue;
        if (strcspn(l, "\n") > 73) sscanf(l + 73, "%255[^\n]", name);
        snprintf(buf, sizeof buf, "%s %s", perms, !strcmp(name, own_path) ? "(program)" : name);
        return buf;
    }
    return "none";
}

static long value(const char *key)
{
    const char *p = strstr(text, key);
    return p ? strtol(p + strlen(key), NULL, 0) : -1;
}
static unsigned long hex_value(const char *key)
{
    const char *p = strstr(text, key);
    return p ? strtoul(p + strlen(key), NULL, 16) : -1;
}

static int data_word = 7;
static const int const_word = 9;

/* text holds a maps of this program. */
static void see_maps(const char *what)
{
    int local;
    printf("%s: code %s", what, line_of((uint64_t)(uintptr_t)see_maps));
    printf(", data %s", line_of((uint64_t)(uintptr_t)&data_word));
    printf(", stack %s", line_of((uint64_t)(uintptr_t)&local));
    printf(", heap %s", line_of((uint64_t)(uintptr_t)sbrk(0) - 1));
    printf(", translator %d\n", strstr(text, "dragoman") != NULL);
}

static void maps(void)
{
    char *a = mmap(NULL, 16 << 12, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(a + (4 << 12), 4 << 12, PROT_READ | PROT_EXEC);
    mprotect(a + (8 << 12), 4 << 12, PROT_NONE);
    mprotect(a + (12 << 12), 2 << 12, PROT_READ | PROT_WRITE | PROT_EXEC);
    slurp("/proc/self/maps");
    for (int i = 0; i < 16; i += 2) printf("page %d: %s\n", i, line_of((uint64_t)(uintptr_t)a + ((uint64_t)i << 12)));
    see_maps("self");
    munmap(a, 16 << 12);
}

/* Every way to open it. */
static void ways(void)
{
    char path[256];
    int self = open("/proc/self", O_PATH | O_DIRECTORY), proc = open("/proc", O_RDONLY | O_DIRECTORY);
    pid_t pid = getpid();
    snprintf(path, sizeof path, "/proc/%d/maps", pid), slurp(path), see_maps("by pid");
    slurp("/proc/thread-self/maps"), see_maps("thread-self");
    snprintf(path, sizeof path, "/proc/self/task/%d/maps", pid), slurp(path), see_maps("task");
    snprintf(path, sizeof path, "/proc/%d/task/%d/maps", pid, pid), slurp(path), see_maps("pid and task");
    slurp("/proc/../proc/./self//maps"), see_maps("crooked");
    slurp_fd(openat(self, "maps", O_RDONLY)), see_maps("dirfd of self");
    slurp_fd(openat(proc, "self/maps", O_RDONLY)), see_maps("dirfd of proc");
    must(fchdir(self) == 0); slurp("maps"), see_maps("from inside"); must(chdir("/") == 0);
    snprintf(path, sizeof path, "%s/link", temp);
    must(symlink("/proc/self/maps", path) == 0); slurp(path), see_maps("symlink");
    struct open_how how = { .flags = O_RDONLY, .resolve = RESOLVE_BENEATH };
    slurp_fd((int)syscall(SYS_openat2, self, "maps", &how, sizeof how)), see_maps("openat2 beneath");
    how.resolve = RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS;
    slurp_fd((int)syscall(SYS_openat2, proc, "self/maps", &how, sizeof how)), see_maps("openat2 no magic links");
    how.resolve = RESOLVE_NO_SYMLINKS;
    show("openat2 no symlinks", syscall(SYS_openat2, proc, "self/maps", &how, sizeof how) < 0 ? errno : 0);
    int o = open("/proc/self/maps", O_PATH);
    snprintf(path, sizeof path, "/proc/self/fd/%d", o);
    slurp(path), see_maps("reopened");
    show("read of O_PATH", read(o, path, 1) < 0 ? errno : 0);
    close(o), close(self), close(proc);
}

/* What the descriptor of such a file looks like. */
static void descriptor(void)
{
    struct stat a, b;
    char link[64], target[128], want[64], x[64], y[64];
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    must(fstat(fd, &a) == 0 && stat("/proc/self/maps", &b) == 0);
    printf("mode %o size %ld same file %d %d, flags %x %x\n", a.st_mode, (long)a.st_size, a.st_ino == b.st_ino, a.st_dev == b.st_dev,
        fcntl(fd, F_GETFL) & O_ACCMODE, fcntl(fd, F_GETFD));
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    snprintf(want, sizeof want, "/proc/%d/maps", getpid());
    long n = readlink(link, target, sizeof target - 1);
    target[n < 0 ? 0 : n] = 0;
    show("readlink names it", !strcmp(target, want));
    show("write", write(fd, "x", 1) < 0 ? errno : 0);
    must(pread(fd, x, 40, 10) == 40 && lseek(fd, 10, SEEK_SET) == 10 && read(fd, y, 40) == 40);
    show("pread as read", !memcmp(x, y, 40));
    close(fd);
    int low = dup(0);
    close(low);
    fd = open("/proc/self/status", O_RDONLY);
    show("lowest number", fd == low);
    close(fd);
}

static void smaps(void)
{
    char key[64], *a = mmap(NULL, 64 << 12, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *p;
    madvise(a, 64 << 12, MADV_NOHUGEPAGE);
    memset(a, 1, 16 << 12);
    mprotect(a + (8 << 12), 8 << 12, PROT_READ | PROT_EXEC);
    slurp("/proc/self/smaps");
    for (int i = 0; i < 24; i += 8) {
        snprintf(key, sizeof key, "%lx-", (unsigned long)a + ((unsigned long)i << 12));
        p = strstr(text, key);
        if (!p) { printf("no area at page %d\n", i); continue; }
        long rss = strtol(strstr(p, "\nRss:") + 5, NULL, 0), dirty = strtol(strstr(p, "\nPrivate_Dirty:") + 15, NULL, 0);
        char *flags = strstr(p, "VmFlags:");
        printf("page %d: size %ld rss %ld dirty %ld flags %.6s\n", i, strtol(strstr(p, "\nSize:") + 6, NULL, 0), rss, dirty,
            flags + 9);
    }
    munmap(a, 64 << 12);
    slurp("/proc/self/smaps_rollup");
    show("rollup", strstr(text, "[rollup]") != NULL && value("Rss:") > 0 && value("Rss:") < 100000);
}

static void handler(int s, siginfo_t *i, void *c) { (void)s, (void)i, (void)c; }

static void numbers(void)
{
    handle(SIGUSR1, handler, 0);
    signal(SIGUSR2, SIG_IGN);
    mask(SIG_BLOCK, SIGWINCH);
    slurp("/proc/self/status");
    printf("blocked %lx ignored %lx caught %lx threads %ld tracer %ld seccomp %ld privs %ld\n", hex_value("SigBlk:"), hex_value("SigIgn:"),
        hex_value("SigCgt:"), value("Threads:"), value("TracerPid:"), value("Seccomp:"), value("NoNewPrivs:"));
#ifndef __x86_64__
    if (strstr(text, "x86") || strstr(text, "untag_mask")) printf("lines of another machine\n");
#endif
    long size = value("VmSize:"), rss = value("VmRSS:"), data = value("VmData:");
    show("sizes", size > 500 && size < 20000 && rss > 100 && rss < 20000 && rss < size && value("VmPeak:") >= size && value("VmStk:") > 0);
    char *a = mmap(NULL, 100 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(a, 1, 20 << 20);
    slurp("/proc/self/status");
    printf("grown by %ld %ld", value("VmSize:") - size, value("VmData:") - data);
    printf(", in memory by about 20 MiB: %d\n", value("VmRSS:") - rss > 19000 && value("VmRSS:") - rss < 24000);
    long s2 = value("VmSize:");
    slurp("/proc/self/statm");
    show("statm", strtol(text, NULL, 0) * 4 == s2);
    munmap(a, 100 << 20);
    slurp("/proc/self/stat");
    unsigned long f[53] = { 0 };
    char *p = strrchr(text, ')') + 1;
    for (int i = 3; i <= 52 && p; i++, p = strchr(p + 1, ' ')) f[i] = strtoul(p + 1, NULL, 0);
    int local;
    show("stat: size", f[23] > 500000 && f[23] < 20000000);
    show("stat: code", f[26] <= (unsigned long)numbers && (unsigned long)numbers < f[27]);
    show("stat: stack", f[28] > (unsigned long)&local && f[28] - (unsigned long)&local < 65536);
    show("stat: data", f[45] <= (unsigned long)&data_word && (unsigned long)&data_word < f[46]);
    show("stat: brk", f[47] <= (unsigned long)sbrk(0) && (unsigned long)sbrk(0) - f[47] < 1 << 24);
    show("stat: arguments", f[48] > f[28] && f[49] > f[48] && f[50] >= f[49] && f[51] >= f[50]);
    printf("stat: signals %lx %lx %lx threads %lu\n", f[32], f[33], f[34], f[20]);
    mask(SIG_UNBLOCK, SIGWINCH);
    signal(SIGUSR1, SIG_DFL), signal(SIGUSR2, SIG_DFL);
}

/* All that the program has becomes resident, and nothing else. */
static void locked(void)
{
    show("lock all", mlockall(MCL_CURRENT) == 0 || errno == ENOMEM || errno == EPERM);
    slurp("/proc/self/status");
    show("locked", value("VmLck:") >= 0 && value("VmLck:") < 100000);
    munlockall();
    show("lock nothing", mlockall(0) < 0 ? errno : 0);
    show("lock on fault only", mlockall(4) < 0 ? errno : 0);
}

static void vectors(void)
{
    long n = slurp("/proc/self/auxv");
    unsigned long *v = (unsigned long *)text, entry = 0, phdr = 0;
    for (long i = 0; i + 1 < n / 8; i += 2) {
        if (v[i] == AT_ENTRY) entry = v[i + 1];
        if (v[i] == AT_PHDR) phdr = v[i + 1];
    }
    show("auxv", entry == getauxval(AT_ENTRY) && phdr == getauxval(AT_PHDR));
    n = slurp("/proc/self/cmdline");
    show("cmdline", n == (long)strlen(text) + 1 && strstr(text, "procfs") != NULL);
    setenv("PROCFS_LATER", "1", 1);
    n = slurp("/proc/self/environ");
    show("environ", n > 0 && !memmem(text, n, "PROCFS_LATER", 12));
    prctl(PR_SET_NAME, "renamed");
    slurp("/proc/self/comm");
    printf("comm %s", text);
}

/* ---- the program's file ---- */

static int same_file(const char *path)
{
    struct stat a, b;
    return stat(path, &a) == 0 && stat(own_path, &b) == 0 && a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

static int machine_of(int fd)
{
    Elf64_Ehdr e, own;
    int f = open(own_path, O_RDONLY);
    must(read(f, &own, sizeof own) == sizeof own);
    close(f);
    int r = fd >= 0 && read(fd, &e, sizeof e) == sizeof e && e.e_machine == own.e_machine;
    close(fd);
    return r;
}

static void links(void)
{
    char path[256], buf[4096];
    struct stat st;
    pid_t pid = getpid();
    int self = open("/proc/self", O_PATH), proc = open("/proc", O_PATH);
    show("stat exe", same_file("/proc/self/exe"));
    snprintf(path, sizeof path, "/proc/%d/exe", pid), show("stat by pid", same_file(path));
    snprintf(path, sizeof path, "/proc/%d/task/%d/exe", pid, pid), show("stat by task", same_file(path));
    show("lstat exe", lstat("/proc/self/exe", &st) == 0 && S_ISLNK(st.st_mode));
    show("readlinkat", readlinkat(self, "exe", buf, sizeof buf) == (long)strlen(own_path) && !memcmp(buf, own_path, strlen(own_path)));
    show("readlinkat of proc", readlinkat(proc, "thread-self/exe", buf, sizeof buf) == (long)strlen(own_path));
    show("readlink cut", readlink("/proc/self/exe", buf, 5));
    show("readlink of nothing", readlink("/proc/self/exe", buf, 0) < 0 ? errno : 0);
    show("readlink to nowhere", readlink("/proc/self/exe", (char *)8, 10) < 0 ? errno : 0);
    int l = openat(self, "exe", O_PATH | O_NOFOLLOW);
    show("readlink of the link", readlinkat(l, "", buf, sizeof buf) == (long)strlen(own_path));
    show("open", machine_of(open("/proc/self/exe", O_RDONLY)));
    show("openat", machine_of(openat(self, "exe", O_RDONLY)));
    snprintf(path, sizeof path, "%s/exe", temp);
    must(symlink("/proc/self/exe", path) == 0);
    show("open by symlink", machine_of(open(path, O_RDONLY)));
    show("stat by symlink", same_file(path));
    show("nofollow", open("/proc/self/exe", O_RDONLY | O_NOFOLLOW) < 0 ? errno : 0);
    show("access", access("/proc/self/exe", X_OK));
    struct statx sx;
    show("statx", statx(self, "exe", 0, STATX_INO, &sx) == 0 && stat(own_path, &st) == 0 && sx.stx_ino == st.st_ino);
    close(self), close(proc), close(l);
}

/* ---- lists ---- */

static int entries(const char *path)
{
    DIR *d = opendir(path);
    int n = 0;
    if (!d) return -errno;
    for (struct dirent *e; (e = readdir(d));) n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

static atomic_int stop;
static void *waits(void *a) { (void)a; while (!stop) usleep(1000); return NULL; }

static void lists(void)
{
    int open_ones = 0;
    for (int fd = 0; fd < 2048; fd++) open_ones += fcntl(fd, F_GETFD) >= 0;
    show("descriptors", entries("/proc/self/fd") - open_ones);
    show("descriptors' facts", entries("/proc/self/fdinfo") - open_ones);
    show("threads", entries("/proc/self/task"));
    pthread_t th[3];
    for (int i = 0; i < 3; i++) pthread_create(&th[i], NULL, waits, NULL);
    show("more threads", entries("/proc/self/task"));
    slurp("/proc/self/status");
    show("counted", value("Threads:"));
    stop = 1;
    for (int i = 0; i < 3; i++) pthread_join(th[i], NULL);
    struct stat st;
    int hidden = 0;
    for (int fd = 0; fd < 1100; fd++) {
        char path[64], buf[64];
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        int there = fcntl(fd, F_GETFD) >= 0;
        hidden += !there && (open(path, O_PATH) >= 0 || readlink(path, buf, sizeof buf) >= 0);
    }
    show("descriptors that are not there", hidden);
}

/* ---- other processes ---- */

static void child_with(void (*f)(pid_t))
{
    int p[2], q[2];
    char c;
    must(pipe(p) == 0 && pipe(q) == 0);
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) {
        handle(SIGUSR2, handler, 0);
        must(write(p[1], "x", 1) == 1);
        must(read(q[0], &c, 1) == 1);
        _exit(0);
    }
    must(read(p[0], &c, 1) == 1);
    f(pid);
    must(write(q[1], "x", 1) == 1);
    waitpid(pid, NULL, 0);
    close(p[0]), close(p[1]), close(q[0]), close(q[1]);
}

static void look_at(pid_t pid)
{
    char path[64], buf[4096];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    while (slurp(path) > 0 && !strstr(text, ") S ")) usleep(1000);
    snprintf(path, sizeof path, "/proc/%d/maps", pid), slurp(path), see_maps("another's maps");
    snprintf(path, sizeof path, "/proc/%d/exe", pid), show("another's exe", same_file(path));
    show("another's link", readlink(path, buf, sizeof buf) == (long)strlen(own_path));
    show("another's program", machine_of(open(path, O_RDONLY)));
    snprintf(path, sizeof path, "/proc/%d/status", pid), slurp(path);
    printf("another's caught %lx size %d\n", hex_value("SigCgt:"), value("VmSize:") > 100 && value("VmSize:") < 200000);
    snprintf(path, sizeof path, "/proc/%d/cmdline", pid), slurp(path);
    show("another's cmdline", strstr(text, "procfs") != NULL);
    snprintf(path, sizeof path, "/proc/%d/auxv", pid);
    unsigned long *v = (unsigned long *)text, entry = 0;
    for (long i = 0, n = slurp(path); i + 1 < n / 8; i += 2) if (v[i] == AT_ENTRY) entry = v[i + 1];
    show("another's auxv", entry == getauxval(AT_ENTRY));
    snprintf(path, sizeof path, "/proc/%d/environ", pid), show("another's environ", slurp(path) > 0);
    snprintf(path, sizeof path, "/proc/%d/syscall", pid), slurp(path);
    show("another's call is read", atoi(text) == SYS_read);
    snprintf(path, sizeof path, "/proc/%d/fd", pid), show("another's descriptors", entries(path) - entries("/proc/self/fd"));
    struct stat st;
    snprintf(path, sizeof path, "/proc/%d/smaps", pid), show("another's smaps", slurp(path) > 0 && strstr(text, "Rss:") != NULL);
}

/* Not a guest program: the kernel's own answers. */
static void native(void)
{
    show("init's status", slurp("/proc/1/status") > 0 && value("Pid:") == 1);
    show("nobody's maps", slurp("/proc/2147483647/maps"));
    show("nobody's exe", readlink("/proc/2147483647/exe", text, 10) < 0 ? errno : 0);
}

static void exec_links(void)
{
    const char *const how[] = { "self", "symlink", "parent", "descriptor" };
    for (int i = 0; i < 4; i++) {
        char path[256];
        fflush(stdout);
        pid_t parent = getpid(), pid = fork();
        if (!pid) {
            snprintf(path, sizeof path, "/proc/self/exe");
            if (i == 1) snprintf(path, sizeof path, "%s/exe", temp);
            if (i == 2) snprintf(path, sizeof path, "/proc/%d/exe", parent);
            char *argv[] = { "procfs", "again", (char *)how[i], NULL };
            if (i == 3) {
                int fd = open("/proc/self/exe", O_RDONLY);
                syscall(SYS_execveat, fd, "", argv, environ, AT_EMPTY_PATH);
            }
            execve(path, argv, environ);
            printf("exec %s: %s\n", how[i], strerror(errno));
            fflush(stdout);
            _exit(1);
        }
        waitpid(pid, NULL, 0);
    }
}

/* ---- the machine ---- */

static void machine(void)
{
    struct utsname u;
    uname(&u);
    slurp("/proc/cpuinfo");
    int n = 0;
    for (char *p = text; (p = strstr(p, "processor\t:")); p++) n++;
    show("processors", n == sysconf(_SC_NPROCESSORS_ONLN));
    if (slurp("/proc/sys/kernel/arch") > 0) strtok(text, "\n"); else strcpy(text, u.machine);
    show("arch", !strcmp(text, u.machine));
    show("online", slurp("/sys/devices/system/cpu/online") > 0);
    int midr = slurp("/sys/devices/system/cpu/cpu0/regs/identification/midr_el1"), reached = access("/sys/devices/system/cpu/cpu0/regs/identification/midr_el1", R_OK);
    int dir = open("/sys/devices/system/cpu/cpu0", O_PATH), sysfs = dir >= 0, by_dir = slurp_fd(openat(dir, "regs/identification/midr_el1", O_RDONLY));
    struct stat st;
#ifdef __aarch64__
    unsigned long v = strtoul(text, NULL, 16);
    slurp("/proc/cpuinfo");
    char part[64];
    snprintf(part, sizeof part, "CPU part\t: 0x%03lx", v >> 4 & 0xfff);
    show("midr", !sysfs || (midr == 19 && by_dir == 19 && reached == 0 && strstr(text, part) != NULL));
    show("midr's mode", !sysfs || (stat("/sys/devices/system/cpu/cpu0/regs/identification/midr_el1", &st) == 0 && S_ISREG(st.st_mode)));
#else
    show("midr", midr < 0 && by_dir < 0 && reached < 0);
    show("midr's mode", 1);
#endif
#ifndef __x86_64__
    static const char *const gone[] = { "microcode", "cpu0/microcode", "cpu0/microcode/version", "modalias", "cpu0/thermal_throttle" };
    for (int i = 0; i < 5; i++) {
        char path[128];
        snprintf(path, sizeof path, "/sys/devices/system/cpu/%s", gone[i]);
        if (access(path, F_OK) == 0 || open(path, O_RDONLY) >= 0 || stat(path, &st) == 0) printf("%s is there\n", gone[i]);
    }
    DIR *d = opendir("/sys/devices/system/cpu");
    for (struct dirent *e; d && (e = readdir(d));)
        if (!strcmp(e->d_name, "microcode") || !strcmp(e->d_name, "modalias")) printf("%s is listed\n", e->d_name);
    if (slurp("/sys/devices/system/cpu/vulnerabilities/spectre_v1") > 0 && strcmp(text, "Not affected\n")) printf("spectre_v1: %s", text);
    if (access("/proc/self/arch_status", F_OK) == 0) printf("arch_status is there\n");
#endif
}

static void rest(void)
{
    show("limits", slurp("/proc/self/limits") > 0 && strstr(text, "Max address space         unlimited            unlimited            bytes     \n") != NULL);
    struct rlimit { unsigned long soft, hard; } l = { 1ul << 33, 1ul << 34 };
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) {
        syscall(SYS_prlimit64, 0, 9 /* RLIMIT_AS */, &l, NULL);
        slurp("/proc/self/limits");
        show("a limit", strstr(text, "Max address space         8589934592           17179869184          bytes     \n") != NULL);
        fflush(stdout);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    show("nothing", open("/proc/self/nothing", O_RDONLY) < 0 ? errno : 0);
    show("directory", open("/proc/self/maps", O_RDONLY | O_DIRECTORY) < 0 ? errno : 0);
    show("bad address", open((char *)8, O_RDONLY) < 0 ? errno : 0);
    show("beyond", open("/proc/self/maps/x", O_RDONLY) < 0 ? errno : 0);
}

/* Runs a copy of the program in its own directory, which is told of its place. */
static void run_copy(const char *dir, char *how)
{
    char path[256], buf[4096];
    mkdir(dir, 0755);
    snprintf(path, sizeof path, "%s/%s", dir, how);
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) {
        char *argv[] = { "procfs", how, path, NULL };
        int from = open(own_path, O_RDONLY), to = open(path, O_WRONLY | O_CREAT, 0755);
        for (long n; (n = read(from, buf, sizeof buf)) > 0;) must(write(to, buf, n) == n);
        close(to);
        execve(path, argv, environ);
        _exit(1);
    }
    waitpid(pid, NULL, 0);
}

int main(int argc, char **argv)
{
    long n = readlink("/proc/self/exe", own_path, sizeof own_path - 1);
    must(n > 0);
    own_path[n] = 0;
    if (argc > 1 && !strcmp(argv[1], "again")) {
        printf("exec %s: %s\n", argv[2], strrchr(own_path, '/') + 1);
        return 0;
    }
    if (argc > 1 && !strcmp(argv[1], "closed")) {       /* its directory, to this user */
        char *again[] = { "procfs", "again", "out of reach", NULL };
        *strrchr(argv[2], '/') = 0;
        must(chmod(argv[2], 0) == 0);
        if (!getuid()) must(setgid(65534) == 0 && setuid(65534) == 0);
        printf("out of reach: %d %d\n", access(own_path, F_OK) ? errno : 0, open("/proc/self/exe", O_RDONLY) >= 0);
        fflush(stdout);
        execve("/proc/self/exe", again, environ);
        printf("exec: %d\n", errno);
        return 1;
    }
    if (argc > 1 && !strcmp(argv[1], "gone")) {         /* its file: it can still be opened, and "deleted" in its name says so */
        int before = machine_of(open("/proc/self/exe", O_RDONLY));
        unlink(argv[2]);
        n = readlink("/proc/self/exe", own_path, sizeof own_path - 1);
        own_path[n] = 0;
        int fd = open("/proc/self/exe", O_RDONLY);
        Elf64_Ehdr e, own;
        memcpy(&own, (void *)(getauxval(AT_PHDR) - sizeof own), sizeof own);
        printf("gone: %d, named %s, readable %d\n", before, strrchr(own_path, '/'), read(fd, &e, sizeof e) == sizeof e && e.e_machine == own.e_machine);
        return 0;
    }
    own_dir(temp, "procfs");
    free(malloc(1 << 10));
    maps();
    ways();
    descriptor();
    smaps();
    numbers();
    locked();
    vectors();
    links();
    lists();
    child_with(look_at);
    native();
    exec_links();
    machine();
    rest();
    run_copy(temp, "gone");
    char closed[120];
    snprintf(closed, sizeof closed, "%s/shut", temp);
    run_copy(closed, "closed");
    chmod(closed, 0700);
    return 0;
}
