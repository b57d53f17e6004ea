/*
 * What a task that was killed within a call on the address space left undone. Other processes live on in
 * the same memory, so the list of areas and the host's mappings must agree again.
 *
 * The kernel finishes a system call before it kills, so the host's part either happened or did not, and nobody
 * was told which. Unmapping and protecting are done again. A mapping over others counts as made where
 * the host has the whole range. One where nothing was is left to the host: it was nobody's yet, and what
 * stands there may be the host's own; the range is passed over from then on.
 */
#include <errno.h>
#include <sys/mman.h>

#include "runtime/space_map.h"

static bool host_has(uint64_t start, uint64_t end)
{
    unsigned char in[512];
    for (uint64_t len; start < end; start += len) {
        len = end - start < sizeof in * SPACE_PAGE ? end - start : sizeof in * SPACE_PAGE;
        if (host_syscall(__NR_mincore, start, len, in) == -ENOMEM) return false;
    }
    return true;
}

/* Gives the host's mappings of [start, end) the protection the list says. */
static void protect_as_listed(struct mm *mm, uint64_t start, uint64_t end)
{
    for (size_t i = map_find(mm, start); i < mm->count && mm->areas[i].start < end; i++) {
        const struct area *a = &mm->areas[i];
        uint64_t lo = a->start > start ? a->start : start, hi = a->end < end ? a->end : end;
        host_syscall(__NR_mprotect, lo, hi - lo, space_host_prot(a->prot));
    }
}

static void repair_map(struct mm *mm, const struct intent *t)
{
    struct area a = t->area;
    a.start = t->start;
    a.end = t->end;
    if (map_free(mm, a.start, a.end)) {
        if (a.name) host_syscall(__NR_munmap, a.start, a.end - a.start);    /* brk must find it free */
    } else if (host_has(a.start, a.end) && map_reserve(mm, a.start, a.end) == 0) {
        map_insert(mm, &a);
        protect_as_listed(mm, a.start, a.end);
        if (a.name) mm->brk_end = a.end;
    } else {
        space_release_holes(mm, a.start, a.end);
    }
}

static void repair_move(struct mm *mm, const struct intent *t)
{
    if (!map_at(mm, t->start)) return;      /* removed last */
    if (t->stays || !host_has(t->start, t->start + SPACE_PAGE)) {
        space_moved(mm, t->start, t->end - t->start, t->to, t->to_end - t->to, t->stays);
        protect_as_listed(mm, t->to, t->to_end);
    } else {
        space_release_holes(mm, t->to, t->to_end);
    }
}

void space_repair(struct mm *mm)
{
    struct intent *t = &mm->intent;
    switch (t->change) {
    case CHANGE_NONE: return;
    case CHANGE_CLAIM:
        if (!map_free(mm, t->start, t->end)) space_release_holes(mm, t->start, t->end);
        break;
    case CHANGE_MAP: repair_map(mm, t); break;
    case CHANGE_UNMAP:
        if (map_reserve(mm, t->start, t->end) == 0) space_unmap(mm, t->start, t->end);
        if (t->area.name) mm->brk_end = t->start;
        break;
    case CHANGE_PROTECT:
        if (map_reserve(mm, t->start, t->end) == 0) map_protect(mm, t->start, t->end, t->area.prot);
        protect_as_listed(mm, t->start, t->end);
        break;
    case CHANGE_MOVE: repair_move(mm, t); break;
    case CHANGE_DETACH:
        host_syscall(__NR_shmdt, t->start);
        space_detached(mm, t->start, t->area.ino);
        break;
    case CHANGE_CONTENT: break;
    }
    if (map_reserve(mm, t->start, t->end) == 0) map_flags_again(mm, t->start, t->end);
    rt_code_changed(t->start, t->end);
    if (t->change == CHANGE_MOVE) {
        if (map_reserve(mm, t->to, t->to_end) == 0) map_flags_again(mm, t->to, t->to_end);
        rt_code_changed(t->to, t->to_end);
    }
    t->change = CHANGE_NONE;
}
