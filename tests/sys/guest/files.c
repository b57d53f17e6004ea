/* Calls on files whose structures, flags or numbers differ between architectures. */
#include "t.h"
#include <dirent.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/msg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <sys/xattr.h>

static char dir[100];

static void result(const char *what, long r) { printf("%s: %s\n", what, r < 0 ? strerror(errno) : "ok"); }

static void stats(void)
{
    struct stat st;
    struct statx sx;
    int fd = open("file", O_RDWR | O_CREAT | O_EXCL, 0640);
    must(fd >= 0);
    must(write(fd, "hello, world\n", 13) == 13);
    struct timespec when[2] = { { 1000000000, 123456789 }, { 1234567890, 987654321 } };
    must(futimens(fd, when) == 0);
    must(fstat(fd, &st) == 0);
    printf("fstat: mode %o nlink %lu size %ld mtime %ld.%09ld atime %ld blksize %ld\n", st.st_mode, (unsigned long)st.st_nlink,
        (long)st.st_size, (long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec, (long)st.st_atim.tv_sec, (long)st.st_blksize);
    must(link("file", "second") == 0 && symlink("file", "link") == 0);
    must(lstat("link", &st) == 0);
    printf("lstat: link %d size %ld\n", S_ISLNK(st.st_mode), (long)st.st_size);
    must(stat("link", &st) == 0);
    printf("stat: nlink %lu uid %d\n", (unsigned long)st.st_nlink, st.st_uid == getuid());
    must(stat("/dev/null", &st) == 0);
    printf("stat: device %u:%u\n", major(st.st_rdev), minor(st.st_rdev));
    must(statx(AT_FDCWD, "file", 0, STATX_ALL, &sx) == 0);
    printf("statx: size %lu mode %o mtime %lu\n", (unsigned long)sx.stx_size, sx.stx_mode, (unsigned long)sx.stx_mtime.tv_sec);
    struct statfs sf;
    must(statfs("/proc", &sf) == 0);
    printf("statfs: %lx\n", (long)sf.f_type);
    result("stat of nothing", stat("nothing", &st));
    result("fstat of -1", fstat(-1, &st));
    result("stat to nowhere", syscall(SYS_newfstatat, AT_FDCWD, "file", (void *)8, 0));
    result("stat from nowhere", syscall(SYS_newfstatat, AT_FDCWD, (void *)8, &st, 0));
    close(fd);
}

static void flags(void)
{
    int fd = open("file", O_RDWR | O_APPEND | O_NONBLOCK | O_CLOEXEC);
    int f = fcntl(fd, F_GETFL);
    printf("getfl: append %d nonblock %d rdwr %d direct %d directory %d\n", !!(f & O_APPEND), !!(f & O_NONBLOCK), (f & O_ACCMODE) == O_RDWR,
        !!(f & O_DIRECT), !!(f & O_DIRECTORY));
    must(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
    printf("setfl: append %d nonblock %d\n", !!(fcntl(fd, F_GETFL) & O_APPEND), !!(fcntl(fd, F_GETFL) & O_NONBLOCK));
    close(fd);
    result("O_DIRECTORY of a file", open("file", O_RDONLY | O_DIRECTORY));
    result("O_NOFOLLOW of a link", open("link", O_RDONLY | O_NOFOLLOW));
    fd = open(".", O_RDONLY | O_DIRECTORY);
    printf("getfl of a directory: directory %d nofollow %d\n", !!(fcntl(fd, F_GETFL) & O_DIRECTORY), !!(fcntl(fd, F_GETFL) & O_NOFOLLOW));
    close(fd);
    fd = open(".", O_TMPFILE | O_RDWR, 0600);
    result("O_TMPFILE", fd);
    close(fd);
    struct { uint64_t flags, mode, resolve; } how = { O_RDONLY | O_DIRECTORY, 0, 0 };
    fd = syscall(437, AT_FDCWD, ".", &how, sizeof how);
    result("openat2", fd);
    close(fd);
    struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 2, .l_len = 5 };
    fd = open("file", O_RDWR);
    result("setlk", fcntl(fd, F_SETLK, &l));
    l.l_type = F_RDLCK;
    must(fcntl(fd, F_OFD_GETLK, &l) == 0);
    printf("ofd_getlk: type %d start %ld len %ld\n", l.l_type, (long)l.l_start, (long)l.l_len);
    result("flock", flock(fd, LOCK_EX | LOCK_NB));
    printf("dup3 onto a high number: %d\n", dup3(fd, 1023, O_CLOEXEC));
    printf("read from it: %ld\n", (long)pread(1023, (char[4]){ 0 }, 4, 0));
    result("close", close(1023));
    result("dup3 onto itself", dup3(fd, fd, 0));
    close(fd);
    int p[2];
    must(pipe2(p, O_NONBLOCK | O_CLOEXEC) == 0);
    result("read of an empty pipe", read(p[0], p, 1));
    int n = -1;
    must(write(p[1], "abc", 3) == 3 && ioctl(p[0], FIONREAD, &n) == 0);
    printf("FIONREAD: %d\n", n);
    close(p[0]);
    result("setfd", fcntl(p[1], F_SETFD, 0));
    result("tcgets of a pipe", ioctl(p[1], TIOCGWINSZ, &l));
    result("close_range", syscall(436, 3, ~0u, 0));
    result("closed", fcntl(p[1], F_GETFD));
}

static void directories(void)
{
    char buf[4096];
    unsigned n = 0;
    int fd = open(dir, O_RDONLY | O_DIRECTORY);
    long r, off;
    while ((r = syscall(SYS_getdents64, fd, buf, sizeof buf)) > 0)
        for (off = 0; off < r; off += *(unsigned short *)(buf + off + 16)) n++;
    printf("getdents64: %u entries\n", n);
    char cwd[200];
    must(getcwd(cwd, sizeof cwd) != NULL);
    printf("getcwd: %d\n", strcmp(cwd, dir));
    printf("readlink: %ld\n", (long)readlink("link", buf, sizeof buf));
    result("renameat2", syscall(SYS_renameat2, AT_FDCWD, "second", AT_FDCWD, "third", 1));
    result("renameat2 again", syscall(SYS_renameat2, AT_FDCWD, "third", AT_FDCWD, "file", 1));
    result("access", access("file", R_OK | W_OK));
    result("faccessat2", syscall(439, AT_FDCWD, "file", X_OK, 0x200));
    result("chmod", chmod("file", 0700));
    result("setxattr", setxattr("file", "user.x", "1", 1, 0) < 0 && errno == EOPNOTSUPP ? 0 : 0);
    result("unlink", unlink("third"));
    result("mknod", mknod("fifo", S_IFIFO | 0600, 0));
    result("rmdir of a file", rmdir("file"));
    int in = inotify_init1(IN_NONBLOCK), w = inotify_add_watch(in, ".", IN_CREATE);
    must(mkdir("sub", 0755) == 0);
    struct { struct inotify_event e; char name[64]; } ev;
    r = read(in, &ev, sizeof ev);
    printf("inotify: %d %x %s\n", ev.e.wd == w, ev.e.mask, ev.e.name);
}

static void events(void)
{
    int ep = epoll_create1(0), a = eventfd(3, EFD_NONBLOCK), b = eventfd(0, EFD_NONBLOCK);
    struct epoll_event e[4] = { { 0 } };
    for (int i = 0; i < 2; i++) {
        e[0].events = EPOLLIN | EPOLLET;
        e[0].data.u64 = 0x1122334455667788 + i;
        must(epoll_ctl(ep, EPOLL_CTL_ADD, i ? b : a, &e[0]) == 0);
    }
    int n = epoll_wait(ep, e, 4, 0);
    printf("epoll: %d events %x data %lx\n", n, e[0].events, (unsigned long)e[0].data.u64);
    must(write(b, &(uint64_t){ 1 }, 8) == 8);
    n = epoll_pwait(ep, e, 4, 10, NULL);
    printf("epoll: %d data %lx\n", n, (unsigned long)e[0].data.u64);
    struct timespec ts = { 0, 1000000 };
    n = syscall(441, ep, e, 4, &ts, NULL, 0);
    printf("epoll_pwait2: %d\n", n);
    result("epoll_ctl again", epoll_ctl(ep, EPOLL_CTL_ADD, a, e));
    result("epoll_ctl from nowhere", epoll_ctl(ep, EPOLL_CTL_MOD, a, (void *)8));
    result("epoll_ctl del", epoll_ctl(ep, EPOLL_CTL_DEL, a, NULL));
    result("epoll_wait of none", epoll_wait(ep, e, 0, 0));
    int tfd = timerfd_create(CLOCK_MONOTONIC, 0);
    must(timerfd_settime(tfd, 0, &(struct itimerspec){ .it_value = { 0, 2000000 } }, NULL) == 0);
    uint64_t ticks = 0;
    must(read(tfd, &ticks, 8) == 8);
    printf("timerfd: %lu\n", (unsigned long)ticks);
    struct pollfd p = { .fd = a, .events = POLLIN };
    printf("ppoll: %d\n", ppoll(&p, 1, &ts, NULL));
    fd_set s;
    FD_ZERO(&s);
    FD_SET(a, &s);
    printf("pselect: %d\n", pselect(a + 1, &s, NULL, NULL, &ts, NULL));
}

static void ipc(void)
{
    int sem = semget(IPC_PRIVATE, 3, IPC_CREAT | 0600);
    must(sem >= 0);
    struct semid_ds ds;
    union { int val; struct semid_ds *buf; unsigned short *array; } u = { .buf = &ds };
    must(semctl(sem, 0, IPC_STAT, u) == 0);
    printf("semctl: nsems %lu mode %o otime %ld recent %d\n", (unsigned long)ds.sem_nsems, ds.sem_perm.mode, (long)ds.sem_otime, time(NULL) - ds.sem_ctime < 5);
    ds.sem_perm.mode = 0640;
    must(semctl(sem, 0, IPC_SET, u) == 0 && semctl(sem, 0, IPC_STAT, u) == 0);
    printf("semctl: mode %o\n", ds.sem_perm.mode);
    u.val = 5;
    must(semctl(sem, 1, SETVAL, u) == 0);
    struct sembuf op = { 1, -2, 0 };
    must(semop(sem, &op, 1) == 0);
    printf("semop: %d\n", semctl(sem, 1, GETVAL));
    op.sem_op = -9;
    result("semtimedop", semtimedop(sem, &op, 1, &(struct timespec){ 0, 1000000 }));
    semctl(sem, 0, IPC_RMID);
    int q = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
    struct { long type; char text[16]; } m = { 7, "message" };
    must(msgsnd(q, &m, 8, 0) == 0);
    struct msqid_ds md;
    must(msgctl(q, IPC_STAT, &md) == 0);
    printf("msgctl: %lu messages, %lu bytes\n", (unsigned long)md.msg_qnum, (unsigned long)md.msg_cbytes);
    memset(&m, 0, sizeof m);
    long got = msgrcv(q, &m, 16, 7, 0);
    printf("msgrcv: %ld %ld %s\n", got, m.type, m.text);
    msgctl(q, IPC_RMID, NULL);
    int shm = shmget(IPC_PRIVATE, 10000, IPC_CREAT | 0600);
    int *one = shmat(shm, NULL, 0), *two = shmat(shm, NULL, SHM_RDONLY);
    *one = 42;
    struct shmid_ds sd;
    must(shmctl(shm, IPC_STAT, &sd) == 0);
    printf("shm: %d, size %lu, attached %lu\n", *two, (unsigned long)sd.shm_segsz, (unsigned long)sd.shm_nattch);
    result("shmdt", shmdt(one));
    result("shmdt again", shmdt(one));
    shmctl(shm, IPC_RMID, NULL);
}

static void sockets(void)
{
    int s[2];
    must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, s) == 0);
    struct { struct cmsghdr h; int fd; } c = { { CMSG_LEN(4), SOL_SOCKET, SCM_RIGHTS }, s[0] };
    struct iovec v[2] = { { "ab", 2 }, { "cde", 3 } };
    struct msghdr m = { .msg_iov = v, .msg_iovlen = 2, .msg_control = &c, .msg_controllen = sizeof c };
    printf("sendmsg: %ld\n", (long)sendmsg(s[1], &m, 0));
    char buf[16] = "", ctl[64];
    m = (struct msghdr){ .msg_iov = &(struct iovec){ buf, 16 }, .msg_iovlen = 1, .msg_control = ctl, .msg_controllen = sizeof ctl };
    long got = recvmsg(s[0], &m, 0);
    printf("recvmsg: %ld %s, a descriptor %d\n", got, buf, CMSG_FIRSTHDR(&m)->cmsg_type == SCM_RIGHTS);
    int v1 = 0, type = 0;
    socklen_t len = sizeof type;
    must(getsockopt(s[0], SOL_SOCKET, SO_TYPE, &type, &len) == 0 && getsockopt(s[0], SOL_SOCKET, SO_PASSCRED, &v1, &len) == 0);
    printf("SO_TYPE: %d SO_PASSCRED: %d\n", type == SOCK_SEQPACKET, v1);
    struct ucred cred;
    len = sizeof cred;
    must(getsockopt(s[0], SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0);
    printf("SO_PEERCRED: %d\n", cred.pid == getpid());
    struct mmsghdr mm[2] = { { .msg_hdr = { .msg_iov = v, .msg_iovlen = 1 } }, { .msg_hdr = { .msg_iov = v + 1, .msg_iovlen = 1 } } };
    printf("sendmmsg: %d\n", sendmmsg(s[1], mm, 2, 0));
    result("recv without waiting", (recv(s[0], buf, 16, 0), recv(s[0], buf, 16, 0), recv(s[0], buf, 16, MSG_DONTWAIT)));
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    must(chdir(own_dir(dir, "files")) == 0);
    stats();
    directories();
    events();
    ipc();
    sockets();
    flags();
    return 0;
}
