/*
 * The system calls that programs make most, each with arguments worth showing, as the kernel sees them: made directly, so
 * that natively and as a guest the same calls happen. compare.py runs this under strace(1) and under dragoman -strace.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/futex.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/membarrier.h>
#include <linux/mempolicy.h>
#include <linux/netlink.h>
#include <linux/openat2.h>
#include <linux/perf_event.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/quota.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <sys/random.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

/* Arguments go as longs: a NULL in variable arguments must be a whole word. */
#define CALL(name, ...) CALL_(name, __VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define CALL_(name, a, b, c, d, e, f, ...) syscall(__NR_##name, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define BAD ((void *)0x1000)        /* nothing is mapped there */

static char buffer[65536];
static const char bytes[] = "tab\t nl\n cr\r quote\" back\\ bell\a \1\0002 \377 end";

/* A file to go on with. */
static int opening(void)
{
    struct open_how how = {.flags = O_RDWR | O_CREAT | O_CLOEXEC, .mode = 0640, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    int fd = CALL(openat, AT_FDCWD, "file", O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0644);
    CALL(openat, AT_FDCWD, "absent/with \"quotes\" and\nlines", O_RDONLY | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC);
    CALL(openat, -1, "x", O_WRONLY | O_DIRECT | O_SYNC | O_NOCTTY | O_NONBLOCK | O_EXCL);
    CALL(openat, AT_FDCWD, BAD, O_PATH | O_DSYNC | O_NOATIME);
    CALL(openat, AT_FDCWD, NULL, 3);
    CALL(openat2, AT_FDCWD, "file2", &how, sizeof how);
    CALL(close, 4);
    return fd;
}

static void contents(int fd)
{
    struct iovec v[3] = {{(void *)bytes, 7}, {(void *)(bytes + 7), 50}, {NULL, 0}}, r[2] = {{buffer, 5}, {buffer + 100, 60}};
    CALL(write, fd, bytes, sizeof bytes);
    CALL(write, fd, bytes, 5);
    CALL(write, fd, BAD, 5);
    CALL(write, fd, "", 0);
    CALL(pwrite64, fd, "0123456789", 10, 100);
    CALL(writev, fd, v, 3);
    CALL(writev, fd, v, 0);
    CALL(pwritev, fd, v, 2, 1000, 0);
    CALL(lseek, fd, 0, SEEK_SET);
    CALL(lseek, fd, -5, SEEK_END);
    CALL(lseek, fd, 0, SEEK_DATA);
    CALL(lseek, fd, 0, 77);
    CALL(read, fd, buffer, 20);
    CALL(read, fd, buffer, 4096);
    CALL(read, fd, buffer, 4096);
    CALL(read, -1, buffer, 4096);
    CALL(read, fd, NULL, 10);
    CALL(pread64, fd, buffer, 30, 2);
    CALL(lseek, fd, 0, SEEK_SET);
    CALL(readv, fd, r, 2);
    CALL(preadv, fd, r, 2, 3, 0);
    CALL(preadv2, fd, r, 2, 3, 0, RWF_NOWAIT);
}

static void attributes(int fd)
{
    struct stat st;
    struct statx sx;
    struct timespec times[2] = {{1000000000, 5}, {0, UTIME_OMIT}};
    CALL(fstat, fd, &st);
    CALL(fstat, 99, &st);
    CALL(fstat, fd, BAD);
    CALL(newfstatat, AT_FDCWD, "file", &st, AT_SYMLINK_NOFOLLOW);
    CALL(newfstatat, AT_FDCWD, "/", &st, 0);
    CALL(newfstatat, AT_FDCWD, "absent", &st, 0);
    CALL(newfstatat, fd, "", &st, AT_EMPTY_PATH);
    CALL(newfstatat, AT_FDCWD, "/dev/null", &st, 0);
    CALL(statx, AT_FDCWD, "absent", AT_STATX_FORCE_SYNC | AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &sx);
    CALL(statx, AT_FDCWD, "absent", 0, STATX_TYPE | STATX_SIZE, &sx);
    CALL(faccessat, AT_FDCWD, "file", R_OK | W_OK);
    CALL(faccessat, AT_FDCWD, "file", F_OK);
    CALL(faccessat2, AT_FDCWD, "file", X_OK, AT_EACCESS);
    CALL(utimensat, AT_FDCWD, "file", times, 0);
    times[0].tv_nsec = UTIME_NOW;
    CALL(utimensat, fd, NULL, times, 0);
    CALL(utimensat, AT_FDCWD, "absent", NULL, AT_SYMLINK_NOFOLLOW);
    CALL(fchmod, fd, 0600);
    CALL(fchmod, fd, 0);
    CALL(fchmodat, AT_FDCWD, "file", 04755);
    CALL(fchownat, AT_FDCWD, "absent", -1, 100, AT_SYMLINK_NOFOLLOW);
    CALL(fchown, fd, -1, -1);
}

static void names(void)
{
    CALL(mkdirat, AT_FDCWD, "dir", 0755);
    CALL(mknodat, AT_FDCWD, "fifo", S_IFIFO | 0600, 0);
    CALL(mknodat, AT_FDCWD, "absent/null", S_IFCHR | 0600, 0x103);
    CALL(symlinkat, "target", AT_FDCWD, "link");
    CALL(linkat, AT_FDCWD, "file", AT_FDCWD, "hard", 0);
    CALL(linkat, AT_FDCWD, "absent", AT_FDCWD, "x", AT_SYMLINK_FOLLOW);
    CALL(readlinkat, AT_FDCWD, "link", buffer, 100);
    CALL(readlinkat, AT_FDCWD, "file", buffer, 100);
    CALL(renameat2, AT_FDCWD, "hard", AT_FDCWD, "file", RENAME_NOREPLACE);
    CALL(unlinkat, AT_FDCWD, "hard", 0);
    CALL(unlinkat, AT_FDCWD, "dir", AT_REMOVEDIR);
}

static void storage(int fd)
{
    CALL(truncate, "absent", 100);
    CALL(ftruncate, fd, 4096);
    CALL(fallocate, fd, FALLOC_FL_KEEP_SIZE, 0, 8192);
    CALL(fsync, fd);
    CALL(fdatasync, -1);
    CALL(sync_file_range, fd, 0, 4096, SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
    CALL(fadvise64, fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    CALL(readahead, fd, 0, 4096);
    CALL(flock, fd, LOCK_EX | LOCK_NB);
    CALL(flock, fd, LOCK_UN);
}

static void descriptors(int fd)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 10, .l_len = 20};
    struct f_owner_ex owner = {F_OWNER_PID, 1};
    CALL(fcntl, fd, F_GETFD);
    CALL(fcntl, fd, F_SETFD, FD_CLOEXEC);
    CALL(fcntl, fd, F_GETFD);
    CALL(fcntl, fd, F_GETFL);
    CALL(fcntl, fd, F_SETFL, O_APPEND | O_NONBLOCK);
    CALL(fcntl, fd, F_DUPFD, 20);
    CALL(fcntl, fd, F_DUPFD_CLOEXEC, 21);
    CALL(fcntl, fd, F_SETLK, &lock);
    CALL(fcntl, fd, F_GETLK, &lock);
    CALL(fcntl, fd, F_OFD_SETLKW, &lock);
    CALL(fcntl, fd, F_SETOWN_EX, &owner);
    CALL(fcntl, fd, F_SETSIG, SIGUSR1);
    CALL(fcntl, fd, F_ADD_SEALS, F_SEAL_WRITE);
    CALL(fcntl, fd, 4444, 7);
    CALL(dup, fd);
    CALL(dup3, fd, 30, O_CLOEXEC);
    CALL(dup3, fd, fd, 0);
}

static void pipes(int fd)
{
    struct iovec r = {buffer, 5};
    int64_t at = 3;
    int pair[2];
    CALL(pipe2, pair, O_NONBLOCK | O_CLOEXEC);
    CALL(pipe2, pair, 0);
    CALL(pipe2, BAD, 0);
    CALL(sendfile, pair[1], fd, &at, 10);
    CALL(sendfile, pair[1], fd, NULL, 10);
    CALL(splice, pair[0], NULL, fd, &at, 5, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    CALL(tee, pair[0], pair[1], 5, 0);
    CALL(vmsplice, pair[1], &r, 1, SPLICE_F_GIFT);
    CALL(copy_file_range, fd, NULL, fd, NULL, 0, 0);
}

static void directories(void)
{
    struct statfs sf;
    int pair[2];
    CALL(statfs, "absent", &sf);
    CALL(getcwd, buffer, 1);
    CALL(chdir, "absent");
    CALL(fchdir, 99);
    CALL(chroot, "absent");
    CALL(umask, 022);
    CALL(umask, 022);
    CALL(setxattr, "file", "user.name", "value", 5, XATTR_CREATE);
    CALL(getxattr, "file", "user.name", buffer, 100);
    CALL(getxattr, "file", "user.absent", buffer, 100);
    CALL(listxattr, "absent", buffer, 100);
    CALL(removexattr, "file", "user.name");
    CALL(memfd_create, "name", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    CALL(close_range, 5, 1000, 0);
    CALL(close_range, 5, 4, CLOSE_RANGE_CLOEXEC);
    int fd = CALL(openat, AT_FDCWD, ".", O_RDONLY | O_DIRECTORY);
    CALL(getdents64, fd, buffer, sizeof buffer);
    CALL(getdents64, fd, buffer, sizeof buffer);
    CALL(getdents64, 0x7fffffff, buffer, sizeof buffer);
    CALL(close, fd);
    CALL(close, fd);
    CALL(name_to_handle_at, AT_FDCWD, "absent", buffer, &pair[0], 0);
    CALL(mount, "none", "absent", "tmpfs", MS_NOSUID | MS_RDONLY, "size=1");
    CALL(umount2, "absent", MNT_DETACH);
    CALL(pivot_root, "absent", "absent");
    CALL(inotify_init1, IN_CLOEXEC | IN_NONBLOCK);
    CALL(inotify_add_watch, 5, ".", IN_CREATE | IN_DELETE | IN_ONLYDIR);
    CALL(inotify_rm_watch, 5, 1);
    CALL(close, 5);
    CALL(fsopen, "absent", FSOPEN_CLOEXEC);
    CALL(quotactl, QCMD(Q_GETQUOTA, USRQUOTA), "absent", 0, BAD);
}

static void files(void)
{
    int fd = opening();
    contents(fd);
    attributes(fd);
    names();
    storage(fd);
    descriptors(fd);
    pipes(fd);
    directories();
}

static void memory(void)
{
    char *p = (char *)CALL(mmap, NULL, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    unsigned char pages[16] = {0};
    unsigned long mask = 1;
    CALL(mmap, p, 4096, PROT_NONE, MAP_SHARED | MAP_FIXED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CALL(mmap, NULL, 0, PROT_READ | PROT_EXEC, MAP_PRIVATE, 3, 0x1000);
    CALL(mmap, NULL, 4096, PROT_READ, MAP_SHARED_VALIDATE | MAP_SYNC | MAP_POPULATE, 99, 0);
    CALL(mprotect, p, 8192, PROT_READ);
    CALL(mprotect, p, 4096, PROT_NONE);
    CALL(mprotect, 1, 4096, PROT_READ | PROT_WRITE | PROT_EXEC);
    CALL(mremap, p + 8192, 4096, 8192, MREMAP_MAYMOVE);
    CALL(mremap, 1, 4096, 8192, MREMAP_MAYMOVE | MREMAP_FIXED, 0x10000);
    CALL(madvise, p, 4096, MADV_DONTNEED);
    CALL(madvise, p, 4096, 999);
    CALL(msync, p, 4096, MS_SYNC);
    CALL(mincore, p, 4096, pages);
    CALL(mlock, p, 4096);
    CALL(mlock2, p, 4096, MLOCK_ONFAULT);
    CALL(munlock, p, 4096);
    CALL(mlockall, 64);
    CALL(munlockall, 0);
    CALL(munmap, p, 4096);
    CALL(munmap, 1, 4096);
    CALL(brk, 0);
    CALL(mbind, p, 4096, MPOL_BIND, &mask, 0, MPOL_MF_STRICT);
    CALL(membarrier, MEMBARRIER_CMD_QUERY, 0, 0);
    CALL(membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 4, 0);
}

static void handler(int signo) { (void)signo; }
static void info_handler(int signo, siginfo_t *info, void *context) { (void)signo, (void)info, (void)context; }

/* As the kernel has it; restorer is where the architecture's libc has one. */
struct kernel_sigaction { void *handler; unsigned long flags; unsigned long more[2]; };

static void signals(void)
{
    uint64_t set = 1ull << (SIGINT - 1) | 1ull << (SIGUSR1 - 1) | 1ull << 33 | 1ull << 63, all = ~0ull, old;
    struct kernel_sigaction act = {SIG_IGN, SA_RESTART, {0, 0}}, now;
    struct timespec soon = {0, 1000};
    stack_t stack = {buffer, 0, 65536};
    siginfo_t info = {.si_signo = SIGUSR2, .si_code = SI_QUEUE, .si_pid = 12, .si_uid = 34, .si_value = {.sival_int = 5}};
    struct signalfd_siginfo read_info;
    CALL(rt_sigprocmask, SIG_BLOCK, &set, &old, 8);
    CALL(rt_sigprocmask, SIG_SETMASK, &all, &old, 8);
    CALL(rt_sigprocmask, SIG_UNBLOCK, &all, NULL, 8);
    CALL(rt_sigprocmask, SIG_SETMASK, NULL, &old, 8);
    CALL(rt_sigprocmask, 9, BAD, NULL, 8);
    CALL(rt_sigaction, SIGUSR1, &act, NULL, 8);
    CALL(rt_sigaction, SIGUSR1, NULL, &now, 8);
    act.handler = SIG_DFL;
    act.flags = SA_NOCLDSTOP | SA_NODEFER | SA_RESETHAND;
    CALL(rt_sigaction, SIGUSR1, &act, &now, 8);
    CALL(rt_sigaction, SIGKILL, NULL, NULL, 8);
    CALL(rt_sigaction, 77, BAD, NULL, 8);
    signal(SIGUSR2, handler);
    CALL(kill, getpid(), SIGUSR2);
    sigaction(SIGUSR2, &(struct sigaction){.sa_sigaction = info_handler, .sa_flags = SA_SIGINFO | SA_RESTART}, NULL);
    CALL(rt_sigqueueinfo, getpid(), SIGUSR2, &info);
    CALL(tgkill, getpid(), getpid(), SIGUSR2);
    CALL(kill, 0x7fffffff, 0);
    set = 1ull << (SIGUSR2 - 1);
    CALL(rt_sigprocmask, SIG_BLOCK, &set, NULL, 8);
    CALL(kill, getpid(), SIGUSR2);
    CALL(rt_sigpending, &old, 8);
    CALL(rt_sigtimedwait, &set, &info, NULL, 8);
    CALL(rt_sigtimedwait, &set, NULL, &soon, 8);
    CALL(rt_sigsuspend, BAD, 8);
    int fd = CALL(signalfd4, -1, &set, 8, SFD_CLOEXEC | SFD_NONBLOCK);
    CALL(read, fd, &read_info, sizeof read_info);
    CALL(close, fd);
    CALL(sigaltstack, &stack, NULL);
    CALL(sigaltstack, NULL, &stack);
    CALL(sigaltstack, BAD, NULL);
}

static void polls(void)
{
    struct epoll_event e = {.events = EPOLLIN | EPOLLET | EPOLLONESHOT, .data = {.u64 = 0x123456789a}};
    struct epoll_event got[4];
    struct timespec none = {0, 0}, some = {0, 5000000};
    uint64_t one = 1, set = 1ull << (SIGINT - 1);
    struct { const void *set; size_t size; } mask = {&set, 8};
    fd_set in, out;
    int ep = CALL(epoll_create1, EPOLL_CLOEXEC), fd = CALL(eventfd2, 0, EFD_CLOEXEC | EFD_NONBLOCK);
    CALL(epoll_ctl, ep, EPOLL_CTL_ADD, fd, &e);
    CALL(epoll_ctl, ep, EPOLL_CTL_MOD, fd, &e);
    CALL(epoll_ctl, ep, EPOLL_CTL_DEL, 99, NULL);
    CALL(epoll_pwait, ep, got, 4, 0, NULL, 8);
    CALL(write, fd, &one, 8);
    CALL(epoll_pwait, ep, got, 4, 0, &set, 8);
    CALL(epoll_pwait, ep, got, 0, 0, NULL, 8);
    struct pollfd p[3] = {{fd, POLLIN | POLLPRI, 0}, {-1, POLLOUT, 0}, {99, POLLOUT | POLLRDHUP, 0}};
    CALL(ppoll, p, 3, &none, NULL, 8);
    CALL(ppoll, p + 1, 1, &some, &set, 8);
    CALL(ppoll, p, 1, NULL, NULL, 0);
    CALL(ppoll, NULL, 0, &none, NULL, 0);
    CALL(ppoll, BAD, 1, &none, NULL, 0);
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_SET(fd, &in);
    FD_SET(fd, &out);
    FD_SET(0, &out);
    CALL(pselect6, fd + 1, &in, NULL, NULL, &none, NULL);
    CALL(read, fd, &one, 8);
    CALL(pselect6, fd + 1, &in, &in, NULL, &none, &mask);
    CALL(pselect6, 0, NULL, NULL, NULL, &none, NULL);
    CALL(pselect6, -1, NULL, NULL, NULL, NULL, NULL);
    CALL(close, fd);
    CALL(close, ep);
}

static void timers(void)
{
    struct itimerspec timer = {{1, 2}, {3, 4}}, old;
    struct itimerval interval = {{0, 0}, {100, 0}};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value = {.sival_int = 7}};
    int timer_id;
    int fd = CALL(timerfd_create, CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    CALL(timerfd_settime, fd, TFD_TIMER_ABSTIME, &timer, NULL);
    CALL(timerfd_settime, fd, 0, &timer, &old);
    CALL(timerfd_gettime, 99, &timer);
    CALL(close, fd);
    CALL(timer_create, CLOCK_REALTIME, &event, &timer_id);
    CALL(timer_delete, timer_id);
    event.sigev_notify = SIGEV_NONE;
    CALL(timer_create, CLOCK_MONOTONIC, &event, &timer_id);
    CALL(timer_settime, timer_id, 0, &timer, NULL);
    CALL(timer_settime, timer_id, TIMER_ABSTIME, &timer, &old);
    CALL(timer_getoverrun, timer_id);
    CALL(timer_delete, timer_id);
    CALL(setitimer, ITIMER_VIRTUAL, &interval, NULL);
    CALL(setitimer, ITIMER_VIRTUAL, BAD, NULL);
}

static void clocks(void)
{
    struct timespec none = {0, 0};
    struct timespec now;
    struct timeval tv;
    CALL(nanosleep, &none, NULL);
    CALL(nanosleep, BAD, NULL);
    CALL(clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &none, NULL);
    CALL(clock_gettime, CLOCK_MONOTONIC, &now);
    CALL(clock_gettime, CLOCK_PROCESS_CPUTIME_ID, &now);
    CALL(clock_gettime, 77, &now);
    CALL(clock_getres, CLOCK_REALTIME_COARSE, &now);
    CALL(clock_settime, CLOCK_MONOTONIC, &none);
    CALL(gettimeofday, &tv, NULL);
}

static void futexes(void)
{
    struct timespec none = {0, 0}, some = {0, 5000000};
    uint64_t one = 1;
    uint32_t word = 1;
    CALL(futex, &word, FUTEX_WAIT_PRIVATE, 2, NULL);
    CALL(futex, &word, FUTEX_WAIT, 1, &some);
    CALL(futex, &word, FUTEX_WAKE_PRIVATE, 1);
    CALL(futex, &word, FUTEX_WAKE, 0x7fffffff);
    CALL(futex, &word, FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, 2, &none, NULL, FUTEX_BITSET_MATCH_ANY);
    CALL(futex, &word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 1);
    CALL(futex, &word, FUTEX_REQUEUE_PRIVATE, 1, 2, &one);
    CALL(futex, &word, FUTEX_CMP_REQUEUE_PRIVATE, 1, 2, &one, 9);
    CALL(futex, &word, FUTEX_WAKE_OP_PRIVATE, 1, 1, &one, 0x4000001);
    CALL(futex, &word, 99, 1, NULL, NULL, 0);
    CALL(futex, &word, FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME | 63, 1, NULL, NULL, 0);
    CALL(futex, &word, FUTEX_CLOCK_REALTIME | FUTEX_WAKE, 1);
    CALL(futex, &word, 0x8000 | FUTEX_WAKE_PRIVATE, 1);
    CALL(sched_yield, 0);
}

static void waits(void)
{
    polls();
    timers();
    clocks();
    futexes();
}

static void ids(void)
{
    gid_t groups[2] = {1, 2};
    int id[3];
    CALL(getpid, 0);
    CALL(getppid, 0);
    CALL(gettid, 0);
    CALL(getuid, 0);
    CALL(geteuid, 0);
    CALL(getgid, 0);
    CALL(getegid, 0);
    CALL(getresuid, id, id + 1, id + 2);
    CALL(getresgid, id, id + 1, BAD);
    CALL(setresuid, -1, -1, -1);
    CALL(setreuid, -1, -1);
    CALL(setfsuid, -1);
    CALL(getgroups, 0, NULL);
    CALL(setgroups, 99999999, groups);
    CALL(getpgid, 0);
    CALL(getsid, 0);
    CALL(setpgid, -1, 0);
}

static void resources(void)
{
    struct rlimit limit;
    struct rusage usage;
    struct utsname name;
    struct sysinfo system;
    struct tms tms;
    struct __user_cap_header_struct cap = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];
    CALL(uname, &name);
    CALL(sethostname, "x", -1);
    CALL(sysinfo, &system);
    CALL(getrlimit, RLIMIT_NOFILE, &limit);
    CALL(getrlimit, 99, &limit);
    CALL(prlimit64, 0, RLIMIT_STACK, NULL, &limit);
    limit.rlim_cur = RLIM_INFINITY;
    limit.rlim_max = 123;
    CALL(prlimit64, 0, RLIMIT_CORE, &limit, NULL);
    CALL(getrusage, RUSAGE_SELF, &usage);
    CALL(getrusage, 99, &usage);
    CALL(times, &tms);
    CALL(capget, &cap, data);
    CALL(capget, &cap, NULL);
}

static void scheduling(void)
{
    struct sched_param param = {0};
    unsigned long cpus[16];
    int id[3];
    CALL(getpriority, PRIO_PROCESS, 0);
    CALL(setpriority, PRIO_USER, -2, 5);
    CALL(ioprio_get, 1, 0);
    CALL(sched_getscheduler, 0);
    CALL(sched_setscheduler, 0, SCHED_FIFO | SCHED_RESET_ON_FORK, &param);
    CALL(sched_setscheduler, 0, SCHED_OTHER, &param);
    CALL(sched_getparam, 0, &param);
    CALL(sched_get_priority_max, SCHED_RR);
    CALL(sched_getaffinity, 0, sizeof cpus, cpus);
    CALL(sched_setaffinity, 0x7fffffff, 8, cpus);
    CALL(sched_rr_get_interval, 0x7fffffff, buffer);
    CALL(getcpu, id, id + 1, NULL);
}

static void attributes_of_process(void)
{
    struct sock_filter filter[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_fprog program = {1, filter};
    uint32_t action = SECCOMP_RET_ERRNO;
    int id[3];
    CALL(personality, 0xffffffff);
    CALL(prctl, PR_SET_NAME, "renamed");
    CALL(prctl, PR_GET_NAME, buffer);
    CALL(prctl, PR_SET_PDEATHSIG, SIGTERM);
    CALL(prctl, PR_GET_PDEATHSIG, id);
    CALL(prctl, PR_GET_DUMPABLE);
    CALL(prctl, PR_SET_DUMPABLE, 1);
    CALL(prctl, PR_SET_CHILD_SUBREAPER, 1);
    CALL(prctl, PR_GET_CHILD_SUBREAPER, id);
    CALL(prctl, PR_CAPBSET_READ, CAP_SYS_ADMIN);
    CALL(prctl, PR_GET_SECUREBITS);
    CALL(prctl, PR_SET_TIMERSLACK, 50000);
    CALL(prctl, PR_GET_SECCOMP);
    CALL(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    CALL(prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
    CALL(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0);
    CALL(prctl, PR_SET_VMA, PR_SET_VMA_ANON_NAME, 0, 0, "name");
    CALL(seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action);
    CALL(seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_LOG, &program);
}

static void programs(void)
{
    struct rusage usage;
    siginfo_t info;
    int id[3];
    const char *argv[] = {"program", "argument with \"quotes\"", NULL}, *envp[] = {"A=1", "B=2", NULL};
    CALL(wait4, -1, id, WNOHANG, NULL);
    CALL(wait4, -1, id, 0, &usage);
    CALL(waitid, P_ALL, 0, &info, WEXITED | WNOHANG, NULL);
    CALL(waitid, P_PID, getpid(), NULL, WSTOPPED | WNOWAIT, NULL);
    CALL(execve, "absent", argv, envp);
    CALL(execve, BAD, NULL, NULL);
    CALL(execveat, AT_FDCWD, "absent", argv, BAD, AT_SYMLINK_NOFOLLOW);
    CALL(clone, CLONE_THREAD, 0, 0, 0, 0);
    CALL(clone3, BAD, 88);
    CALL(unshare, CLONE_FILES);
    CALL(unshare, 0x1);
    CALL(setns, 99, CLONE_NEWNET);
    CALL(set_tid_address, id);
    CALL(kcmp, 0x7fffffff, 1, 2, 3, 4);
    CALL(pidfd_open, 0x7fffffff, 0);
    CALL(pidfd_send_signal, 99, SIGTERM, NULL, 0);
}

static void administration(void)
{
    CALL(getrandom, buffer, 8, GRND_NONBLOCK);
    CALL(syslog, 10, NULL, 0);
    CALL(reboot, 0xfee1dead, 0x28121969, 0x12345, 0);
    CALL(bpf, BPF_MAP_LOOKUP_ELEM, BAD, 32);
    CALL(perf_event_open, BAD, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
    CALL(keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 0);
    CALL(add_key, "user", "name", "value", 5, 12345678);
    CALL(swapoff, "absent");
    CALL(acct, "absent");
    CALL(userfaultfd, O_CLOEXEC | 0x40000000);
    CALL(landlock_create_ruleset, NULL, 0, 1);
    CALL(process_vm_readv, 0x7fffffff, NULL, 0, NULL, 0, 0);
}

static void processes(void)
{
    ids();
    resources();
    scheduling();
    attributes_of_process();
    programs();
    administration();
}

static void connections(void)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(1), .sin_addr = {htonl(0x7f000001)}};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(80), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "absent/socket"}, abstract = {.sun_family = AF_UNIX, .sun_path = "\0name"};
    union { struct sockaddr any; char room[128]; } peer;
    struct linger linger = {1, 10};
    struct timeval tv = {2, 500000};
    socklen_t len;
    int one = 1;
    int fd = CALL(socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_IP);
    CALL(socket, AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK, IPPROTO_TCP);
    CALL(socket, AF_UNIX, 77, 0);
    CALL(setsockopt, fd, SOL_SOCKET, SO_REUSEADDR, &one, 4);
    CALL(setsockopt, fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    CALL(setsockopt, fd, SOL_TCP, TCP_NODELAY, &one, 4);
    CALL(setsockopt, fd, SOL_TCP, TCP_NODELAY, BAD, 4);
    CALL(setsockopt, fd, SOL_IP, IP_TOS, &one, 4);
    CALL(setsockopt, fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
    CALL(setsockopt, fd, SOL_SOCKET, 999, &one, 4);
    len = 4;
    CALL(getsockopt, fd, SOL_SOCKET, SO_TYPE, &one, &len);
    CALL(getsockopt, fd, SOL_SOCKET, SO_ERROR, &one, &len);
    len = 8;
    CALL(getsockopt, fd, SOL_SOCKET, SO_LINGER, &linger, &len);
    CALL(getsockopt, fd, SOL_SOCKET, 999, &one, &len);
    in.sin_port = 0;
    CALL(bind, fd, &in, sizeof in);
    CALL(listen, fd, 5);
    len = sizeof peer;
    CALL(getsockname, fd, &peer, &len);
    CALL(getpeername, fd, &peer, &len);
    CALL(accept4, 99, &peer, &len, SOCK_CLOEXEC);
    CALL(accept, 99, NULL, NULL);
    CALL(connect, 99, &in6, sizeof in6);
    CALL(connect, 99, &un, sizeof un);
    CALL(connect, 99, &abstract, 7);
    CALL(connect, fd, BAD, 16);
    CALL(shutdown, 99, SHUT_RDWR);
    CALL(close, fd);
}

static void messages(int pair[2])
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr = {htonl(0x7f000001)}};
    union { struct sockaddr any; char room[128]; } peer;
    socklen_t len;
    CALL(socketpair, AF_UNIX, SOCK_STREAM, 0, pair);
    CALL(socketpair, AF_INET, SOCK_STREAM, 0, buffer);
    char control[CMSG_SPACE(sizeof(int) * 2)] = {0};
    struct iovec v[2] = {{"hello ", 6}, {"world", 5}}, r = {buffer, 100};
    struct msghdr m = {.msg_iov = v, .msg_iovlen = 2, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int) * 2);
    memcpy(CMSG_DATA(c), (int[]){0, 1}, sizeof(int) * 2);
    CALL(sendmsg, pair[0], &m, MSG_NOSIGNAL | MSG_DONTWAIT);
    struct msghdr got = {.msg_iov = &r, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    CALL(recvmsg, pair[1], &got, MSG_CMSG_CLOEXEC);
    struct msghdr empty = {.msg_iov = &r, .msg_iovlen = 1};
    CALL(recvmsg, pair[1], &empty, MSG_DONTWAIT);
    CALL(recvmsg, 99, BAD, 0);
    CALL(sendto, pair[0], "datagram", 8, MSG_NOSIGNAL, NULL, 0);
    CALL(sendto, 99, "datagram", 8, 0, &in, sizeof in);
    len = sizeof peer;
    CALL(recvfrom, pair[1], buffer, 100, MSG_PEEK, &peer, &len);
    CALL(recvfrom, pair[1], buffer, 100, 0, NULL, NULL);
    CALL(recvfrom, pair[1], buffer, 100, MSG_DONTWAIT | MSG_TRUNC, &peer, &len);
    struct mmsghdr mm[2] = {{.msg_hdr = {.msg_iov = v, .msg_iovlen = 1}}, {.msg_hdr = {.msg_iov = v + 1, .msg_iovlen = 1}}};
    CALL(sendmmsg, pair[0], mm, 2, MSG_NOSIGNAL);
    struct mmsghdr mr[2] = {{.msg_hdr = {.msg_iov = &r, .msg_iovlen = 1}}};
    CALL(recvmmsg, pair[1], mr, 1, MSG_DONTWAIT, NULL);
    len = 12;
    CALL(getsockopt, pair[0], SOL_SOCKET, SO_PEERCRED, buffer, &len);
}

static void interfaces(const int pair[2])
{
    struct sockaddr_nl nl = {.nl_family = AF_NETLINK};
    struct { struct nlmsghdr h; struct rtgenmsg g; } request = {{sizeof request, RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 1, 0}, {AF_UNSPEC}};
    int one = 1;
    int fd = CALL(socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    CALL(bind, fd, &nl, sizeof nl);
    struct iovec nv = {&request, sizeof request};
    struct msghdr nm = {.msg_name = &nl, .msg_namelen = sizeof nl, .msg_iov = &nv, .msg_iovlen = 1};
    CALL(sendmsg, fd, &nm, 0);
    CALL(ioctl, fd, FIONBIO, &one);
    struct ifreq lo = {.ifr_name = "lo"};
    int dgram = CALL(socket, AF_INET, SOCK_DGRAM, IPPROTO_UDP);
    CALL(ioctl, dgram, SIOCGIFINDEX, &lo);
    CALL(ioctl, dgram, SIOCGIFNAME, &lo);
    CALL(ioctl, dgram, SIOCGIFFLAGS, &lo);
    CALL(ioctl, dgram, SIOCGIFMTU, &lo);
    CALL(ioctl, dgram, SIOCGIFADDR, &lo);
    CALL(ioctl, 99, SIOCGIFNETMASK, &lo);
    CALL(close, dgram);
    CALL(ioctl, pair[0], FIONREAD, &one);
    CALL(close, fd);
}

static void sockets(void)
{
    int pair[2];
    connections();
    messages(pair);
    interfaces(pair);
}

static void terminals(void)
{
    struct winsize size = {24, 80, 1, 2};
    char termios[64];
    int n;
    int fd = CALL(openat, AT_FDCWD, "/dev/ptmx", O_RDWR | O_NOCTTY);
    CALL(ioctl, fd, TIOCGPTN, &n);
    CALL(ioctl, fd, TIOCSWINSZ, &size);
    CALL(ioctl, fd, TIOCGWINSZ, &size);
    CALL(ioctl, 99, TCGETS, termios);
    CALL(ioctl, 99, TIOCGPGRP, &n);
    CALL(ioctl, 99, 0x12345678, 5);
    CALL(ioctl, 99, FIOCLEX);
    CALL(ioctl, 99, BLKGETSIZE64, buffer);
    CALL(ioctl, 99, FS_IOC_GETFLAGS, buffer);
    CALL(close, fd);
}

static void ipc(void)
{
    struct { long type; char text[8]; } m = {3, "message"};
    struct sembuf op = {0, 1, SEM_UNDO};
    int id = CALL(msgget, IPC_PRIVATE, IPC_CREAT | 0600);
    CALL(msgsnd, id, &m, 7, IPC_NOWAIT);
    CALL(msgrcv, id, &m, 8, 0, MSG_NOERROR);
    CALL(msgrcv, id, &m, 8, 0, IPC_NOWAIT);
    CALL(msgctl, id, IPC_RMID, NULL);
    id = CALL(semget, 0x12345, 1, IPC_CREAT | IPC_EXCL | 0644);
    CALL(semop, id, &op, 1);
    CALL(semctl, id, 0, SETVAL, 5);
    CALL(semctl, id, 0, IPC_RMID, 0);
    id = CALL(shmget, IPC_PRIVATE, 4096, IPC_CREAT | 0600);
    CALL(shmctl, id, IPC_RMID, NULL);
    CALL(shmat, -1, NULL, SHM_RDONLY);
    CALL(shmdt, BAD);
    CALL(mq_unlink, "absent");
    CALL(mq_open, "absent", O_RDONLY, 0, NULL);
}

int main(void)
{
    CALL(chdir, "begin");
    files();
    memory();
    waits();
    signals();
    processes();
    sockets();
    terminals();
    ipc();
    CALL(chdir, "end");
    return 0;
}
