/* Resource limits that the host has differently (limits.c). */
#ifndef SYSCALL_LIMITS_H
#define SYSCALL_LIMITS_H

#include <stdint.h>

/* What the guest set, where the host has `v`. */
uint64_t limits_to_guest(int resource, uint64_t v);

#endif
