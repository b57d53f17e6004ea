/* execve and execveat: everything that can fail is decided before the process is replaced. */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>

#include "loader/loader.h"
#include "runtime/limits.h"
#include "runtime/log.h"
#include "runtime/options.h"
#include "runtime/reexec.h"
#include "runtime/space.h"
#include "syscall/handlers.h"
#include "syscall/proc.h"
#include "syscall/seccomp.h"
#include "syscall/sys.h"

/* Opens path as a program named execfn and runs it. */
static int64_t run_program(struct task *t, const char *path, const char *execfn, uint64_t argv, uint64_t envp)
{
    char buf[SYS_PATH_MAX], program[SYS_PATH_MAX];
    struct ld_file f;
    path = sys_host_path(path, buf);
    struct limits_room room;
    limits_borrow(&room, LIMITS_FILES | LIMITS_SIZE);
    int err = ld_open(&f, path, rt_options.value[OPT_sysroot]);
    struct stat st;
    if (!err && f.kind == LD_HOST && host_syscall(__NR_fstat, f.fd, &st) == 0 && reexec_is_own(&st) &&
        proc_find_exe(t, AT_FDCWD, path, program) > 0) {
        ld_close(&f);
        path = program;
        err = ld_open(&f, path, rt_options.value[OPT_sysroot]);
    }
    bool host = err == -ENOEXEC || (!err && (f.kind == LD_HOST || reexec_by_kernel()));
    if (!err && !host && (err = ld_check(&f, rt_options.value[OPT_sysroot])))
        ld_close(&f);
    int64_t filters = err || host ? -1 : seccomp_hand_on(t);
    limits_return(&room);
    /* Nothing of ours: the host kernel knows whether it has a use for the file. */
    if (err == -ENOEXEC && host)
        return reexec_exec_host(t, path, argv, envp);
    if (err)
        return err;
    int64_t r = filters;
    if (host) {
        r = reexec_exec_host(t, path, argv, envp);
    } else if (filters >= -1) {
        struct reexec re = {.prog_fd = f.fd, .seccomp_fd = (int)filters, .path = f.path, .execfn = execfn};
        r = reexec_exec(t, &re, f.extra, f.nextra, execfn, argv, envp);
        if (filters >= 0)
            host_syscall(__NR_close, filters);
    }
    ld_close(&f);
    return r;
}

int64_t sys_execve(struct task *t, const uint64_t a[6])
{
    char path[SYS_PATH_MAX];
    int64_t n = copy_string_from_guest(path, a[0], sizeof path);
    if (n <= 0)
        return n ? n : -ENOENT;
    return run_program(t, path, path, a[1], a[2]);
}

/* The name execveat gives a program that it finds through a descriptor (fs/exec.c, alloc_bprm). */
int64_t sys_execveat(struct task *t, const uint64_t a[6])
{
    char path[SYS_PATH_MAX], name[SYS_PATH_MAX + 32];
    int dirfd = (int)a[0], flags = (int)a[4];
    int64_t n = copy_string_from_guest(path, a[1], sizeof path);
    if (n < 0)
        return n;
    /* Only asks (Linux 6.14): the host knows, or knows that flag no more than others. */
    enum { EXECVE_CHECK = 0x10000 };
    if (flags & EXECVE_CHECK)
        return reexec_owns_fd(dirfd) ? -EBADF : host_syscall(__NR_execveat, dirfd, sys_host_path(path, name), a[2], a[3], flags);
    if (!n && !(flags & AT_EMPTY_PATH))
        return -ENOENT;
    if (flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW))
        return -EINVAL;
    struct stat st;
    if (n && (flags & AT_SYMLINK_NOFOLLOW) &&
        host_syscall(__NR_newfstatat, dirfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode))
        return -ELOOP;
    if (*path == '/' || (n && dirfd == AT_FDCWD))
        return run_program(t, path, path, a[2], a[3]);
    if (reexec_owns_fd(dirfd) || host_syscall(__NR_fcntl, dirfd, F_GETFD) < 0)
        return -EBADF;
    log_format(name, sizeof name, "/dev/fd/%d%s%s", dirfd, n ? "/" : "", path);
    return run_program(t, name, name, a[2], a[3]);
}
