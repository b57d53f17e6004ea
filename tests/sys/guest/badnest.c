/* Addresses of the translator within structures and vectors, and as what the kernel keeps: to a native program they are unmapped. */
#include "t.h"
#include <linux/aio_abi.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/userfaultfd.h>
#include <mqueue.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/uio.h>

static const uint64_t places[] = { 0x6f0000001000, 0x6f0050000000, 0x6f0100000000, 0x6f0400000000, 0x6f0801000000 + 0xd3000, 0x6effffffe000 };
enum { PLACES = sizeof places / sizeof *places };
static char buf[4096];
static int file, pair[2];

#define try(call) ({ errno = 0; long r_ = (long)(call); r_ < 0 ? -errno : r_; })

static void vectors(void *at)
{
    struct iovec first[2] = { { at, 16 }, { buf, 16 } }, second[2] = { { buf, 16 }, { at, 16 } };
    lseek(file, 0, SEEK_SET);
    printf(" readv %ld %ld", try(readv(file, first, 2)), try(readv(file, second, 2)));
    printf(" writev %ld %ld", try(writev(pair[0], first, 2)), try(writev(pair[0], second, 2)));
    printf(" preadv %ld pwritev %ld", try(preadv(file, first, 2, 0)), try(pwritev(file, first, 2, 0)));
    printf(" vm %ld %ld", try(process_vm_readv(getpid(), first, 2, &(struct iovec){ buf, 32 }, 1, 0)),
        try(process_vm_writev(getpid(), first, 2, &(struct iovec){ buf, 32 }, 1, 0)));
    int p[2];
    must(pipe(p) == 0);
    printf(" vmsplice %ld", try(vmsplice(p[1], first, 1, 0)));
    close(p[0]), close(p[1]);
}

static void messages(void *at)
{
    struct iovec own = { at, 16 }, good = { buf, 16 };
    struct msghdr m[] = { { .msg_iov = &own, .msg_iovlen = 1 }, { .msg_name = at, .msg_namelen = 16, .msg_iov = &good, .msg_iovlen = 1 },
        { .msg_iov = &good, .msg_iovlen = 1, .msg_control = at, .msg_controllen = 64 }, { .msg_iov = at, .msg_iovlen = 1 } };
    for (int i = 0; i < 4; i++) {
        struct mmsghdr mm = { m[i] };
        printf(" send %ld %ld", try(sendmsg(pair[0], &m[i], MSG_DONTWAIT)), try(sendmmsg(pair[0], &mm, 1, MSG_DONTWAIT)));
    }
    for (int i = 0; i < 4; i++) {
        if (i == 1 || i == 2) continue;     /* nothing is written there unless somebody sent it */
        must(send(pair[0], "x", 1, 0) == 1);
        printf(" receive %ld", try(recvmsg(pair[1], &m[i], MSG_DONTWAIT)));
        while (recv(pair[1], buf, 1, MSG_DONTWAIT) > 0);
    }
}

