/* The translation cache (runtime/cache.h). */
#include "runtime/cache_tables.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "runtime/debug.h"
#include "runtime/first_run.h"
#include "runtime/log.h"
#include "runtime/own.h"
#include "runtime/perf.h"
#include "runtime/report.h"
#include "runtime/space.h"
#include "runtime/stats.h"
#include "runtime/symbols.h"

/* Above where the kernel may put our own heap (up to 1 GiB after the executable), within 2 GiB of the executable. */
#define CODE_BASE 0x6f0050000000ull
#define META_BASE 0x6f0100000000ull     /* regions, tables */
#define META_SIZE (2ull << 30)
#define SITE_BASE 0x6f0180000000ull
#define SITE_MAX  (16u << 20)

bool cache_no_link;
uint32_t cache_flush_every;
uint64_t rt_code_lo, rt_code_hi;
uint32_t rt_code_changes;

struct cache cache;
struct ir_func cache_func;
struct be_region cache_out;

/* NULL: there is no room for so much. */
static void *map_fixed(uint64_t at, size_t size, int prot)
{
    long r = own_map(at, size, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (r == -ENOMEM)
        return NULL;
    if (host_is_error(r) || (uint64_t)r != at)
        die("cannot map %lx bytes at %lx for the translation cache: error %ld", size, at, -r);
    return (void *)r;
}

enum { MAX_REGIONS = 4 << 20, MOST_HALVINGS = 8 };

/* How often the reservations are halved so that a limit on the address space leaves most of it to the guest. */
static unsigned halvings(size_t size)
{
    uint64_t limit[2], total = size + META_SIZE + SITE_MAX * sizeof *cache.sites;
    unsigned n = 0;
    if (host_is_error(host_syscall(__NR_prlimit64, 0, RLIMIT_AS, NULL, limit)))
        return 0;
    while (n < MOST_HALVINGS && total >> n > limit[0] / 4)
        n++;
    return n;
}

enum { PARTS = 4 };
struct part { uint64_t at; size_t size; int prot; void *p; };

static bool map_parts(struct part part[PARTS])
{
    for (unsigned i = 0; i < PARTS; i++) {
        part[i].p = part[i].size ? map_fixed(part[i].at, part[i].size, part[i].prot) : NULL;
        if (part[i].p || !part[i].size)
            continue;
        while (i--)
            host_syscall(__NR_munmap, part[i].p, part[i].size);
        return false;
    }
    return true;
}

void cache_init(size_t whole)
{
    struct part part[PARTS];
    unsigned less = halvings(whole);
    for (;; less++) {
        size_t size = ((whole >> less) + 4095) & -4096ul;
        cache.max_regions = MAX_REGIONS >> less;
        cache.max_sites = SITE_MAX >> less;
        part[0] = (struct part){CODE_BASE, size, PROT_READ | PROT_WRITE | PROT_EXEC, NULL};
        part[1] = (struct part){META_BASE, META_SIZE >> less, PROT_READ | PROT_WRITE, NULL};
        part[2] = (struct part){SITE_BASE, (size_t)cache.max_sites * sizeof *cache.sites, PROT_READ | PROT_WRITE, NULL};
        part[3] = (struct part){CODE_BASE + size, region_hot ? (cache.max_regions * sizeof *cache.counters + 4095) & -4096ul : 0,
                                PROT_READ | PROT_WRITE, NULL};
        if (map_parts(part))
            break;
        if (less >= MOST_HALVINGS)
            own_exhausted("the translation cache");
    }
    cache.code = part[0].p;
    size_t stubs = be_host()->init(cache.code, part[0].size);
    cache.code_end = cache.code + part[0].size;
    cache.code += (stubs + 63) & ~63ul;
    cache.code_next = cache.code;
    rt_code_lo = CODE_BASE;
    rt_code_hi = CODE_BASE + part[0].size;
    cache.counters = part[3].p;
    cache.by_addr = part[1].p;
    cache.meta_start = cache.meta_next = (uint8_t *)cache.by_addr + cache.max_regions * sizeof *cache.by_addr;
    cache.meta_end = (uint8_t *)cache.by_addr + part[1].size;
    cache.sites = part[2].p;
}

void *cache_meta_alloc(size_t n)
{
    n = (n + 15) & ~15ul;
    void *p = cache.meta_next;
    cache.meta_next += n;
    return p;
}

/* ---- the lock ---- */

static void empty(struct task *self);
static void retire_pages(void);

static void repair(void)
{
    struct task **p = &cache.tasks;     /* `next` is the truth */
    for (struct task *t; (t = *p); p = &t->next)
        t->prev = p;
    if (cache.limit_kept)
        region_limit = cache.limit_kept;
    cache.limit_kept = 0;
    if (cache.emptying)
        empty(task_self());
    if (cache.retiring)
        retire_pages();
}

void cache_lock(void)
{
    if (rt_lock(&cache.lock))
        repair();
}

void cache_unlock(void) { rt_unlock(&cache.lock); }

/* ---- tasks in and out of translated code ---- */

void cache_add_task(struct task *t)
{
    cache_lock();
    if (t->maker)
        t->seccomp = t->maker->seccomp;     /* under the lock: a filter that is being set for all threads reaches this one here or by the list */
    t->next = cache.tasks;
    t->prev = &cache.tasks;
    in_order();
    cache.tasks = t;
    in_order();
    if (t->next)
        t->next->prev = &t->next;
    cache_unlock();
}

void cache_remove_task(struct task *t)
{
    cache_lock();
    struct task **prev = t->prev;
    if (prev) {
        t->prev = NULL;
        in_order();
        *prev = t->next;
        in_order();
        if (t->next)
            t->next->prev = prev;
    }
    cache_unlock();
}

struct task *const *task_list(void) { return &cache.tasks; }

void task_each(void (*f)(void *ctx, struct task *), void *ctx)
{
    cache_lock();
    for (struct task *t = cache.tasks; t; t = t->next)
        f(ctx, t);
    cache_unlock();
}

void cache_leave(struct task *t)
{
    __atomic_store_n(&t->epoch, 0, __ATOMIC_RELEASE);
}

static void forget_code(struct task *t)
{
    be_jump_cache_clear(&t->cpu);
    be_host()->ret_reset(&t->cpu);
}

/* Empties everything. The lock is held; the caller is outside translated code. */
static void empty(struct task *self)
{
    __atomic_store_n(&cache.emptying, 1, __ATOMIC_SEQ_CST);
    for (struct task *t = cache.tasks; t; t = t->next)
        for (unsigned tries = 1; t != self && __atomic_load_n(&t->epoch, __ATOMIC_SEQ_CST); tries++) {
            t->cpu.f.pending = 1;
            host_syscall(__NR_sched_yield);
            if (tries % 1024)
                continue;
            if (task_is_dead(t))
                cache_leave(t);
            trace_waits(self);
        }
    for (struct task *t = cache.tasks; t; t = t->next)
        forget_code(t);
    memset(cache.hash, 0, sizeof cache.hash);
    memset(cache.pages, 0, sizeof cache.pages);
    memset(cache.loop_filter, 0, sizeof cache.loop_filter);
    memset(cache.hot_filter, 0, sizeof cache.hot_filter);
    symbols_forget(0, UINT64_MAX);
    if (report_on)
        report_emptied();
    __atomic_store_n(&cache.nregions, 0, __ATOMIC_RELEASE);
    cache.nsites = 0;
    cache.code_next = cache.code;
    cache.meta_next = cache.meta_start;
    cache.since_flush = 0;
    __atomic_store_n(&cache.generation, cache.generation + 1, __ATOMIC_SEQ_CST);
    stats.flushes++;
    if (log_on(LOG_cache))
        log_write("cache: emptied\n");
    __atomic_store_n(&cache.emptying, 0, __ATOMIC_SEQ_CST);
}

/*
 * Where a site enters the region it leads to. What leads to a higher address than its own region's neither polls nor counts: with
 * nothing but such jumps nobody goes round in circles. While a profile is taken, all entries count.
 */
static const uint8_t *entry_of(const struct region *target, const struct site *from)
{
    bool inner = from->be.kind == BE_SITE_JUMP && target->pc > from->region->pc && !target->profiles && !cache_counts_all();
    return target->code + (inner ? target->inner : 0);
}

void cache_link_site(struct site *s) { be_host()->link(s->region->code + s->be.code_off, entry_of(s->target, s)); }

/* ---- finding and translating ---- */

/*
 * Memory about to be written for the first time is made present some pages at once, which costs less than a fault for each.
 * *upto: as far as that was done.
 */
static void prepare(uint64_t *upto, uint64_t next)
{
    enum { AHEAD = 8 << 10, STEP = 64 << 10 };
    if (next + AHEAD <= *upto)
        return;
    uint64_t start = *upto > next ? *upto : next & -(uint64_t)SPACE_PAGE;
    *upto = (next + AHEAD + STEP - 1) & -(uint64_t)STEP;
    host_syscall(__NR_madvise, start, *upto - start, MADV_POPULATE_WRITE);      /* if refused, pages come by faults */
}

static bool loops_itself(void)
{
    const struct ir_insn *end = &cache_func.insn[cache_func.n - 1];
    return end->op == IR_jump && (uint64_t)end->imm == cache_func.pc;
}

/* Asked for each instruction that is lifted, mostly in vain. */
static inline uint64_t *loop_word(uint64_t pc) { return &cache.loop_filter[(pc >> 7 ^ pc >> 16) & 511]; }

static void note_loop(struct region *r)
{
    r->loops = true;
    *loop_word(r->pc) |= 1ull << (r->pc >> 1 & 63);
}

struct region *cache_install(uint64_t pc, uint32_t mode, const struct region_pages *pages)
{
    prepare(&cache.code_upto, (uint64_t)cache.code_next + cache_out.size);
    prepare(&cache.meta_upto, (uint64_t)cache.meta_next);
    prepare(&cache.sites_upto, (uint64_t)&cache.sites[cache.nsites]);
    struct region *r = cache_meta_alloc(sizeof *r);
    *r = (struct region){.pc = pc, .mode = mode, .index = cache.nregions, .size = cache_out.size, .code = cache.code_next,
                         .first_site = cache.nsites, .nsites = cache_out.nsites, .nfaults = cache_out.nfaults, .nrets = cache_out.nrets,
                         .guest_insns = cache_func.nguest, .ir_insns = cache_func.n - 1, .heat_base = (int32_t)region_hot, .inner = (uint8_t)cache_out.inner_off};
    if (loops_itself())
        note_loop(r);
    uint8_t *faults = cache_meta_alloc(cache_out.nfaults);
    memcpy(faults, cache_out.faults, cache_out.nfaults);
    r->faults = faults;
    uint32_t *rets = cache_meta_alloc(cache_out.nrets * sizeof *rets);
    for (uint32_t i = 0; i < cache_out.nrets; i++)
        rets[i] = cache_out.rets[i].off;
    r->rets = rets;
    for (uint32_t i = 0; i < cache_out.nsites; i++)
        cache.sites[cache.nsites + i] = (struct site){.be = cache_out.sites[i], .region = r};
    cache.nsites += cache_out.nsites;
    for (unsigned i = 0; i < pages->n; i++) {
        struct page_link *l = cache_meta_alloc(sizeof *l);
        struct page_link **head = &cache.pages[pages->page[i] & (PAGE_HASH - 1)];
        *l = (struct page_link){.next = *head, .region = r, .page = pages->page[i]};
        *head = l;
    }
    cache.code_next += (cache_out.size + 15) & ~15u;
    cache.by_addr[cache.nregions] = r;
    __atomic_store_n(&cache.nregions, cache.nregions + 1, __ATOMIC_RELEASE);
    struct region **head = &cache.hash[cache_hash(pc, mode)];
    r->next = *head;
    __atomic_store_n(head, r, __ATOMIC_RELEASE);
    return r;
}

bool cache_tables_full(void)
{
    return cache.nsites + BE_MAX_SITES > cache.max_sites || cache.nregions == cache.max_regions || cache.meta_end - cache.meta_next < 1 << 20;
}

/* Lifts and compiles; a region that is too large for a limit is cut shorter. NULL: no room, empty first. */
static struct region *translate(struct task *t, uint64_t pc, uint32_t mode)
{
    unsigned limit = region_limit;
    cache.limit_kept = limit;
    for (;;) {
        struct region_pages pages;
        uint64_t t0 = stats_clock();
        cache_func.lacks = be_host()->lacks;
        region_lift(&cache_func, report_on ? report_guest(t->guest) : t->guest, t->mm, pc, mode, &pages);
        uint64_t t1 = stats_clock();
        debug_region_lifted(t->guest, &cache_func);
        struct be_input in = {.fn = &cache_func, .dst = cache.code_next, .room = (size_t)(cache.code_end - cache.code_next),
                              .first_site = cache.nsites, .jump_shift = t->cpu.f.jump_shift,
                              .counter = cache_counter(mode)};
        if (report_on)
            report_compile(&in);
        int err = be_host()->compile(&in, &cache_out);
        uint64_t t2 = stats_clock();
        if (!err) {
            region_limit = limit;
            cache.limit_kept = 0;
            stats.lift_cycles += t1 - t0;
            stats.compile_cycles += t2 - t1;
            stats.regions++;
            stats.guest_insns += cache_func.nguest;
            stats.ir_insns += cache_func.n - 1;
            stats.host_bytes += cache_out.size;
            struct region *r = cache_install(pc, mode, &pages);
            debug_region_compiled(t->guest, r);
            if (report_on)
                report_installed(r, t->guest, "IR as lifted", &cache_func, &cache_out, NULL);
            return r;
        }
        if (err == -28 /* ENOSPC */) {
            region_limit = limit;
            cache.limit_kept = 0;
            return NULL;
        }
        if (region_limit == 1)
            die("region at %lx does not compile: error %d", pc, err);
        region_limit = cache_func.nguest > 1 ? cache_func.nguest / 2 : 1;
    }
}

/* The region for pc, translated if there is none, which may empty the cache. The lock is held. */
static struct region *find_or_translate(struct task *t, uint64_t pc, uint32_t mode)
{
    struct region *r = cache_lookup(pc, mode);
    if (r)
        return r;
    if (cache_tables_full() || (cache_flush_every && cache.since_flush >= cache_flush_every))
        empty(t);
    r = translate(t, pc, mode);
    if (!r) {
        empty(t);
        r = translate(t, pc, mode);
        if (!r)
            die("the code cache is too small for one region");
    }
    cache.since_flush++;
    return r;
}

/* From here on the cache is not emptied before cache_leave(), unless it is being emptied already. */
static const struct region *enter_fast(struct task *t, uint64_t pc, uint32_t mode)
{
    __atomic_store_n(&t->epoch, 1, __ATOMIC_SEQ_CST);
    if (!__atomic_load_n(&cache.emptying, __ATOMIC_SEQ_CST)) {
        const struct region *r = cache_lookup(pc, mode);
        if (r)
            return r;
    }
    cache_leave(t);
    return NULL;
}

const struct region *cache_enter(struct task *t, uint64_t pc, uint32_t mode, uint32_t *generation)
{
    const struct region *r = enter_fast(t, pc, mode);
    if (!r) {
        cache_lock();
        r = find_or_translate(t, pc, mode);
        /* Entered before the lock is released: whoever empties the cache next waits until this region has run. */
        __atomic_store_n(&t->epoch, 1, __ATOMIC_SEQ_CST);
        cache_unlock();
    }
    *generation = __atomic_load_n(&cache.generation, __ATOMIC_RELAXED);
    if (mode & REGION_STEP)     /* nothing but the runtime may find it */
        return r;
    be_jump_cache_add(&t->cpu, pc, r->code);
    return r;
}

struct be_site cache_site(uint32_t site)
{
    return cache.sites[site].be;
}

void cache_link(struct task *t, uint32_t number, uint32_t generation, uint32_t mode)
{
    if (cache_no_link || mode & REGION_STEP)
        return;
    cache_lock();
    struct site *s = &cache.sites[number];
    if (generation == cache.generation && !s->target && s->region && !s->region->retired && s->region->mode == mode &&
        s->be.kind <= BE_SITE_CALL) {
        struct region *target = find_or_translate(t, s->be.pc, mode);
        if (generation == cache.generation) {
            s->target = target;
            if (target->pc < s->region->pc)
                note_loop(target);
            s->next_incoming = target->incoming;
            in_order();
            target->incoming = number + 1;
            in_order();
            cache_link_site(s);
            stats.links++;
        }
    }
    cache_unlock();
}

bool cache_loops_at(uint64_t pc, uint32_t mode)
{
    if (!(*loop_word(pc) >> (pc >> 1 & 63) & 1))
        return false;
    const struct region *r = cache_lookup(pc, mode);
    return r && r->loops;
}

const struct region *cache_by_host(uint64_t host)
{
    uint32_t lo = 0, hi = __atomic_load_n(&cache.nregions, __ATOMIC_ACQUIRE);
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        const struct region *r = cache.by_addr[mid];
        if (host < (uint64_t)r->code)
            hi = mid;
        else if (host >= (uint64_t)r->code + r->size)
            lo = mid + 1;
        else
            return r;
    }
    return NULL;
}

