#include "runtime/space_map.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "runtime/own.h"

/* Where the list of areas and the tables live in the translator's range; both grow upward in place. */
#define ARENA_LO 0x6f0400000000ull
#define ARENA_HI 0x6f0480000000ull
#define AREAS_LO 0x6f0480000000ull
#define AREAS_HI 0x6f0500000000ull

enum { ARENA_STEP = 128 << 10, AREAS_STEP = 32 << 10 };
/* Areas that one change may add; at how few left there is to be room for more. */
enum { AREAS_MOST = 2, AREAS_SPARE = 32 };

static bool map_at_place(uint64_t addr, uint64_t len, int how)
{
    return (uint64_t)own_map(addr, len, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS | how, -1, 0) == addr;
}

/* A task killed before it could note that it had mapped this leaves it to be mapped again. */
static bool own_grow(uint64_t addr, uint64_t len) { return map_at_place(addr, len, MAP_FIXED); }

struct mm *map_new(void)
{
    uint64_t size = (sizeof(struct mm) + SPACE_PAGE - 1) & -(uint64_t)SPACE_PAGE;
    if (!map_at_place(ARENA_LO, size, MAP_FIXED_NOREPLACE) || !map_at_place(AREAS_LO, AREAS_STEP, MAP_FIXED_NOREPLACE)) return NULL;
    struct mm *mm = (struct mm *)ARENA_LO;
    mm->arena = mm->arena_end = (uint8_t *)ARENA_LO + size;
    mm->areas = (struct area *)AREAS_LO;
    mm->room = AREAS_STEP / sizeof(struct area);
    return mm;
}

/* ---- page flags ---- */

static void *arena_alloc(struct mm *mm, size_t size)
{
    if ((size_t)(mm->arena_end - mm->arena) < size) {
        if ((uint64_t)mm->arena_end + ARENA_STEP > ARENA_HI || !own_grow((uint64_t)mm->arena_end, ARENA_STEP)) return NULL;
        mm->arena_end += ARENA_STEP;
    }
    void *p = mm->arena;
    mm->arena += size;
    return p;
}

static inline uint64_t entry_load(const uint64_t *e) { return __atomic_load_n(e, __ATOMIC_ACQUIRE); }
static inline bool entry_is_table(uint64_t e) { return e && !(e & 1); }
static inline uint8_t entry_flags(uint64_t e) { return e >> 1; }
static inline uint64_t entry_of(uint8_t flags) { return flags ? (uint64_t)flags << 1 | 1 : 0; }

static uint64_t *mid_table(struct mm *mm, uint64_t addr)
{
    uint64_t *e = &mm->radix[addr >> RADIX_TOP_SHIFT];
    if (!entry_is_table(*e)) {
        uint64_t *t = arena_alloc(mm, RADIX_MID * sizeof *t);
        if (!t) return NULL;
        for (unsigned i = 0; i < RADIX_MID; i++) t[i] = *e;
        __atomic_store_n(e, (uint64_t)t, __ATOMIC_RELEASE);
    }
    return (uint64_t *)*e;
}

static uint8_t *leaf_table(struct mm *mm, uint64_t addr)
{
    uint64_t *mid = mid_table(mm, addr);
    if (!mid) return NULL;
    uint64_t *e = &mid[addr >> RADIX_MID_SHIFT & (RADIX_MID - 1)];
    if (!entry_is_table(*e)) {
        uint8_t *t = arena_alloc(mm, RADIX_LEAF);
        if (!t) return NULL;
        memset(t, entry_flags(*e), RADIX_LEAF);
        __atomic_store_n(e, (uint64_t)t, __ATOMIC_RELEASE);
    }
    return (uint8_t *)*e;
}

/* Tables are needed only where an end of the range lies within an entry. */
static bool flags_reserve(struct mm *mm, uint64_t addr)
{
    if (addr & ((1ull << RADIX_MID_SHIFT) - 1)) return leaf_table(mm, addr) != NULL;
    if (addr & ((1ull << RADIX_TOP_SHIFT) - 1)) return mid_table(mm, addr) != NULL;
    return true;
}