static void structures(uint64_t at)
{
    struct ifconf conf = { .ifc_len = 1024, .ifc_buf = (char *)at };
    int s = socket(AF_INET, SOCK_DGRAM, 0);
    printf(" ifconf %ld", try(ioctl(s, SIOCGIFCONF, &conf)));
    struct sock_fprog prog = { 1, (struct sock_filter *)at };
    printf(" filter %ld", try(setsockopt(s, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof prog)));
    close(s);
    printf(" seccomp %ld", try(syscall(SYS_seccomp, 1, 0, &prog)));
    struct iocb cb = { .aio_lio_opcode = IOCB_CMD_PREAD, .aio_fildes = file, .aio_buf = at, .aio_nbytes = 16 }, *list = &cb;
    struct iovec own = { (void *)at, 16 };
    struct iocb cbv = { .aio_lio_opcode = IOCB_CMD_PREADV, .aio_fildes = file, .aio_buf = (uint64_t)(uintptr_t)&own, .aio_nbytes = 1 }, *listv = &cbv;
    aio_context_t ctx = 0;
    struct io_event ev[2];
    must(syscall(SYS_io_setup, 4, &ctx) == 0);
    long n = try(syscall(SYS_io_submit, ctx, 1, &list)), seen = n == 1 ? syscall(SYS_io_getevents, ctx, 1, 1, ev, NULL) == 1 && (long)ev[0].res == -EFAULT : n == -EFAULT;
    /* The kernel finds a bad vector late, and says so in an event. */
    n = try(syscall(SYS_io_submit, ctx, 1, &listv));
    printf(" aio %ld %d", seen, n == -EFAULT || (n == 1 && syscall(SYS_io_getevents, ctx, 1, 1, ev, NULL) == 1 && (long)ev[0].res == -EFAULT));
    struct iocb *bad = (struct iocb *)at;
    printf(" %ld", try(syscall(SYS_io_submit, ctx, 1, &bad)));
    syscall(SYS_io_destroy, ctx);
    struct { uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls; } clone = { .flags = CLONE_PARENT_SETTID, .parent_tid = at, .exit_signal = SIGCHLD };
    long pid = try(syscall(SYS_clone3, &clone, 64));
    if (!pid) _exit(0);
    if (pid > 0) waitpid(pid, NULL, 0);
    printf(" clone3 %d", pid > 0 || pid == -EFAULT);
    char *argv[] = { "x", (char *)at, NULL }, *none[] = { NULL };
    printf(" exec %ld %ld", try(execve("/bin/true", argv, none)), try(execve("/bin/true", none, argv)));
    struct { uint64_t val, addr; uint32_t flags, r; } w = { 1, at, 2, 0 };
    printf(" waitv %ld", try(syscall(SYS_futex_waitv, &w, 1, 0, NULL, 0)));
    struct { uint64_t op[16]; } attr = { { 1, at } };
    printf(" bpf %d", try(syscall(SYS_bpf, 1, &attr, 32)) < 0);
    struct sigevent ev2 = { .sigev_notify = SIGEV_THREAD, .sigev_signo = file, .sigev_value.sival_ptr = (void *)at };
    mqd_t q = mq_open("/badnest", O_CREAT | O_RDWR, 0600, NULL);
    if (q >= 0) printf(" notify %ld", try(syscall(SYS_mq_notify, q, &ev2))), mq_close(q), mq_unlink("/badnest");
}

