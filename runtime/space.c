#include "runtime/space_map.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#include "runtime/log.h"
#include "runtime/own.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif
#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

/*
 * Guest mappings go where that architecture's kernel puts them: below the top of its usual address space
 * (fe_guest.address_space), which programs made for it rely on, sanitizers above all. What does not fit there, and
 * what asks for higher addresses, gets them as far as the host has some. The host kernel puts its own things (stack, vdso,
 * and under a legacy layout much else) near the top of its own space, or near its third, at random: such searches begin at
 * SPACE_PLACED, which the former never reach. Whatever else is in the way is found by MAP_FIXED_NOREPLACE, so no layout of
 * the host is assumed.
 */
enum { ST_NOEXEC_FLAG = 8 };                /* ST_NOEXEC, as statfs reports it */
enum { MMAP_RANDOM_BITS = 18 };     /* of the page number, as arm64 and riscv64 have it unless told otherwise */
enum { PAGE_MASK = SPACE_PAGE - 1, HUGE_PAGE = 2 << 20, SHMLBA_GUEST = SPACE_PAGE };

/* x86-64's MAP_32BIT and MAP_ABOVE4G: unknown bits to the guest's kernel, which ignores them. */
enum { FLAGS_NOT_GUESTS = 0xc0 };

static inline uint64_t page_up(uint64_t x) { return (x + PAGE_MASK) & ~(uint64_t)PAGE_MASK; }
static inline bool is_page(uint64_t x) { return !(x & PAGE_MASK); }

int space_host_prot(int prot)
{
    if (prot & PROT_EXEC) prot = (prot & ~PROT_EXEC) | PROT_READ;
    return prot;
}
static int guest_prot(int prot) { return prot & (PROT_READ | PROT_WRITE | PROT_EXEC); }

/* ---- life ---- */

/* The kernel ends the stack exactly at the top if and only if it does not randomise. */
static bool randomised(void)
{
    uint64_t name = getauxval(AT_EXECFN);
    return !name || page_up(name) != SPACE_TOP;
}

struct mm *mm_new(uint64_t address_space)
{
    struct mm *mm = map_new();
    if (!mm) return NULL;
    uint64_t random = 0;
    if (randomised()) host_syscall(__NR_getrandom, &random, sizeof random, 0);
    mm->refs = 1;
    uint64_t top = address_space < SPACE_PLACED ? address_space : SPACE_PLACED;
    mm->mmap_top = top - SPACE_PAGE - ((random & ((1ull << MMAP_RANDOM_BITS) - 1)) << 12);
    return mm;
}

struct mm *mm_ref(struct mm *mm)
{
    __atomic_fetch_add(&mm->refs, 1, __ATOMIC_RELAXED);
    return mm;
}

uint32_t mm_users(const struct mm *mm) { return __atomic_load_n(&mm->refs, __ATOMIC_RELAXED); }

/* The last user is the last task of this address space, so there is nothing to free that its end does not free. */
void mm_unref(struct mm *mm) { __atomic_fetch_sub(&mm->refs, 1, __ATOMIC_ACQ_REL); }

void mm_fork_prepare(struct mm *mm) { map_lock(mm); }
void mm_fork_parent(struct mm *mm) { rt_unlock(&mm->lock); }
void mm_fork_child(struct mm *mm)
{
    mm->lock = (struct rt_lock)RT_LOCK_INIT;
    mm->lock_new = LOCK_NOT;
    mm->refs = 1;
}

/* ---- helpers, all under the lock ---- */

/* Notes what is going to happen, before it does. */
static void space_begin(struct mm *mm, enum change change, uint64_t start, uint64_t end)
{
    struct intent *t = &mm->intent;
    t->change = CHANGE_NONE;
    __asm__ volatile("" ::: "memory");
    t->start = start;
    t->end = end;
    __asm__ volatile("" ::: "memory");
    t->change = change;
    __asm__ volatile("" ::: "memory");
}

/*
 * Ends a change: tells the translator, before others can see the change as done. code: something was executable there or is now; that
 * nothing was is also known to it.
 */
static int64_t finish(struct mm *mm, int64_t r, bool code, uint64_t start, uint64_t end)
{
    if (code) rt_code_changed(start, end);
    space_begin(mm, CHANGE_NONE, 0, 0);
    if (mm->limited) space_bound_stack(mm);
    rt_unlock(&mm->lock);
    return r;
}

/* What to map; NULL where a range is only to be claimed, for mremap and shmat to replace. */
struct request { int prot, flags, fd; uint64_t off; };
static const struct request claim = { PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0 };

/* The host's calls that give the guest memory. */
static int64_t host_map(uint64_t at, uint64_t len, int flags, const struct request *q)
{
    return own_refuses(OWN_GUESTS) ? -ENOMEM : host_syscall(__NR_mmap, at, len, q->prot, q->flags | flags, q->fd, q->off);
}
static int64_t host_remap(uint64_t old, uint64_t old_len, uint64_t new_len, int flags, uint64_t to)
{
    return own_refuses(OWN_GUESTS) ? -ENOMEM : host_syscall(__NR_mremap, old, old_len, new_len, flags, to);
}

