/*
 * prctl(PR_SET_SYSCALL_USER_DISPATCH): calls made outside a range of code become SIGSYS, as long as a byte of the program says
 * so (Linux Documentation/admin-guide/syscall-user-dispatch.rst). Guests whose kernel has it only.
 */
#ifndef SYSCALL_USER_DISPATCH_H
#define SYSCALL_USER_DISPATCH_H

#include "syscall/sys.h"

/* To be asked for tasks with t->user_dispatch.on, before all others. True: the call is not made, and *result is its result. */
bool user_dispatches(struct task *t, uint64_t nr, int64_t *result);
/* The prctl, of all its arguments. */
int64_t user_dispatch_set(struct task *t, const uint64_t a[6]);

#endif
