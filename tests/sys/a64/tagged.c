/* Top-byte-ignore (DDI 0487 D8.8) and the tagged-address ABI (Linux, Documentation/arch/arm64/tagged-address-abi.rst). */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "a64.h"

#define TAG(p, t) ((void *)((uint64_t)(p) | (uint64_t)(t) << 56))
#define EXPOSE 0x800

static char *rw, *ro;

static void accesses(void)
{
    uint64_t *p = (uint64_t *)rw, *q = TAG(rw, 0x5a);
    memset(rw, 0, 4096);
    for (unsigned tag = 1; tag < 256; tag += 51) {      /* every form of plain access */
        uint64_t *t = TAG(rw, tag);
        t[3] = tag;
        CHECK("store and load", p[3], tag);
        CHECK("store and load", t[3], tag);
    }
    RUN("str x1, [x0, #8]!", q, 77, 0);
    CHECK("pre-index keeps the tag", last_x0, q + 1);
    CHECK("pre-index", p[1], 77);
    RUN("stp x1, x2, [x0], #16", q, 5, 6);
    CHECK("post-index keeps the tag", last_x0, q + 2);
    CHECK("pair", p[0] + p[1], 11);
    RUN("ldp x1, x2, [x0]", q, 0, 0);
    CHECK("pair", last_x1 << 8 | last_x2, 0x506);
    RUN("ldr x1, [x0, x2, lsl #3]", q, 0, 1);
    CHECK("register offset", last_x1, 6);
    RUN("ldar x1, [x0]", q, 0, 0);
    CHECK("ldar", last_x1, 5);
    RUN("stlr x1, [x0]", q, 9, 0);
    CHECK("stlr", p[0], 9);
    RUN("ldxr x1, [x0]\nadd x1, x1, #1\nstxr w2, x1, [x0]", q, 0, 5);
    CHECK("exclusive", last_x2, 0);
    CHECK("exclusive", p[0], 10);
    RUN("ldxr x1, [x0]\nand x3, x0, #0xffffffffffffff\nadd x1, x1, #1\nstxr w2, x1, [x3]", q, 0, 5);
    CHECK("exclusive, tags differ", last_x2, 0);
    RUN("and x3, x0, #0xffffffffffffff\nldxr x1, [x3]\nadd x1, x1, #0\nstxr w2, x1, [x0]", q, 0, 5);
    CHECK("exclusive, tags differ the other way", last_x2, 0);
    RUN("ldxp x1, x3, [x0]\nand x4, x0, #0xffffffffffffff\nstxp w2, x3, x1, [x4]", q, 0, 5);
    CHECK("exclusive pair, tags differ", last_x2, 0);
    CHECK("exclusive pair", p[0] << 8 | p[1], 6 << 8 | 11);
    RUN("ldadd x1, x2, [x0]", q, 3, 0);
    CHECK("ldadd", last_x2, 6);
    CHECK("ldadd", p[0], 9);
    RUN("cas x1, x2, [x0]", q, 9, 44);
    CHECK("cas", p[0], 44);
    RUN("mov x2, #44\nmov x3, #11\nmov x4, #1\nmov x5, #2\ncasp x2, x3, x4, x5, [x0]", q, 0, 0);
    CHECK("casp", p[0] << 8 | p[1], 0x102);
    RUN("ld1 {v0.2d, v1.2d}, [x0]\nst2 {v0.2d, v1.2d}, [x1]", q, q + 8, 0);
    CHECK("structures", p[8] << 8 | p[10], 0x102);
    RUN("ldr q0, [x0]\nstr q0, [x1, #16]", q, q + 16, 0);
    CHECK("q", p[18] << 8 | p[19], 0x102);
    RUN("dc zva, x0", q, 0, 0);
    CHECK("dc zva", p[0] | p[1] | p[7], 0);
    CHECK("dc zva", p[8], 1);
    RUN("prfm pldl1keep, [x0]\ndc cvau, x0\ndc civac, x0\nic ivau, x0", q, 0, 0);
    CHECK("cache maintenance", fault.signo, 0);
    RUN("mov x3, x1\nmov x4, x2\nmov x5, x0\n"          /* SET and CPY: prologue, main, epilogue of [x5], [x4]; x3 bytes */
        ".inst 0x19c60465\n.inst 0x19c64465\n.inst 0x19c68465", q, 24, 0);
    CHECK("set", fault.signo, 0);
    strcpy(rw + 256, "copied with tags");
    RUN("mov x3, x1\nmov x4, x2\nmov x5, x0\n.inst 0x1d040465\n.inst 0x1d440465\n.inst 0x1d840465", q, 17, TAG(rw + 256, 0x77));
    CHECK("cpy", strcmp(rw, "copied with tags"), 0);
}

