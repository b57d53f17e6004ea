/* Calls on files whose structures, flags or paths differ between guest and host. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime/log.h"
#include "runtime/reexec.h"
#include "syscall/generic.h"
#include "syscall/handlers.h"
#include "syscall/uring.h"
#include "syscall/proc.h"

static int64_t put_stat(uint64_t addr, const struct stat *h)
{
    struct generic_stat g = {
        .dev = h->st_dev, .ino = h->st_ino, .mode = h->st_mode, .nlink = (uint32_t)h->st_nlink,
        .uid = h->st_uid, .gid = h->st_gid, .rdev = h->st_rdev, .size = h->st_size,
        .blksize = (int32_t)h->st_blksize, .blocks = h->st_blocks,
        .atime = h->st_atim.tv_sec, .atime_nsec = h->st_atim.tv_nsec,
        .mtime = h->st_mtim.tv_sec, .mtime_nsec = h->st_mtim.tv_nsec,
        .ctime = h->st_ctim.tv_sec, .ctime_nsec = h->st_ctim.tv_nsec,
    };
    return put_user(g, addr);
}

int64_t sys_fstat(struct task *t, const uint64_t a[6])
{
    (void)t;
    struct stat st;
    int64_t r = host_syscall(__NR_fstat, a[0], &st);
    if (r == 0) proc_mend_stat((int)a[0], &st);
    return r < 0 ? r : put_stat(a[1], &st);
}

/* A path argument that may have to be looked up elsewhere: the guest's pointer, or the host's. */
static int64_t path_argument(struct task *t, uint64_t p, char buf[SYS_PATH_MAX], uint64_t *out)
{
    *out = p;
    if (!sys_path_special(p)) return 0;
    const char *path;
    int64_t r = sys_get_path(t, p, buf, &path);
    *out = (uint64_t)path;
    return r;
}

/* The name of the program's file in /proc/self is a link, which is not followed where the flags say so. */
static bool is_link_itself(uint64_t p, uint64_t flags)
{
    char path[64];
    return flags & AT_SYMLINK_NOFOLLOW && copy_string_from_guest(path, p, sizeof path) > 0 && proc_is_exe(path);
}

/* The path as the host was asked for it, for a second look. */
static bool asked_for(uint64_t host, char path[SYS_PATH_MAX])
{
    if (sys_own_memory(host)) {
        memcpy(path, (const char *)host, strlen((const char *)host) + 1);
        return true;
    }
    return copy_string_from_guest(path, host, SYS_PATH_MAX) >= 0;
}

int64_t sys_newfstatat(struct task *t, const uint64_t a[6])
{
    struct stat st;
    char buf[SYS_PATH_MAX], path[SYS_PATH_MAX];
    uint64_t host = a[1];
    int64_t r = is_link_itself(a[1], a[3]) ? 0 : path_argument(t, a[1], buf, &host);
    if (r == 0) r = host_syscall(__NR_newfstatat, a[0], host, &st, a[3]);
    if ((r == 0 || r == -ENOENT) && asked_for(host, path)) {
        if (r == 0 && reexec_is_own(&st) && !(a[3] & AT_SYMLINK_NOFOLLOW) && proc_find_exe(t, (int)a[0], path, buf) > 0)
            r = host_syscall(__NR_newfstatat, AT_FDCWD, buf, &st, 0);
        else if (!path[0] && r == 0)
            proc_mend_stat((int)a[0], &st);
        else if ((r = proc_looked_up(t, r, (int)a[0], path)) == 0 && host_syscall(__NR_newfstatat, a[0], host, &st, a[3]))
            r = proc_stat_added(t, (int)a[0], path, &st);
    }
    return r < 0 ? r : put_stat(a[2], &st);
}

int64_t sys_statx(struct task *t, const uint64_t a[6])
{
    char buf[SYS_PATH_MAX], path[SYS_PATH_MAX];
    struct stat st;
    uint64_t host = a[1];
    int64_t r = is_link_itself(a[1], a[2]) ? 0 : path_argument(t, a[1], buf, &host);
    if (r == 0) r = host_syscall(__NR_statx, a[0], host, a[2], a[3], a[4]);
    if ((r && r != -ENOENT) || !asked_for(host, path)) return r;
    /* What has to be mended shows in fewer words. */
    if (r == 0 && path[0] && !(a[2] & AT_SYMLINK_NOFOLLOW) && host_syscall(__NR_newfstatat, a[0], host, &st, 0) == 0 &&
        reexec_is_own(&st) && proc_find_exe(t, (int)a[0], path, buf) > 0)
        return host_syscall(__NR_statx, AT_FDCWD, buf, a[2], a[3], a[4]);
    return path[0] ? proc_looked_up(t, r, (int)a[0], path) : r;
}