static void rings(uint64_t at)
{
    struct io_uring_params p = { 0 };
    int ring = (int)syscall(SYS_io_uring_setup, 4, &p);
    if (ring < 0) return;
    char *sq = mmap(NULL, p.sq_off.array + 16, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
    char *cq = mmap(NULL, p.cq_off.cqes + 16 * p.cq_entries, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_CQ_RING);
    struct io_uring_sqe *e = mmap(NULL, 4 * sizeof *e, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
    struct iovec v = { (void *)at, 16 };
    struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
    static const int ops[] = { IORING_OP_READ, IORING_OP_WRITE, IORING_OP_READV, IORING_OP_WRITEV, IORING_OP_SENDMSG, IORING_OP_OPENAT, IORING_OP_STATX };
    for (int i = 0; i < 7; i++) {
        memset(e, 0, sizeof *e);
        e->opcode = ops[i];
        e->fd = ops[i] == IORING_OP_SENDMSG ? pair[0] : file;
        e->addr = ops[i] == IORING_OP_READV || ops[i] == IORING_OP_WRITEV ? (uint64_t)(uintptr_t)&v : ops[i] == IORING_OP_SENDMSG ? (uint64_t)(uintptr_t)&m : at;
        e->len = ops[i] == IORING_OP_READ || ops[i] == IORING_OP_WRITE ? 16 : ops[i] == IORING_OP_OPENAT || ops[i] == IORING_OP_STATX ? 0 : 1;
        if (ops[i] == IORING_OP_STATX) e->off = at;
        *(unsigned *)(sq + p.sq_off.array) = 0;
        __atomic_fetch_add((unsigned *)(sq + p.sq_off.tail), 1, __ATOMIC_RELEASE);
        long n = try(syscall(SYS_io_uring_enter, ring, 1, 1, 1, NULL, 0));
        unsigned head = *(unsigned *)(cq + p.cq_off.head);
        struct io_uring_cqe *c = (struct io_uring_cqe *)(cq + p.cq_off.cqes) + (head & (p.cq_entries - 1));
        printf(" ring %ld %d", n, c->res);
        __atomic_store_n((unsigned *)(cq + p.cq_off.head), head + 1, __ATOMIC_RELEASE);
    }
    printf(" register %ld", try(syscall(SYS_io_uring_register, ring, 0, &v, 1)));
    close(ring);
}

/* What the kernel keeps and uses later. */
static void *ends(void *at)
{
    syscall(SYS_set_robust_list, at, 24);
    syscall(SYS_set_tid_address, at);
    syscall(SYS_exit, 0);
    return NULL;
}
static void kept(uint64_t at)
{
    pthread_t th;
    printf(" tid %d", syscall(SYS_set_tid_address, at) == getpid());
    printf(" robust %ld", try(syscall(SYS_set_robust_list, at, 24)));
    syscall(SYS_set_tid_address, buf), syscall(SYS_set_robust_list, buf, 24);
    stack_t s = { .ss_sp = (void *)at, .ss_size = 65536 };
    printf(" altstack %ld", try(sigaltstack(&s, NULL)));
    s.ss_flags = SS_DISABLE, sigaltstack(&s, NULL);
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) {
        pthread_create(&th, NULL, ends, (void *)at);
        usleep(20000);
        _exit(7);
    }
    int status;
    waitpid(pid, &status, 0);
    printf(" ended %d", status);
    pid = fork();
    if (!pid) {
        struct sigaction a = { .sa_handler = (void (*)(int))ends, .sa_flags = SA_ONSTACK };
        stack_t own = { .ss_sp = (void *)at, .ss_size = 65536 };
        sigaction(SIGUSR1, &a, NULL);
        sigaltstack(&own, NULL);
        raise(SIGUSR1);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    printf(" on stack %d", WTERMSIG(status));
}

static void ranges(uint64_t at)
{
    void *p = (void *)at;
    printf(" lock %ld %ld sync %ld advise %ld protect %ld", try(mlock(p, 4096)), try(munlock(p, 4096)), try(msync(p, 4096, MS_ASYNC)),
        try(madvise(p, 4096, MADV_DONTNEED)), try(mprotect(p, 4096, PROT_NONE)));
    /* From below it to above: a hole comes first. */
    char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if ((uint64_t)(uintptr_t)low < at) munmap(low, 4096);
    printf(" unmap %ld remap %ld", try(munmap(p, 4096)), try(mremap(p, 4096, 8192, MREMAP_MAYMOVE)) == (long)MAP_FAILED);
    struct iovec v = { p, 4096 };
    int self = (int)syscall(SYS_pidfd_open, getpid(), 0);
    printf(" process_madvise %d", try(syscall(SYS_process_madvise, self, &v, 1, MADV_DONTNEED, 0)) < 0);
    close(self);
    printf(" name %ld", try(prctl(0x53564d41, 0, p, 4096, "x")));
    int u = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | 1);
    struct uffdio_api api = { .api = UFFD_API };
    if (u >= 0 && ioctl(u, UFFDIO_API, &api) == 0) {
        struct uffdio_register r = { { at, 4096 }, UFFDIO_REGISTER_MODE_MISSING };
        struct uffdio_copy c = { at, (uint64_t)(uintptr_t)buf, 4096, 0, 0 };
        printf(" uffd %d", try(ioctl(u, UFFDIO_REGISTER, &r)) < 0);
        printf(" %d", try(ioctl(u, UFFDIO_COPY, &c)) < 0);
    } else {
        printf(" uffd 1 1");
    }
    close(u);
    uint64_t word = 1;
    printf(" bind %ld", try(syscall(SYS_mbind, p, 4096, 2, &word, 64, 0)));
}

int main(void)
{
    file = (int)syscall(SYS_memfd_create, "x", 0);
    must(ftruncate(file, 4096) == 0 && socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0);
    for (int i = 0; i < PLACES; i++) {
        printf("%d:", i);
        vectors((void *)places[i]);
        while (recv(pair[1], buf, sizeof buf, MSG_DONTWAIT) > 0);
        messages((void *)places[i]);
        while (recv(pair[1], buf, sizeof buf, MSG_DONTWAIT) > 0);
        printf("\n  ");
        structures(places[i]);
        printf("\n  ");
        rings(places[i]);
        printf("\n  ");
        kept(places[i]);
        ranges(places[i]);
        printf("\n");
        fflush(stdout);
    }
    return 0;
}
