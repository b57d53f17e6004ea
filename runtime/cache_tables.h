/*
 * What the parts of the translation cache share (runtime/cache.h): its tables, under its lock. cache.c finds, makes, links and
 * retires regions; cache_hot.c counts them and replaces them by the hot plan's.
 */
#ifndef RUNTIME_CACHE_TABLES_H
#define RUNTIME_CACHE_TABLES_H

#include "runtime/cache.h"
#include "runtime/region.h"

enum { HASH_SIZE = 1 << 16, PAGE_HASH = 1 << 14 };

/* A numbered exit or entry of a region. */
struct site {
    struct be_site be;
    struct region *region;
    struct region *target;          /* linked to */
    uint32_t next_incoming;         /* list through region.incoming */
};

/* One region on one guest page. */
struct page_link { struct page_link *next; struct region *region; uint64_t page; };

extern struct cache {
    struct rt_lock lock;
    uint8_t *code, *code_next, *code_end;   /* code after the stubs */
    uint8_t *meta_next;
    struct site *sites;
    uint32_t nsites;
    uint32_t max_regions, max_sites;        /* room in the tables */
    struct region **by_addr;                /* in order of code address */
    uint32_t nregions;
    struct region *hash[HASH_SIZE];
    struct page_link *pages[PAGE_HASH];
    struct task *tasks;
    uint32_t emptying;                      /* tasks must stay outside translated code */
    uint32_t generation;                    /* times the cache was emptied */
    uint64_t retire_first, retire_last;     /* pages being retired, if `retiring` */
    bool retiring;
    uint64_t loop_filter[512];              /* places of regions with `loops` set, by hash */
    uint64_t hot_filter[64];                /* places of hot regions, by hash: no others are worth looking up */
    uint32_t limit_kept;                    /* region_limit as it was before a translation under way, or 0 */
    uint32_t since_flush;
    uint8_t *meta_start, *meta_end;
    uint64_t code_upto, meta_upto, sites_upto;      /* as far as these are present: prepare() in cache.c */
    int32_t *counters;                      /* by region in the order of by_addr: entries left before it is hot */
} cache;


/* Only the holder of the cache lock translates, so one of each serves the process. */
extern struct ir_func cache_func;
extern struct be_region cache_out;

/*
 * A task that shares our memory but not our process can be killed anywhere while it holds the lock. Changes are ordered so
 * that what it leaves is either harmless, or noted and ended by who takes over. The compiler keeps that order.
 */
static inline void in_order(void) { __asm__ volatile("" ::: "memory"); }

static inline unsigned cache_hash(uint64_t pc, uint32_t mode)
{
    uint64_t h = (pc >> 1) * 0x9e3779b97f4a7c15ull;
    return (unsigned)(h >> 48 ^ mode * 0x9e3u) & (HASH_SIZE - 1);
}

/* Needs no lock where the cache cannot be emptied. */
static inline struct region *cache_lookup(uint64_t pc, uint32_t mode)
{
    struct region *r = __atomic_load_n(&cache.hash[cache_hash(pc, mode)], __ATOMIC_ACQUIRE);
    for (; r; r = __atomic_load_n(&r->next, __ATOMIC_ACQUIRE))
        if (r->pc == pc && r->mode == mode)
            return r;
    return NULL;
}

void cache_lock(void);
void cache_unlock(void);

/* All of these with the lock held. */
bool cache_tables_full(void);
void *cache_meta_alloc(size_t n);
/* Appends what was compiled to cache_out to all tables; and takes a region out of the table by pc. */
struct region *cache_install(uint64_t pc, uint32_t mode, const struct region_pages *pages);
void cache_unhash(struct region *r);
/* Makes a site's code lead to its target, by the entry that it is to use. */
void cache_link_site(struct site *s);

/* Entries that a new region has left before it is hot; NULL if its entries are not counted. */
int32_t *cache_counter(uint32_t mode);
/* Whether none may pass by the counter. */
bool cache_counts_all(void);
/* Ends the profile of what follows a region, if one is being taken. */
void cache_end_profile(struct region *head);

#endif