/* Maps where nothing is: -EEXIST if something of the host's is in the way. */
static int64_t map_noreplace(uint64_t start, uint64_t len, const struct request *q)
{
    int64_t r = host_map(start, len, MAP_FIXED_NOREPLACE, q);
    if (r == (int64_t)start || host_is_error(r)) return r;
    host_syscall(__NR_munmap, r, len);      /* kernels before 4.17 take the address for a hint */
    return -EEXIST;
}

void space_release_holes(struct mm *mm, uint64_t start, uint64_t end)
{
    uint64_t pos = start;
    for (size_t i = map_find(mm, start); pos < end; i++) {
        uint64_t stop = i < mm->count && mm->areas[i].start < end ? mm->areas[i].start : end;
        if (pos < stop) host_syscall(__NR_munmap, pos, stop - pos);
        pos = i < mm->count ? mm->areas[i].end : end;
    }
}

/* Claims the parts of [start, end) that are not the guest's, so that nothing of the host's gets replaced. */
static int64_t claim_holes(struct mm *mm, uint64_t start, uint64_t end)
{
    uint64_t pos = start;
    for (size_t i = map_find(mm, start); pos < end; i++) {
        uint64_t stop = i < mm->count && mm->areas[i].start < end ? mm->areas[i].start : end;
        int64_t r = pos < stop ? map_noreplace(pos, stop - pos, &claim) : 0;
        if (r < 0) {
            space_release_holes(mm, start, pos);
            return r;
        }
        pos = i < mm->count ? mm->areas[i].end : end;
    }
    return 0;
}

/* A call that failed may have unmapped what it was to replace. After map_reserve. */
static void drop_lost(struct mm *mm, uint64_t start, uint64_t end)
{
    unsigned char in;
    for (size_t i = map_find(mm, start); start < end && i < mm->count && mm->areas[i].start < end; i = map_find(mm, start)) {
        uint64_t lo = mm->areas[i].start > start ? mm->areas[i].start : start, hi = mm->areas[i].end < end ? mm->areas[i].end : end;
        if (host_syscall(__NR_mincore, lo, SPACE_PAGE, &in) == -ENOMEM) map_remove(mm, lo, hi);
        start = hi;
    }
}

/* Maps q at [start, start + len) over the guest's own mappings only. start, or -errno. The intent's area says what it will be. */
static int64_t take(struct mm *mm, uint64_t start, uint64_t len, const struct request *q)
{
    uint64_t end = start + len;
    int64_t r = map_reserve(mm, start, end);
    if (r < 0) return r;
    space_begin(mm, q == &claim ? CHANGE_CLAIM : CHANGE_MAP, start, end);
    /* MAP_SHARED_VALIDATE refuses the flag MAP_FIXED_NOREPLACE. */
    if (map_free(mm, start, end) && (q->flags & MAP_TYPE) != MAP_SHARED_VALIDATE) return map_noreplace(start, len, q);
    r = claim_holes(mm, start, end);
    if (r < 0 || q == &claim) return r < 0 ? r : (int64_t)start;
    r = host_map(start, len, MAP_FIXED, q);
    if (r < 0) {
        space_release_holes(mm, start, end);
        drop_lost(mm, start, end);
    }
    return r;
}

/* Maps q at a fresh place: the hint if it is free, else the highest hole. Its address, or -errno. */
static int64_t take_new(struct mm *mm, uint64_t hint, uint64_t len, uint64_t align, const struct request *q)
{
    if (hint >= SPACE_MIN && !(hint & ((q->flags & MAP_HUGETLB ? align : SPACE_PAGE) - 1)) &&
        space_is_guest(hint, hint + len) && map_free(mm, hint, hint + len)) {
        int64_t r = take(mm, hint, len, q);
        if (r != -EEXIST && r != -EPERM) return r;
    }
    const uint64_t tops[] = { mm->mmap_top, SPACE_PLACED, SPACE_TOP };
    for (unsigned i = 0; i < 3; i++) {
        for (uint64_t top = tops[i], at; (at = map_hole(mm, top, len, align)); ) {
            int64_t r = take(mm, at, len, q);
            if (r != -EEXIST) return r;
            /* Something of the host's is in the way: step down. */
            top = at + len - (len > HUGE_PAGE ? HUGE_PAGE : SPACE_PAGE);
        }
    }
    return -ENOMEM;
}

/*
 * Maps q where the kernel wants it: some files (io_uring's) are mapped nowhere else. It takes addresses near the top,
 * where nothing of the guest's is.
 */
static int64_t take_anywhere(struct mm *mm, uint64_t len, const struct request *q)
{
    int64_t r = host_map(0, len, 0, q);
    if (host_is_error(r)) return r;
    uint64_t start = r, end = start + len;
    if (space_is_guest(start, end) && map_free(mm, start, end) && map_reserve(mm, start, end) == 0) return r;
    host_syscall(__NR_munmap, start, len);
    return -ENOMEM;
}

