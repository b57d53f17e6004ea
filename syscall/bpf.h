/* Classic BPF as seccomp allows it (Linux Documentation/userspace-api/seccomp_filter.rst, net/core/filter.c). */
#ifndef SYSCALL_BPF_H
#define SYSCALL_BPF_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>

/* May this program judge system calls? The kernel's rules: known instructions, jumps inside, no load of unset memory. */
bool bpf_check(const struct sock_filter *p, unsigned n);
/* Runs a checked program on a record of `words` 32-bit words. */
uint32_t bpf_run(const struct sock_filter *p, const uint32_t *data, unsigned words);

#endif
