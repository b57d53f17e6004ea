/*
 * System calls with random arguments, many of them wrong: every result must be the native kernel's. The sequence
 * is the same everywhere, so the state (files, descriptors, mappings) is, too. Unprivileged, in its own directory.
 */
#include "t.h"
#include <grp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* Arguments: f descriptor  d directory descriptor  p path  b buffer  n size  i int  x flags  o open flags  0..9 that number  m address to map  r protection
 * k small size. */
static const struct { long nr; const char *name, *args; int value; } calls[] = {
#define C(name, args) { SYS_##name, #name, args, 0 },
#define V(name, args) { SYS_##name, #name, args, 1 },      /* the result itself is the same everywhere */
    C(setxattr, "ppbnx") C(getxattr, "ppbn") C(fgetxattr, "fpbn") C(listxattr, "pbn") C(removexattr, "pp") V(getcwd, "bn")
    C(eventfd2, "ix") C(epoll_create1, "x") C(epoll_ctl, "fifb") C(epoll_pwait, "fbi0b8") C(dup, "f") C(dup3, "f9o")
    C(inotify_init1, "x") C(inotify_add_watch, "fpx") C(inotify_rm_watch, "fi") C(ioctl, "fxb") C(ioprio_get, "ii") C(flock, "fi")
    C(mknodat, "dpx0") C(mkdirat, "dpx") C(unlinkat, "dpx") C(symlinkat, "pdp") C(linkat, "dpdpx") C(renameat2, "dpdpx")
    C(umount2, "px") C(mount, "ppbxb") C(pivot_root, "pp") C(statfs, "pb") C(fstatfs, "fb") C(truncate, "pn") C(ftruncate, "fn")
    C(fallocate, "fxnn") C(faccessat, "dpi") C(fchdir, "f") C(chroot, "p") C(fchmod, "fi") C(fchmodat, "dpi") C(fchownat, "dpiix")
    C(fchown, "fii") C(openat, "dpoi") C(pipe2, "bo") C(quotactl, "xpib") C(getdents64, "fbn") V(lseek, "fni") C(read, "fbn")
    C(write, "fbn") C(readv, "fbi") C(writev, "fbi") C(pread64, "fbnn") C(pwrite64, "fbnn") C(preadv, "fbi00") C(pwritev, "fbi00")
    C(sendfile, "ffbn") C(ppoll, "bibb8") C(pselect6, "0bbbbb") C(signalfd4, "fb8x") C(vmsplice, "fbix") C(splice, "fbfbnx") C(tee, "ffnx")
    C(readlinkat, "dpbn") C(newfstatat, "dpbx") C(fstat, "fb") C(fsync, "f") C(sync_file_range, "fnnx") C(timerfd_create, "ix")
    C(timerfd_settime, "fxbb") C(timerfd_gettime, "fb") C(utimensat, "dpbx") C(capget, "bb") C(waitid, "iibx0") C(get_robust_list, "ibb")
    C(getitimer, "ib") C(delete_module, "px") C(timer_create, "ibb") C(timer_gettime, "ib") C(timer_delete, "i") C(clock_gettime, "ib")
    C(clock_getres, "ib") C(clock_nanosleep, "ixbb") C(sched_setparam, "ib") C(sched_getscheduler, "i") C(sched_getparam, "ib")
    V(sched_get_priority_max, "i") V(sched_get_priority_min, "i") C(sched_rr_get_interval, "0b") C(rt_sigpending, "bn")
    C(rt_sigprocmask, "i0b8") C(getpriority, "ii") C(setregid, "ii") C(setreuid, "ii") C(getresuid, "bbb") V(getgroups, "ib") C(setgroups, "ib")
    C(sethostname, "bn") C(getrlimit, "ib") C(getrusage, "ib") C(getcpu, "bb0") C(gettimeofday, "bb") C(sysinfo, "b") C(uname, "b") C(times, "b")
    C(mq_open, "poib") C(mq_unlink, "p") C(msgget, "0x") C(msgctl, "iib") C(msgrcv, "ibnix") C(msgsnd, "ibnx") C(semctl, "iiib") C(semop, "ibn")
    C(shmctl, "iib") C(shmat, "ibx") C(shmdt, "b") C(socket, "ixi") C(socketpair, "ixib") C(bind, "fbi") C(listen, "fi") C(accept4, "fbbx")
    C(connect, "fbi") C(getsockname, "fbb") C(getpeername, "fbb") C(sendto, "fbnxbi") C(recvfrom, "fbnxbb") C(setsockopt, "fiibi")
    C(getsockopt, "fiibb") C(shutdown, "fi") C(sendmsg, "fbx") C(recvmsg, "fbx") C(readahead, "fnn") C(munmap, "mn") C(mremap, "mnnxm")
    C(mprotect, "mki") C(msync, "mnx") C(mincore, "mnb") C(madvise, "mni") C(mlock, "mn") C(munlock, "mn") C(mmap, "mnrxfn") C(fadvise64, "fnni")
    C(swapon, "px") C(get_mempolicy, "bbnmx") C(mbind, "mnibnx") C(accept, "fbb") C(prlimit64, "0i0b") C(name_to_handle_at, "dpbbx")
    C(clock_adjtime, "ib") C(syncfs, "f") C(process_vm_readv, "ibnbnx") C(kcmp, "iiiff") C(getrandom, "bnx") C(memfd_create, "px")
    C(membarrier, "ixi") C(copy_file_range, "fbfbnx") C(preadv2, "fbi00x") C(statx, "dpxxb") C(openat2, "dpbn") C(faccessat2, "dpix")
    C(pidfd_open, "ix") C(pidfd_getfd, "fix") C(close_range, "99x") C(sched_setattr, "ibx") C(sched_getattr, "ibnx") C(fanotify_mark, "fxxdp")
    C(execveat, "dpbbx") C(clone3, "bn") C(set_robust_list, "bn") C(futex, "b1i0b0") C(sigaltstack, "0b") C(prctl, "ibbbb")
};