static void *eager(void *arg)       /* more distinct places than are remembered one by one */
{
    uint64_t sum = 0, *p = TAG(arg, 0x11);
#define R1 sum += *(volatile uint64_t *)p; __asm__ volatile("" : "+r"(p));
#define R8 R1 R1 R1 R1 R1 R1 R1 R1
#define R64 R8 R8 R8 R8 R8 R8 R8 R8
    R64 R64 R64 R64 R64 R64
    return (void *)sum;
}

static int twice(int x) { return 2 * x; }

static void branches(void)
{
    int (*volatile f)(int) = TAG(twice, 0x42);
    for (int i = 0; i < 3; i++)
        CHECK("blr to a tagged address", f(21), 42);
    uint64_t pc, lr;
    __asm__ volatile("adr x3, 2f\norr x3, x3, #0x0f00000000000000\nbr x3\n1: nop\n2: adr %0, 2b\nadr %1, 2b\n" : "=r"(pc), "=r"(lr) : : "x3");
    CHECK("br strips the tag", pc >> 56, 0);
    __asm__ volatile("mov x4, x30\nadr x30, 1f\norr x30, x30, #0x0f00000000000000\nret\nnop\n1: mov x30, x4\nadr %0, 1b\n" : "=r"(pc) : : "x3", "x4");
    CHECK("ret strips the tag", pc >> 56, 0);
}

static void faults(void)
{
    char *gone = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(gone, 4096);
    for (int expose = 0; expose < 2; expose++) {
        uint64_t tag = expose ? (uint64_t)0x3c << 56 : 0;
        catch_faults(expose ? EXPOSE : 0);
        for (int i = 0; i < 3; i++) {
            RUN("ldr x1, [x0]", TAG(gone, 0x3c), 0, 0);
            CHECK("unmapped", fault.signo, SIGSEGV);
            CHECK("unmapped", fault.code, SEGV_MAPERR);
            CHECK("unmapped", fault.addr, (uint64_t)gone | tag);
            CHECK("unmapped", fault.far, (uint64_t)gone);
        }
        RUN("str x1, [x0]", TAG(ro, 0x3c), 0, 0);
        CHECK("read-only", fault.code, SEGV_ACCERR);
        CHECK("read-only", fault.addr, (uint64_t)ro | tag);
        RUN("ldar x1, [x0]", TAG(rw + 9, 0x3c), 0, 0);
        CHECK("misaligned", fault.signo, SIGBUS);
        CHECK("misaligned", fault.addr, (uint64_t)(rw + 9) | tag);
        RUN("ldr x1, [x0]", (uint64_t)rw | (uint64_t)0x80 << 48, 0, 0);
        CHECK("bit 55", fault.signo, SIGSEGV);
        CHECK("bit 55, untagged from it", fault.far, (uint64_t)rw | (uint64_t)0xff80 << 48);
    }
    catch_faults(0);
}

#define FAILS(call, want) do { errno = 0; CHECK(#call, (long)(call), -1); CHECK(#call, errno, want); } while (0)

