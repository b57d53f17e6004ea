/*
 * The translation cache: regions of translated code by guest pc and mode, their links, and their
 * retirement. One per address space; all its functions take the cache lock themselves unless said.
 *
 * Code memory is one private mapping that grows upward and is emptied as a whole when full: the
 * task that empties it first makes every other task leave translated code (cache_enter/leave).
 * Retired regions (guest code changed) stay in place until then, with entry and return sites
 * patched to leave.
 */
#ifndef RUNTIME_CACHE_H
#define RUNTIME_CACHE_H

#include "runtime/task.h"

struct page_link;

struct region {
    uint64_t pc;
    uint32_t mode;
    uint32_t size;                  /* bytes of code */
    uint8_t *code;
    struct region *next;            /* hash chain */
    uint32_t first_site, nsites;
    uint32_t incoming;              /* 1 + site number of the first site linked to this region, 0 none */
    const uint8_t *faults;          /* side table (arena) */
    uint32_t nfaults;
    uint32_t nrets;
    const uint32_t *rets;           /* offsets of return sites */
    uint32_t guest_insns, ir_insns;
    uint32_t index;                 /* in the order of code addresses */
    int32_t heat_base;              /* its counter when the profile was begun that counts it */
    uint8_t inner;                  /* offset in the code, where it is entered without poll and counting */
    uint16_t profiles;              /* that count it */
    uint8_t reached;                /* its place in the list of the profile that was begun last with it */
    bool retired;
    bool loops;                     /* something leads back to it: itself, or a region that begins behind it */
    bool hot;                       /* the hot plan's */
    struct profile *profile;        /* of what follows it, which is being taken */
};

/* Reserves code memory of at least `size` bytes and writes the stubs. Once per process. */
void cache_init(size_t size);
/* A task is born (on its own thread, before it first enters code) or ends. */
void cache_add_task(struct task *t);
void cache_remove_task(struct task *t);

/*
 * Brackets the time a task is inside translated code: until cache_leave() the cache is not emptied, so
 * regions, code addresses and site numbers stay valid. enter finds the region for pc and mode,
 * translating if there is none (which may empty the cache first), and fills the task's jump cache. *generation
 * says how often the cache was emptied before. Only cache_site(), cache_is_due() and cache_by_host() are called inside.
 */
const struct region *cache_enter(struct task *t, uint64_t pc, uint32_t mode, uint32_t *generation);
void cache_leave(struct task *t);

/* Links site number `site` of that generation to the region for its pc, translated if need be, if the cache was not emptied since. */
void cache_link(struct task *t, uint32_t site, uint32_t generation, uint32_t mode);
/* Whether the region whose entry left as for a poll (site number `site`) did so for being entered often. Called inside. */
bool cache_is_due(uint32_t site);
/* Then: makes it anew by the hot plan, if that is worth it and the cache was not emptied since. */
void cache_promote(struct task *t, uint32_t site, uint32_t generation);
/* Copies what the runtime needs to know of a site. */
struct be_site cache_site(uint32_t site);

/* Region containing a host code address, or NULL. Lock-free, async-signal-safe. */
const struct region *cache_by_host(uint64_t host);

/* For who looks on: calls f for every region in force that begins in [lo, hi), and lifts the region at pc for f to see. f takes no lock. */
void cache_each(uint64_t lo, uint64_t hi, void (*f)(void *ctx, const struct region *), void *ctx);
void cache_lift(struct task *t, uint64_t pc, void (*f)(const struct ir_func *));

/* Calls f under the cache lock. */
void cache_locked(void (*f)(void *ctx), void *ctx);

/* fork: lock around it; the child has one task. */
void cache_fork_prepare(void);
void cache_fork_parent(void);
void cache_fork_child(struct task *t);

/* Whether a region stands at pc that is the head of a loop, as far as is known. Under the cache lock. */
bool cache_loops_at(uint64_t pc, uint32_t mode);

/* Switches for tests: no linking; empty the cache after every n regions (0 never). */
extern bool cache_no_link;
extern uint32_t cache_flush_every;

#endif
