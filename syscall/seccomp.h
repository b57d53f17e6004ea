/*
 * seccomp for guest programs: filters judge the guest's numbers and architecture, so they are evaluated here before a call
 * is dispatched. This is compatibility, not a security boundary: a guest that breaks out of translated code is the host's to contain.
 */
#ifndef SYSCALL_SECCOMP_H
#define SYSCALL_SECCOMP_H

#include "runtime/task.h"

/* To be asked for tasks with t->seccomp set. True: the call is not made, and *result is its result. May not return. */
bool seccomp_judges(struct task *t, uint64_t nr, const uint64_t a[6], int64_t *result);
/* Everything a program inherits across execve, in a file for the new process; -1 for nothing, -errno. */
int64_t seccomp_hand_on(const struct task *t);
/* Takes it over: before the guest runs; closes the file. */
void seccomp_take_over(struct task *t, int fd);
/* prctl(PR_GET_SECCOMP), prctl(PR_SET_SECCOMP). */
int64_t seccomp_mode(const struct task *t);
int64_t seccomp_set_mode(struct task *t, uint64_t mode, uint64_t program);
/* Filters in force, as /proc/self/status counts them. */
unsigned seccomp_filters(const struct task *t);
/* ioctl on a listener: what the supervisor receives names the guest's call. Sets *result if it is one of those. */
bool seccomp_ioctl(struct task *t, uint64_t fd, uint32_t command, uint64_t arg, int64_t *result);

#endif
