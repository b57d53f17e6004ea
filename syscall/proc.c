#include "syscall/proc.h"
#include "syscall/seccomp.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "loader/auxv.h"
#include "loader/loader.h"
#include "runtime/log.h"
#include "runtime/reexec.h"
#include "syscall/handlers.h"

static char exe[SYS_PATH_MAX];

void proc_init(const struct ld_file *f, const char *const *argv)
{
    (void)argv;
    char link[40];
    log_format(link, sizeof link, "/proc/self/fd/%d", f->fd);
    int64_t n = host_syscall(__NR_readlinkat, AT_FDCWD, link, exe, sizeof exe - 1);
    /* Without /proc: as it was named, from the root if it was not. */
    if (n <= 0) {
        n = 0;
        if (f->path[0] != '/') {
            n = host_syscall(__NR_getcwd, exe, sizeof exe) - 1;
            if (n < 0) n = 0;
            exe[n++] = '/';
        }
        size_t len = strnlen(f->path, sizeof exe - 1 - n);
        memcpy(exe + n, f->path, len);
        n += len;
    }
    exe[n] = 0;
    const char *slash = strrchr(f->exec_path, '/');
    host_syscall(__NR_prctl, PR_SET_NAME, slash ? slash + 1 : f->exec_path);
}

const char *proc_exe(void) { return exe; }

/* ---- names ---- */

/* A decimal number at s; its end, or NULL if there is none. */
static const char *read_number(const char *s, int64_t *v)
{
    if (*s < '0' || *s > '9') return NULL;
    for (*v = 0; *s >= '0' && *s <= '9' && *v < 1 << 30; s++) *v = *v * 10 + (*s - '0');
    return s;
}

/* What follows /proc/self/, /proc/thread-self/, /proc/<our pid>/ and any of them with task/<n>/; else NULL. */
static const char *after_self(const char *path)
{
    int64_t v;
    const char *end;
    if (strncmp(path, "/proc/", 6)) return NULL;
    path += 6;
    if (!strncmp(path, "self/", 5)) path += 5;
    else if (!strncmp(path, "thread-self/", 12)) path += 12;
    else if ((end = read_number(path, &v)) && *end == '/' && v == host_syscall(__NR_getpid)) path = end + 1;
    else return NULL;
    if (!strncmp(path, "task/", 5) && (end = read_number(path + 5, &v)) && *end == '/') path = end + 1;
    return path;
}

bool proc_is_exe(const char *path)
{
    const char *rest = after_self(path);
    return rest && !strcmp(rest, "exe");
}

