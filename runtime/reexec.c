/* Re-entering dragoman by execve (runtime/reexec.h). */
#include "runtime/reexec.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "runtime/host.h"
#include "runtime/limits.h"
#include "runtime/log.h"
#include "runtime/own.h"
#include "runtime/space.h"
#include "runtime/task.h"

const char *reexec_options = "";

/* Where argument vectors are built: their own part of the translator's range, one slot per exec under way. */
#define VECTOR_BASE (SPACE_OWN_HI - (4ull << 30))
#define VECTOR_SLOT (64ull << 20)
enum { VECTOR_SLOTS = 63, OWN_WORDS = 6, MAX_FDS = 8 };

/*
 * Descriptors of ours. A vfork child shares this memory but not the descriptor table, so a
 * number it moved to means nothing to its parent: all numbers ever used are remembered and
 * checked against the file's identity when one is needed.
 */
static struct {
    struct kept {
        int fd[MAX_FDS];    /* the newest first, plus one; 0 unused */
        uint64_t dev, ino;
    } kept[REEXEC_KEPT];
    uint32_t vectors[2];    /* slots in use */
    bool binfmt;            /* the kernel starts guest programs through us */
} own;

static int newest(enum reexec_kept which) { return __atomic_load_n(&own.kept[which].fd[0], __ATOMIC_ACQUIRE) - 1; }

static void remember(enum reexec_kept which, int fd)
{
    struct kept *k = &own.kept[which];
    for (int i = MAX_FDS - 1; i > 0; i--)
        k->fd[i] = k->fd[i - 1];
    __atomic_store_n(&k->fd[0], fd + 1, __ATOMIC_RELEASE);
}

/* The highest number that is certainly allowed, but not so high that the kernel's table grows: fork copies it. */
static int park(int fd)
{
    uint64_t limit[2];
    int top = 1024;
    if (host_syscall(__NR_prlimit64, 0, RLIMIT_NOFILE, NULL, limit) == 0 && limit[0] < 1024)
        top = (int)limit[0];
    for (int at = top - 1; at > fd && at > top - 64; at--) {
        if (reexec_owns_fd(at))
            continue;
        long r = host_syscall(__NR_fcntl, fd, F_DUPFD_CLOEXEC, at);
        if (!host_is_error(r))
            return (int)r;
    }
    return -1;
}

