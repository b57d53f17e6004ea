/* Finding out which files of procfs and sysfs the guest has hold of, by whatever way, and making them the guest's. */
#include "syscall/proc.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#include "loader/loader.h"
#include "runtime/limits.h"
#include "runtime/reexec.h"
#include "syscall/proc_view.h"

enum kind { MADE, LINK, MEMORY, HIDDEN, ADDED, HOST };
typedef void writer(struct proc_view *v);

static const struct row { const char *pattern; enum kind kind; writer *write; } rows[] = {
#define MADE(pattern, function) { pattern, MADE, proc_write_##function },
#define LINK(pattern) { pattern, LINK, NULL },
#define MEMORY(pattern) { pattern, MEMORY, NULL },
#define HIDDEN(pattern, reason) { pattern, HIDDEN, NULL },
#define ADDED(pattern) { pattern, ADDED, proc_write_cpu_file },
#define HOST(pattern, reason) { pattern, HOST, NULL },
#include "syscall/proc.def"
};
enum { ROWS = sizeof rows / sizeof rows[0] };

/* ---- names ---- */

static const char *skip_number(const char *s)
{
    const char *p = s;
    while (*p >= '0' && *p <= '9') p++;
    return p == s ? NULL : p;
}

/* What names a process as a directory of procfs: a number, or, where only the guest's own words are known, itself. */
static const char *skip_process(const char *s)
{
    const char *p = skip_number(s);
    if (!p && !strncmp(s, "self", 4)) p = s + 4;
    if (!p && !strncmp(s, "thread-self", 11)) p = s + 11;
    if (!p || (*p && *p != '/')) return NULL;
    const char *tid = strncmp(p, "/task/", 6) ? NULL : skip_number(p + 6);
    return tid && (!*tid || *tid == '/') ? tid : p;
}

static bool matches(const char *pattern, const char *s)
{
    for (; *pattern; pattern++) {
        if (*pattern == '*') return *s != 0;
        if (*pattern == '@') s = skip_process(s);
        else if (*pattern == '#') s = skip_number(s);
        else s = *s == *pattern ? s + 1 : NULL;
        if (!s) return false;
    }
    return !*s;
}

/* The row for a path and where in it the row's part begins; NULL if there is none. A hidden directory hides what is in it. */
static const struct row *find_row(const char *path, size_t *start)
{
    for (const char *at = path; at; at = strchr(at, '/')) {
        if (*at == '/') at++;
        for (unsigned i = 0; i < ROWS; i++) {
            char whole[SYS_PATH_MAX];
            size_t n = strlen(at);
            if (rows[i].kind == HOST) continue;
            if (matches(rows[i].pattern, at)) { *start = at - path; return &rows[i]; }
            if (rows[i].kind != HIDDEN) continue;
            memcpy(whole, at, n + 1);
            for (char *slash; (slash = strrchr(whole, '/')); ) {
                *slash = 0;
                if (matches(rows[i].pattern, whole)) { *start = at - path; return &rows[i]; }
            }
        }
    }
    return NULL;
}

int64_t proc_name_of(int fd, char buf[SYS_PATH_MAX])
{
    char link[40];
    log_format(link, sizeof link, "/proc/self/fd/%d", fd);
    int64_t n = host_syscall(__NR_readlinkat, AT_FDCWD, link, buf, SYS_PATH_MAX - 1);
    buf[n > 0 ? n : 0] = 0;
    return n;
}

static bool is_on(int fd, long magic)
{
    struct statfs fs;
    return host_syscall(__NR_fstatfs, fd, &fs) == 0 && fs.f_type == magic;
}
bool proc_is_proc(int fd) { return is_on(fd, PROC_SUPER_MAGIC); }
bool proc_is_sys(int fd) { return is_on(fd, SYSFS_MAGIC); }

/* ---- the view of a file ---- */

int64_t proc_beside(const struct proc_view *v, const char *name, int flags)
{
    char path[SYS_PATH_MAX + 32];
    log_format(path, sizeof path, "%s/%s", v->base, name);
    return host_syscall(__NR_openat, AT_FDCWD, path, flags | O_CLOEXEC);
}

static int64_t read_all(int64_t fd, char *buf, size_t size)
{
    size_t n = 0;
    for (int64_t k = 1; k > 0 && n < size - 1; ) {
        k = host_syscall(__NR_read, fd, buf + n, size - 1 - n);
        if (k < 0) return k;
        n += (size_t)k;
    }
    buf[n] = 0;
    return (int64_t)n;
}