/* A program's own file is the lowest that is mapped: the translator's, libraries and stacks lie above. */
static int64_t lowest_file(const char *maps, char buf[SYS_PATH_MAX])
{
    char text[2048];
    int64_t fd = host_syscall(__NR_openat, AT_FDCWD, maps, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fd;
    int64_t n = host_syscall(__NR_read, fd, text, sizeof text - 1);
    host_syscall(__NR_close, fd);
    if (n <= 0) return -ENOENT;
    text[n] = 0;
    const char *slash = strchr(text, '/'), *end = slash ? strchr(slash, '\n') : NULL;
    if (!end) return -ENOENT;
    memcpy(buf, slash, end - slash);
    return end - slash;
}

int64_t proc_exe_of(const char *path, char buf[SYS_PATH_MAX])
{
    int64_t pid;
    char maps[32];
    struct stat theirs, ours;
    if (proc_is_exe(path)) {
        size_t n = strlen(exe);
        memcpy(buf, exe, n);
        return n;
    }
    const char *end = strncmp(path, "/proc/", 6) ? NULL : read_number(path + 6, &pid);
    if (!end || strcmp(end, "/exe")) return -ENOENT;
    if (host_syscall(__NR_newfstatat, AT_FDCWD, path, &theirs, 0) || host_syscall(__NR_fstat, reexec_fd(), &ours) ||
        theirs.st_dev != ours.st_dev || theirs.st_ino != ours.st_ino) return -ENOENT;
    log_format(maps, sizeof maps, "/proc/%d/maps", (int)pid);
    return lowest_file(maps, buf);
}

/* ---- contents ---- */

/* Text on its way into the file that the guest will read. */
struct out { int fd; size_t n; int64_t error; char buf[2048]; };

static void out_flush(struct out *o)
{
    for (size_t done = 0; done < o->n && !o->error; ) {
        int64_t r = host_syscall(__NR_write, o->fd, o->buf + done, o->n - done);
        if (r < 0) o->error = r; else done += r;
    }
    o->n = 0;
}

static void out_bytes(struct out *o, const char *s, size_t n)
{
    while (n) {
        size_t room = sizeof o->buf - o->n, k = n < room ? n : room;
        memcpy(o->buf + o->n, s, k);
        o->n += k;
        s += k;
        n -= k;
        if (o->n == sizeof o->buf) out_flush(o);
    }
}

static void out_guest(struct out *o, uint64_t from, uint64_t to)
{
    char chunk[512];
    while (from < to) {
        size_t n = to - from < sizeof chunk ? to - from : sizeof chunk;
        if (copy_from_guest(chunk, from, n)) return;
        out_bytes(o, chunk, n);
        from += n;
    }
}

static bool show_area(void *ctx, const struct mm_area *a)
{
    char line[400];
    size_t n = log_format(line, sizeof line, "%08lx-%08lx %c%c%c%c %08lx %02x:%02x %lu ", a->start, a->end,
        a->prot & PROT_READ ? 'r' : '-', a->prot & PROT_WRITE ? 'w' : '-', a->prot & PROT_EXEC ? 'x' : '-',
        a->shared ? 's' : 'p', a->off, a->dev_major, a->dev_minor, a->inode);
    if (a->name[0]) {
        while (n < 73) line[n++] = ' ';
        size_t k = strlen(a->name);
        memcpy(line + n, a->name, k);
        n += k;
    }
    line[n++] = '\n';
    out_bytes(ctx, line, n);
    return true;
}

static void write_maps(struct task *t, struct out *o) { mm_each(t->mm, show_area, o); }
static void write_auxv(struct task *t, struct out *o) { (void)t; out_bytes(o, (const char *)ld_vectors.auxv, ld_vectors.auxv_size); }
/* As the kernel does, from the process's own memory, where a program may have changed it. */
static void write_cmdline(struct task *t, struct out *o) { (void)t; out_guest(o, ld_vectors.arg_start, ld_vectors.arg_end); }
static void write_environ(struct task *t, struct out *o) { (void)t; out_guest(o, ld_vectors.env_start, ld_vectors.env_end); }

/* One description per processor the task may run on at most; the guest says what its CPU is. */
static void write_cpuinfo(struct task *t, struct out *o)
{
    uint64_t set[16] = { 0 };
    char text[2048];
    int64_t bytes = host_syscall(__NR_sched_getaffinity, 0, sizeof set, set);
    for (unsigned cpu = 0; t->guest->cpuinfo && (int64_t)cpu < bytes * 8; cpu++) {
        if (!(set[cpu / 64] >> cpu % 64 & 1)) continue;
        int n = t->guest->cpuinfo(text, sizeof text, cpu);
        if (n > 0) out_bytes(o, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
    }
}

/* The host's line with the guest's stack in field 28, where garbage collectors look for it. */
static void write_stat(struct task *t, struct out *o)
{
    (void)t;
    char line[1024], number[24];
    int64_t fd = host_syscall(__NR_openat, AT_FDCWD, "/proc/self/stat", O_RDONLY | O_CLOEXEC);
    if (fd < 0) { o->error = fd; return; }
    int64_t n = host_syscall(__NR_read, fd, line, sizeof line - 1);
    host_syscall(__NR_close, fd);
    if (n <= 0) { o->error = n ? n : -EIO; return; }
    line[n] = 0;
    const char *p = strrchr(line, ')');     /* the name may contain anything */
    for (unsigned field = 2; p && field < 28; field++) p = strchr(p + 1, ' ');
    const char *rest = p ? strchr(p + 1, ' ') : NULL;
    if (!rest) { out_bytes(o, line, n); return; }
    out_bytes(o, line, p + 1 - line);
    out_bytes(o, number, log_format(number, sizeof number, "%lu", ld_vectors.stack_start));
    out_bytes(o, rest, line + n - rest);
}

/* The host's lines, but the guest's filters: the host sees at most the one that serves a supervisor. */
static void write_status(struct task *t, struct out *o)
{
    char text[4096], number[24];
    int64_t fd = host_syscall(__NR_openat, AT_FDCWD, "/proc/thread-self/status", O_RDONLY | O_CLOEXEC);
    if (fd < 0) { o->error = fd; return; }
    int64_t n = host_syscall(__NR_read, fd, text, sizeof text - 1);
    host_syscall(__NR_close, fd);
    if (n <= 0) { o->error = n ? n : -EIO; return; }
    text[n] = 0;
    for (const char *line = text, *end; *line; line = end) {
        end = strchr(line, '\n');
        end = end ? end + 1 : line + strlen(line);
        bool mode = !strncmp(line, "Seccomp:", 8), count = !strncmp(line, "Seccomp_filters:", 16);
        size_t keep = mode ? 8 : count ? 16 : (size_t)(end - line);
        out_bytes(o, line, keep);
        if (mode || count) out_bytes(o, number, log_format(number, sizeof number, "\t%d\n", mode ? (int)seccomp_mode(t) : (int)seccomp_filters(t)));
    }
}

/* Every emulated file: those of a process, then those of the machine by their full path. */
static const struct { const char *name; bool own; void (*write)(struct task *, struct out *); } files[] = {
    { "maps", true, write_maps },
    { "auxv", true, write_auxv },
    { "cmdline", true, write_cmdline },
    { "environ", true, write_environ },
    { "stat", true, write_stat },
    { "status", true, write_status },
    { "/proc/cpuinfo", false, write_cpuinfo },
};

int64_t proc_open(struct task *t, const char *path, uint64_t flags)
{
    const char *rest = after_self(path);
    for (unsigned i = 0; i < sizeof files / sizeof files[0]; i++) {
        const char *name = files[i].own ? rest : path;
        if (!name || strcmp(name, files[i].name)) continue;
        struct out o;
        o.n = 0;
        o.error = 0;
        o.fd = host_syscall(__NR_memfd_create, files[i].name, flags & O_CLOEXEC ? MFD_CLOEXEC : 0);
        if (o.fd < 0) return o.fd;
        files[i].write(t, &o);
        out_flush(&o);
        host_syscall(__NR_lseek, o.fd, 0, SEEK_SET);
        if (!o.error) return o.fd;
        host_syscall(__NR_close, o.fd);
        return o.error;
    }
    return -ENOENT;
}