/* ---- retirement ---- */

void cache_unhash(struct region *r)
{
    struct region **p = &cache.hash[cache_hash(r->pc, r->mode)];
    while (*p && *p != r)
        p = &(*p)->next;
    if (*p)
        __atomic_store_n(p, r->next, __ATOMIC_RELEASE);
}

static void retire(struct region *r)
{
    cache_unhash(r);
    cache_end_profile(r);
    for (uint32_t n = r->incoming; n; n = cache.sites[n - 1].next_incoming) {
        struct site *s = &cache.sites[n - 1];
        s->target = NULL;
        be_host()->link(s->region->code + s->be.code_off, s->region->code + s->be.unlinked_off);
    }
    r->incoming = 0;
    be_host()->retire(r->code, r->rets, r->nrets);
    in_order();
    r->retired = true;
    stats.retired++;
    if (log_on(LOG_cache))
        log_write("cache: retired %lx\n", r->pc);
}

/* A region whose link list runs through a retired region's sites must not find them again. */
static void drop_outgoing(struct region *r)
{
    for (uint32_t i = r->first_site; i < r->first_site + r->nsites; i++) {
        struct site *s = &cache.sites[i];
        if (!s->target)
            continue;
        uint32_t *p = &s->target->incoming;
        while (*p && *p != i + 1)
            p = &cache.sites[*p - 1].next_incoming;
        if (*p)
            *p = s->next_incoming;
        in_order();
        s->target = NULL;
    }
}

