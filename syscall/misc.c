/* Calls that tell what machine this is, and per-process settings. */
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/utsname.h>

#include "loader/auxv.h"
#include "runtime/options.h"
#include "syscall/handlers.h"

int64_t sys_uname(struct task *t, const uint64_t a[6])
{
    struct utsname u;
    int64_t r = host_syscall(__NR_uname, &u);
    if (r < 0) return r;
    memset(u.machine, 0, sizeof u.machine);
    strncpy(u.machine, t->guest->uname_machine, sizeof u.machine - 1);
    const char *release = rt_options.value[OPT_uname];
    if (release) {
        memset(u.release, 0, sizeof u.release);
        strncpy(u.release, release, sizeof u.release - 1);
    }
    return put_user(u, a[0]);
}

/* READ_IMPLIES_EXEC would make what the guest maps executable behind the map's back: kept from the host, told to the guest. */
int64_t sys_personality(struct task *t, const uint64_t a[6])
{
    (void)t;
    if ((uint32_t)a[0] == 0xffffffff) return host_syscall(__NR_personality, 0xffffffff);
    return host_syscall(__NR_personality, (uint32_t)a[0] & ~(uint32_t)READ_IMPLIES_EXEC);
}

/* ---- prctl ---- */

#ifndef PR_GET_AUXV
#define PR_GET_AUXV 0x41555856
#endif

static int64_t get_auxv(uint64_t addr, uint64_t size)
{
    size_t n = size < ld_vectors.auxv_size ? size : ld_vectors.auxv_size;
    int64_t r = copy_to_guest(addr, ld_vectors.auxv, n);
    return r < 0 ? r : (int64_t)ld_vectors.auxv_size;
}

/* What a guest may set or ask goes to the host, but for what concerns the CPU and the memory of the translator. */
int64_t sys_prctl(struct task *t, const uint64_t a[6])
{
    (void)t;
    switch ((int)a[0]) {
    case PR_GET_AUXV:
        return a[3] || a[4] ? -EINVAL : get_auxv(a[1], a[2]);
    case PR_SET_MM:
        return -EPERM;
    case PR_GET_SECCOMP:
        return 0;
    case PR_SET_SECCOMP:                    /* filters judge guest numbers, which the host kernel does not see */
    case PR_GET_UNALIGN: case PR_SET_UNALIGN: case PR_GET_FPEMU: case PR_SET_FPEMU: case PR_GET_FPEXC:
    case PR_SET_FPEXC: case PR_GET_ENDIAN: case PR_SET_ENDIAN: case PR_GET_TSC: case PR_SET_TSC:
    case 43: case 44:                       /* MPX */
    case 45: case 46:                       /* FP mode */
    case 50: case 51: case 63: case 64:     /* SVE, SME */
    case 54: case 60: case 61:              /* pointer authentication keys */
    case 55: case 56:                       /* tagged addresses */
    case 59:                                /* syscall user dispatch */
    case 65: case 66:                       /* memory-deny-write-execute: would forbid the translator's own */
    case 69: case 70: case 71: case 74: case 75: case 76:   /* other architectures' */
        return -EINVAL;
    default:
        for (unsigned i = 1; i < 5; i++)
            if (sys_own_memory(a[i])) return -EFAULT;
        return host_syscall(__NR_prctl, a[0], a[1], a[2], a[3], a[4]);
    }
}

/* ---- System V semaphores ---- */

/* struct semid64_ds: x86-64 alone keeps a word of padding after each time. */
struct generic_semid { uint8_t perm[48]; int64_t otime, ctime; uint64_t nsems, unused[2]; };
struct host_semid { uint8_t perm[48]; int64_t otime; uint64_t pad1; int64_t ctime; uint64_t pad2, nsems, unused[2]; };

int64_t sys_semctl(struct task *t, const uint64_t a[6])
{
    (void)t;
    struct host_semid h;
    struct generic_semid g;
    int64_t r;
    switch ((int)a[2]) {
    case IPC_SET:
        if (get_user(g, a[3])) return -EFAULT;
        memset(&h, 0, sizeof h);
        memcpy(h.perm, g.perm, sizeof h.perm);
        return host_syscall(__NR_semctl, a[0], a[1], a[2], &h);
    case IPC_STAT: case SEM_STAT: case 20 /* SEM_STAT_ANY */:
        r = host_syscall(__NR_semctl, a[0], a[1], a[2], &h);
        if (r < 0) return r;
        memset(&g, 0, sizeof g);
        memcpy(g.perm, h.perm, sizeof g.perm);
        g.otime = h.otime;
        g.ctime = h.ctime;
        g.nsems = h.nsems;
        return put_user(g, a[3]) ? -EFAULT : r;
    default:
        return host_syscall(__NR_semctl, a[0], a[1], a[2], a[3]);
    }
}
