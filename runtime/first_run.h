/*
 * The first time code runs, it is interpreted: more than half of what runs at the start of a program never runs again, and to
 * interpret it costs less than to compile it. A place that is reached again is translated.
 */
#ifndef RUNTIME_FIRST_RUN_H
#define RUNTIME_FIRST_RUN_H

#include "runtime/task.h"

extern bool rt_first_runs;

/* Whether code at pc, which is about to run, has not run yet, as far as is known, and is to be interpreted; if not, it counts as having run. */
bool first_run_due(uint64_t pc, uint32_t mode);
/* The contrary, for who translates: false for what nobody has reached yet. Always true where nothing is interpreted. */
bool first_run_over(uint64_t pc);
/*
 * Interprets from the task's pc, where it is due, until code is reached that has run before, something is wanted of the runtime, or an access faults.
 * Sets cpu.f.exit as translated code would, and *site to where it left. False: another task interprets, nothing was done.
 */
bool first_run(struct task *t, uint32_t mode, struct be_site *site);

#endif
