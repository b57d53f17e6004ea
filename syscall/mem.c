/* Memory calls: the address space (runtime/space.h) does the work. */
#include "syscall/handlers.h"
#include "syscall/uring.h"

int64_t sys_mmap(struct task *t, const uint64_t a[6])
{
    int64_t r;
    if (uring_mmap(t, a, &r)) return r;
    return mm_mmap(t->mm, a[0], a[1], (int)a[2], (int)a[3], (int)a[4], a[5]);
}

int64_t sys_munmap(struct task *t, const uint64_t a[6]) { return mm_munmap(t->mm, a[0], a[1]); }
int64_t sys_mprotect(struct task *t, const uint64_t a[6]) { return a[2] >> 32 ? -EINVAL : mm_mprotect(t->mm, a[0], a[1], (int)a[2]); }
int64_t sys_mremap(struct task *t, const uint64_t a[6]) { return a[3] >> 31 ? -EINVAL : mm_mremap(t->mm, a[0], a[1], a[2], (int)a[3], a[4]); }
int64_t sys_brk(struct task *t, const uint64_t a[6]) { return mm_brk(t->mm, a[0]); }
int64_t sys_madvise(struct task *t, const uint64_t a[6]) { return mm_madvise(t->mm, a[0], a[1], (int)a[2]); }
int64_t sys_shmat(struct task *t, const uint64_t a[6]) { return mm_shmat(t->mm, (int)a[0], a[1], (int)a[2]); }
int64_t sys_shmdt(struct task *t, const uint64_t a[6]) { return mm_shmdt(t->mm, a[0]); }

/* Without protection keys only the key -1, "none", is valid. */
int64_t sys_pkey_mprotect(struct task *t, const uint64_t a[6])
{
    return (int)a[3] == -1 ? sys_mprotect(t, a) : -EINVAL;
}

/* Rearranges the pages of a shared mapping, whose code is then another. */
int64_t sys_remap_file_pages(struct task *t, const uint64_t a[6])
{
    if (mm_prot(t->mm, a[0]) < 0) return -EINVAL;
    int64_t r = host_syscall(__NR_remap_file_pages, a[0], a[1], a[2], a[3], a[4]);
    if (r == 0) rt_code_changed(a[0], a[0] + a[1]);
    return r;
}

/* The host's mappings are the guest's, so the host kernel refuses changes for both. */
int64_t sys_mseal(struct task *t, const uint64_t a[6])
{
    if (a[1] && !(a[0] & (SPACE_PAGE - 1)) && mm_prot(t->mm, a[0]) < 0) return -ENOMEM;
    return host_syscall(462, a[0], a[1], a[2]);
}

/* ---- mlockall: of what is mapped, the guest's, or all that the translator reserves would become resident ---- */

struct lock_all { uint64_t on_fault; int64_t result; };

static bool lock_area(void *ctx, const struct mm_area *a)
{
    struct lock_all *l = ctx;
    int64_t r = host_syscall(__NR_mlock2, a->start, a->end - a->start, l->on_fault);
    /* Pages that cannot be touched cannot be made resident, which mlockall does not mind. */
    if (r < 0 && a->prot) l->result = r;
    return l->result == 0;
}

int64_t sys_mlockall(struct task *t, const uint64_t a[6])
{
    enum { CURRENT = 1, FUTURE = 2, ON_FAULT = 4 };
    uint32_t flags = (uint32_t)a[0];
    struct lock_all l = { .on_fault = flags & ON_FAULT ? 1 /* MLOCK_ONFAULT */ : 0 };
    if (!flags || flags & ~(uint32_t)(CURRENT | FUTURE | ON_FAULT) || flags == ON_FAULT) return -EINVAL;
    if (flags & CURRENT) mm_each(t->mm, lock_area, &l);
    if (l.result == 0 && flags & FUTURE) l.result = host_syscall(__NR_mlockall, flags & ~(uint32_t)CURRENT);
    return l.result;
}
