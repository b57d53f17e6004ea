/* What call.c asks printers for beside arguments: explanations of results (note()), and what must be read before a call. */
#ifndef SYSCALL_STRACE_RESULTS_H
#define SYSCALL_STRACE_RESULTS_H

#include "syscall/strace/strace.h"

void strace_fcntl_result(struct strace_call *c);
void strace_prctl_result(struct strace_call *c);
void strace_poll_result(struct strace_call *c);
void strace_select_result(struct strace_call *c);
void strace_membarrier_result(struct strace_call *c);
/* i: the argument that is a socklen, an out_msghdr. */
void strace_net_enter(struct strace_call *c, unsigned i);
void strace_msghdr_enter(struct strace_call *c, unsigned i);

#endif