static void flags_set_mid(struct mm *mm, uint64_t start, uint64_t end, uint8_t flags)
{
    uint64_t *mid = mid_table(mm, start);
    while (start < end) {
        uint64_t *e = &mid[start >> RADIX_MID_SHIFT & (RADIX_MID - 1)];
        uint64_t next = ((start >> RADIX_MID_SHIFT) + 1) << RADIX_MID_SHIFT;
        if (next > end) next = end;
        if (entry_is_table(*e) || next - start < 1ull << RADIX_MID_SHIFT)
            memset(leaf_table(mm, start) + (start >> 12 & (RADIX_LEAF - 1)), flags, (next - start) >> 12);
        else
            __atomic_store_n(e, entry_of(flags), __ATOMIC_RELEASE);
        start = next;
    }
}

static void flags_set(struct mm *mm, uint64_t start, uint64_t end, uint8_t flags)
{
    while (start < end) {
        uint64_t *e = &mm->radix[start >> RADIX_TOP_SHIFT];
        uint64_t next = ((start >> RADIX_TOP_SHIFT) + 1) << RADIX_TOP_SHIFT;
        if (next > end) next = end;
        if (entry_is_table(*e) || next - start < 1ull << RADIX_TOP_SHIFT)
            flags_set_mid(mm, start, next, flags);
        else
            __atomic_store_n(e, entry_of(flags), __ATOMIC_RELEASE);
        start = next;
    }
}

/* Flags of the page at addr; *span gets the size of the naturally aligned block that certainly shares them. */
static uint8_t flags_get(const struct mm *mm, uint64_t addr, uint64_t *span)
{
    *span = 1ull << RADIX_TOP_SHIFT;
    if (addr >= SPACE_TOP) return 0;
    uint64_t e = entry_load(&mm->radix[addr >> RADIX_TOP_SHIFT]);
    if (!entry_is_table(e)) return entry_flags(e);
    *span = 1ull << RADIX_MID_SHIFT;
    e = entry_load((uint64_t *)e + (addr >> RADIX_MID_SHIFT & (RADIX_MID - 1)));
    if (!entry_is_table(e)) return entry_flags(e);
    *span = SPACE_PAGE;
    return __atomic_load_n((uint8_t *)e + (addr >> 12 & (RADIX_LEAF - 1)), __ATOMIC_RELAXED);
}

int mm_prot(struct mm *mm, uint64_t addr)
{
    uint64_t span;
    uint8_t f = flags_get(mm, addr, &span);
    return f & PAGE_MAPPED ? f & (PROT_READ | PROT_WRITE | PROT_EXEC) : -1;
}

size_t mm_fetchable(struct mm *mm, uint64_t addr, size_t max)
{
    uint64_t pos = addr, span;
    while (pos - addr < max && flags_get(mm, pos, &span) & PROT_EXEC) pos = (pos | (span - 1)) + 1;
    return pos - addr < max ? pos - addr : max;
}

/* ---- areas ---- */

static bool grow_areas(struct mm *mm)
{
    uint64_t at = (uint64_t)mm->areas + ((mm->room * sizeof(struct area) + SPACE_PAGE - 1) & -(uint64_t)SPACE_PAGE);
    if (at + AREAS_STEP > AREAS_HI || !own_grow(at, AREAS_STEP)) return false;
    mm->room = (at + AREAS_STEP - (uint64_t)mm->areas) / sizeof(struct area);
    return true;
}

int map_room(struct mm *mm, size_t n)
{
    while (mm->count + n + AREAS_MOST > mm->room)
        if (!grow_areas(mm)) return -ENOMEM;
    return 0;
}

