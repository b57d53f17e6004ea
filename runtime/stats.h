/* Counters, printed by -d stats at exit. Written under the cache lock or by one task at a time; a lost update is no harm. */
#ifndef RUNTIME_STATS_H
#define RUNTIME_STATS_H

#include <stdint.h>

struct stats {
#define STAT(name, text) uint64_t name;
#include "runtime/stats.def"
#undef STAT
};
extern struct stats stats;

/* Time stamp counter: what the per-phase figures are in. */
static inline uint64_t stats_clock(void) { return __builtin_ia32_rdtsc(); }

/* Prints all counters to the log. */
void stats_print(void);

#endif
