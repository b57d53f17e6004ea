/*
 * io_uring. The rings are the host's own and shared with the guest, but the guest's submission entries lie in memory of
 * their own: entries are copied to the host's, and changed where the guest's layout differs, when io_uring_enter submits them. So
 * the kernel must not fetch entries by itself: SQPOLL is refused with EPERM, as the kernel refuses it to some.
 */
#ifndef SYSCALL_URING_H
#define SYSCALL_URING_H

#include "runtime/task.h"

/* Is a mapping of this descriptor at this offset that of a ring's submission entries? Then it is made, and *result is mmap's. */
bool uring_mmap(struct task *t, const uint64_t a[6], int64_t *result);
/* Descriptors [first, last] are about to be closed: what we hold of their rings must not keep them alive. */
void uring_forget(uint64_t first, uint64_t last);
/* In a fork child: the lock is free. */
void uring_fork_child(void);

#endif
