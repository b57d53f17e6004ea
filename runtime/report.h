/*
 * The report of the regions that cost most (-report): their guest code, IR after each pass, host code and counts, as text or as an HTML
 * page. Nothing here runs unless asked for.
 *
 * What a region was made from is kept when it is made, in memory of its own, as guest code may change and profiles do. Cost is what
 * the regions' blocks were entered, times the bytes of their straight path: no clock is read, and what left by a side exit counts in full.
 */
#ifndef RUNTIME_REPORT_H
#define RUNTIME_REPORT_H

#include "backends/backend.h"
#include "runtime/cache.h"

extern bool report_on;

/*
 * Turns it on, with n regions. value: PID:PATH; %p in the path is the process id, and without it only process PID writes the file of that
 * name, others put their id before its ending. Once, before the guest starts.
 */
void report_open(const char *value, unsigned n);

/* ---- called while a region is made, under the cache lock ---- */

/* The guest whose instructions are lifted instead, so that each is seen. */
const struct fe_guest *report_guest(const struct fe_guest *guest);
/* A pass is done: its result is kept. The last one's is kept by report_installed. */
void report_pass(const char *name, const struct ir_func *fn);
/* Asks the back end for counts and places. */
void report_compile(struct be_input *in);
/* weight: what the profile said of each block, or NULL. */
void report_installed(const struct region *r, const struct fe_guest *guest, const char *pass, const struct ir_func *fn, const struct be_region *out,
                      const uint32_t *weight);
/* All regions are gone; or: in a fork child, which begins to count anew. */
void report_emptied(void);
void report_fork_child(void);

/* ---- writing ---- */

/* Writes the file as of now. Takes the cache lock. 0 or -errno. */
int report_write(void);
/* The same, once, at the end of the process whose regions they are (not of a vfork child), if it is on: says so where it cannot. */
void report_end(void);

#endif
