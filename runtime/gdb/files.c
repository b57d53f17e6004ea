/*
 * Files of the guest for the debugger (vFile, "Host I/O Packets"). A handle is a name and flags, opened anew for each access: no
 * descriptor is left open while the program runs, and handles survive fork and execve.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime/gdb/stub.h"
#include "runtime/log.h"
#include "syscall/handlers.h"
#include "syscall/proc.h"

/* File-I/O protocol numbers ("Open Flags", "Errno Values", "struct stat" of gdb's manual). */
enum { F_APPEND = 8, F_CREAT = 0x200, F_TRUNC = 0x400, F_EXCL = 0x800, ERR_UNKNOWN = 9999, ERR_NAMETOOLONG = 91, ERR_NOSYS = 88 };

static uint64_t error_number(int64_t err)
{
    switch (-err) {
    case EPERM: case ENOENT: case EINTR: case EIO: case EBADF: case EACCES: case EFAULT: case EBUSY: case EEXIST: case ENODEV:
    case ENOTDIR: case EISDIR: case EINVAL: case ENFILE: case EMFILE: case EFBIG: case ENOSPC: case ESPIPE: case EROFS:
        return (uint64_t)-err;
    case ENAMETOOLONG: return ERR_NAMETOOLONG;
    case ENOSYS: return ERR_NOSYS;
    default: return ERR_UNKNOWN;
    }
}

static void out_result(int64_t r)
{
    gdb_out_char('F');
    if (r >= 0) {
        gdb_out_hex((uint64_t)r);
        return;
    }
    gdb_out_text("-1,");
    gdb_out_hex(error_number(r));
}

static int64_t open_name(const char *name, uint32_t flags, uint32_t mode)
{
    char buf[SYS_PATH_MAX];
    flags |= O_CLOEXEC | O_NONBLOCK;
    const char *path = sys_host_path(name, buf);
    return proc_opened(stub.at, host_syscall(__NR_openat, AT_FDCWD, path, flags, mode), AT_FDCWD, path, flags);
}

/* The descriptor of a handle, to be closed again. */
static int64_t open_handle(uint64_t handle)
{
    if (handle >= FILES || !stub.s.file[handle].used)
        return -EBADF;
    return open_name(stub.s.file[handle].name, stub.s.file[handle].flags, 0);
}

/* A name in hex digits into name; false if it is too long. */
static bool take_name(const char **p, char name[FILE_NAME])
{
    size_t n = gdb_take_bytes(p, name, FILE_NAME - 1);
    name[n] = 0;
    if (**p == ',')
        ++*p;
    return n < FILE_NAME - 1;
}

static uint64_t take_number(const char **p)
{
    uint64_t v = gdb_take_hex(p);
    if (**p == ',')
        ++*p;
    return v;
}

static int64_t file_open(const char *p)
{
    unsigned i = 0;
    while (i < FILES && stub.s.file[i].used)
        i++;
    if (i == FILES)
        return -EMFILE;
    if (!take_name(&p, stub.s.file[i].name))
        return -ENAMETOOLONG;
    uint64_t flags = take_number(&p), mode = take_number(&p);
    uint32_t kept = (uint32_t)(flags & 3) | (flags & F_APPEND ? O_APPEND : 0);
    uint32_t once = kept | (flags & F_CREAT ? O_CREAT : 0) | (flags & F_TRUNC ? O_TRUNC : 0) | (flags & F_EXCL ? O_EXCL : 0);
    int64_t fd = open_name(stub.s.file[i].name, once, (uint32_t)mode & 0777);
    if (fd < 0)
        return fd;
    host_syscall(__NR_close, fd);
    stub.s.file[i].flags = kept;
    stub.s.file[i].used = 1;
    return i;
}

static void file_pread(const char *p)
{
    static char buf[PACKET_MAX / 2];
    uint64_t handle = take_number(&p), n = take_number(&p), at = take_number(&p);
    int64_t fd = open_handle(handle);
    size_t room = gdb_out_room() - 32;
    if (n > room)
        n = room;
    int64_t r = fd < 0 ? fd : host_syscall(__NR_pread64, fd, buf, n, at);
    if (fd >= 0)
        host_syscall(__NR_close, fd);
    out_result(r);
    if (r >= 0) {
        gdb_out_char(';');
        gdb_out_binary(buf, (size_t)r);
    }
}