/* Maps q at a place the guest chose, over its own mappings if it wants that. */
static int64_t take_fixed(struct mm *mm, uint64_t addr, uint64_t len, bool replace, const struct request *q)
{
    if (!replace && !map_free(mm, addr, addr + len)) return -EEXIST;
    int64_t r = take(mm, addr, len, q);
    return r == -EEXIST && replace ? -ENOMEM : r;
}

static void identify(struct mm *mm, struct area *a, int flags, int fd)
{
    bool shared = (flags & MAP_TYPE) != MAP_PRIVATE;
    if (shared) a->flags |= AREA_SHARED;
    if (flags & MAP_ANONYMOUS) {
        if (shared) a->flags |= AREA_ANON_SHARED, a->ino = ++mm->serial, a->off = 0;
        else a->off = 0;
        return;
    }
    struct stat st;
    a->flags |= AREA_FILE;
    if (host_syscall(__NR_fstat, fd, &st) == 0) a->dev = st.st_dev, a->ino = st.st_ino;
}

/* ---- mmap ---- */

static uint64_t huge_size(int flags)
{
    unsigned log2 = (unsigned)flags >> MAP_HUGE_SHIFT & MAP_HUGE_MASK;
    return log2 ? 1ull << log2 : HUGE_PAGE;
}

/* What the kernel checks first, and what it would check if we asked for executable pages. */
static int64_t check_file(int fd, int prot)
{
    int64_t fl = host_syscall(__NR_fcntl, fd, F_GETFL);
    if (fl < 0 || fl & O_PATH) return -EBADF;
    struct statfs fs;
    if (prot & PROT_EXEC && host_syscall(__NR_fstatfs, fd, &fs) == 0 && fs.f_flags & ST_NOEXEC_FLAG) return -EPERM;
    return 0;
}

static bool lock_new(struct mm *mm, uint64_t start, uint64_t end);

/* What a mapping is refused with that a limit does not allow, which is what the kernel looks at last. No memory is filled meanwhile. */
static int64_t refused(uint64_t len, const struct request *q)
{
    int prot = q->flags & MAP_ANONYMOUS ? PROT_NONE : q->prot;
    int64_t r = host_syscall(__NR_mmap, 0, len, prot, q->flags & ~MAP_POPULATE, q->fd, q->off);
    if (!host_is_error(r)) host_syscall(__NR_munmap, r, len);
    return host_is_error(r) ? r : -ENOMEM;
}

int64_t mm_mmap(struct mm *mm, uint64_t addr, uint64_t len, int prot, int flags, int fd, uint64_t off)
{
    flags &= ~FLAGS_NOT_GUESTS;
    uint64_t align = SPACE_PAGE;
    bool fixed = flags & (MAP_FIXED | MAP_FIXED_NOREPLACE), replace = !(flags & MAP_FIXED_NOREPLACE);
    if (!is_page(off)) return -EINVAL;
    if (!(flags & MAP_ANONYMOUS)) {
        int64_t r = check_file(fd, prot);
        if (r < 0) return r;
    }
    if (!len) return -EINVAL;
    if (flags & MAP_ANONYMOUS && flags & MAP_HUGETLB) {
        align = huge_size(flags);
        len = (len + align - 1) & -align;
    } else if (flags & MAP_ANONYMOUS && !(len & (HUGE_PAGE - 1))) {
        align = HUGE_PAGE;      /* as the kernel does, for transparent huge pages */
    }
    len = page_up(len);
    if (!len || len > SPACE_TOP) return -ENOMEM;
    if (fixed && !is_page(addr)) return -EINVAL;
    if (fixed && (addr + len < addr || !space_is_guest(addr, addr + len))) return -ENOMEM;

    struct request q = { space_host_prot(prot), flags & ~(MAP_FIXED | MAP_FIXED_NOREPLACE), fd, off };
    if (addr) map_lock_at(mm, addr, addr + len);
    else map_lock_at(mm, 0, 0);
    struct area a = { .off = off, .prot = guest_prot(prot) };
    if (flags & MAP_GROWSDOWN) a.flags |= AREA_GROWSDOWN;
    identify(mm, &a, flags, fd);
    mm->intent.area = a;
    if (mm->lock_new == LOCK_AT_ONCE) q.flags |= MAP_LOCKED;
    bool code = a.prot & PROT_EXEC || (fixed && map_has_exec(mm, addr, addr + len));
    bool exists = fixed && !replace && !map_free(mm, addr, addr + len);
    if (!exists && !space_fits(mm, len - (fixed ? space_mapped(mm, addr, addr + len) : 0), area_is_data(&a)))
        return finish(mm, refused(len, &q), false, 0, 0);
    int64_t r = fixed ? take_fixed(mm, addr, len, replace, &q) : take_new(mm, page_up(addr), len, align, &q);
    if (r == -EINVAL && !addr && !fixed && !(flags & MAP_ANONYMOUS)) r = take_anywhere(mm, len, &q);
    if (r == -EPERM && mm->lock_new == LOCK_AT_ONCE && !(flags & MAP_LOCKED)) r = -EAGAIN;
    if (r < 0) return finish(mm, r, code, addr, addr + len);
    uint64_t start = r, end = r + len;
    a.start = start;
    a.end = end;
    map_insert(mm, &a);
    if (mm->lock_new == LOCK_ON_FAULT && !lock_new(mm, start, end)) return finish(mm, -EAGAIN, code, start, end);
    if (log_on(LOG_space)) log_write("space: mmap %lx-%lx prot %d flags %x fd %d off %lx\n", start, end, prot, flags, fd, off);
    return finish(mm, r, code, start, end);
}

