/* What front ends may ask of the runtime (frontends/guest.h). */
#include <time.h>

#include "runtime/cpu.h"
#include "runtime/host.h"
#include "runtime/space.h"

int fe_copy_to_guest(uint64_t dst, const void *src, size_t n) { return copy_to_guest(dst, src, n); }
int fe_copy_from_guest(void *dst, uint64_t src, size_t n) { return copy_from_guest(dst, src, n); }

unsigned fe_fp_get_sticky(void) { return be_fp_get_sticky(); }
void fe_fp_set(enum ir_round round, bool flush, unsigned sticky) { be_fp_set(round, flush, sticky); }

uint64_t fe_random(void)
{
    uint64_t v = 0;
    host_syscall(__NR_getrandom, &v, sizeof v, 0);      /* so few bytes are never cut short */
    return v;
}

uint64_t fe_clock_ns(void)
{
    struct timespec ts;
    host_syscall(__NR_clock_gettime, CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}
