/* What front ends may ask of the runtime (frontends/guest.h). */
#include <fcntl.h>
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

static void set_range(uint8_t *set, size_t n, unsigned first, unsigned last)
{
    for (unsigned i = first; i <= last && i / 8 < n; i++)
        set[i / 8] |= (uint8_t)(1 << i % 8);
}

/* The list looks like 0-3,8. Where it cannot be read, the processors that this task may use serve. */
void fe_online_cpus(uint8_t *set, size_t n)
{
    char list[1024];
    long fd = host_syscall(__NR_openat, AT_FDCWD, "/sys/devices/system/cpu/online", O_RDONLY | O_CLOEXEC);
    long len = host_is_error(fd) ? fd : host_syscall(__NR_read, fd, list, sizeof list - 1);
    if (!host_is_error(fd))
        host_syscall(__NR_close, fd);
    if (len <= 0) {
        host_syscall(__NR_sched_getaffinity, 0, n, set);
        return;
    }
    list[len] = 0;
    for (const char *p = list; *p >= '0' && *p <= '9'; p += *p == ',') {
        unsigned range[2] = {0, 0};
        for (; *p >= '0' && *p <= '9'; p++)
            range[0] = range[0] * 10 + (unsigned)(*p - '0');
        range[1] = range[0];
        if (*p == '-')
            for (range[1] = 0, p++; *p >= '0' && *p <= '9'; p++)
                range[1] = range[1] * 10 + (unsigned)(*p - '0');
        set_range(set, n, range[0], range[1]);
    }
}
