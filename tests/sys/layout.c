/*
 * What guest programs and the kernel exchange, measured by each architecture's compiler: sizes, offsets
 * and constants, printed into the assembly output. tests/sys/layout.sh compares them.
 */
#define _GNU_SOURCE
#include <stddef.h>
#include <asm/ioctls.h>
#include <asm/ipcbuf.h>
#include <asm/msgbuf.h>
#include <asm/poll.h>
#include <asm/posix_types.h>
#include <asm/resource.h>
#include <asm/sembuf.h>
#include <asm/shmbuf.h>
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <asm/socket.h>
#include <asm/sockios.h>
#include <asm/stat.h>
#include <asm/statfs.h>
#include <asm/termbits.h>
#include <asm/termios.h>
#include <asm/fcntl.h>
#include <asm/errno.h>
#include <asm/mman.h>
#include <linux/aio_abi.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/eventpoll.h>
#include <linux/fanotify.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/futex.h>
#include <linux/if_packet.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/inotify.h>
#include <linux/keyctl.h>
#include <linux/landlock.h>
#include <linux/loop.h>
#include <linux/mman.h>
#include <linux/membarrier.h>
#include <linux/mempolicy.h>
#include <linux/mount.h>
#include <linux/mqueue.h>
#include <linux/netlink.h>
#include <linux/openat2.h>
#include <linux/perf_event.h>
#include <linux/quota.h>
#include <linux/random.h>
#include <linux/resource.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <linux/sched/types.h>
#include <linux/sem.h>
#include <linux/sockios.h>
#include <linux/stat.h>
#include <linux/sysinfo.h>
#include <linux/time.h>
#include <linux/times.h>
#include <linux/timex.h>
#include <linux/uio.h>
#include <linux/un.h>
#include <linux/userfaultfd.h>
#include <linux/utsname.h>
#include <linux/wait.h>

#define OUT(what, value) __asm__ volatile("\n->" what " %0" : : "i"((long)(value)))
#define T(type) OUT(#type, sizeof(type)); OUT(#type " align", _Alignof(type))
#define F(type, field) OUT(#type "." #field, offsetof(type, field))
#define C(name) OUT(#name, name)