int map_reserve(struct mm *mm, uint64_t start, uint64_t end)
{
    /* Early enough that one refusal does not keep the guest from giving memory back. */
    if (mm->count + AREAS_SPARE > mm->room && !grow_areas(mm) && mm->count + AREAS_MOST > mm->room) return -ENOMEM;
    return flags_reserve(mm, start) && flags_reserve(mm, end) ? 0 : -ENOMEM;
}

size_t map_find(const struct mm *mm, uint64_t addr)
{
    size_t lo = 0, hi = mm->count;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (mm->areas[mid].end <= addr) lo = mid + 1; else hi = mid;
    }
    return lo;
}

struct area *map_at(struct mm *mm, uint64_t addr)
{
    size_t i = map_find(mm, addr);
    return i < mm->count && mm->areas[i].start <= addr ? &mm->areas[i] : NULL;
}

bool map_free(const struct mm *mm, uint64_t start, uint64_t end)
{
    size_t i = map_find(mm, start);
    return i == mm->count || mm->areas[i].start >= end;
}

bool map_full(const struct mm *mm, uint64_t start, uint64_t end, uint64_t *hole)
{
    size_t i = map_find(mm, start);
    while (start < end && i < mm->count && mm->areas[i].start <= start) start = mm->areas[i++].end;
    *hole = start;
    return start >= end;
}

bool map_has_exec(const struct mm *mm, uint64_t start, uint64_t end)
{
    for (size_t i = map_find(mm, start); i < mm->count && mm->areas[i].start < end; i++)
        if (mm->areas[i].prot & PROT_EXEC) return true;
    return false;
}

static bool same_object(const struct area *a, const struct area *b)
{
    return a->dev == b->dev && a->ino == b->ino && a->flags == b->flags;
}

static bool mergeable(const struct area *a, const struct area *b)
{
    return a->end == b->start && a->prot == b->prot && a->name == b->name && same_object(a, b) &&
        (!area_has_offset(a) || a->off + (a->end - a->start) == b->off);
}

/*
 * Every change of the list is one splice, noted before it begins, with how far it has come: whoever takes the lock
 * over from a task that was killed within one finishes it. Nothing moves before what it overwrites has moved.
 */
static inline void in_order(void) { __asm__ volatile("" ::: "memory"); }

static void splice_finish(struct mm *mm)
{
    struct splice *s = &mm->splice;
    size_t rest = s->count - s->at - s->n;      /* areas behind the ones replaced */
    struct area *tail = &mm->areas[s->at + s->n];
    ptrdiff_t by = (ptrdiff_t)s->m - (ptrdiff_t)s->n;
    while (by && s->moved < rest) {
        size_t k = by > 0 ? rest - 1 - s->moved : s->moved;
        tail[(ptrdiff_t)k + by] = tail[k];
        in_order();
        s->moved++;
        in_order();
    }
    for (size_t k = 0; k < s->m; k++) mm->areas[s->at + k] = s->new[k];
    in_order();
    mm->count = s->count - s->n + s->m;
    mm->total = s->total;
    mm->data = s->data;
    in_order();
    s->active = false;
}

static void count_area(struct splice *s, const struct area *a, int sign)
{
    uint64_t bytes = (a->end - a->start) * (uint64_t)sign;
    s->total += bytes;
    if (area_is_data(a)) s->data += bytes;
}

/* Puts the m areas of s->new in the place of the n at `at`. */
static void splice(struct mm *mm, size_t at, size_t n, size_t m)
{
    struct splice *s = &mm->splice;
    s->at = at;
    s->n = n;
    s->m = m;
    s->count = mm->count;
    s->moved = 0;
    s->total = mm->total;
    s->data = mm->data;
    for (size_t i = 0; i < n; i++) count_area(s, &mm->areas[at + i], -1);
    for (size_t i = 0; i < m; i++) count_area(s, &s->new[i], 1);
    in_order();
    s->active = true;
    in_order();
    splice_finish(mm);
}