static int64_t file_pwrite(const char *p, const char *end)
{
    uint64_t handle = take_number(&p), at = take_number(&p);
    size_t n = gdb_unescape((char *)p, (size_t)(end - p));
    int64_t fd = open_handle(handle);
    int64_t r = fd < 0 ? fd : host_syscall(__NR_pwrite64, fd, p, n, at);
    if (fd >= 0)
        host_syscall(__NR_close, fd);
    return r;
}

static uint8_t *put_big(uint8_t *to, uint64_t v, unsigned bytes)
{
    for (unsigned i = bytes; i-- > 0;)
        *to++ = (uint8_t)(v >> 8 * i);
    return to;
}

static void file_fstat(const char *p)
{
    struct stat st;
    uint8_t buf[64], *to = buf;
    int64_t fd = open_handle(take_number(&p)), r = fd < 0 ? fd : host_syscall(__NR_fstat, fd, &st);
    if (fd >= 0)
        host_syscall(__NR_close, fd);
    if (r < 0) {
        out_result(r);
        return;
    }
    const uint64_t small[] = {st.st_dev, st.st_ino, st.st_mode, st.st_nlink, st.st_uid, st.st_gid, st.st_rdev};
    const uint64_t large[] = {(uint64_t)st.st_size, (uint64_t)st.st_blksize, (uint64_t)st.st_blocks};
    const uint64_t times[] = {(uint64_t)st.st_atime, (uint64_t)st.st_mtime, (uint64_t)st.st_ctime};
    for (unsigned i = 0; i < 7; i++)
        to = put_big(to, small[i], 4);
    for (unsigned i = 0; i < 3; i++)
        to = put_big(to, large[i], 8);
    for (unsigned i = 0; i < 3; i++)
        to = put_big(to, times[i], 4);
    out_result((int64_t)sizeof buf);
    gdb_out_char(';');
    gdb_out_binary(buf, sizeof buf);
}

static void file_readlink(const char *p)
{
    char name[FILE_NAME], buf[SYS_PATH_MAX], host[SYS_PATH_MAX];
    int64_t r = take_name(&p, name) ? proc_readlink(stub.at, AT_FDCWD, name, buf) : -ENAMETOOLONG;
    if (r == -ENOENT)
        r = host_syscall(__NR_readlinkat, AT_FDCWD, sys_host_path(name, host), buf, sizeof buf);
    out_result(r);
    if (r >= 0) {
        gdb_out_char(';');
        gdb_out_binary(buf, (size_t)r);
    }
}

static int64_t file_unlink(const char *p)
{
    char name[FILE_NAME], buf[SYS_PATH_MAX];
    return take_name(&p, name) ? host_syscall(__NR_unlinkat, AT_FDCWD, sys_host_path(name, buf), 0) : -ENAMETOOLONG;
}

static int64_t file_close(const char *p)
{
    uint64_t handle = take_number(&p);
    if (handle >= FILES || !stub.s.file[handle].used)
        return -EBADF;
    stub.s.file[handle].used = 0;
    return 0;
}

void gdb_packet_file(char *packet, size_t n)
{
    const char *p = packet, *end = packet + n;
    if (gdb_take(&p, "setfs:"))
        out_result(0);
    else if (gdb_take(&p, "open:"))
        out_result(file_open(p));
    else if (gdb_take(&p, "pread:"))
        file_pread(p);
    else if (gdb_take(&p, "pwrite:"))
        out_result(file_pwrite(p, end));
    else if (gdb_take(&p, "fstat:"))
        file_fstat(p);
    else if (gdb_take(&p, "readlink:"))
        file_readlink(p);
    else if (gdb_take(&p, "unlink:"))
        out_result(file_unlink(p));
    else if (gdb_take(&p, "close:"))
        out_result(file_close(p));
}
