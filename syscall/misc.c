/* Calls that tell what machine this is, and per-process settings. */
#include <string.h>
#include <sys/personality.h>
#include <sys/sem.h>
#include <sys/utsname.h>

#include "runtime/options.h"
#include "syscall/generic.h"
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

/* ---- System V semaphores ---- */

/* struct semid64_ds: x86-64 alone keeps a word of padding after each time. */
struct host_semid { uint8_t perm[48]; int64_t otime; uint64_t pad1; int64_t ctime; uint64_t pad2, nsems, unused[2]; };

int64_t sys_semctl(struct task *t, const uint64_t a[6])
{
    (void)t;
    struct host_semid h;
    struct generic_semid g;
    int64_t r;
    if ((int)a[0] < 0) return -EINVAL;
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