/* Replaces what [start, end) holds by `with`, or by nothing, merged with its neighbours where they agree. */
static void replace(struct mm *mm, uint64_t start, uint64_t end, const struct area *with)
{
    size_t i = map_find(mm, start), j = i, m = 0;
    struct area *new = mm->splice.new;
    while (j < mm->count && mm->areas[j].start < end) j++;
    if (i < j && mm->areas[i].start < start) {
        new[m] = mm->areas[i];
        new[m++].end = start;
    } else if (with && i > 0 && mergeable(&mm->areas[i - 1], with)) {
        new[m++] = mm->areas[--i];
    }
    if (with && m && mergeable(&new[m - 1], with)) new[m - 1].end = with->end;
    else if (with) new[m++] = *with;
    struct area right = {0};
    if (i < j && mm->areas[j - 1].end > end) {
        right = mm->areas[j - 1];
        if (area_has_offset(&right)) right.off += end - right.start;
        right.start = end;
    } else if (with && j < mm->count && mergeable(with, &mm->areas[j])) {
        right = mm->areas[j++];
    }
    if (right.end && m && mergeable(&new[m - 1], &right)) new[m - 1].end = right.end;
    else if (right.end) new[m++] = right;
    if (i != j || m) splice(mm, i, j - i, m);
}

void map_remove(struct mm *mm, uint64_t start, uint64_t end)
{
    replace(mm, start, end, NULL);
    flags_set(mm, start, end, 0);
}

void map_insert(struct mm *mm, const struct area *a)
{
    if (a->flags & AREA_GROWSDOWN && a->end != mm->stack_top) mm->growsdown++;
    replace(mm, a->start, a->end, a);
    flags_set(mm, a->start, a->end, PAGE_MAPPED | a->prot);
}

void map_protect(struct mm *mm, uint64_t start, uint64_t end, int prot)
{
    for (uint64_t pos = start; pos < end; ) {
        size_t i = map_find(mm, pos);
        if (i == mm->count || mm->areas[i].start >= end) break;
        struct area a = mm->areas[i];
        if (a.start < pos) {
            if (area_has_offset(&a)) a.off += pos - a.start;
            a.start = pos;
        }
        if (a.end > end) a.end = end;
        a.prot = prot;
        replace(mm, a.start, a.end, &a);
        flags_set(mm, a.start, a.end, PAGE_MAPPED | prot);
        pos = a.end;
    }
}

void map_flags_again(struct mm *mm, uint64_t start, uint64_t end)
{
    for (size_t i = map_find(mm, start); start < end; i++) {
        const struct area *a = i < mm->count && mm->areas[i].start < end ? &mm->areas[i] : NULL;
        uint64_t lo = a ? a->start : end, hi = a && a->end < end ? a->end : end;
        if (lo < start) lo = start;
        if (start < lo) flags_set(mm, start, lo, 0);
        if (a) flags_set(mm, lo, hi, PAGE_MAPPED | a->prot);
        start = hi;
    }
}

void map_grow_down(struct mm *mm, size_t i, uint64_t low)
{
    struct area *a = &mm->areas[i];
    if (low == a->start || map_reserve(mm, low, a->start)) return;
    flags_set(mm, low, a->start, PAGE_MAPPED | a->prot);
    mm->total += a->start - low;
    a->start = low;
}

static uint64_t fit(uint64_t lo, uint64_t hi, uint64_t len, uint64_t align)
{
    if (lo < SPACE_MIN) lo = SPACE_MIN;
    if (hi < lo || hi - lo < len) return 0;
    uint64_t at = (hi - len) & -align;
    return at >= lo ? at : 0;
}

