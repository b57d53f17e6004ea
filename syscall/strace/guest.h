/* What printing needs to know of the guest and its row, for files that cannot include the runtime's headers beside the kernel's. */
#ifndef SYSCALL_STRACE_GUEST_H
#define SYSCALL_STRACE_GUEST_H

#include <stdbool.h>
#include <stdint.h>

struct strace_call;

/* Open flags in the host's numbering, whose names the headers have. */
uint64_t strace_open_flags(uint64_t guest);
/* Does struct sigaction have a restorer? */
bool strace_has_restorer(void);
/* Is it this call? */
bool strace_is(const struct strace_call *, const char *name);

#endif
