/* Printers of clocks and times. */
#include "syscall/strace/kernel_headers.h"

#include "syscall/strace/sets.h"
#include "syscall/strace/strace.h"

/* Clocks of processes and threads hold the inverted id above three bits of kind (include/linux/posix-timers.h). */
void print_clockid(struct strace_call *c, uint64_t v, const void *param)
{
    static const char *const kinds[] = {"CPUCLOCK_PROF", "CPUCLOCK_VIRT", "CPUCLOCK_SCHED", "CLOCKFD"};
    int id = (int)v;
    if (id >= 0) put_enum(c, &set_clockid, (uint64_t)id);
    else if ((id & 7) == 3) put(c, "FD_TO_CLOCKID(%d)", ~(id >> 3));
    else put(c, "%s(%d, %s)", id & 4 ? "MAKE_THREAD_CPUCLOCK" : "MAKE_PROCESS_CPUCLOCK", ~(id >> 3), kinds[id & 3]);
}

/* Written only where the sleep was interrupted. */
void print_timespec_left(struct strace_call *c, uint64_t v, const void *param)
{
    int64_t t[2];
    if (v && (c->r == -4 /* EINTR */ || c->r == -512) && !copy_from_guest(t, v, sizeof t)) put_struct(c, &struct_timespec, t);
    else put_address(c, v);
}