int64_t sys_faccessat2(struct task *t, const uint64_t a[6])
{
    char buf[SYS_PATH_MAX], path[SYS_PATH_MAX];
    uint64_t host = a[1];
    int64_t r = path_argument(t, a[1], buf, &host);
    if (r == 0) r = host_syscall(__NR_faccessat2, a[0], host, a[2], a[3]);
    if (r == -ENOSYS && !a[3]) r = host_syscall(__NR_faccessat, a[0], host, a[2]);
    return (r == 0 || r == -ENOENT) && asked_for(host, path) ? proc_looked_up(t, r, (int)a[0], path) : r;
}

int64_t sys_faccessat(struct task *t, const uint64_t a[6])
{
    const uint64_t b[6] = { a[0], a[1], a[2] };
    return sys_faccessat2(t, b);
}

int64_t sys_readlinkat(struct task *t, const uint64_t a[6])
{
    char buf[SYS_PATH_MAX], path[SYS_PATH_MAX];
    if ((int)a[3] <= 0) return -EINVAL;
    int64_t n = copy_string_from_guest(path, a[1], sizeof path);
    if (n < 0) return n;
    int64_t len = proc_readlink(t, (int)a[0], path, buf);
    if (len == -ENOENT) {
        uint64_t host;
        char own[SYS_PATH_MAX];
        int64_t r = path_argument(t, a[1], own, &host);
        if (r < 0) return r;
        len = host_syscall(__NR_readlinkat, a[0], host, buf, sizeof buf);
        if (len < 0) return len;
        len = proc_mend_link(buf, len);
        const char *last = strrchr(path, '/');
        last = last ? last + 1 : path;
        int64_t dir = *last >= '0' && *last <= '9' ? proc_directory_of((int)a[0], path) : -1;
        if (dir >= 0) {
            bool hidden = proc_hides_entry((int)dir, NULL, last);
            host_syscall(__NR_close, dir);
            if (hidden) return -ENOENT;
        }
    }
    if (len > (int)a[3]) len = (int)a[3];
    int64_t r = copy_to_guest(a[2], buf, len);
    return r < 0 ? r : len;
}

/* Opens a path on behalf of the guest, with host flags; how is struct open_how for openat2, or NULL. */
static int64_t open_path(struct task *t, uint64_t dir, uint64_t p, uint64_t flags, uint64_t mode, const void *how, uint64_t how_size)
{
    char buf[SYS_PATH_MAX], own[SYS_PATH_MAX];
    uint64_t host = p;
    const char *path = own;
    int64_t n = copy_string_from_guest(own, p, sizeof own);
    if (n == -EFAULT) host = SYS_NOWHERE;       /* flags are looked at first */
    else if (n < 0) return n;
    else if (own[0] == '/' && !proc_is_exe(own)) host = (uint64_t)(path = sys_host_path(own, buf));
    int64_t r = how ? rt_syscall(t, __NR_openat2, dir, host, (uint64_t)how, how_size, 0, 0) :
        rt_syscall(t, __NR_openat, dir, host, flags, mode, 0, 0);
    return r == RT_RESTART || n < 0 ? r : proc_opened(t, r, (int)dir, path, flags);
}

int64_t sys_openat(struct task *t, const uint64_t a[6])
{
    return open_path(t, a[0], a[1], sys_open_flags_to_host(t->guest, (uint32_t)a[2]), a[3], NULL, 0);
}

int64_t sys_openat2(struct task *t, const uint64_t a[6])
{
    struct { uint64_t flags, mode, resolve, later[5]; } how = { 0 };
    enum { FIRST = 24 };        /* bytes that every kernel knows */
    if (a[3] < FIRST) return -EINVAL;
    if (a[3] > SPACE_PAGE) return -E2BIG;
    /* What the kernel does not know must be zero, and need not all be there if it is not; it is the judge of what we know and it may not. */
    size_t size = a[3] < sizeof how ? a[3] : sizeof how;
    uint64_t at = FIRST;
    for (; at < a[3]; at++) {
        uint8_t byte;
        if (get_user(byte, a[2] + at)) return -EFAULT;
        if (byte && at >= sizeof how) return -E2BIG;
        if (byte) break;
    }
    if (copy_from_guest(&how, a[2], size) && copy_from_guest(&how, a[2], size = at + 1)) return -EFAULT;
    how.flags = sys_open_flags_to_host(t->guest, how.flags);
    return open_path(t, a[0], a[1], how.flags, how.mode, &how, size);
}