static void retire_page(unsigned bucket, uint64_t first, uint64_t last)
{
    struct page_link **p = &cache.pages[bucket];
    while (*p) {
        struct page_link *l = *p;
        if (l->page < first || l->page > last) {
            p = &l->next;
            continue;
        }
        if (!l->region->retired) {
            drop_outgoing(l->region);
            retire(l->region);
        }
        in_order();
        *p = l->next;
    }
}

/* Retires what was translated from the pages noted. Begun anew, it goes on where it was cut short. */
static void retire_pages(void)
{
    uint64_t first = cache.retire_first, last = cache.retire_last;
    if (last - first < PAGE_HASH) {
        for (uint64_t page = first; page <= last; page++)
            retire_page(page & (PAGE_HASH - 1), first, last);
    } else {
        for (unsigned i = 0; i < PAGE_HASH; i++)
            retire_page(i, first, last);
    }
    in_order();
    cache.retiring = false;
}

void rt_code_changed(uint64_t start, uint64_t end)
{
    if (start >= end)
        return;
    __atomic_fetch_add(&rt_code_changes, 1, __ATOMIC_SEQ_CST);
    if (!__atomic_load_n(&cache.nregions, __ATOMIC_ACQUIRE))
        return;
    cache_lock();
    cache.retire_first = start / SPACE_PAGE;
    cache.retire_last = (end - 1) / SPACE_PAGE;
    in_order();
    cache.retiring = true;
    in_order();
    retire_pages();
    symbols_forget(start, end);
    cache_unlock();
}