int64_t space_unmap(struct mm *mm, uint64_t start, uint64_t end)
{
    size_t i = map_find(mm, start);
    while (i < mm->count && mm->areas[i].start < end) {
        uint64_t lo = mm->areas[i].start, hi = mm->areas[i].end;
        while (++i < mm->count && mm->areas[i].start == hi && hi < end) hi = mm->areas[i].end;
        bool splits = lo < start || hi > end || mm->areas[i - 1].end > end;    /* only that can fail */
        if (lo < start) lo = start;
        if (hi > end) hi = end;
        int64_t r = splits && own_refuses(OWN_GUESTS) ? -ENOMEM : host_syscall(__NR_munmap, lo, hi - lo);
        if (r < 0) {
            map_remove(mm, start, lo);      /* what came before is gone */
            return r;
        }
    }
    map_remove(mm, start, end);
    return 0;
}

/* Locks what has just been mapped, if all new mappings are to be. False: more than may be locked, and unmapped again. */
static bool lock_new(struct mm *mm, uint64_t start, uint64_t end)
{
    enum { ON_FAULT = 1 };
    if (!mm->lock_new) return true;
    int64_t r = host_syscall(__NR_mlock2, start, end - start, mm->lock_new == LOCK_ON_FAULT ? ON_FAULT : 0);
    if (r == 0) return true;
    space_begin(mm, CHANGE_UNMAP, start, end);
    space_unmap(mm, start, end);
    return false;
}

int64_t mm_munmap(struct mm *mm, uint64_t addr, uint64_t len)
{
    len = page_up(len);
    uint64_t end = addr + len;
    if (!is_page(addr) || !len || end < addr || end > SPACE_TOP) return -EINVAL;
    map_lock_at(mm, addr, end);
    bool code = map_has_exec(mm, addr, end);
    int64_t r = 0;
    if (!map_free(mm, addr, end)) {
        r = map_reserve(mm, addr, end);
        mm->intent.area = (struct area){0};
        space_begin(mm, CHANGE_UNMAP, addr, end);
        if (r == 0) r = space_unmap(mm, addr, end);
    }
    if (log_on(LOG_space)) log_write("space: munmap %lx-%lx\n", addr, end);
    return finish(mm, r, code, addr, end);
}

static int64_t host_protect(uint64_t start, uint64_t end, int prot)
{
    return own_refuses(OWN_GUESTS) ? -ENOMEM : host_syscall(__NR_mprotect, start, end - start, space_host_prot(prot));
}

/* After a failure, which the kernel meets at one area with those before it changed: the end of what has changed. */
static uint64_t protect_as_far(const struct mm *mm, uint64_t start, uint64_t end, int prot)
{
    for (size_t i = map_find(mm, start); start < end; i++) {
        uint64_t stop = mm->areas[i].end < end ? mm->areas[i].end : end;
        if (host_protect(start, stop, prot) < 0) break;
        start = stop;
    }
    return start;
}

int64_t mm_mprotect(struct mm *mm, uint64_t addr, uint64_t len, int prot)
{
    if ((prot & (PROT_GROWSDOWN | PROT_GROWSUP)) == (PROT_GROWSDOWN | PROT_GROWSUP)) return -EINVAL;
    if (!is_page(addr)) return -EINVAL;
    if (!len) return 0;
    len = page_up(len);
    uint64_t end = addr + len, hole;
    if (end <= addr) return -ENOMEM;
    map_lock_at(mm, addr, end);
    int64_t r = 0;
    if (!map_full(mm, addr, end, &hole)) {
        /* The kernel changes what comes before the hole, and says so. */
        r = -ENOMEM;
        end = hole;
    }
    const struct area *first = map_at(mm, addr);
    if (first && prot & PROT_GROWSDOWN) {
        if (!(first->flags & AREA_GROWSDOWN)) return finish(mm, -EINVAL, false, 0, 0);
        addr = first->start;
    }
    if (prot & PROT_GROWSUP) return finish(mm, -EINVAL, false, 0, 0);
    prot &= ~PROT_GROWSDOWN;
    uint64_t stop = space_protectable(mm, addr, end, prot);
    if (stop < end) {
        r = -ENOMEM;
        end = stop;
    }
    if (addr >= end) return finish(mm, r, false, 0, 0);
    bool code = prot & PROT_EXEC || map_has_exec(mm, addr, end);
    if (map_reserve(mm, addr, end)) return finish(mm, -ENOMEM, false, 0, 0);
    mm->intent.area = (struct area){ .prot = guest_prot(prot) };
    space_begin(mm, CHANGE_PROTECT, addr, end);
    int64_t h = host_protect(addr, end, prot);
    if (h < 0) {
        r = h;
        end = protect_as_far(mm, addr, end, prot);
    }
    map_protect(mm, addr, end, guest_prot(prot));
    if (log_on(LOG_space)) log_write("space: mprotect %lx-%lx prot %d = %ld\n", addr, end, prot, r);
    return finish(mm, r, code, addr, end);
}

