/*
 * The data behind runtime/space.h: the sorted list of areas, which is the truth and is only touched
 * under the mm's lock, and a table of page flags derived from it, which anyone may read at any time.
 */
#ifndef RUNTIME_SPACE_MAP_H
#define RUNTIME_SPACE_MAP_H

#include "runtime/space.h"
#include "runtime/task.h"

/* GROWSDOWN: the kernel extends it by itself; of areas that lie against each other the lowest. */
enum { AREA_SHARED = 1, AREA_FILE = 2, AREA_SHM = 4, AREA_GROWSDOWN = 8, AREA_ANON_SHARED = 16 };

/* `dev` and `ino` say which object is mapped, for aliases; of AREA_SHM the segment's id, of AREA_ANON_SHARED a serial number. */
struct area {
    uint64_t start, end;
    uint64_t off;               /* within the object; 0 for private anonymous memory */
    uint64_t dev, ino;
    uint8_t prot, flags, name;  /* name: index into mm.names, 0 for none */
};

/*
 * Page flags: a radix tree over the page number, 1 GiB and 2 MiB per entry, a byte per page in the
 * leaves. An entry is 0 (nothing mapped), an odd number (flags << 1 | 1 for all it covers), or a
 * pointer to the next level. A table once pointed to stays for good, so readers need no protection.
 */
enum { PAGE_MAPPED = 0x80 };
enum { RADIX_TOP_SHIFT = 30, RADIX_MID_SHIFT = 21 };
enum { RADIX_TOP = 1 << (47 - RADIX_TOP_SHIFT), RADIX_MID = 1 << (RADIX_TOP_SHIFT - RADIX_MID_SHIFT),
       RADIX_LEAF = 1 << (RADIX_MID_SHIFT - 12) };

/* mlockall(MCL_FUTURE): what becomes of new mappings. */
enum lock_new { LOCK_NOT, LOCK_AT_ONCE, LOCK_ON_FAULT };

enum { MM_NAMES = 16 };

/* A change of the list in progress: `n` areas at `at` become the `m` of `new`; `moved` of those behind are in place, and the sums will be these. */
struct splice { bool active; size_t at, n, m, count, moved; uint64_t total, data; struct area new[3]; };

/*
 * The call in progress. A task that shares its memory with other processes can be killed alone between
 * the host's mapping and ours; who takes the lock over makes the two agree (space_repair).
 */
enum change { CHANGE_NONE, CHANGE_CLAIM, CHANGE_MAP, CHANGE_UNMAP, CHANGE_PROTECT, CHANGE_MOVE, CHANGE_DETACH, CHANGE_CONTENT };
struct intent {
    enum change change;
    uint64_t start, end;        /* what is claimed, mapped, unmapped, protected, moved from, detached, or got other content */
    uint64_t to, to_end;        /* moved to */
    bool stays;                 /* moved: what was there remains mapped */
    struct area area;           /* mapped: what; protected: prot; detached: ino; name: the heap's if brk asked */
};

struct mm {
    uint32_t refs;
    struct rt_lock lock;
    uint64_t mmap_top;
    uint64_t brk_start, brk_end;    /* brk_end as the guest set it, not rounded */
    uint64_t stack_top;             /* the main stack's end */
    uint64_t stack_stop;            /* a page of the host's that it cannot grow over, or 0 */
    bool limited;                   /* RLIMIT_AS was seen to be finite: stack_stop has to follow what is mapped */
    uint32_t growsdown;             /* areas other than the main stack that the kernel may extend exist */
    uint32_t lock_new;              /* enum lock_new */
    uint64_t serial;
    struct area *areas;             /* sorted, disjoint; room for `room` */
    size_t count, room;
    uint64_t total, data;           /* bytes in all areas, and in those that RLIMIT_DATA counts */
    uint64_t program_data;          /* bytes of the program's initialised data, which RLIMIT_DATA counts with brk's */
    uint8_t *arena, *arena_end;     /* unused part of what tables are cut from */
    struct splice splice;
    struct intent intent;
    char names[MM_NAMES][MM_NAME_SIZE];
    uint64_t radix[RADIX_TOP];
};

