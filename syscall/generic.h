/* Structures of the asm-generic 64-bit ABI that x86-64 lays out otherwise. */
#ifndef SYSCALL_GENERIC_H
#define SYSCALL_GENERIC_H

#include <stdint.h>

/* struct stat */
struct generic_stat {
    uint64_t dev, ino;
    uint32_t mode, nlink, uid, gid;
    uint64_t rdev, pad1;
    int64_t size;
    int32_t blksize, pad2;
    int64_t blocks, atime;
    uint64_t atime_nsec;
    int64_t mtime;
    uint64_t mtime_nsec;
    int64_t ctime;
    uint64_t ctime_nsec;
    uint32_t unused[2];
};

struct generic_epoll_event { uint32_t events, pad; uint64_t data; };

/* struct semid64_ds */
struct generic_semid { uint8_t perm[48]; int64_t otime, ctime; uint64_t nsems, unused[2]; };

/* struct sigaction; arm64 has the restorer between flags and mask, riscv64 has none. */
struct generic_sigaction { uint64_t handler, flags, restorer_or_mask, mask; };

#endif
