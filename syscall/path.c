#include <fcntl.h>
#include <string.h>

#include "runtime/options.h"
#include "runtime/reexec.h"
#include "syscall/handlers.h"
#include "syscall/proc.h"

bool sys_own_fd(uint64_t fd) { return reexec_owns_fd((int)fd); }

const char *sys_sysroot_path(const char *path, char *buf, size_t size)
{
    const char *root = rt_options.value[OPT_sysroot];
    if (!root || path[0] != '/') return path;
    size_t n = strlen(root), m = strlen(path) + 1;
    if (n + m > size) return path;
    memcpy(buf, root, n);
    memcpy(buf + n, path, m);
    return host_syscall(__NR_faccessat, AT_FDCWD, buf, F_OK) == 0 ? buf : path;
}

/* Anything but an absolute path, and what cannot be read, is the kernel's to judge. */
bool sys_path_special(uint64_t p)
{
    char start[7];
    int64_t n = copy_string_from_guest(start, p, 6);
    if (n == -EFAULT || n == 0 || start[0] != '/') return false;
    return rt_options.value[OPT_sysroot] || (n == -ENAMETOOLONG && !memcmp(start, "/proc/", 6));
}

const char *sys_host_path(const char *path, char buf[SYS_PATH_MAX])
{
    if (path[0] != '/') return path;
    if (proc_is_exe(path)) return proc_exe(buf);
    return sys_sysroot_path(path, buf, SYS_PATH_MAX);
}

int64_t sys_get_path(struct task *t, uint64_t p, char buf[SYS_PATH_MAX], const char **path)
{
    (void)t;
    char own[SYS_PATH_MAX];
    int64_t n = copy_string_from_guest(own, p, sizeof own);
    if (n < 0) return n;
    *path = sys_host_path(own, buf);
    if (*path == own) *path = memcpy(buf, own, n + 1);
    return 0;
}

uint64_t sys_open_flags_to_host(const struct fe_guest *g, uint64_t flags)
{
    if (!g->open_flags) return flags;
    uint64_t out = flags;
    for (const uint32_t (*f)[2] = g->open_flags; (*f)[0]; f++) out &= ~(uint64_t)(*f)[0];
    for (const uint32_t (*f)[2] = g->open_flags; (*f)[0]; f++)
        if (flags & (*f)[0]) out |= (*f)[1];
    return out;
}

uint64_t sys_open_flags_to_guest(const struct fe_guest *g, uint64_t flags)
{
    if (!g->open_flags) return flags;
    uint64_t out = flags;
    for (const uint32_t (*f)[2] = g->open_flags; (*f)[0]; f++) out &= ~(uint64_t)(*f)[1];
    for (const uint32_t (*f)[2] = g->open_flags; (*f)[0]; f++)
        if (flags & (*f)[1]) out |= (*f)[0];
    return out;
}