static uint64_t state = 88172645463325252ull;
static uint64_t rnd(uint64_t n) { state ^= state << 13; state ^= state >> 7; state ^= state << 17; return (state >> 11) % n; }

static char *pages, *readonly;      /* data page, then one without access; a page that cannot be written */
static int fds[12];
static char long_path[6000];
static int verbose;

static long argument(char c)
{
    static const char *const paths[] = { "file", "dir", "link", ".", "/", "nothing", "file/x", "nothing/x", "", "dir/../file", "fifo", "other", "/dev/null", "loop" };
    static const long sizes[] = { 0, 1, 4, 8, 16, 24, 32, 128, 4096, 8192, 100000, -1, 0x7fffffffffffffff };
    static const long ints[] = { 0, 1, 2, 3, 4, 5, 8, 17, 64, 100, -1, -100, 0x7fffffff, 0x80000000, 0x100000000 };
    static const int open_flags[] = { O_RDONLY, O_WRONLY, O_RDWR, 3, O_CREAT, O_EXCL | O_CREAT, O_TRUNC, O_APPEND, O_DIRECTORY, O_NOFOLLOW, O_PATH, O_TMPFILE | O_RDWR, O_CLOEXEC, O_DIRECT };
    switch (c) {
    case 'f': return rnd(8) ? fds[rnd(12)] : (long)rnd(3) - 1 + (rnd(2) ? 900 : 0) == 0 ? 900 : -1;
    case 'd': return rnd(3) ? AT_FDCWD : fds[rnd(12)];
    case 'p':
        switch (rnd(16)) {
        case 0: return 0;
        case 1: return 8;
        case 2: return (long)long_path;
        case 3: return (long)pages + 4090;
        default: return (long)paths[rnd(14)];
        }
    case 'b':
        switch (rnd(10)) {
        case 0: return 0;
        case 1: return 8;
        case 2: return -8;
        case 3: return (long)pages + 4096 - sizes[rnd(8)];
        case 4: return (long)readonly;
        case 5: return (long)pages + 4096;
        default: return (long)pages + 64 * rnd(16);
        }
    case 'n': return sizes[rnd(13)];
    case 'i': return ints[rnd(15)];
    case 'x': return rnd(3) ? (long)rnd(2) << rnd(22) : rnd(2) ? 0 : (long)rnd(1 << 20);
    case 'o': return (rnd(2) ? open_flags[rnd(14)] : 0) | open_flags[rnd(14)] | (rnd(8) ? O_NONBLOCK : 1 << 26);
    case 'k': return sizes[rnd(10)];
    case 'r': return rnd(4);
    case 'm': return (long)pages + 16384 + 4096 * rnd(16) + (rnd(8) ? 0 : 4);
    case '9': return 800 + rnd(100);
    default: return c - '0';
    }
}