int64_t proc_read_beside(const struct proc_view *v, const char *name, char *buf, size_t size)
{
    int64_t fd = proc_beside(v, name, O_RDONLY);
    if (fd < 0) return fd;
    int64_t n = read_all(fd, buf, size);
    host_syscall(__NR_close, fd);
    return n;
}

int64_t proc_read_host(const struct proc_view *v, char *buf, size_t size) { return read_all(v->host, buf, size); }

static int32_t number_at(const char *s)
{
    int32_t n = 0;
    for (; *s >= '0' && *s <= '9' && n < 1 << 27; s++) n = n * 10 + *s - '0';
    return n;
}

/* Whose file v->path is: base, self, thread, id. The row's part begins at `start`. False: this is not procfs. */
static bool find_process(struct proc_view *v, const struct row *row, size_t start)
{
    char link[SYS_PATH_MAX + 16], me[32];
    memcpy(v->base, v->path, start);
    v->base[start] = 0;
    log_format(link, sizeof link, "%sself", v->base);
    int64_t n = host_syscall(__NR_readlinkat, AT_FDCWD, link, me, sizeof me - 1);
    if (n < 0) return false;
    me[n] = 0;
    if (row->pattern[0] != '@') {
        v->base[start ? start - 1 : 0] = 0;
        return true;
    }
    const char *who = v->path + start, *slash = strrchr(v->path, '/');
    memcpy(v->base, v->path, slash - v->path);
    v->base[slash - v->path] = 0;
    const char *task = strstr(v->base + start, "/task/");
    v->thread = task != NULL || !strncmp(who, "thread-self", 11);
    v->id = number_at(task ? task + 6 : who);
    v->self = *who < '0' || *who > '9' || (number_at(who) == number_at(me) && n);
    return true;
}

/* Is the process one that this translator runs? The kernel lets ask only who may look. */
static bool is_translated(const struct proc_view *v)
{
    char link[SYS_PATH_MAX + 8];
    struct stat st;
    if (v->self) return true;
    log_format(link, sizeof link, "%s/exe", v->base);
    return host_syscall(__NR_newfstatat, AT_FDCWD, link, &st, 0) == 0 && reexec_is_own(&st);
}

/* ---- the program's file ---- */

static struct { char path[SYS_PATH_MAX]; uint64_t dev, ino; } exe;

void proc_init(const struct ld_file *f)
{
    struct stat st;
    int64_t n = proc_name_of(f->fd, exe.path);
    /* Without /proc: as it was named, from the root if it was not. */
    if (n <= 0) {
        n = 0;
        if (f->path[0] != '/') {
            n = host_syscall(__NR_getcwd, exe.path, sizeof exe.path) - 1;
            if (n < 0) n = 0;
            exe.path[n++] = '/';
        }
        size_t len = strnlen(f->path, sizeof exe.path - 1 - n);
        memcpy(exe.path + n, f->path, len);
        n += len;
    }
    exe.path[n] = 0;
    if (host_syscall(__NR_fstat, f->fd, &st) == 0) {
        exe.dev = st.st_dev;
        exe.ino = st.st_ino;
    }
    const char *slash = strrchr(f->exec_path, '/');
    host_syscall(__NR_prctl, PR_SET_NAME, slash ? slash + 1 : f->exec_path);
}

/* The mapping that holds the program headers, or the lowest of a file. */
struct search { uint64_t phdr; struct mm_area found; };

static bool look_at_area(void *ctx, const struct mm_area *a)
{
    struct search *s = ctx;
    bool holds = a->start <= s->phdr && s->phdr < a->end;
    if (a->inode && (holds || !s->found.end)) s->found = *a;
    return !holds;
}

static uint64_t program_headers(const struct proc_view *v)
{
    uint64_t aux[64] = { 0 };
    int64_t n = proc_read_beside(v, "auxv", (char *)aux, sizeof aux);
    for (int64_t i = 0; i + 1 < n / 8 && aux[i]; i += 2)
        if (aux[i] == 3 /* AT_PHDR */) return aux[i + 1];
    return 0;
}

const char *proc_exe(char buf[SYS_PATH_MAX])
{
    struct stat st;
    int fd;
    if (!exe.ino || (host_syscall(__NR_newfstatat, AT_FDCWD, exe.path, &st, 0) == 0 && st.st_ino == exe.ino && st.st_dev == exe.dev) ||
        (fd = reexec_own_fd(REEXEC_PROGRAM)) < 0)
        return exe.path;
    log_format(buf, SYS_PATH_MAX, "/proc/self/fd/%d", fd);
    return buf;
}