/* ---- brk ---- */

void mm_set_brk(struct mm *mm, uint64_t start, uint64_t data)
{
    map_lock(mm);
    mm->program_data = data;
    mm->brk_start = mm->brk_end = start;
    finish(mm, 0, false, 0, 0);
}

int64_t mm_brk(struct mm *mm, uint64_t addr)
{
    map_lock_at(mm, 0, 0);
    uint64_t old = page_up(mm->brk_end), new = page_up(addr);
    bool code = false;
    if (addr < mm->brk_start || new < addr || !space_brk_fits(mm, addr)) return finish(mm, mm->brk_end, false, 0, 0);
    if (new > old) {
        /* The gap the kernel keeps below another mapping. */
        const struct request q = { PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0 };
        struct area a = { .start = old, .end = new, .prot = PROT_READ | PROT_WRITE, .name = map_name_index(mm, "[heap]") };
        mm->intent.area = a;
        if (!space_is_guest(old, new + SPACE_PAGE) || !map_free(mm, old, new + SPACE_PAGE) || !space_fits(mm, new - old, true) ||
            take(mm, old, new - old, &q) < 0)
            return finish(mm, mm->brk_end, false, 0, 0);
        map_insert(mm, &a);
        if (!lock_new(mm, old, new)) return finish(mm, mm->brk_end, false, 0, 0);
    } else if (new < old) {
        code = map_has_exec(mm, new, old);
        mm->intent.area = (struct area){ .name = map_name_index(mm, "[heap]") };
        space_begin(mm, CHANGE_UNMAP, new, old);
        if (map_reserve(mm, new, old) || space_unmap(mm, new, old)) return finish(mm, mm->brk_end, false, 0, 0);
    }
    mm->brk_end = addr;
    return finish(mm, addr, code, new, old);
}

/* ---- mremap ---- */

/*
 * Describes at `to` what is mapped in [from, from + len), then more of the last area up to new_len. With n, makes sure that it will
 * need no more memory than that for *n areas, instead.
 */
static int copy_areas(struct mm *mm, uint64_t from, uint64_t len, uint64_t to, uint64_t new_len, size_t *n)
{
    /* len 0: a second view of a shared area, of which one page tells everything. */
    uint64_t pos = 0, span = !len ? SPACE_PAGE : len < new_len ? len : new_len;
    for (const struct area *a; pos < span && (a = map_at(mm, from + pos)); ) {
        struct area b = *a;
        uint64_t stop = a->end - from < span ? a->end - from : span;
        if (stop >= span) stop = new_len;
        b.off = area_has_offset(a) ? a->off + (from + pos - a->start) : 0;
        b.start = to + pos;
        b.end = to + stop;
        if (n) *n += 1;
        if (n && map_reserve(mm, b.start, b.end)) return -ENOMEM;
        if (!n) map_insert(mm, &b);
        pos = stop;
    }
    return 0;
}

void space_moved(struct mm *mm, uint64_t old, uint64_t old_len, uint64_t to, uint64_t new_len, bool stays)
{
    /* Something else may have been mapped there. */
    map_remove(mm, to, to + new_len);
    copy_areas(mm, old, old_len, to, new_len, NULL);
    if (!stays && map_reserve(mm, old, old + old_len) == 0) map_remove(mm, old, old + old_len);
}

static int64_t remap_move(struct mm *mm, uint64_t old, uint64_t old_len, uint64_t new_len, int flags, uint64_t to)
{
    int64_t r = map_reserve(mm, to, to + new_len);
    if (r == 0) r = map_reserve(mm, old, old + old_len);
    size_t n = 0;
    if (r == 0) r = copy_areas(mm, old, old_len, to, new_len, &n);
    if (r == 0) r = map_room(mm, n);
    mm->intent.to = to;
    mm->intent.to_end = to + new_len;
    mm->intent.stays = flags & MREMAP_DONTUNMAP || !old_len;
    space_begin(mm, CHANGE_MOVE, old, old + old_len);
    if (r == 0) r = host_remap(old, old_len, new_len, flags | MREMAP_MAYMOVE | MREMAP_FIXED, to);
    if (r != (int64_t)to) {
        space_release_holes(mm, to, to + new_len);
        drop_lost(mm, to, to + new_len);
        return r;
    }
    space_moved(mm, old, old_len, to, new_len, mm->intent.stays);
    return r;
}

