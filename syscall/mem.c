/* Memory calls: the address space (runtime/space.h) does the work. */
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "runtime/limits.h"
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
    mm_refresh(t->mm);
    if (mm_prot(t->mm, a[0]) < 0) return -EINVAL;
    int64_t r = host_syscall(__NR_remap_file_pages, a[0], a[1], a[2], a[3], a[4]);
    if (r == 0) rt_code_changed(a[0], a[0] + a[1]);
    return r;
}

/* The host's mappings are the guest's, so the host kernel refuses changes for both. */
int64_t sys_mseal(struct task *t, const uint64_t a[6])
{
    mm_refresh(t->mm);
    if (a[1] && !(a[0] & (SPACE_PAGE - 1)) && mm_prot(t->mm, a[0]) < 0) return -ENOMEM;
    return host_syscall(462, a[0], a[1], a[2]);
}

/* ---- mlockall: of the guest's, now and later, or all that the translator reserves would become resident and count ---- */

struct lock_all { uint64_t on_fault; int64_t result; };

static bool lock_area(void *ctx, const struct mm_area *a)
{
    struct lock_all *l = ctx;
    int64_t r = host_syscall(__NR_mlock2, a->start, a->end - a->start, l->on_fault);
    /* Pages that cannot be touched cannot be made resident, which mlockall does not mind. */
    if (r < 0 && a->prot) l->result = r;
    return l->result == 0;
}

/* CAP_IPC_LOCK where the limit asks for it, in the first user namespace. */
static bool may_lock(void)
{
    enum { FIRST_USER_NAMESPACE = (int)0xeffffffd };    /* PROC_USER_INIT_INO */
    struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct data[2];
    struct stat st;
    if (host_syscall(__NR_capget, &head, data) || !(data[0].effective >> CAP_IPC_LOCK & 1)) return false;
    return host_syscall(__NR_stat, "/proc/self/ns/user", &st) || (int)st.st_ino == FIRST_USER_NAMESPACE;
}

int64_t sys_mlockall(struct task *t, const uint64_t a[6])
{
    enum { CURRENT = 1, FUTURE = 2, ON_FAULT = 4 };
    uint32_t flags = (uint32_t)a[0];
    struct lock_all l = { .on_fault = flags & ON_FAULT ? 1 /* MLOCK_ONFAULT */ : 0 };
    if (!flags || flags & ~(uint32_t)(CURRENT | FUTURE | ON_FAULT) || flags == ON_FAULT) return -EINVAL;
    struct limit limit;
    if (limits_change(0, RLIMIT_MEMLOCK, NULL, &limit) == 0 && !may_lock()) {
        if (!limit.soft) return -EPERM;
        if (flags & CURRENT && mm_total(t->mm) > (limit.soft & -(uint64_t)SPACE_PAGE)) return -ENOMEM;
    }
    mm_lock_new(t->mm, flags & FUTURE, l.on_fault);
    if (flags & CURRENT) mm_each(t->mm, lock_area, &l);
    return l.result;
}

int64_t sys_munlockall(struct task *t, const uint64_t a[6])
{
    (void)a;
    mm_lock_new(t->mm, false, false);
    return host_syscall(__NR_munlockall);
}