/* What the link should name, by the process's maps, as the kernel would name it or (open) so that it can be opened. */
static int64_t exe_by_maps(const struct proc_view *v, bool open, char buf[SYS_PATH_MAX])
{
    struct search s = { .phdr = program_headers(v) };
    int64_t list = proc_beside(v, "maps", O_RDONLY);
    if (list < 0) return list;
    struct mm_copy c;
    if (mm_copy_guess(&c, (int)list) == 0) {
        host_syscall(__NR_lseek, list, 0, SEEK_SET);
        mm_each_copied(&c, (int)list, -1, look_at_area, &s);
        mm_copy_free(&c);
    }
    host_syscall(__NR_close, list);
    if (!s.found.end) return -ENOENT;
    struct stat st;
    const char *name = s.found.name;
    bool there = host_syscall(__NR_newfstatat, AT_FDCWD, name, &st, 0) == 0 && st.st_ino == s.found.inode;
    if (!open || there) return (int64_t)log_format(buf, SYS_PATH_MAX, "%s", name);
    if (v->self && proc_exe(buf) == buf) return (int64_t)strlen(buf);
    return (int64_t)log_format(buf, SYS_PATH_MAX, "%s/map_files/%lx-%lx", v->base, s.found.start, s.found.end);
}

/* What follows /proc/self/, /proc/thread-self/, /proc/<our pid>/ and any of them with task/<n>/ is "exe". */
bool proc_is_exe(const char *path)
{
    if (strncmp(path, "/proc/", 6)) return false;
    const char *who = path + 6, *rest = skip_process(who);
    if (!rest || strcmp(rest, "/exe")) return false;
    return *who < '0' || *who > '9' || number_at(who) == host_syscall(__NR_getpid);
}

/* If fd is a link of procfs itself (O_PATH | O_NOFOLLOW): to a translated process's program? Then its name. */
static int64_t exe_of_link(struct task *t, int fd, const char *asked, bool open, char buf[SYS_PATH_MAX])
{
    struct proc_view v = { .t = t, .host = -1 };
    size_t start;
    if (!proc_is_proc(fd)) return -ENOENT;
    if (proc_name_of(fd, v.path) <= 0) log_format(v.path, sizeof v.path, "%s", asked);
    const struct row *row = find_row(v.path, &start);
    if (!row || row->kind != LINK || !find_process(&v, row, start) || !is_translated(&v)) return -ENOENT;
    int64_t n = exe_by_maps(&v, open, buf);
    if (n < 0 && v.self) n = (int64_t)log_format(buf, SYS_PATH_MAX, "%s", exe.path);
    return n;
}

/* Is the link that fd is (O_PATH | O_NOFOLLOW) /proc/<this process>/fd/<a descriptor of ours>? */
static bool is_kept_link(int fd)
{
    char name[SYS_PATH_MAX];
    if (!proc_is_proc(fd) || proc_name_of(fd, name) <= 0) return false;
    const char *last = strrchr(name, '/') + 1;
    return *last >= '0' && *last <= '9' && reexec_owns_fd(number_at(last)) && number_at(name + strlen("/proc/")) == host_syscall(__NR_getpid);
}

/* Follows the links at the end of path one by one, as the kernel did. *own: one of them was a descriptor that is hidden. */
static int64_t follow(struct task *t, int dir, const char *path, char buf[SYS_PATH_MAX], bool *own)
{
    char at[SYS_PATH_MAX], target[SYS_PATH_MAX];
    log_format(at, sizeof at, "%s", path);
    for (unsigned hops = 0; hops < 40; hops++) {
        struct stat st, to;
        int64_t fd = host_syscall(__NR_openat, dir, at, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0) return fd;
        int64_t r = host_syscall(__NR_fstat, fd, &st), n = -1;
        if (r == 0 && S_ISLNK(st.st_mode)) {
            r = exe_of_link(t, (int)fd, at, true, buf);
            *own = is_kept_link((int)fd) || (proc_is_proc((int)fd) && !(st.st_mode & 0600) &&
                                             host_syscall(__NR_newfstatat, dir, at, &to, 0) == 0 && reexec_is_own(&to));
            n = host_syscall(__NR_readlinkat, fd, "", target, sizeof target - 1);
        }
        host_syscall(__NR_close, fd);
        if (r > 0) return r;
        if (n <= 0 || *own) return -ENOENT;
        target[n] = 0;
        /* Relative to the directory of the link. */
        char *slash = strrchr(at, '/');
        size_t keep = target[0] == '/' ? 0 : slash ? (size_t)(slash + 1 - at) : 0;
        if (keep + (size_t)n >= sizeof at) return -ENAMETOOLONG;
        memcpy(at + keep, target, (size_t)n + 1);
    }
    return -ELOOP;
}

