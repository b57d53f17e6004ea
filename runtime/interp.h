/* --interp: the reference interpreter in place of host code. Slow; for finding which side is wrong. */
#ifndef RUNTIME_INTERP_H
#define RUNTIME_INTERP_H

#include "runtime/task.h"

extern bool rt_interpret;
/* Lifts and interprets the region at the task's pc; sets cpu.f.exit as translated code would, and returns the site it left by. */
struct be_site interp_step(struct task *t, uint32_t mode);

/*
 * Interprets fn on t's registers under the guest's floating-point control. False: an access faulted; cpu.f.pc,
 * the registers and t->fault_* say where and why. One task at a time: the caller holds the turn.
 */
bool interp_run(struct task *t, const struct ir_func *fn, const struct ir_interp_ops *ops, struct ir_interp_result *out);
/*
 * The same for several regions: f, which runs them by interp_region, is called under the guest's floating-point control and is left, for good,
 * where an access faults. It takes no lock and uses no floating point of its own.
 */
bool interp_guarded(struct task *t, void (*f)(void *ctx), void *ctx);
void interp_region(struct task *t, const struct ir_func *fn, const struct ir_interp_ops *ops, struct ir_interp_result *out);
void interp_lock(void);
bool interp_trylock(void);
void interp_unlock(void);
/* From the host's fault handler: if t was interpreting, makes interp_run return false. */
bool interp_fault(struct task *t, void *ucontext, int signo, const siginfo_t *info);
/* In a fork child. */
void interp_fork_child(void);
/* A new task has got this block of memory. Who had it before may have been killed in his turn. */
void interp_task_begins(const struct task *t);

#endif
