/*
 * --check=lockstep: every region is interpreted and run, and the two must agree. Regions are the quick plan's: one of the hot plan
 * could not be lifted again for the interpreter, as it depends on how often places had run when it was formed, and what it does in one go is more
 * than the log of stores holds. tests/x86/random -b compares such regions.
 */
#ifndef RUNTIME_LOCKSTEP_H
#define RUNTIME_LOCKSTEP_H

#include "runtime/cache.h"

extern bool rt_lockstep;

/*
 * In place of running r's code: interprets its IR, takes that back, runs the code, and compares how they left, the
 * registers, the bytes stored and the floating-point flags kept. cpu.f.exit is set as by the code. Called between
 * lockstep_begin and lockstep_end, which make guest threads take turns: others would change memory meanwhile.
 * Exits must not be linked. A difference is reported in full and ends the process with status 125.
 */
void lockstep_run(struct task *t, const struct region *r);
void lockstep_begin(void);
void lockstep_end(void);

#endif