int64_t proc_find_exe(struct task *t, int dir, const char *path, char buf[SYS_PATH_MAX])
{
    bool own = false;
    return follow(t, dir, path, buf, &own);
}

/* ---- contents ---- */

static void out_flush(struct out *o)
{
    for (size_t done = 0; done < o->n && !o->error; ) {
        int64_t r = host_syscall(__NR_write, o->fd, o->buf + done, o->n - done);
        if (r < 0) o->error = r; else done += r;
    }
    o->n = 0;
}

void out_bytes(struct out *o, const char *s, size_t n)
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

void out_text(struct out *o, const char *s) { out_bytes(o, s, strlen(s)); }

enum { MEMFD_NAME = 249 };      /* that memfd_create takes */

/* Files may be so small only (RLIMIT_FSIZE, hard) that the text would cost the guest a SIGXFSZ. */
enum { LARGE_TEXT = 1 << 20 };
static bool small_files(void)
{
    struct limit l;
    return host_syscall(__NR_prlimit64, 0, RLIMIT_FSIZE, NULL, &l) == 0 && l.soft < LARGE_TEXT;
}

/* Which has no size to limit, though no positions either. */
static int64_t open_pipe(int fd[2])
{
    int64_t r = host_syscall(__NR_pipe2, fd, O_CLOEXEC);
    if (r) return r;
    host_syscall(__NR_fcntl, fd[1], F_SETPIPE_SZ, LARGE_TEXT);
    return host_syscall(__NR_fcntl, fd[1], F_SETFL, O_NONBLOCK);
}

/* A file with the view's text, named after it, for reading only; its descriptor or -errno. */
static int64_t make(struct proc_view *v, writer *write)
{
    struct out o = { .n = 0 };
    char name[MEMFD_NAME], again[40];
    log_format(name, sizeof name, "%s", v->path);
    int pipe[2] = { -1, -1 };
    int64_t err = small_files() ? open_pipe(pipe) : 0;
    o.fd = err ? (int)err : pipe[1] >= 0 ? pipe[1] : (int)host_syscall(__NR_memfd_create, name, MFD_CLOEXEC);
    if (o.fd < 0) return o.fd;
    v->out = &o;
    write(v);
    out_flush(&o);
    if (o.error) {
        host_syscall(__NR_close, o.fd);
        if (pipe[0] >= 0) host_syscall(__NR_close, pipe[0]);
        return o.error;
    }
    if (pipe[0] >= 0) {
        host_syscall(__NR_close, o.fd);
        return pipe[0];
    }
    host_syscall(__NR_fchmod, o.fd, 0444);
    log_format(again, sizeof again, "/proc/self/fd/%d", o.fd);
    int64_t r = host_syscall(__NR_openat, AT_FDCWD, again, O_RDONLY | O_CLOEXEC);
    if (r < 0) {
        host_syscall(__NR_lseek, o.fd, 0, SEEK_SET);
        return o.fd;
    }
    host_syscall(__NR_close, o.fd);
    return r;
}

/* Puts fd `from` in the place of `to`. */
static int64_t replace(int64_t from, int64_t to, uint64_t flags)
{
    if (from < 0 || host_is_error(host_syscall(__NR_dup3, from, to, flags & O_CLOEXEC))) {
        if (from < 0) host_syscall(__NR_close, to);
        else host_syscall(__NR_close, from);
        return from < 0 ? from : to;
    }
    host_syscall(__NR_close, from);
    return to;
}