static void fill(void)
{
    for (unsigned i = 0; i < 1024; i++) ((uint32_t *)pages)[i] = rnd(4) ? rnd(4) : rnd(1u << 31);
    memcpy(pages + 4090, "abcdef", 6);
}

static void run(unsigned from, unsigned count, int print)
{
    alarm(2);
    for (unsigned i = 0; i < count; i++) {
        unsigned k = rnd(sizeof calls / sizeof calls[0]);
        long a[6] = { 0 };
        fill();
        for (unsigned n = 0; calls[k].args[n]; n++) a[n] = argument(calls[k].args[n]);
        long r = syscall(calls[k].nr, a[0], a[1], a[2], a[3], a[4], a[5]);
        if (!print) continue;
        if (verbose) printf("%lx %lx %lx %lx %lx %lx ", a[0], a[1], a[2], a[3], a[4], a[5]);
        if (r == -1) printf("%u %s: %s\n", from + i, calls[k].name, strerrorname_np(errno));
        else if (calls[k].value) printf("%u %s: %ld\n", from + i, calls[k].name, r);
        else printf("%u %s: ok\n", from + i, calls[k].name);
    }
}

static char dir[100 + 11];

static void set_up(void)
{
    must(chdir(dir) == 0);
    mkdir("dir", 0755);
    fds[0] = open("file", O_RDWR | O_CREAT | O_TRUNC, 0644);
    must(write(fds[0], "0123456789", 10) == 10);
    symlink("file", "link");
    symlink("loop", "loop");
    mkfifo("fifo", 0600);
    fds[1] = open(".", O_RDONLY | O_DIRECTORY);
    must(pipe2(fds + 2, O_NONBLOCK) == 0);
    must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds + 4) == 0);
    fds[6] = open("/dev/null", O_RDWR);
    fds[7] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    fds[8] = open("/dev/zero", O_RDONLY);
    fds[9] = open("dir", O_PATH);
    fds[10] = open("file", O_RDONLY | O_NONBLOCK);
    fds[11] = fcntl(fds[0], F_DUPFD, 100);
    pages = mmap(NULL, 4096 * 80, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(pages != MAP_FAILED && mprotect(pages + 4096, 4096, PROT_NONE) == 0);
    readonly = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(long_path, 'x', sizeof long_path - 1);
}

int main(int argc, char **argv)
{
    unsigned rounds = argc > 1 ? atoi(argv[1]) : 60, each = 50;
    unsigned only = argc > 2 ? (unsigned)atoi(argv[2]) : ~0u;
    verbose = argc > 3;
    must(chmod(own_dir(dir, "errno"), 0777) == 0);
    for (unsigned i = 0; i < rounds; i++) {
        int status;
        fflush(stdout);
        pid_t pid = fork();
        must(pid >= 0);
        if (!pid) {
            state += i * 0x9e3779b97f4a7c15ull;
            if (getuid() == 0) must(setgroups(0, NULL) == 0 && setresgid(65534, 65534, 65534) == 0 && setresuid(65534, 65534, 65534) == 0);
            struct rlimit core = { 0, 0 };
            setrlimit(RLIMIT_CORE, &core);
            umask(0);
            sprintf(dir + strlen(dir), "/%u", i);
            must(mkdir(dir, 0777) == 0);
            set_up();
            setvbuf(stdout, malloc(1 << 16), _IOLBF, 1 << 16);
            run(i * each, each, only == ~0u || only == i);
            _exit(0);
        }
        must(waitpid(pid, &status, 0) == pid);
        if (status) printf("round %u: status %x\n", i, status);
    }
    /* So that what they made can be removed. */
    char command[sizeof dir + 32];
    snprintf(command, sizeof command, "chmod -R u+rwx '%s'", dir);
    return system(command) != 0;
}
