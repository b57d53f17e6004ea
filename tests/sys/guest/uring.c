/* io_uring: entries of many kinds, more of them than fit a batch, waits, polls, children. */
#include "t.h"
#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/uio.h>

enum { ENTRIES = 128 };
static struct io_uring_params p;
static int ring;
static char *rings;
static struct io_uring_sqe *sqes;
#define AT(off) ((_Atomic unsigned *)(rings + (off)))

static void set_up(void)
{
    memset(&p, 0, sizeof p);
    ring = (int)syscall(SYS_io_uring_setup, ENTRIES, &p);
    must(ring >= 0 && p.features & IORING_FEAT_SINGLE_MMAP);
    rings = mmap(NULL, p.cq_off.cqes + p.cq_entries * 16, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
    sqes = mmap(NULL, p.sq_entries * sizeof *sqes, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
    must(rings != MAP_FAILED && sqes != MAP_FAILED);
}

static struct io_uring_sqe *next(int op, int fd, const void *addr, unsigned len, unsigned long off)
{
    unsigned tail = *AT(p.sq_off.tail), at = tail & (p.sq_entries - 1);
    struct io_uring_sqe *e = &sqes[at];
    memset(e, 0, sizeof *e);
    e->opcode = (unsigned char)op;
    e->fd = fd;
    e->addr = (uintptr_t)addr;
    e->len = len;
    e->off = off;
    e->user_data = tail;
    AT(p.sq_off.array)[at] = at;
    *AT(p.sq_off.tail) = tail + 1;
    return e;
}

static long enter(unsigned submit, unsigned wait) { long r = syscall(SYS_io_uring_enter, ring, submit, wait, wait ? IORING_ENTER_GETEVENTS : 0, NULL, 8); return r < 0 ? -errno : r; }

static int reaped(void)
{
    unsigned head = *AT(p.cq_off.head);
    must(head != *AT(p.cq_off.tail));
    struct io_uring_cqe *c = (struct io_uring_cqe *)(rings + p.cq_off.cqes) + (head & (p.cq_entries - 1));
    int r = c->res;
    *AT(p.cq_off.head) = head + 1;
    return r;
}

static long one(void) { long r = enter(1, 1); return r == 1 ? reaped() : 1000000 + r; }

static void files(const char *dir)
{
    char name[200], buf[16] = {0};
    snprintf(name, sizeof name, "%s/file", dir);
    next(IORING_OP_OPENAT, AT_FDCWD, name, 0600, 0)->open_flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW;
    int fd = (int)one();
    must(fd > 0);
    next(IORING_OP_WRITE, fd, "some text", 9, 0);
    show("write", one());
    next(IORING_OP_READ, fd, buf, 4, 5);
    show("read", one());
    show("what", !strcmp(buf, "text"));
    struct iovec v[2] = {{buf, 2}, {buf + 2, 2}};
    next(IORING_OP_READV, fd, v, 2, 0);
    show("readv", one());
    show("what", !memcmp(buf, "some", 4));
    next(IORING_OP_OPENAT, AT_FDCWD, name, 0, 0)->open_flags = O_DIRECTORY;
    show("not a directory", one());
    next(IORING_OP_OPENAT, AT_FDCWD, dir, 0, 0)->open_flags = O_DIRECTORY;
    int d = (int)one();
    show("a directory", d > 0);
    struct open_how how = {.flags = O_RDONLY | O_NOFOLLOW};
    must(symlinkat("file", d, "link") == 0);
    next(IORING_OP_OPENAT2, d, "link", sizeof how, 0)->off = (uintptr_t)&how;
    show("openat2 of a link", one());
    how.flags = O_RDONLY;
    next(IORING_OP_OPENAT2, d, "link", sizeof how, 0)->off = (uintptr_t)&how;
    show("openat2", one() > 0);
    struct statx sx;
    next(IORING_OP_STATX, d, "file", STATX_SIZE, (uintptr_t)&sx);
    show("statx", one());
    show("size", sx.stx_size);
    next(IORING_OP_MKDIRAT, d, "sub", 0700, 0);
    show("mkdirat", one());
    next(IORING_OP_RENAMEAT, d, "sub", (unsigned)d, 0)->off = (uintptr_t)"renamed";
    show("renameat", one());
    next(IORING_OP_UNLINKAT, d, "renamed", 0, 0)->unlink_flags = AT_REMOVEDIR;
    show("unlinkat", one());
    next(IORING_OP_CLOSE, fd, NULL, 0, 0);
    show("close", one());
    next(IORING_OP_CLOSE, fd, NULL, 0, 0);
    show("close again", one());
    next(IORING_OP_READ, d, buf, 1, 0);
    show("read of a directory", one());
    next(IORING_OP_OPENAT, AT_FDCWD, (void *)8, 0, 0);
    show("bad address", one());
    unlinkat(d, "link", 0);
    unlinkat(d, "file", 0);
}

static void many(void)
{
    int pipes[2], sum = 0;
    char c[ENTRIES];
    must(pipe(pipes) == 0);
    for (int i = 0; i < ENTRIES; i++) next(IORING_OP_OPENAT, AT_FDCWD, "/proc/self/exe", 0, 0)->open_flags = O_RDONLY | O_CLOEXEC;
    show("submitted", enter(ENTRIES, ENTRIES));
    for (int i = 0; i < ENTRIES; i++) { int fd = reaped(); sum += fd > 0; close(fd); }
    show("opened", sum);
    for (int i = 0; i < ENTRIES / 2; i++) next(IORING_OP_READ, pipes[0], c + i, 1, -1ul);
    show("submitted", enter(ENTRIES / 2, 0));
    must(write(pipes[1], c, ENTRIES / 2) == ENTRIES / 2);
    show("waited", enter(0, ENTRIES / 2));
    for (int i = sum = 0; i < ENTRIES / 2; i++) sum += reaped();
    show("read", sum);
    show("nothing to submit", enter(5, 0));
}

static void events(void)
{
    int pipes[2], ep = epoll_create1(0);
    struct epoll_event e = {EPOLLIN, {.u64 = 0x123456789abcdef0}}, got;
    must(pipe(pipes) == 0);
    next(IORING_OP_EPOLL_CTL, ep, &e, EPOLL_CTL_ADD, (unsigned long)pipes[0]);
    show("epoll_ctl", one());
    must(write(pipes[1], "x", 1) == 1);
    show("event", epoll_wait(ep, &got, 1, 1000));
    show("data", got.data.u64 == e.data.u64);
    next(IORING_OP_POLL_ADD, pipes[0], NULL, 0, 0)->poll32_events = POLLIN;
    show("poll", one());
    struct __kernel_timespec t = {0, 2000000};
    next(IORING_OP_TIMEOUT, -1, &t, 1, 0);
    show("timeout", one());
    struct { uint64_t mask; uint32_t size, pad; uint64_t ts; } arg = {0, 8, 0, (uintptr_t)&t};
    show("wait times out", syscall(SYS_io_uring_enter, ring, 0, 1, IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG, &arg, sizeof arg) < 0 ? -errno : 0);
}

static volatile int handled;
static void on_alarm(int s, siginfo_t *i, void *u) { (void)s; (void)i; (void)u; handled++; }

static void interrupted(void)
{
    handle(SIGALRM, on_alarm, 0);
    ualarm(20000, 0);
    show("interrupted", enter(0, 1));
    show("handled", handled);
    mask(SIG_BLOCK, SIGALRM);
    uint64_t none = 0;
    ualarm(20000, 0);
    show("with a mask", syscall(SYS_io_uring_enter, ring, 0, 1, IORING_ENTER_GETEVENTS, &none, 8) < 0 ? -errno : 0);
    show("handled", handled);
}

static void child(void)
{
    next(IORING_OP_NOP, -1, NULL, 0, 0);
    _exit(enter(1, 1) == 1 && reaped() == 0 ? 77 : 1);
}

int main(int argc, char **argv)
{
    char dir[100];
    (void)argc; (void)argv;
    setvbuf(stdout, NULL, _IOLBF, 0);
    own_dir(dir, "uring");
    set_up();
    next(IORING_OP_NOP, -1, NULL, 0, 0);
    show("nop", one());
    next(250, -1, NULL, 0, 0);
    show("unknown", one());
    files(dir);
    many();
    events();
    interrupted();
    show("in a child", run_child(child));
    int again = dup(ring);
    close(ring);
    ring = again;
    next(IORING_OP_NOP, -1, NULL, 0, 0);
    show("through a copy", one());
    show("not a ring", syscall(SYS_io_uring_enter, 0, 1, 0, 0, NULL, 0) < 0 ? -errno : 0);
    show("bad descriptor", syscall(SYS_io_uring_enter, 999, 1, 0, 0, NULL, 0) < 0 ? -errno : 0);
    for (int i = 0; i < 300; i++) { set_up(); munmap(rings, p.cq_off.cqes + p.cq_entries * 16); munmap(sqes, p.sq_entries * sizeof *sqes); close(ring); }
    return 0;
}