/* A file that the host does not have: the directory of its processor must be there. */
static int64_t open_added(struct task *t, int dir, const char *path, uint64_t flags)
{
    struct proc_view v = { .t = t, .host = -1 };
    char cpu[SYS_PATH_MAX];
    size_t start;
    const char *regs = strstr(path, "regs/identification/");
    if (!t->guest->cpu_file || !regs || flags & O_DIRECTORY) return -ENOENT;
    log_format(cpu, sizeof cpu, "%s", path);
    cpu[regs - path] = 0;
    int64_t fd = host_syscall(__NR_openat, dir, cpu[0] ? cpu : ".", O_PATH | O_CLOEXEC), n = -1;
    if (fd < 0) return -ENOENT;
    if (proc_is_sys((int)fd)) n = proc_name_of((int)fd, v.path);
    host_syscall(__NR_close, fd);
    if (n <= 0) return -ENOENT;
    log_format(v.path + n, sizeof v.path - n, "/%s", regs);
    const struct row *row = find_row(v.path, &start);
    if (!row || row->kind != ADDED) return -ENOENT;
    if ((flags & O_ACCMODE) != O_RDONLY) return -EACCES;
    fd = make(&v, row->write);
    if (fd >= 0 && !(flags & O_CLOEXEC)) host_syscall(__NR_fcntl, fd, F_SETFD, 0);
    return fd;
}

/* The host opened a file of procfs or sysfs. */
static __attribute__((noinline)) int64_t proc_file_opened(struct task *t, int64_t fd, const char *path, uint64_t flags)
{
    struct proc_view v = { .t = t, .host = (int)fd };
    size_t start;
    if (proc_name_of((int)fd, v.path) <= 0) log_format(v.path, sizeof v.path, "%s", path);
    const struct row *row = find_row(v.path, &start);
    if (!row) return fd;
    if (row->kind == HIDDEN) {
        host_syscall(__NR_close, fd);
        return -ENOENT;
    }
    if (flags & O_PATH) return fd;
    if (row->pattern[0] == '@' && (!find_process(&v, row, start) || !is_translated(&v))) return fd;
    if (row->kind == MEMORY && (flags & O_ACCMODE) != O_RDONLY) proc_memory_opened();
    if (row->kind != MADE || (flags & O_ACCMODE) == O_WRONLY) return fd;
    struct limits_room room;
    v.room = &room;
    limits_borrow(&room, LIMITS_FILES | LIMITS_SIZE);
    int64_t r = make(&v, row->write);
    limits_return(&room);
    return replace(r, fd, flags);
}

/* The host opened our own executable: by its name, or through a link that should lead elsewhere. */
static __attribute__((noinline)) int64_t own_file_opened(struct task *t, int64_t fd, int dir, const char *path, uint64_t flags)
{
    char buf[SYS_PATH_MAX];
    bool own = false;
    int64_t r = follow(t, dir, path, buf, &own);
    if (r > 0) return replace(host_syscall(__NR_openat, AT_FDCWD, buf, flags | O_CLOEXEC), fd, flags);
    if (!own) return fd;
    host_syscall(__NR_close, fd);
    return -ENOENT;
}

int64_t proc_opened(struct task *t, int64_t result, int dir, const char *path, uint64_t flags)
{
    struct stat st;
    if (result == -ENOENT) return open_added(t, dir, path, flags);
    if (result < 0 || host_syscall(__NR_fstat, result, &st)) return result;
    if (reexec_is_kept(&st)) return own_file_opened(t, result, dir, path, flags);
    /* Neither procfs nor sysfs is on a device. */
    if (major(st.st_dev) || (!proc_is_proc((int)result) && !proc_is_sys((int)result))) return result;
    return proc_file_opened(t, result, path, flags);
}

/* ---- links, stat, listings ---- */

int64_t proc_readlink(struct task *t, int dir, const char *path, char buf[SYS_PATH_MAX])
{
    const char *slash = strrchr(path, '/'), *last = slash ? slash + 1 : path;
    if (*last && strcmp(last, "exe")) return -ENOENT;
    int64_t fd = *path ? host_syscall(__NR_openat, dir, path, O_PATH | O_NOFOLLOW | O_CLOEXEC) : dir;
    if (fd < 0) return -ENOENT;
    int64_t r = exe_of_link(t, (int)fd, path, false, buf);
    if (*path) host_syscall(__NR_close, fd);
    return r;
}

/* Emulated files are named after what they stand for. */
int64_t proc_mend_link(char *text, int64_t n)
{
    static const char prefix[] = "/memfd:/", deleted[] = " (deleted)";
    size_t head = sizeof prefix - 2, tail = sizeof deleted - 1;
    if (n < (int64_t)(head + tail) || memcmp(text, prefix, head + 1) || memcmp(text + n - tail, deleted, tail)) return n;
    n -= (int64_t)(head + tail);
    memmove(text, text + head, (size_t)n);
    return n;
}

