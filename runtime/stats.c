/* The report of -d stats (runtime/stats.h). */
#include "runtime/stats.h"

#include "runtime/log.h"

struct stats stats;

void stats_print(void)
{
#define STAT(name, text) log_write("stats: %12lu  %s\n", (unsigned long)stats.name, text);
#include "runtime/stats.def"
#undef STAT
    uint64_t cycles = stats.lift_cycles + stats.compile_cycles;
    if (stats.guest_insns)
        log_write("stats: %12lu  cycles per guest instruction translated (lift %lu, back end %lu)\n",
                  (unsigned long)(cycles / stats.guest_insns), (unsigned long)(stats.lift_cycles / stats.guest_insns),
                  (unsigned long)(stats.compile_cycles / stats.guest_insns));
    if (stats.guest_insns)
        log_write("stats: %10lu.%lu  host bytes per guest instruction\n", (unsigned long)(stats.host_bytes / stats.guest_insns),
                  (unsigned long)(stats.host_bytes * 10 / stats.guest_insns % 10));
}