/* ---- looking on ---- */

void cache_each(uint64_t lo, uint64_t hi, void (*f)(void *ctx, const struct region *), void *ctx)
{
    cache_lock();
    for (uint32_t i = 0; i < cache.nregions; i++) {
        const struct region *r = cache.by_addr[i];
        if (!r->retired && r->pc >= lo && r->pc < hi)
            f(ctx, r);
    }
    cache_unlock();
}

void cache_lift(struct task *t, uint64_t pc, void (*f)(const struct ir_func *))
{
    struct region_pages pages;
    cache_lock();
    cache_func.lacks = be_host()->lacks;
    region_lift(&cache_func, t->guest, t->mm, pc, t->guest->mode ? t->guest->mode(t->cpu.guest) : 0, &pages);
    f(&cache_func);
    cache_unlock();
}

void cache_locked(void (*f)(void *ctx), void *ctx)
{
    cache_lock();
    f(ctx);
    cache_unlock();
}

/* ---- fork ---- */

void cache_fork_prepare(void) { cache_lock(); }
void cache_fork_parent(void) { cache_unlock(); }

void cache_fork_child(struct task *t)
{
    cache.lock.state = 0;
    cache.tasks = t;
    t->next = NULL;
    t->prev = &cache.tasks;
    for (uint32_t i = 0, n = perf_fork_child() ? cache.nregions : 0; i < n; i++)
        if (!cache.by_addr[i]->retired)
            perf_region(cache.by_addr[i]);
    if (report_on)
        report_fork_child();
}