void proc_mend_stat(int fd, struct stat *st)
{
    char name[SYS_PATH_MAX];
    struct stat there;
    if (st->st_nlink || st->st_mode != (S_IFREG | 0444) || major(st->st_dev)) return;
    int64_t n = proc_name_of(fd, name), mended = n > 0 ? proc_mend_link(name, n) : n;
    if (mended == n) return;
    name[mended] = 0;
    if (host_syscall(__NR_newfstatat, AT_FDCWD, name, &there, 0) == 0 && S_ISREG(there.st_mode)) *st = there;
    else st->st_size = st->st_blocks = 0;
}

/* Only names that are in the table somewhere are worth a closer look. */
static bool may_be_treated(const char *path)
{
    for (unsigned i = 0; i < ROWS; i++) {
        if (rows[i].kind != HIDDEN && rows[i].kind != ADDED) continue;
        const char *slash = strrchr(rows[i].pattern, '/'), *last = slash ? slash + 1 : rows[i].pattern;
        if (strstr(path, *last == '*' ? "regs/identification" : last)) return true;
    }
    return false;
}

int64_t proc_looked_up(struct task *t, int64_t result, int dir, const char *path)
{
    if ((result && result != -ENOENT) || !may_be_treated(path)) return result;
    int64_t fd = host_syscall(__NR_openat, dir, path, O_PATH | O_CLOEXEC);
    fd = fd == -ENOENT ? open_added(t, dir, path, O_CLOEXEC) : fd >= 0 && (proc_is_proc((int)fd) || proc_is_sys((int)fd)) ?
        proc_file_opened(t, fd, path, O_PATH) : fd;
    if (fd == -ENOENT) return fd;
    if (fd >= 0) host_syscall(__NR_close, fd);
    return fd >= 0 ? 0 : result;
}

int64_t proc_stat_added(struct task *t, int dir, const char *path, struct stat *st)
{
    int64_t fd = open_added(t, dir, path, O_CLOEXEC);
    if (fd < 0) return fd;
    int64_t r = host_syscall(__NR_fstat, fd, st);
    if (r == 0) proc_mend_stat((int)fd, st);
    host_syscall(__NR_close, fd);
    return r;
}

int64_t proc_directory_of(int dir, const char *path)
{
    char parent[SYS_PATH_MAX];
    const char *slash = strrchr(path, '/');
    log_format(parent, sizeof parent, "%s", path);
    parent[slash ? slash + 1 - path : 0] = 0;
    int64_t fd = host_syscall(__NR_openat, dir, parent[0] ? parent : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || proc_is_proc((int)fd)) return fd;
    host_syscall(__NR_close, fd);
    return -ENOENT;
}

/* Of map_files: start and end in hexadecimal. */
static bool is_own_mapping(const char *name)
{
    uint64_t start = 0;
    for (; (*name >= '0' && *name <= '9') || (*name >= 'a' && *name <= 'f'); name++)
        start = start * 16 + (unsigned)(*name <= '9' ? *name - '0' : *name - 'a' + 10);
    return *name == '-' && sys_own_memory(start);
}

/* Output of -strace, which the guest may have open as well: known by its number, the same in most of the processes of a trace. */
static bool is_kept_fd(int dir, const char *path, const char *name)
{
    struct stat there, ours;
    int fd = (int)number_at(name);
    return reexec_owns_fd(fd) && host_syscall(__NR_fstat, fd, &ours) == 0 && host_syscall(__NR_newfstatat, dir, path, &there, 0) == 0 &&
           there.st_dev == ours.st_dev && there.st_ino == ours.st_ino;
}

bool proc_hides_entry(int dir, const char *dir_path, const char *name)
{
    char path[SYS_PATH_MAX];
    struct stat link, target;
    size_t start;
    if (*name >= '0' && *name <= '9') {
        log_format(path, sizeof path, "../fd/%s", name);
        const char *at[] = { name, path };
        for (unsigned i = 0; i < 2; i++)
            if (host_syscall(__NR_newfstatat, dir, at[i], &link, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(link.st_mode))
                return (!(link.st_mode & 0600) && host_syscall(__NR_newfstatat, dir, at[i], &target, 0) == 0 && reexec_is_own(&target)) ||
                       is_kept_fd(dir, at[i], name);
    }
    if (is_own_mapping(name)) return true;
    if (!dir_path) return false;
    log_format(path, sizeof path, "%s/%s", dir_path, name);
    const struct row *row = find_row(path, &start);
    return row && row->kind == HIDDEN;
}
