/* What front ends ask of the runtime while guest code runs, for programs that only lift it. */
#include <stdlib.h>

#include "frontends/guest.h"

int fe_copy_to_guest(uint64_t dst, const void *src, size_t n) { (void)dst, (void)src, (void)n; abort(); }
int fe_copy_from_guest(void *dst, uint64_t src, size_t n) { (void)dst, (void)src, (void)n; abort(); }
unsigned fe_fp_get_sticky(void) { abort(); }
void fe_fp_set(enum ir_round round, bool flush, unsigned sticky) { (void)round, (void)flush, (void)sticky; abort(); }
uint64_t fe_clock_ns(void) { abort(); }
uint64_t fe_random(void) { abort(); }
void fe_online_cpus(uint8_t *set, size_t n) { (void)set, (void)n; abort(); }
