/* prctl: what concerns the process alone is the host's; what would show or change the host CPU is not the guest's. */
#include <errno.h>
#include <stddef.h>
#include <sys/prctl.h>

#include "loader/auxv.h"
#include "syscall/handlers.h"
#include "syscall/seccomp.h"
#include "syscall/sys.h"
#include "syscall/user_dispatch.h"

#ifndef PR_GET_AUXV
#define PR_GET_AUXV 0x41555856
#endif
#ifndef PR_SET_TAGGED_ADDR_CTRL
enum { PR_SET_TAGGED_ADDR_CTRL = 55, PR_GET_TAGGED_ADDR_CTRL = 56 };
#endif
enum { TAGGED_ADDR_ENABLE = 1 };
enum { PR_SET_PTRACER_OPTION = 0x59616d61, PR_SET_VMA_OPTION = 0x53564d41 };

static bool passes(int option)
{
    switch (option) {
    case PR_SET_PDEATHSIG: case PR_GET_PDEATHSIG:
    case PR_GET_DUMPABLE: case PR_SET_DUMPABLE:
    case PR_GET_KEEPCAPS: case PR_SET_KEEPCAPS:
    case PR_GET_TIMING: case PR_SET_TIMING:
    case PR_SET_NAME: case PR_GET_NAME:
    case PR_CAPBSET_READ: case PR_CAPBSET_DROP:
    case PR_GET_SECUREBITS: case PR_SET_SECUREBITS:
    case PR_SET_TIMERSLACK: case PR_GET_TIMERSLACK:
    case PR_TASK_PERF_EVENTS_DISABLE: case PR_TASK_PERF_EVENTS_ENABLE:
    case PR_MCE_KILL: case PR_MCE_KILL_GET:
    case PR_SET_CHILD_SUBREAPER: case PR_GET_CHILD_SUBREAPER:
    case PR_SET_NO_NEW_PRIVS: case PR_GET_NO_NEW_PRIVS:
    case PR_GET_TID_ADDRESS:
    case PR_SET_THP_DISABLE: case PR_GET_THP_DISABLE:
    case PR_CAP_AMBIENT:
    case PR_SET_IO_FLUSHER: case PR_GET_IO_FLUSHER:
    case PR_SCHED_CORE:
    case PR_SET_PTRACER_OPTION:
    case PR_SET_VMA_OPTION:
    case PR_GET_SPECULATION_CTRL: case PR_SET_SPECULATION_CTRL:
    case 67: case 68:   /* PR_SET_MEMORY_MERGE, PR_GET_MEMORY_MERGE */
        return true;
    default:
        return false;
    }
}

static int64_t get_auxv(uint64_t addr, uint64_t size)
{
    size_t n = size < ld_vectors.auxv_size ? size : ld_vectors.auxv_size;
    return copy_to_guest(addr, ld_vectors.auxv, n) ? -EFAULT : (int64_t)ld_vectors.auxv_size;
}

/* Linux, Documentation/arch/arm64/tagged-address-abi.rst; of the control's other bits we have none. */
static int64_t tagged_addresses(struct task *t, const uint64_t a[6])
{
    bool set = (int)a[0] == PR_SET_TAGGED_ADDR_CTRL;
    if (!t->guest->address_mask || a[2] || a[3] || a[4] || (set ? a[1] & ~(uint64_t)TAGGED_ADDR_ENABLE : a[1]))
        return -EINVAL;
    if (!set)
        return t->tagged_abi;
    t->tagged_abi = a[1] & TAGGED_ADDR_ENABLE;
    if (t->tagged_abi)
        guestmem_mask = t->guest->address_mask;
    return 0;
}

int64_t sys_prctl(struct task *t, const uint64_t a[6])
{
    if ((int)a[0] == PR_SET_TAGGED_ADDR_CTRL || (int)a[0] == PR_GET_TAGGED_ADDR_CTRL)
        return tagged_addresses(t, a);
    if ((int)a[0] == PR_GET_AUXV)
        return a[3] || a[4] ? -EINVAL : get_auxv(a[1], a[2]);
    if ((int)a[0] == PR_SET_SYSCALL_USER_DISPATCH)
        return user_dispatch_set(t, a);
    if ((int)a[0] == PR_GET_SECCOMP)
        return seccomp_mode(t);
    if ((int)a[0] == PR_SET_SECCOMP)
        return seccomp_set_mode(t, a[1], a[2]);
    /* The kernel's record of where the program lies is the translator's. */
    if ((int)a[0] == PR_SET_MM)
        return -EPERM;
    if (!passes((int)a[0]))
        return -EINVAL;
    return host_syscall(__NR_prctl, a[0], sys_guarded(a[1]), sys_guarded(a[2]), sys_guarded(a[3]), sys_guarded(a[4]));
}
