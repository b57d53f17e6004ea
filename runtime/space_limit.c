/*
 * RLIMIT_AS and RLIMIT_DATA of the guest, as the kernel's may_expand_vm() compares them: with the whole of the guest's areas, and
 * with those that are private and writable, stacks aside. The limits are asked for each time: they belong to the process, of
 * which several may share an address space, and other processes can change them, of which the kernel
 * tells nobody. That costs two calls of 0.1 to 0.2 us, an eighth of a guest's mmap and munmap, and 10 us of python3's start.
 */
#include <sys/mman.h>
#include <sys/resource.h>

#include "runtime/limits.h"
#include "runtime/space_map.h"

static uint64_t limit_of(int resource)
{
    struct limit l;
    return limits_change(0, resource, NULL, &l) ? RLIM_INFINITY : l.soft;
}

bool area_is_data(const struct area *a) { return a->prot & PROT_WRITE && !(a->flags & (AREA_SHARED | AREA_GROWSDOWN)); }

static bool data_fits(const struct mm *mm, uint64_t bytes)
{
    struct limit l;
    if (limits_change(0, RLIMIT_DATA, NULL, &l) || mm->data + bytes <= (l.soft & -(uint64_t)SPACE_PAGE)) return true;
    return l.soft == 0 && mm->data + bytes <= (l.hard & -(uint64_t)SPACE_PAGE);    /* the kernel's concession to old valgrinds */
}

bool space_fits(struct mm *mm, uint64_t bytes, bool data)
{
    uint64_t limit = limit_of(RLIMIT_AS);
    if (limit != RLIM_INFINITY) {
        mm->limited = true;
        map_sync(mm);
    }
    return mm->total + bytes <= (limit & -(uint64_t)SPACE_PAGE) && (!data || data_fits(mm, bytes));
}

uint64_t space_mapped(const struct mm *mm, uint64_t start, uint64_t end)
{
    uint64_t sum = 0;
    for (size_t i = map_find(mm, start); i < mm->count && mm->areas[i].start < end; i++) {
        const struct area *a = &mm->areas[i];
        sum += (a->end < end ? a->end : end) - (a->start > start ? a->start : start);
    }
    return sum;
}

uint64_t space_protectable(const struct mm *mm, uint64_t start, uint64_t end, int prot)
{
    uint64_t more = 0;
    if (!(prot & PROT_WRITE)) return end;
    for (size_t i = map_find(mm, start); i < mm->count && mm->areas[i].start < end; i++) {
        struct area a = mm->areas[i];
        bool was = area_is_data(&a);
        a.prot = PROT_WRITE;
        if (was || !area_is_data(&a)) continue;
        if (a.start < start) a.start = start;
        if (a.end > end) a.end = end;
        more += a.end - a.start;
        if (!data_fits(mm, more)) return a.start;
    }
    return end;
}

bool space_brk_fits(const struct mm *mm, uint64_t brk)
{
    uint64_t limit = limit_of(RLIMIT_DATA);
    return limit == RLIM_INFINITY || brk - mm->brk_start + mm->program_data <= limit;
}

/*
 * The host lets the stack grow by its own limits, which are higher. So a page that it cannot grow over stands where the guest's
 * RLIMIT_AS would be exceeded; stack and limit are as far from each other after it has grown, so it stays right.
 */
void space_bound_stack(struct mm *mm)
{
    uint64_t limit = limit_of(RLIMIT_AS), stop = 0;
    size_t i = map_stack(mm);
    mm->limited = limit != RLIM_INFINITY;
    if (mm->limited && i < mm->count) {
        map_sync(mm);
        limit &= -(uint64_t)SPACE_PAGE;
        uint64_t left = limit > mm->total ? limit - mm->total : 0, low = mm->areas[i].start;
        uint64_t floor = i ? mm->areas[i - 1].end : 0;
        if (left < low && low - left - SPACE_PAGE >= floor && low - left > SPACE_PAGE) stop = low - left - SPACE_PAGE;
    }
    if (stop == mm->stack_stop) return;
    if (mm->stack_stop) host_syscall(__NR_munmap, mm->stack_stop, SPACE_PAGE);
    int64_t r = stop ? host_syscall(__NR_mmap, stop, SPACE_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0) : 0;
    mm->stack_stop = host_is_error(r) ? 0 : stop;
}