static int64_t remap_in_place(struct mm *mm, uint64_t old, uint64_t old_len, uint64_t new_len)
{
    if (new_len > old_len) {
        uint64_t lo = old + old_len, hi = old + new_len;
        if (hi < lo || !space_is_guest(lo, hi) || !map_free(mm, lo, hi)) return -ENOMEM;
    }
    uint64_t end = old + (new_len > old_len ? new_len : old_len);
    int64_t r = map_reserve(mm, old + (new_len > old_len ? old_len : new_len), end);
    struct area a = *map_at(mm, old + old_len - 1);
    if (new_len > old_len && area_has_offset(&a)) a.off += old + old_len - a.start;
    a.start = old + old_len;
    a.end = end;
    mm->intent.area = a;
    mm->intent.area.name = 0;
    if (new_len < old_len) space_begin(mm, CHANGE_UNMAP, old + new_len, end);
    else if (new_len > old_len) space_begin(mm, CHANGE_MAP, a.start, end);
    if (r == 0) r = host_remap(old, old_len, new_len, 0, 0);
    if (r < 0) return r;
    if (new_len < old_len) {
        map_remove(mm, old + new_len, end);
    } else if (new_len > old_len) {
        map_insert(mm, &a);
    }
    return r;
}

int64_t mm_mremap(struct mm *mm, uint64_t old, uint64_t old_len, uint64_t new_len, int flags, uint64_t to)
{
    bool fixed = flags & MREMAP_FIXED, dont_unmap = flags & MREMAP_DONTUNMAP;
    old_len = page_up(old_len);
    new_len = page_up(new_len);
    if (flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP)) return -EINVAL;
    if ((fixed || dont_unmap) && !(flags & MREMAP_MAYMOVE)) return -EINVAL;
    if (dont_unmap && old_len != new_len) return -EINVAL;
    if (!is_page(old) || !new_len || new_len > SPACE_TOP) return -EINVAL;
    if ((fixed || dont_unmap) && (!is_page(to) || to + new_len < to || to + new_len > SPACE_TOP)) return -EINVAL;
    if ((fixed || dont_unmap) && to < old + old_len && old < to + new_len) return -EINVAL;
    if (fixed && !space_is_guest(to, to + new_len)) return -ENOMEM;

    map_lock(mm);
    if (old_len > SPACE_TOP || old + old_len < old) return finish(mm, map_at(mm, old) ? -EINVAL : -EFAULT, false, 0, 0);
    uint64_t hole, end = old + (old_len ? old_len : SPACE_PAGE);
    /* The kernel shrinks by unmapping, whatever is there. */
    if (!fixed && !dont_unmap && new_len < old_len && map_at(mm, old)) {
        rt_unlock(&mm->lock);
        int64_t r = mm_munmap(mm, old + new_len, old_len - new_len);
        return r < 0 ? r : (int64_t)old;
    }
    if (!map_full(mm, old, end, &hole)) return finish(mm, -EFAULT, false, 0, 0);
    /* Length 0 duplicates a mapping, which only shared ones allow. */
    if (!old_len && !(map_at(mm, old)->flags & AREA_SHARED)) return finish(mm, -EINVAL, false, 0, 0);
    bool code = map_has_exec(mm, old, end) || (fixed && map_has_exec(mm, to, to + new_len));
    uint64_t more = dont_unmap ? old_len : new_len > old_len ? new_len - old_len : 0;
    if (more && !space_fits(mm, more, area_is_data(map_at(mm, old)))) return finish(mm, -ENOMEM, false, 0, 0);
    int64_t r;
    if (fixed) {
        r = take_fixed(mm, to, new_len, true, &claim);
        if (r >= 0) r = remap_move(mm, old, old_len, new_len, flags, to);
    } else {
        r = dont_unmap || !old_len ? -ENOMEM : remap_in_place(mm, old, old_len, new_len);
        if (r == -ENOMEM && flags & MREMAP_MAYMOVE) {
            uint64_t align = !(old & (HUGE_PAGE - 1)) && !(new_len & (HUGE_PAGE - 1)) ? HUGE_PAGE : SPACE_PAGE;
            r = take_new(mm, dont_unmap ? to : 0, new_len, align, &claim);
            if (r > 0) r = remap_move(mm, old, old_len, new_len, flags & ~MREMAP_FIXED, r);
        }
    }
    if (log_on(LOG_space)) log_write("space: mremap %lx+%lx to %lx+%lx flags %x\n", old, old_len, r, new_len, flags);
    if (code && r >= 0 && (uint64_t)r != old) rt_code_changed(r, r + new_len);
    return finish(mm, r, code, old, end);
}

/* ---- madvise ---- */

static bool changes_content(int advice)
{
    return advice == MADV_DONTNEED || advice == MADV_FREE || advice == MADV_REMOVE || advice == 24 /* MADV_DONTNEED_LOCKED */;
}