/* Our executable where no /proc is mounted (a bare chroot): through a proc of our own that is attached nowhere. Needs privilege. */
static long open_without_proc(void)
{
    long fs = host_syscall(__NR_fsopen, "proc", FSOPEN_CLOEXEC);
    if (host_is_error(fs))
        return fs;
    long r = host_syscall(__NR_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
    long mnt = host_is_error(r) ? r : host_syscall(__NR_fsmount, fs, FSMOUNT_CLOEXEC, 0);
    host_syscall(__NR_close, fs);
    if (host_is_error(mnt))
        return mnt;
    r = host_syscall(__NR_openat, mnt, "self/exe", O_PATH | O_CLOEXEC);
    host_syscall(__NR_close, mnt);
    return r;
}

bool reexec_keep_fd(enum reexec_kept which, int fd)
{
    struct stat st;
    int high = park(fd);
    if (high >= 0) {
        host_syscall(__NR_close, fd);
        fd = high;
    } else {
        host_syscall(__NR_fcntl, fd, F_SETFD, FD_CLOEXEC);
    }
    if (host_syscall(__NR_fstat, fd, &st))
        return false;
    if (newest(which) >= 0)
        host_syscall(__NR_close, newest(which));
    own.kept[which].dev = st.st_dev;
    own.kept[which].ino = st.st_ino;
    remember(which, fd);
    return true;
}

void reexec_drop_fd(enum reexec_kept which)
{
    int fd = reexec_own_fd(which);
    own.kept[which] = (struct kept){{0}, 0, 0};
    if (fd >= 0)
        host_syscall(__NR_close, fd);
}

void reexec_init(int fd, bool binfmt)
{
    long got = fd;
    own.binfmt = binfmt;
    if (fd < 0) {
        got = host_syscall(__NR_open, "/proc/self/exe", O_PATH | O_CLOEXEC);
        /* The kernel names the guest program there when binfmt_misc started us. */
        if (host_is_error(got) && !binfmt)
            got = host_syscall(__NR_open, (const char *)getauxval(AT_EXECFN), O_PATH | O_CLOEXEC);
        if (host_is_error(got))
            got = open_without_proc();
        if (host_is_error(got))
            return;
    }
    reexec_keep_fd(REEXEC_SELF, (int)got);
}

bool reexec_owns_fd(int fd)
{
    for (int i = 0; i < REEXEC_KEPT; i++)
        if (fd >= 0 && fd == newest(i))
            return true;
    return false;
}

int reexec_first_fd(unsigned from, unsigned to)
{
    int first = -1;
    for (int i = 0; i < REEXEC_KEPT; i++) {
        int fd = newest(i);
        if (fd >= 0 && (unsigned)fd >= from && (unsigned)fd <= to && (first < 0 || fd < first))
            first = fd;
    }
    return first;
}

static bool is_file(const struct kept *k, const struct stat *st) { return k->ino && st->st_ino == k->ino && st->st_dev == k->dev; }

bool reexec_is_own(const struct stat *st) { return is_file(&own.kept[REEXEC_SELF], st); }

bool reexec_is_kept(const struct stat *st)
{
    for (int i = 0; i < REEXEC_KEPT; i++)
        if (is_file(&own.kept[i], st))
            return true;
    return false;
}

/* A copy where the guest cannot ask for it, as far as the hard limit goes or can be raised. */
static long beyond_limit(int fd, uint64_t limit)
{
    struct limits_room room;
    limits_borrow(&room, LIMITS_FILES);
    long r = host_syscall(__NR_fcntl, fd, F_DUPFD_CLOEXEC, limit);
    limits_return(&room);
    return r;
}

/* The executable is there by that name too, as long as a procfs is. What is written beside the program ends. */
static bool can_do_without(enum reexec_kept which)
{
    struct stat st;
    if (which == REEXEC_SELF)
        return host_syscall(__NR_stat, "/proc/self/exe", &st) == 0 && reexec_is_own(&st);
    return which != REEXEC_GDB && which != REEXEC_GDB_LISTEN;
}

int reexec_vacate_fd(int fd)
{
    struct limit limit;
    enum reexec_kept which = 0;
    while (which < REEXEC_KEPT && (fd < 0 || newest(which) != fd))
        which++;
    if (which == REEXEC_KEPT)
        return 0;
    long r = host_syscall(__NR_fcntl, fd, F_DUPFD_CLOEXEC, fd + 1);
    if (host_is_error(r) && limits_change(0, RLIMIT_NOFILE, NULL, &limit) == 0)
        r = beyond_limit(fd, limit.soft);
    if (host_is_error(r))
        r = host_syscall(__NR_fcntl, fd, F_DUPFD_CLOEXEC, 3);
    if (host_is_error(r) && !can_do_without(which))
        return -EMFILE;
    remember(which, host_is_error(r) ? -1 : (int)r);
    host_syscall(__NR_close, fd);
    return 0;
}

bool reexec_yield_fds(void)
{
    struct limit limit;
    bool freed = false;
    if (limits_change(0, RLIMIT_NOFILE, NULL, &limit))
        return false;
    for (int i = 0; i < REEXEC_KEPT; i++) {
        int fd = reexec_own_fd(i);
        if (fd < 0 || (uint64_t)fd >= limit.soft)
            continue;
        long r = beyond_limit(fd, limit.soft);
        if (host_is_error(r) && !can_do_without(i))
            continue;
        remember(i, host_is_error(r) ? -1 : (int)r);
        host_syscall(__NR_close, fd);
        freed = true;
    }
    return freed;
}

static bool is_there(const struct kept *k, int fd)
{
    struct stat st;
    return fd >= 0 && host_syscall(__NR_fstat, fd, &st) == 0 && is_file(k, &st);
}

int reexec_own_fd(enum reexec_kept which)
{
    const struct kept *k = &own.kept[which];
    for (int i = 0; i < MAX_FDS; i++) {
        int fd = __atomic_load_n(&k->fd[i], __ATOMIC_ACQUIRE) - 1;
        if (is_there(k, fd))
            return fd;
    }
    return -1;
}

void reexec_vfork_prepare(struct reexec_numbers *n)
{
    for (int i = 0; i < REEXEC_KEPT; i++)
        n->fd[i] = newest(i);
}

void reexec_vfork_parent(const struct reexec_numbers *n)
{
    for (int i = 0; i < REEXEC_KEPT; i++)
        if (newest(i) != n->fd[i] && is_there(&own.kept[i], n->fd[i]))
            remember(i, n->fd[i]);
}

bool reexec_by_kernel(void) { return own.binfmt && reexec_own_fd(REEXEC_SELF) < 0; }

/* ---- argument vectors ---- */

static uint64_t *vector_alloc(struct task *t, size_t words)
{
    if (words * 8 > VECTOR_SLOT)
        return NULL;
    for (unsigned i = 0; i < VECTOR_SLOTS; i++) {
        uint32_t bit = 1u << (i & 31);
        if (__atomic_fetch_or(&own.vectors[i / 32], bit, __ATOMIC_ACQ_REL) & bit)
            continue;
        long r = own_map(VECTOR_BASE + i * VECTOR_SLOT, words * 8, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        if (!host_is_error(r)) {
            t->exec_vector = i + 1;
            return (uint64_t *)r;
        }
        __atomic_fetch_and(&own.vectors[i / 32], ~bit, __ATOMIC_ACQ_REL);
        return NULL;
    }
    return NULL;
}

void reexec_vector_free(struct task *t)
{
    if (!t->exec_vector)
        return;
    unsigned slot = t->exec_vector - 1;
    t->exec_vector = 0;
    host_syscall(__NR_munmap, VECTOR_BASE + slot * VECTOR_SLOT, VECTOR_SLOT);
    __atomic_fetch_and(&own.vectors[slot / 32], ~(1u << (slot & 31)), __ATOMIC_ACQ_REL);
}

void reexec_fork_child(void)
{
    for (unsigned slot = 0; slot < VECTOR_SLOTS; slot++)
        if (own.vectors[slot / 32] >> (slot & 31) & 1)
            host_syscall(__NR_munmap, VECTOR_BASE + slot * VECTOR_SLOT, VECTOR_SLOT);
    own.vectors[0] = own.vectors[1] = 0;
}

/* Number of pointers before the NULL of a guest array (0 for no array), or -errno. */
static int64_t count_pointers(uint64_t array)
{
    uint64_t buf[64];
    for (int64_t n = 0; array;) {
        /* Not beyond the page: what follows the NULL may be unmapped. */
        size_t words = (SPACE_PAGE - (array & (SPACE_PAGE - 1))) / 8;
        if (words > 64 || !words)
            words = words ? 64 : 1;
        if (copy_from_guest(buf, array, words * 8))
            return -EFAULT;
        for (size_t i = 0; i < words; i++, n++)
            if (!buf[i])
                return n;
        if (n * 8 > (int64_t)VECTOR_SLOT - 65536)
            return -E2BIG;
        array += words * 8;
    }
    return 0;
}

/* Does a string of a guest's array stand in our own memory? The kernel would copy it for the new program. */
static bool reaches_own(uint64_t array, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        uint64_t p = 0;
        if (copy_from_guest(&p, array + (uint64_t)i * 8, 8)) return false;
        if (p >= SPACE_OWN_LO - SPACE_MARGIN && p < SPACE_OWN_HI + SPACE_MARGIN) return true;
    }
    return false;
}

/* The call itself, with the mask and ignore set a new program inherits. Signals that come before it are delivered first. */
static int64_t call_execve(struct task *t, long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
    siginfo_t info;
    int64_t r = signal_block_all(t, HOST_MASK_ALL);
    if (r == RT_RESTART)
        return r;
    /* A pending signal stays pending across exec: those we hold go back to the kernel, which blocks them too. */
    for (int signo; (signo = signal_take_sync(t, t->blocked, &info));)
        host_syscall(__NR_rt_tgsigqueueinfo, host_syscall(__NR_getpid), host_syscall(__NR_gettid), signo, &info);
    signal_prepare_exec(t->sighand);
    signal_host_mask(t->blocked);
    /* Should it succeed, a lock would stay taken for other processes in our memory. */
    bool alone = mm_users(t->mm) == __atomic_load_n(&t->tgroup->refs, __ATOMIC_RELAXED);
    if (alone)
        limits_hold();
    r = rt_syscall(t, nr, a, b, c, d, e, 0);
    if (alone)
        limits_release();
    signal_install_handlers(t->sighand);
    signal_apply_mask(t);
    return r;
}

static int64_t enter_own(struct task *t, int self, const uint64_t *v, uint64_t envp)
{
    if (self < 0)
        return call_execve(t, __NR_execve, (uint64_t)"/proc/self/exe", (uint64_t)v, envp, 0, 0);
    return call_execve(t, __NR_execveat, (uint64_t)self, (uint64_t)"", (uint64_t)v, envp, AT_EMPTY_PATH);
}

/* What we keep open passes to the next program, or stays ours if there is none. */
static void pass_on(bool yes)
{
    for (int i = 0; i < REEXEC_HANDED_ON; i++) {
        int fd = reexec_own_fd(i);
        if (fd >= 0)
            host_syscall(__NR_fcntl, fd, F_SETFD, yes ? 0 : FD_CLOEXEC);
    }
}

/* Descriptors and flags as reexec_decode() reads them. */
static void describe(char *text, size_t size, int prog_fd, int seccomp_fd, bool secure, int gdb_fd)
{
    log_format(text, size, "%d,%d,%d,%d,%d,%d,%d", reexec_own_fd(REEXEC_SELF), prog_fd, seccomp_fd, secure, reexec_own_fd(REEXEC_TRACE),
               reexec_own_fd(REEXEC_TRACE_STATE), gdb_fd);
}

int64_t reexec_exec(struct task *t, const struct reexec *r, const char *const *extra, unsigned nextra,
                    const char *script, uint64_t argv, uint64_t envp)
{
    char fds[64];
    int self = reexec_own_fd(REEXEC_SELF);
    int64_t argc = count_pointers(argv);
    if (argc < 0)
        return argc;
    int64_t envc = count_pointers(envp);
    if (envc < 0 || reaches_own(argv, argc) || reaches_own(envp, envc))
        return envc < 0 ? envc : -EFAULT;
    size_t words = OWN_WORDS + nextra + 1 + (size_t)argc + 2;
    uint64_t *v = vector_alloc(t, words), *p = v;
    if (!v)
        return -ENOMEM;
    int gdb_fd = rt_gdb ? gdb_hand_on(t) : -1;
    describe(fds, sizeof fds, r->prog_fd, r->seccomp_fd, r->secure, gdb_fd);
    const char *head[OWN_WORDS] = {"dragoman", REEXEC_WORD, fds, reexec_options, r->path, r->execfn};
    memcpy(p, head, sizeof head);
    p += OWN_WORDS;
    for (unsigned i = 0; i < nextra; i++)
        *p++ = (uint64_t)extra[i];
    size_t skip = 0;
    if (nextra) {
        *p++ = (uint64_t)script;
        skip = argc > 0;
    } else if (!argc) {
        *p++ = (uint64_t)"";        /* as the kernel: argc is never 0 */
    }
    int64_t err = copy_from_guest(p, argv + skip * 8, ((size_t)argc - skip) * 8);
    p[(size_t)argc - skip] = 0;
    if (!err) {
        host_syscall(__NR_fcntl, r->prog_fd, F_SETFD, 0);
        pass_on(true);
        err = enter_own(t, self, v, envp);
        pass_on(false);
    }
    gdb_hand_back(t, gdb_fd);
    reexec_vector_free(t);
    return err;
}

int64_t reexec_exec_host(struct task *t, const char *path, uint64_t argv, uint64_t envp)
{
    int64_t argc = count_pointers(argv), envc = count_pointers(envp);
    if (reaches_own(argv, argc) || reaches_own(envp, envc))
        return -EFAULT;
    limits_for_host(false);
    int64_t r = call_execve(t, __NR_execve, (uint64_t)path, argv, envp, 0, 0);
    limits_for_host(true);
    return r;
}

int64_t reexec_restart(const char *path, const char *const *argv, char *const *envp, int gdb_fd)
{
    enum { MOST = 256 };
    char fds[64];
    const char *v[OWN_WORDS + MOST + 1] = {"dragoman", REEXEC_WORD, fds, reexec_options, path, path};
    size_t n = OWN_WORDS;
    long fd = host_syscall(__NR_openat, AT_FDCWD, path, O_RDONLY);
    if (host_is_error(fd))
        return fd;
    for (; *argv && n < OWN_WORDS + MOST; argv++)
        v[n++] = *argv;
    v[n] = NULL;
    describe(fds, sizeof fds, (int)fd, -1, false, gdb_fd);
    pass_on(true);
    int64_t r = host_syscall(__NR_execveat, reexec_own_fd(REEXEC_SELF), "", v, envp, AT_EMPTY_PATH);
    pass_on(false);
    host_syscall(__NR_close, fd);
    return r;
}

/* ---- the other end ---- */

static const char *take_number(const char *s, int *n)
{
    char *end;
    *n = (int)strtol(s, &end, 10);
    return *end == ',' ? end + 1 : end;
}

bool reexec_decode(int argc, char **argv, struct reexec *r, int *own)
{
    if (argc < OWN_WORDS + 1 || strcmp(argv[1], REEXEC_WORD))
        return false;
    int secure;
    const char *s = take_number(argv[2], own);
    s = take_number(s, &r->prog_fd);
    s = take_number(s, &r->seccomp_fd);
    s = take_number(s, &secure);
    s = take_number(s, &r->trace_fd);
    s = take_number(s, &r->trace_state_fd);
    take_number(s, &r->gdb_fd);
    r->secure = secure;
    r->options = argv[3];
    r->path = argv[4];
    r->execfn = argv[5];
    r->argv = (const char *const *)argv + OWN_WORDS;
    /* The kernel named the process after our own file. */
    const char *base = strrchr(r->execfn, '/');
    host_syscall(__NR_prctl, PR_SET_NAME, base ? base + 1 : r->execfn);
    return true;
}