static void calls(void)
{
    int fd[2];
    char *p = TAG(rw, 0x19);
    if (pipe(fd))
        exit(1);
    FAILS(write(fd[1], p, 4), EFAULT);
    FAILS(prctl(PR_SET_TAGGED_ADDR_CTRL, 2, 0, 0, 0), EINVAL);
    FAILS(prctl(PR_SET_TAGGED_ADDR_CTRL, 1, 1, 0, 0), EINVAL);
    FAILS(prctl(PR_GET_TAGGED_ADDR_CTRL, 1, 0, 0, 0), EINVAL);
    CHECK("off", prctl(PR_GET_TAGGED_ADDR_CTRL, 0, 0, 0, 0), 0);
    CHECK("on", prctl(PR_SET_TAGGED_ADDR_CTRL, PR_TAGGED_ADDR_ENABLE, 0, 0, 0), 0);
    CHECK("on", prctl(PR_GET_TAGGED_ADDR_CTRL, 0, 0, 0, 0), 1);
    strcpy(rw, "0123456789abcdef");
    CHECK("write", write(fd[1], p, 4), 4);
    CHECK("read", read(fd[0], p + 100, 4), 4);
    CHECK("read", memcmp(rw + 100, "0123", 4), 0);
    struct iovec v[2] = {{p + 4, 3}, {TAG(rw + 7, 0xff), 3}};
    CHECK("writev", writev(fd[1], TAG(v, 7), 2), 6);
    v[0].iov_base = p + 200;
    v[1].iov_base = p + 203;
    CHECK("readv", readv(fd[0], v, 2), 6);
    CHECK("readv", memcmp(rw + 200, "456789", 6), 0);
    int file = memfd_create("file", 0);
    v[0].iov_base = p + 4;
    v[1].iov_base = p + 7;
    CHECK("pwritev", pwritev(file, TAG(v, 7), 2, 3), 6);
    v[0].iov_base = p + 200;
    v[1].iov_base = TAG(rw + 203, 0xff);
    memset(rw + 200, 0, 6);
    CHECK("preadv", preadv(file, v, 2, 3), 6);
    CHECK("preadv", memcmp(rw + 200, "456789", 6), 0);
    int s[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, s);
    struct msghdr m = {.msg_iov = TAG(v, 9), .msg_iovlen = 2};
    CHECK("sendmsg", sendmsg(s[0], TAG(&m, 3), 0), 6);
    v[0].iov_base = p + 300;
    v[1].iov_base = p + 303;
    CHECK("recvmsg", recvmsg(s[1], &m, 0), 6);
    CHECK("recvmsg", memcmp(rw + 300, "456789", 6), 0);
    strcpy(rw, "/dev/null");
    CHECK("access", access(p, R_OK), 0);
    struct timespec ts = {0, 1};
    CHECK("nanosleep", nanosleep(TAG(&ts, 1), NULL), 0);
    int status;
    pid_t pid = fork();
    if (!pid)
        _exit(prctl(PR_GET_TAGGED_ADDR_CTRL, 0, 0, 0, 0));
    CHECK("fork", waitpid(pid, TAG(&status, 2), 0), pid);
    CHECK("inherited", WEXITSTATUS(status), 1);
    FAILS(mmap(TAG(rw + 65536, 1), 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), ENOMEM);
    CHECK("off again", prctl(PR_SET_TAGGED_ADDR_CTRL, 0, 0, 0, 0), 0);
    FAILS(write(fd[1], p, 4), EFAULT);
    /* These never look at tags. */
    CHECK("mprotect", mprotect(TAG(ro, 8), 4096, PROT_READ | PROT_WRITE), 0);
    ro[5] = 1;
    CHECK("madvise", madvise(TAG(ro, 9), 4096, MADV_DONTNEED), 0);
    CHECK("madvise", ro[5], 0);
    unsigned char resident;
    CHECK("mlock", mlock(TAG(ro, 1), 4096), 0);
    CHECK("mincore", mincore(TAG(ro, 2), 4096, &resident), 0);
    CHECK("munlock", munlock(TAG(ro, 3), 4096), 0);
    CHECK("mlock2", syscall(__NR_mlock2, TAG(ro, 4), 4096, 1), 0);
    CHECK("msync", msync(TAG(ro, 5), 4096, MS_ASYNC), 0);
    CHECK("pkey_mprotect", syscall(__NR_pkey_mprotect, TAG(ro, 6), 4096, PROT_READ, -1), 0);
    uint64_t nodes = 1;     /* with a host that knows no nodes, both fail alike */
    CHECK("mbind", syscall(__NR_mbind, TAG(ro, 7), 4096, 2, &nodes, 8, 0), syscall(__NR_mbind, ro, 4096, 2, &nodes, 8, 0));
    CHECK("home node", syscall(__NR_set_mempolicy_home_node, TAG(ro, 9), 4096, 0, 0),
          syscall(__NR_set_mempolicy_home_node, ro, 4096, 0, 0));
    CHECK("mremap", mremap(TAG(ro, 7), 4096, 4096, 0), ro);
    FAILS(mremap(ro, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, TAG(ro + 65536, 1)), EINVAL);
    CHECK("munmap", munmap(TAG(ro, 0xee), 4096), 0);
    RUN("ldr x1, [x0]", ro, 0, 0);
    CHECK("munmap", fault.signo, SIGSEGV);
    char *sealed = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (syscall(462 /* mseal */, TAG(sealed, 1), 4096, 0) == 0)
        FAILS(munmap(sealed, 4096), EPERM);
    else
        CHECK("mseal", errno, ENOSYS);      /* a host kernel before 6.10 */
}

int main(void)
{
    catch_faults(0);
    rw = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ro = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    accesses();
    branches();
    faults();
    pthread_t t[2];
    void *sum[2];
    *(uint64_t *)rw = 3;
    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, eager, rw);
    for (int i = 0; i < 2; i++) {
        pthread_join(t[i], &sum[i]);
        CHECK("threads", sum[i], 3 * 64 * 6);
    }
    accesses();
    faults();
    calls();
    return finish();
}
