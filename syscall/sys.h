/*
 * The system-call layer: the guest's numbers and layouts to host kernel calls. One table
 * (generic64.tbl, shared by arm64 and riscv64, which use the asm-generic numbers) has a row per
 * call: number, name, argument types (for strace), and a handler, a proven pass-through, or
 * an errno with its reason. Handlers return a value or -errno, RT_RESTART, or SYS_NO_RESULT when
 * the registers are already as they should be (sigreturn, exec).
 */
#ifndef SYSCALL_SYS_H
#define SYSCALL_SYS_H

#include "runtime/task.h"

#define SYS_NO_RESULT ((int64_t)-0x10000)

typedef int64_t sys_handler(struct task *t, const uint64_t a[6]);

/* Runs system call nr of the current task with strace around it if it is on. */
int64_t sys_call(struct task *t, uint64_t nr, const uint64_t a[6]);
/* AUDIT_ARCH_* of a guest. */
uint32_t sys_audit_arch(const struct fe_guest *);
/* The same once filters have been asked. */
int64_t sys_call_allowed(struct task *t, uint64_t nr, const uint64_t a[6]);
/* Prints the whole table and each row's state (`dragoman syscalls`). */
void sys_print_table(void);
/* Name of a number, or NULL. */
const char *sys_name(uint64_t nr);
/* Guest path translation for -L: rewrites an absolute path into the sysroot when the file exists there.
 * Returns path itself or buf. */
const char *sys_sysroot_path(const char *path, char *buf, size_t size);

/*
 * Calls that wait under a signal mask of their own (ppoll, pselect6, epoll_pwait, ...): begin reads the
 * guest's mask (address 0: none), the call passes sys_mask_arg() and 8 to rt_syscall(), and
 * end takes its result and gives the call's. 0 or -errno.
 */
struct sys_mask { bool used; uint64_t host; };
int sys_mask_begin(struct task *t, struct sys_mask *m, uint64_t addr, uint64_t size);
static inline uint64_t sys_mask_arg(struct sys_mask *m) { return m->used ? (uint64_t)&m->host : 0; }
int64_t sys_mask_end(struct task *t, struct sys_mask *m, int64_t result);

#endif