int64_t mm_madvise(struct mm *mm, uint64_t addr, uint64_t len, int advice)
{
    uint64_t given = len;
    len = page_up(len);
    uint64_t end = addr + len, pos = addr;
    if (!is_page(addr) || end < addr || (given && !len)) return -EINVAL;
    if (pos == end) return host_syscall(__NR_madvise, addr, 0, advice);
    map_lock_at(mm, addr, end);
    bool code = changes_content(advice) && map_has_exec(mm, addr, end);
    if (code) space_begin(mm, CHANGE_CONTENT, addr, end);
    int64_t r = 0;
    /* Hole by hole, as what lies in a hole may be the host's. */
    while (pos < end) {
        size_t i = map_find(mm, pos);
        if (i == mm->count || mm->areas[i].start >= end) break;
        if (mm->areas[i].start > pos) pos = mm->areas[i].start, r = -ENOMEM;
        uint64_t stop;
        map_full(mm, pos, end, &stop);
        if (stop > end) stop = end;
        int64_t h = host_syscall(__NR_madvise, pos, stop - pos, advice);
        if (h < 0) return finish(mm, h, code, addr, end);
        pos = stop;
    }
    return finish(mm, pos < end ? -ENOMEM : r, code, addr, end);
}

/* ---- System V shared memory ---- */

int64_t mm_shmat(struct mm *mm, int id, uint64_t addr, int flags)
{
    struct shmid_ds ds;
    int64_t r = host_syscall(__NR_shmctl, id, IPC_STAT, &ds);
    /* A segment that may be attached but not read reports no size; the kernel's own refusal is the answer then. */
    if (r < 0) return r;
    uint64_t len = page_up(ds.shm_segsz);
    if (addr & (SHMLBA_GUEST - 1)) {
        if (!(flags & SHM_RND)) return -EINVAL;
        addr &= -(uint64_t)SHMLBA_GUEST;
    }
    if (!addr && flags & SHM_REMAP) return -EINVAL;
    if (addr && !space_is_guest(addr, addr + len)) return -EINVAL;
    map_lock(mm);
    if ((!addr || flags & SHM_REMAP || map_free(mm, addr, addr + len)) && !space_fits(mm, len - (addr ? space_mapped(mm, addr, addr + len) : 0), false))
        return finish(mm, -ENOMEM, false, 0, 0);
    int64_t at = addr ? take_fixed(mm, addr, len, flags & SHM_REMAP, &claim) : take_new(mm, 0, len, SPACE_PAGE, &claim);
    if (at < 0) return finish(mm, at == -EEXIST ? -EINVAL : at, false, 0, 0);
    bool code = flags & SHM_EXEC || map_has_exec(mm, at, at + len);
    r = map_reserve(mm, at, at + len);
    struct area a = { .start = at, .end = at + len, .ino = id, .flags = AREA_SHARED | AREA_SHM };
    a.prot = PROT_READ | (flags & SHM_RDONLY ? 0 : PROT_WRITE) | (flags & SHM_EXEC ? PROT_EXEC : 0);
    mm->intent.area = a;
    space_begin(mm, CHANGE_MAP, at, at + len);
    if (r == 0) r = host_syscall(__NR_shmat, id, at, (flags & ~SHM_EXEC) | SHM_REMAP);
    if (r != at) {
        space_release_holes(mm, at, at + len);
        return finish(mm, r, false, 0, 0);
    }
    map_insert(mm, &a);
    if (!lock_new(mm, at, at + len)) r = -EAGAIN;
    return finish(mm, r, code, at, at + len);
}

static bool is_piece_of(const struct area *a, uint64_t attached_at, uint64_t id)
{
    return a->flags & AREA_SHM && a->ino == id && a->start - a->off == attached_at;
}

/* The kernel detaches every piece of an attachment, wherever holes were cut. */
void space_detached(struct mm *mm, uint64_t addr, uint64_t id)
{
    for (size_t i = map_find(mm, addr); i < mm->count; i++) {
        struct area a = mm->areas[i];
        if (!is_piece_of(&a, addr, id)) continue;
        if (map_reserve(mm, a.start, a.end)) break;
        map_remove(mm, a.start, a.end);
        i--;
    }
}

int64_t mm_shmdt(struct mm *mm, uint64_t addr)
{
    map_lock(mm);
    struct area *a = map_at(mm, addr);
    if (!is_page(addr) || !a || !(a->flags & AREA_SHM) || a->start - a->off > addr) return finish(mm, -EINVAL, false, 0, 0);
    uint64_t id = a->ino, end = addr;
    bool code = false;
    for (size_t i = map_find(mm, addr); i < mm->count; i++)
        if (is_piece_of(&mm->areas[i], addr, id)) {
            end = mm->areas[i].end;
            code |= (mm->areas[i].prot & PROT_EXEC) != 0;
        }
    mm->intent.area = (struct area){ .ino = id };
    space_begin(mm, CHANGE_DETACH, addr, end);
    int64_t r = host_syscall(__NR_shmdt, addr);
    if (r < 0) return finish(mm, r, false, 0, 0);
    space_detached(mm, addr, id);
    return finish(mm, 0, code, addr, end);
}