/* To the lowest number from a[2] on that is free for the guest, which may be one that we hold. No copy to try, whose end would cost the file's locks. */
static int64_t duplicate(const uint64_t a[6])
{
    int n = (int)a[2], own = n < 0 ? -1 : reexec_first_fd((unsigned)n, INT_MAX);
    while (n < own && host_syscall(__NR_fcntl, n, F_GETFD) >= 0) n++;
    if (own >= 0 && n == own) {
        int64_t r = reexec_vacate_fd(own);
        if (r < 0) return r;
    }
    return host_syscall(__NR_fcntl, a[0], a[1], a[2]);
}

int64_t sys_fcntl(struct task *t, const uint64_t a[6])
{
    switch ((int)a[1]) {
    case F_GETFL: {
        int64_t r = host_syscall(__NR_fcntl, a[0], F_GETFL);
        return r < 0 ? r : (int64_t)sys_open_flags_to_guest(t->guest, r);
    }
    case F_DUPFD: case F_DUPFD_CLOEXEC:
        return duplicate(a);
    case F_SETFL:
        return host_syscall(__NR_fcntl, a[0], F_SETFL, sys_open_flags_to_host(t->guest, (uint32_t)a[2]));
    case F_GETLK: case F_SETLK: case F_SETLKW: case F_OFD_GETLK: case F_OFD_SETLK: case F_OFD_SETLKW:
    case F_GETOWN_EX: case F_SETOWN_EX:
        if (sys_own_memory(a[2])) return -EFAULT;
        return rt_syscall(t, __NR_fcntl, a[0], a[1], a[2], 0, 0, 0);
    default:
        return rt_syscall(t, __NR_fcntl, a[0], a[1], a[2], 0, 0, 0);
    }
}

/* Leaves out of listings what is the translator's or not of the guest's machine. */
int64_t sys_getdents64(struct task *t, const uint64_t a[6])
{
    struct { uint64_t ino; int64_t off; uint16_t len; uint8_t type; } e;
    char dir[SYS_PATH_MAX], name[256], rest[1024];
    int64_t n = host_syscall(__NR_getdents64, a[0], a[1], a[2]);
    if (n <= 0 || (!proc_is_proc((int)a[0]) && !proc_is_sys((int)a[0]))) return n;
    bool named = proc_name_of((int)a[0], dir) > 0;
    for (int64_t at = 0; at < n; at += e.len) {
        /* Another thread may write there. */
        if (get_user(e, a[1] + at) || e.len < 20 || e.len > n - at || copy_string_from_guest(name, a[1] + at + 19, sizeof name) < 0) return n;
        if (!proc_hides_entry((int)a[0], named ? dir : NULL, name)) continue;
        for (int64_t from = at + e.len, k; from < n; from += k) {
            k = n - from < (int64_t)sizeof rest ? n - from : (int64_t)sizeof rest;
            if (copy_from_guest(rest, a[1] + from, k) || copy_to_guest(a[1] + from - e.len, rest, k)) return n;
        }
        n -= e.len;
        e.len = 0;
    }
    /* Nothing left would mean the end: the next part is due at once. */
    return n ? n : sys_getdents64(t, a);
}

int64_t sys_close(struct task *t, const uint64_t a[6])
{
    (void)t;
    uring_forget((uint32_t)a[0], (uint32_t)a[0]);
    return host_syscall(__NR_close, a[0]);
}

/* The guest may ask for any number: what we hold there moves away first. */
int64_t sys_dup3(struct task *t, const uint64_t a[6])
{
    if (sys_own_fd(a[1]) && a[0] != a[1]) {
        int64_t r = reexec_vacate_fd((int)a[1]);
        if (r < 0) return r;
    }
    if (a[0] != a[1]) uring_forget((uint32_t)a[1], (uint32_t)a[1]);
    return rt_syscall(t, __NR_dup3, a[0], a[1], a[2], 0, 0, 0);
}

/* Around our own descriptors, which stay as they are. */
int64_t sys_close_range(struct task *t, const uint64_t a[6])
{
    (void)t;
    uint32_t first = (uint32_t)a[0], last = (uint32_t)a[1], flags = (uint32_t)a[2];
    enum { SET_CLOEXEC = 4 };
    if (!(flags & SET_CLOEXEC)) uring_forget(first, last);
    if (first > last) return host_syscall(__NR_close_range, first, last, flags);
    /* From below: with CLOSE_RANGE_UNSHARE the kernel copies what lies above a range, not above its end. */
    for (int own; (own = reexec_first_fd(first, last)) >= 0; first = (uint32_t)own + 1) {
        int64_t r = (uint32_t)own > first ? host_syscall(__NR_close_range, first, own - 1, flags) : 0;
        if (r || (uint32_t)own == last) return r;
    }
    return host_syscall(__NR_close_range, first, last, flags);
}
