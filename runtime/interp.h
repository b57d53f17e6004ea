/* --interp: the reference interpreter in place of host code. Slow; for finding which side is wrong. */
#ifndef RUNTIME_INTERP_H
#define RUNTIME_INTERP_H

#include "runtime/task.h"

extern bool rt_interpret;
/* Lifts and interprets the region at the task's pc; sets cpu.f.exit as translated code would, and returns the site it left by. */
struct be_site interp_step(struct task *t, uint32_t mode);

#endif
