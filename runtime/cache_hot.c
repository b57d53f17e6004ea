/*
 * The hot plan's part of the translation cache: counting entries, taking profiles, and putting the hot plan's region in the
 * place of the quick plan's. The old one stays, as somebody may be inside.
 */
#include "runtime/cache_tables.h"

#include "ir/carry.h"
#include "runtime/debug.h"
#include "runtime/log.h"
#include "runtime/report.h"
#include "runtime/stats.h"

static struct ir_carry_room carry_room;

/* So few entries make a region hot that there is no profile worth taking. */
bool cache_counts_all(void) { return region_hot && region_hot < 1024; }

int32_t *cache_counter(uint32_t mode)
{
    if (!region_hot || mode & REGION_OWN_MODES)
        return NULL;
    cache.counters[cache.nregions] = (int32_t)region_hot;
    return &cache.counters[cache.nregions];
}

/* Before a hot region's place is looked up: false if there is none. */
static bool may_be_hot(uint64_t pc) { return cache.hot_filter[pc >> 7 & 63] >> (pc >> 1 & 63) & 1; }

/*
 * Taking a profile. Entries from lower addresses are not counted, as counting all of them costs a tenth, until a region has been entered
 * often from elsewhere. Then whatever may follow it is counted in full while it is entered some hundred times more.
 */
enum { PROFILE_PART = 32, MAX_PROFILED = 32 };

struct profile { uint32_t n; struct region *region[]; };

static int32_t profile_runs(void) { return (int32_t)region_hot / PROFILE_PART; }

static struct region_heat heat(uint64_t pc, uint32_t mode)
{
    const struct region *r = cache_lookup(pc, mode);
    if (!r || !(r->profiles || r->hot || cache_counts_all()))
        return (struct region_heat){0, false};
    int32_t left = cache.counters[r->index];
    uint32_t most = cache_counts_all() ? region_hot : (uint32_t)profile_runs();
    int64_t count = (int64_t)r->heat_base - left;
    bool most_often = r->hot || left > (int32_t)region_hot || count < 0 || count > most;
    return (struct region_heat){most_often ? most : (uint32_t)count, r->hot};
}

/* Links whoever leads to a region by where he is to enter it now. */
static void relink(struct region *r)
{
    for (uint32_t n = r->incoming; n; n = cache.sites[n - 1].next_incoming)
        cache_link_site(&cache.sites[n - 1]);
}

/* Those that a profile is of, while they are looked for; each notes its place in the list. */
struct reached { uint32_t n; struct region *region[MAX_PROFILED]; };

static void reach(struct reached *all, struct region *r)
{
    if (all->n == MAX_PROFILED || (r->reached < all->n && all->region[r->reached] == r))
        return;
    r->reached = (uint8_t)all->n;
    all->region[all->n++] = r;
    if (r->profiles++)
        return;
    r->heat_base = cache.counters[r->index];
    relink(r);
}

static void begin_profile(struct region *head)
{
    static struct reached all;
    all.n = 0;
    reach(&all, head);
    for (uint32_t i = 0; i < all.n; i++)
        for (uint32_t n = 0; n < all.region[i]->nsites; n++) {
            const struct site *s = &cache.sites[all.region[i]->first_site + n];
            if (s->target && !s->target->hot)
                reach(&all, s->target);
        }
    struct profile *p = cache_meta_alloc(sizeof *p + all.n * sizeof *p->region);
    p->n = all.n;
    memcpy(p->region, all.region, all.n * sizeof *p->region);
    head->profile = p;
    int32_t runs = profile_runs();
    head->heat_base = runs + (head->heat_base - cache.counters[head->index]);
    cache.counters[head->index] = runs;
}

void cache_end_profile(struct region *head)
{
    if (!head->profile)
        return;
    for (uint32_t i = 0; i < head->profile->n; i++) {
        struct region *r = head->profile->region[i];
        if (!--r->profiles && !r->retired)
            relink(r);
    }
    head->profile = NULL;
}

/* Whoever leads to a region leads to another from now on, which is for the same pc. */
static void supersede(struct region *r, struct region *by)
{
    cache_unhash(r);
    while (r->incoming) {
        uint32_t n = r->incoming;
        struct site *s = &cache.sites[n - 1];
        r->incoming = s->next_incoming;
        in_order();
        s->target = by;
        s->next_incoming = by->incoming;
        in_order();
        by->incoming = n;
        cache_link_site(s);
    }
    be_host()->supersede(r->code);
}

static struct region *translate_hot(struct task *t, const struct region *quick)
{
    uint64_t pc = quick->pc;
    uint32_t mode = quick->mode;
    struct region_pages pages;
    uint32_t weight[IR_MAX_BLOCKS];
    const struct be_target *host = be_host();
    uint64_t t0 = stats_clock();
    cache_func.lacks = host->lacks;
    const struct region_profile profile = {cache_counts_all() ? region_hot : (uint32_t)profile_runs(), heat, may_be_hot, quick->guest_insns};
    if (!region_lift_hot(&cache_func, report_on ? report_guest(t->guest) : t->guest, t->mm, pc, mode, &profile, &pages, weight))
        return NULL;
    if (report_on)
        report_pass("IR as lifted", &cache_func);
    ir_carry(&cache_func, host->carried_ints, host->carried_others, weight, &carry_room);
    debug_region_lifted(t->guest, &cache_func);
    struct be_input in = {.fn = &cache_func, .dst = cache.code_next, .room = (size_t)(cache.code_end - cache.code_next),
                          .first_site = cache.nsites, .jump_shift = t->cpu.f.jump_shift};
    if (report_on)
        report_compile(&in);
    if (host->compile(&in, &cache_out))
        return NULL;
    stats.hot_cycles += stats_clock() - t0;
    stats.hot_regions++;
    stats.hot_guest_insns += cache_func.nguest;
    stats.hot_bytes += cache_out.size;
    struct region *r = cache_install(pc, mode, &pages);
    r->hot = true;
    cache.hot_filter[pc >> 7 & 63] |= 1ull << (pc >> 1 & 63);
    debug_region_compiled(t->guest, r);
    if (report_on)
        report_installed(r, t->guest, "IR with what blocks carry", &cache_func, &cache_out, weight);
    return r;
}

static void stop_counting(struct region *r)
{
    cache.counters[r->index] = INT32_MAX;
    be_host()->stop_counting(r->code);
}

static void replace(struct task *t, struct region *r)
{
    stop_counting(r);
    struct region *hot = translate_hot(t, r);
    if (hot) {
        supersede(r, hot);
        if (log_on(LOG_cache))
            log_write("cache: hot %lx\n", hot->pc);
    }
    cache_end_profile(r);
}

bool cache_is_due(uint32_t site)
{
    const struct region *r = cache.sites[site].region;
    return region_hot && !r->hot && cache.counters[r->index] < 0;
}

void cache_promote(struct task *t, uint32_t site, uint32_t generation)
{
    cache_lock();
    struct region *r = generation == cache.generation ? cache.sites[site].region : NULL;
    if (r && !r->retired && cache_lookup(r->pc, r->mode) == r && cache.counters[r->index] < 0) {
        if (cache_tables_full() || stats.hot_regions >= region_hot_max)
            stop_counting(r);
        else if (!r->profile && !cache_counts_all())
            begin_profile(r);
        else
            replace(t, r);
    }
    cache_unlock();
}