/* The highest fit in the hole [lo, hi) outside the translator's range. */
static uint64_t fit_guest(uint64_t lo, uint64_t hi, uint64_t len, uint64_t align)
{
    uint64_t own_lo = SPACE_OWN_LO - SPACE_MARGIN, own_hi = SPACE_OWN_HI + SPACE_MARGIN;
    if (hi <= own_lo || lo >= own_hi) return fit(lo, hi, len, align);
    uint64_t at = fit(lo > own_hi ? lo : own_hi, hi, len, align);
    return at ? at : fit(lo, hi < own_lo ? hi : own_lo, len, align);
}

uint64_t map_hole(const struct mm *mm, uint64_t top, uint64_t len, uint64_t align)
{
    if (len > top) return 0;
    /* A stack that grows needs room to grow into: leave as much as the kernel's guard gap. */
    const uint64_t gap = 256 * SPACE_PAGE;
    for (size_t i = map_find(mm, top - 1);; i--) {
        uint64_t hi = top, lo = i ? mm->areas[i - 1].end : 0;
        if (i < mm->count) {
            hi = mm->areas[i].start;
            if (mm->areas[i].flags & AREA_GROWSDOWN) hi = hi > gap ? hi - gap : 0;
            if (hi > top) hi = top;
        }
        uint64_t at = fit_guest(lo, hi, len, align);
        if (at || i == 0) return at;
    }
}

uint8_t map_name_index(struct mm *mm, const char *name)
{
    for (unsigned i = 1; i < MM_NAMES; i++) {
        if (!mm->names[i][0]) {
            size_t n = strnlen(name, MM_NAME_SIZE - 1);
            memcpy(mm->names[i], name, n);
            return i;
        }
        if (!strncmp(mm->names[i], name, MM_NAME_SIZE - 1)) return i;
    }
    return 0;
}

/* Areas that grow downward do so in the kernel, on a fault: bring their starts up to date. */
static void sync_area(struct mm *mm, size_t i)
{
    const struct area *a = &mm->areas[i];
    uint64_t floor = i ? a[-1].end : 0, low = a->start;
    unsigned char in;
    if (mm->stack_stop && mm->stack_stop < low && mm->stack_stop >= floor) floor = mm->stack_stop + SPACE_PAGE;
    while (low > floor && host_syscall(__NR_mincore, low - SPACE_PAGE, SPACE_PAGE, &in) == 0) low -= SPACE_PAGE;
    map_grow_down(mm, i, low);
}

size_t map_stack(const struct mm *mm)
{
    size_t i = mm->stack_top ? map_find(mm, mm->stack_top - 1) : mm->count;
    if (i == mm->count || mm->areas[i].start >= mm->stack_top || !(mm->areas[i].flags & AREA_GROWSDOWN)) return mm->count;
    while (i && mm->areas[i - 1].end == mm->areas[i].start && mm->areas[i - 1].flags & AREA_GROWSDOWN) i--;
    return i;
}

void map_sync(struct mm *mm)
{
    size_t stack = map_stack(mm);
    if (stack != mm->count) sync_area(mm, stack);
    for (size_t i = 0; mm->growsdown && i < mm->count; i++)
        if (mm->areas[i].flags & AREA_GROWSDOWN && i != stack) sync_area(mm, i);
}

static void lock_whole(struct mm *mm)
{
    if (!rt_lock(&mm->lock)) return;
    if (mm->splice.active) splice_finish(mm);
    map_sync(mm);
    space_repair(mm);
}

void map_lock(struct mm *mm)
{
    lock_whole(mm);
    map_sync(mm);
}

void map_lock_at(struct mm *mm, uint64_t start, uint64_t end)
{
    lock_whole(mm);
    size_t stack = mm->growsdown ? mm->count : map_stack(mm);
    uint64_t floor = stack && stack < mm->count ? mm->areas[stack - 1].end : 0;
    if (mm->growsdown || (stack < mm->count && start < mm->areas[stack].start && end > floor)) map_sync(mm);
    if (start <= mm->stack_stop && mm->stack_stop < end) {
        host_syscall(__NR_munmap, mm->stack_stop, SPACE_PAGE);
        mm->stack_stop = 0;
    }
}