#define SPACE_MIN 0x10000ull
static inline bool space_is_guest(uint64_t start, uint64_t end)
{
    return start < end && end <= SPACE_TOP && (end <= SPACE_OWN_LO - SPACE_MARGIN || start >= SPACE_OWN_HI + SPACE_MARGIN);
}

/* Takes the lock, with areas that grew by themselves brought up to date, and what a killed holder left made whole. */
void map_lock(struct mm *);
/* The same for who looks at [start, end) only: the main stack may have grown meanwhile where it does not reach into that. */
void map_lock_at(struct mm *, uint64_t start, uint64_t end);
/* Brings areas that grew up to date. The lock is held. */
void map_sync(struct mm *);
/* Ends or undoes the change a killed holder of the lock was about. The lock is held. */
void space_repair(struct mm *);
/* An mm without areas, or NULL. */
struct mm *map_new(void);
/* Makes sure that the next change of [start, end) needs no memory. 0 or -ENOMEM. */
int map_reserve(struct mm *, uint64_t start, uint64_t end);
/* Room for so many areas more. 0 or -ENOMEM. */
int map_room(struct mm *, size_t n);
/* Index of the first area that ends above addr. */
size_t map_find(const struct mm *, uint64_t addr);
/* The lowest part of the main stack; count if there is none. */
size_t map_stack(const struct mm *);
/* Are addresses within its object counted (off)? */
static inline bool area_has_offset(const struct area *a) { return a->flags & ~AREA_GROWSDOWN; }
/* The area containing addr, or NULL. */
struct area *map_at(struct mm *, uint64_t addr);
/* True if nothing of the guest's lies in [start, end). */
bool map_free(const struct mm *, uint64_t start, uint64_t end);
/* True if every page of [start, end) is the guest's; else *hole is the first that is not. */
bool map_full(const struct mm *, uint64_t start, uint64_t end, uint64_t *hole);
bool map_has_exec(const struct mm *, uint64_t start, uint64_t end);
/* Replaces whatever is in the area's range by it. After map_reserve. */
void map_insert(struct mm *, const struct area *);
void map_remove(struct mm *, uint64_t start, uint64_t end);
void map_protect(struct mm *, uint64_t start, uint64_t end, int prot);
/* Derives the page flags of [start, end) from the list once more. After map_reserve. */
void map_flags_again(struct mm *, uint64_t start, uint64_t end);
/* Area i now begins at `low` already. */
void map_grow_down(struct mm *, size_t i, uint64_t low);
/* Highest free range of `len` bytes below `top`, aligned; 0 if there is none. */
uint64_t map_hole(const struct mm *, uint64_t top, uint64_t len, uint64_t align);
uint8_t map_name_index(struct mm *, const char *name);

/* ---- limits (space_limit.c); the lock is held ---- */

/* Is it what RLIMIT_DATA counts? */
bool area_is_data(const struct area *);
/* May the guest have so much more, which is data or not? */
bool space_fits(struct mm *, uint64_t bytes, bool data);
/* How far [start, end) may be given that protection. */
uint64_t space_protectable(const struct mm *, uint64_t start, uint64_t end, int prot);
/* What brk asks about RLIMIT_DATA before anything else. */
bool space_brk_fits(const struct mm *, uint64_t brk);
/* Lets the main stack grow no further than RLIMIT_AS allows; map_lock_at() removes what is in the way of others. */
void space_bound_stack(struct mm *);
/* Bytes of the guest's in [start, end). */
uint64_t space_mapped(const struct mm *, uint64_t start, uint64_t end);

/* ---- steps of the calls, on the host's mappings too (space.c); the lock is held, the intent says what is going on ---- */

/* Guest code is read, never executed, by the host. */
int space_host_prot(int prot);
/* Unmaps what is the guest's in [start, end), nothing else. 0 or -errno. After map_reserve. */
int64_t space_unmap(struct mm *, uint64_t start, uint64_t end);
/* Gives back to the host what is not the guest's in [start, end). */
void space_release_holes(struct mm *, uint64_t start, uint64_t end);
/* The host has moved [old, old + old_len) to [to, to + new_len): so does the list. */
void space_moved(struct mm *, uint64_t old, uint64_t old_len, uint64_t to, uint64_t new_len, bool stays);
/* The host has detached segment `id` that was attached at addr: so does the list. */
void space_detached(struct mm *, uint64_t addr, uint64_t id);

#endif
