/* prctl: what concerns the process alone is the host's; what would show or change the host CPU is not the guest's. */
#include <errno.h>
#include <stddef.h>
#include <sys/prctl.h>

#include "syscall/handlers.h"
#include "syscall/sys.h"

enum { PR_SET_PTRACER_OPTION = 0x59616d61, PR_SET_VMA_OPTION = 0x53564d41 };

static bool passes(int option)
{
    switch (option) {
    case PR_SET_PDEATHSIG: case PR_GET_PDEATHSIG:
    case PR_GET_DUMPABLE: case PR_SET_DUMPABLE:
    case PR_GET_KEEPCAPS: case PR_SET_KEEPCAPS:
    case PR_GET_TIMING: case PR_SET_TIMING:
    case PR_SET_NAME: case PR_GET_NAME:
    case PR_GET_SECCOMP:
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
        return true;
    default:
        return false;
    }
}

int64_t sys_prctl(struct task *t, const uint64_t a[6])
{
    (void)t;
    if (!passes((int)a[0]))
        return -EINVAL;
    return host_syscall(__NR_prctl, a[0], a[1], a[2], a[3], a[4]);
}