void layout(void)
{
    /* files */
    T(struct stat); F(struct stat, st_mode); F(struct stat, st_nlink); F(struct stat, st_size); F(struct stat, st_blksize); F(struct stat, st_ctime);
    T(struct statfs); F(struct statfs, f_bsize); F(struct statfs, f_fsid); F(struct statfs, f_flags);
    T(struct statx); F(struct statx, stx_size); F(struct statx, stx_mnt_id);
    T(struct flock); F(struct flock, l_start); F(struct flock, l_pid);
    T(struct f_owner_ex); T(struct open_how); T(struct iovec); T(struct fiemap); T(struct fiemap_extent); T(struct fstrim_range);
    T(struct file_clone_range); T(struct file_dedupe_range); T(struct fsxattr); T(struct inotify_event); T(struct fanotify_event_metadata);
    T(struct mount_attr); T(struct if_dqblk); T(struct if_dqinfo); T(struct loop_info64);
    C(O_CREAT); C(O_EXCL); C(O_NOCTTY); C(O_TRUNC); C(O_APPEND); C(O_NONBLOCK); C(O_DSYNC); C(FASYNC); C(O_DIRECT); C(O_LARGEFILE);
    C(O_DIRECTORY); C(O_NOFOLLOW); C(O_NOATIME); C(O_CLOEXEC); C(O_SYNC); C(O_PATH); C(O_TMPFILE);
    C(F_DUPFD); C(F_GETFD); C(F_SETFD); C(F_GETFL); C(F_SETFL); C(F_GETLK); C(F_SETLK); C(F_SETLKW); C(F_SETOWN); C(F_GETOWN);
    C(F_SETSIG); C(F_GETSIG); C(F_SETOWN_EX); C(F_GETOWN_EX); C(F_OFD_GETLK); C(F_OFD_SETLK); C(F_OFD_SETLKW); C(F_RDLCK); C(F_WRLCK); C(F_UNLCK);
    /* events */
    T(struct epoll_event); F(struct epoll_event, data); C(EPOLL_CTL_ADD); C(EPOLL_CTL_DEL); C(EPOLL_CTL_MOD);
    T(struct pollfd); C(POLLIN); C(POLLOUT); C(POLLERR); C(POLLHUP); C(POLLRDNORM); C(POLLRDHUP);
    T(struct iocb); F(struct iocb, aio_buf); T(struct io_event); T(__kernel_fd_set);
    /* memory */
    C(MAP_SHARED); C(MAP_PRIVATE); C(MAP_FIXED); C(MAP_ANONYMOUS); C(MAP_GROWSDOWN); C(MAP_DENYWRITE); C(MAP_LOCKED); C(MAP_NORESERVE);
    C(MAP_POPULATE); C(MAP_NONBLOCK); C(MAP_STACK); C(MAP_HUGETLB); C(MAP_SYNC); C(MAP_FIXED_NOREPLACE); C(MCL_CURRENT); C(MCL_FUTURE); C(MCL_ONFAULT);
    C(PROT_READ); C(PROT_WRITE); C(PROT_EXEC); C(PROT_GROWSDOWN); C(PROT_GROWSUP); C(MADV_DONTNEED); C(MADV_FREE); C(MADV_REMOVE); C(MADV_HWPOISON);
    C(MADV_HUGEPAGE); C(MADV_COLD); C(MS_ASYNC); C(MS_SYNC); C(MREMAP_MAYMOVE); C(MREMAP_FIXED); C(MREMAP_DONTUNMAP);
    T(struct uffdio_api); T(struct uffdio_copy); T(struct uffd_msg);
    /* System V and POSIX messages, semaphores, shared memory */
    T(struct ipc64_perm); F(struct ipc64_perm, mode); F(struct ipc64_perm, seq);
    T(struct msqid64_ds); F(struct msqid64_ds, msg_qnum); T(struct shmid64_ds); F(struct shmid64_ds, shm_nattch); T(struct shminfo64);
    T(struct semid64_ds); F(struct semid64_ds, sem_ctime); F(struct semid64_ds, sem_nsems); T(struct sembuf); T(struct seminfo); T(struct mq_attr);
    /* signals, processes */
    T(siginfo_t); F(siginfo_t, _sifields._sigfault._addr); F(siginfo_t, _sifields._sigchld._status); F(siginfo_t, _sifields._rt._sigval); T(struct sigevent); T(stack_t); T(sigset_t);
    C(SIGHUP); C(SIGBUS); C(SIGUSR1); C(SIGSEGV); C(SIGCHLD); C(SIGSTKFLT); C(SIGSYS); C(SIGRTMIN); C(SA_SIGINFO); C(SA_ONSTACK); C(SA_RESTART); C(SA_NODEFER); C(SA_RESETHAND);
    C(MINSIGSTKSZ); C(SIG_BLOCK); C(SIG_SETMASK);
    T(struct rlimit); T(struct rlimit64); T(struct rusage); T(struct tms); T(struct sysinfo); T(struct new_utsname); T(struct clone_args); T(struct sched_attr);
    T(struct __user_cap_header_struct); T(struct __user_cap_data_struct); T(struct robust_list_head); T(struct futex_waitv);
    C(RLIMIT_AS); C(RLIMIT_NPROC); C(RLIMIT_NOFILE); C(RLIMIT_STACK); C(RLIMIT_RTTIME); C(P_PIDFD); C(WNOWAIT);
    T(struct __kernel_timespec); T(struct __kernel_old_timeval); T(struct __kernel_itimerspec); T(struct timex); F(struct timex, time); T(struct __kernel_timex);
    T(struct perf_event_attr); F(struct perf_event_attr, config2); T(union bpf_attr); T(struct landlock_ruleset_attr); T(struct landlock_path_beneath_attr);
    /* terminals, sockets */
    T(struct termios); T(struct termios2); T(struct winsize); C(TCGETS); C(TCSETSW); C(TIOCGWINSZ); C(TIOCSPGRP); C(TIOCGPTN); C(FIONREAD); C(FIONBIO); C(FIOCLEX);
    C(TIOCSCTTY); C(TIOCNOTTY); C(TCGETS2); C(TIOCPKT); C(ICANON); C(ECHO); C(VMIN); C(VTIME); C(B115200); C(BOTHER); C(IXON); C(OPOST);
    C(FS_IOC_GETFLAGS); C(FICLONE); C(FIBMAP); C(BLKGETSIZE64); C(BLKSSZGET); C(RNDGETENTCNT);
    T(struct sockaddr_un); T(struct sockaddr_in6); T(struct sockaddr_ll); T(struct nlmsghdr); T(struct ifinfomsg); T(struct tpacket_req3);
    C(SOL_SOCKET); C(SO_REUSEADDR); C(SO_TYPE); C(SO_ERROR); C(SO_SNDBUF); C(SO_KEEPALIVE); C(SO_LINGER); C(SO_REUSEPORT); C(SO_PASSCRED); C(SO_PEERCRED);
    C(SO_RCVTIMEO); C(SO_SNDTIMEO); C(SO_ACCEPTCONN); C(SO_TIMESTAMP); C(SO_DOMAIN); C(SO_PROTOCOL); C(SO_ZEROCOPY); C(SO_TIMESTAMPNS_NEW); C(SIOCGSTAMP); C(SIOCSPGRP); C(SIOCATMARK);
    /* error numbers */
    C(EAGAIN); C(EDEADLK); C(ENAMETOOLONG); C(ENOSYS); C(ENOTEMPTY); C(ELOOP); C(EOVERFLOW); C(ENOTSOCK); C(ECONNREFUSED); C(ETIMEDOUT); C(EINPROGRESS); C(ECANCELED); C(EHWPOISON);
}
