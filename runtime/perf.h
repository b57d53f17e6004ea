/*
 * What perf(1) is told of translated code: /tmp/perf-PID.map (names of addresses), and jit-PID.dump (names and code, by time, for `perf
 * inject --jit`). Nothing here runs unless asked for.
 */
#ifndef RUNTIME_PERF_H
#define RUNTIME_PERF_H

#include <stdbool.h>

struct region;

/* Begin either; regions installed from now on are told. Before the guest starts. dir: where the dump goes, not "/" at its end. */
void perf_open_map(void);
void perf_open_dump(const char *dir);
/* True in between. */
extern bool perf_on;

/* A region was installed; under the cache lock. */
void perf_region(const struct region *r);
/* In a fork child, under the cache lock: from here on it has a dump of its own, to which its regions have to be told anew. True if so. */
bool perf_fork_child(void);

#endif