/* ---- all of it ---- */

void mm_clear(struct mm *mm)
{
    map_lock(mm);
    uint64_t end = mm->count ? mm->areas[mm->count - 1].end : 0;
    mm->intent.area = (struct area){0};
    space_begin(mm, CHANGE_UNMAP, 0, end);
    if (end && map_reserve(mm, 0, end) == 0) space_unmap(mm, 0, end);
    mm->brk_start = mm->brk_end = 0;
    finish(mm, 0, true, 0, SPACE_TOP);
}

int64_t mm_map_stack(struct mm *mm, uint64_t size, uint64_t room, int prot)
{
    map_lock(mm);
    int64_t r = take_new(mm, 0, room, SPACE_PAGE, &claim);
    if (r > 0) host_syscall(__NR_munmap, r, room);
    /* A limit of the host's may not allow so much at once. */
    if (r == -ENOMEM) r = (int64_t)map_hole(mm, mm->mmap_top, room, SPACE_PAGE);
    if (r <= 0) return finish(mm, r ? r : -ENOMEM, false, 0, 0);
    uint64_t end = (uint64_t)r + room, start = end - size;
    struct area a = { .start = start, .end = end, .prot = guest_prot(prot), .flags = AREA_GROWSDOWN, .name = map_name_index(mm, "[stack]") };
    const struct request q = { space_host_prot(prot), MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_STACK | MAP_NORESERVE, -1, 0 };
    if (!space_fits(mm, size, false)) return finish(mm, -ENOMEM, false, 0, 0);
    r = take(mm, start, size, &q);
    if (r < 0) return finish(mm, r, false, 0, 0);
    mm->stack_top = end;
    mm->mmap_top = end - room;
    map_insert(mm, &a);
    return finish(mm, (int64_t)end, false, start, end);
}

void mm_refresh(struct mm *mm)
{
    map_lock(mm);
    rt_unlock(&mm->lock);
}

bool mm_beyond_file(struct mm *mm, uint64_t addr, size_t n)
{
    uint8_t bytes[16];
    map_lock(mm);
    n = mm_fetchable(mm, addr, n < sizeof bytes ? n : sizeof bytes);
    bool beyond = n && copy_from_guest(bytes, addr, n);
    rt_unlock(&mm->lock);
    return beyond;
}

void mm_limit_changed(struct mm *mm)
{
    map_lock(mm);
    space_bound_stack(mm);
    rt_unlock(&mm->lock);
}

uint64_t mm_total(struct mm *mm)
{
    map_lock(mm);
    uint64_t total = mm->total;
    rt_unlock(&mm->lock);
    return total;
}

void mm_lock_new(struct mm *mm, bool yes, bool on_fault)
{
    map_lock(mm);
    mm->lock_new = !yes ? LOCK_NOT : on_fault ? LOCK_ON_FAULT : LOCK_AT_ONCE;
    rt_unlock(&mm->lock);
}

void mm_name(struct mm *mm, uint64_t addr, const char *name)
{
    map_lock(mm);
    struct area *a = map_at(mm, addr);
    if (a) a->name = map_name_index(mm, name);
    finish(mm, 0, false, 0, 0);
}

void mm_aliases(struct mm *mm, uint64_t start, uint64_t end, void (*f)(void *ctx, uint64_t start, uint64_t end), void *ctx)
{
    map_lock(mm);
    for (size_t i = map_find(mm, start); i < mm->count && mm->areas[i].start < end; i++) {
        const struct area *a = &mm->areas[i];
        if (!(a->flags & AREA_SHARED)) continue;
        uint64_t lo = (start > a->start ? start : a->start) - a->start + a->off;
        uint64_t hi = (end < a->end ? end : a->end) - a->start + a->off;
        for (size_t k = 0; k < mm->count; k++) {
            const struct area *b = &mm->areas[k];
            uint64_t b_hi = b->off + (b->end - b->start);
            bool same = b->dev == a->dev && b->ino == a->ino &&
                (b->flags & (AREA_FILE | AREA_SHM | AREA_ANON_SHARED)) == (a->flags & (AREA_FILE | AREA_SHM | AREA_ANON_SHARED));
            if (k == i || !same || b->off >= hi || b_hi <= lo) continue;
            uint64_t from = lo > b->off ? lo : b->off, to = hi < b_hi ? hi : b_hi;
            f(ctx, b->start + (from - b->off), b->start + (to - b->off));
        }
    }
    finish(mm, 0, false, 0, 0);
}

static void changed(void *ctx, uint64_t start, uint64_t end)
{
    (void)ctx;
    rt_code_changed(start, end);
}

void mm_code_written(struct mm *mm, uint64_t start, uint64_t end)
{
    rt_code_changed(start, end);
    mm_aliases(mm, start, end, changed, NULL);
}
