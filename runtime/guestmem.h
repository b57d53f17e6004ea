/* The fault side of guest memory access from C; the access functions are in runtime/space.h. */
#ifndef RUNTIME_GUESTMEM_H
#define RUNTIME_GUESTMEM_H

#include <stdint.h>

/* For the host SIGSEGV and SIGBUS handler: where to resume if the instruction at ip is one of ours that
 * accesses guest memory, else 0. Only the instruction pointer is to be changed. */
uint64_t rt_guestmem_fixup(uint64_t ip);

#endif
