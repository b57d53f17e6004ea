/* Functions behind op `helper`: what needs the host's status register, a clock, or 128-bit atomics. */
#include "frontends/aarch64/abi.h"
#include "frontends/aarch64/lift.h"

#if defined(__x86_64__)
#define NEEDS_CAS128 __attribute__((target("cx16")))
#else
#define NEEDS_CAS128
#endif

/* ---- floating-point control and status ---- */

static uint64_t h_set_fpcr(void *regs, uint64_t value, uint64_t b, uint64_t c, uint64_t d)
{
    (void)b, (void)c, (void)d;
    struct a64_regs *r = regs;
    enum ir_round round;
    bool flush;
    unsigned sticky;
    a64_fp_sticky(r, fe_fp_get_sticky());
    r->fpcr = (uint32_t)value & a64_fpcr_mask();
    a64_fp_control(r, &round, &flush, &sticky);
    fe_fp_set(round, flush, sticky);
    return 0;
}

static uint64_t h_get_fpsr(void *regs, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    (void)a, (void)b, (void)c, (void)d;
    struct a64_regs *r = regs;
    a64_fp_sticky(r, fe_fp_get_sticky());
    r->fpsr_used = 1;
    return a64_read_fpsr(r);
}

static uint64_t h_set_fpsr(void *regs, uint64_t value, uint64_t b, uint64_t c, uint64_t d)
{
    (void)b, (void)c, (void)d;
    enum ir_round round;
    bool flush;
    unsigned sticky;
    a64_write_fpsr(regs, (uint32_t)value);
    ((struct a64_regs *)regs)->fpsr_used = 1;
    a64_fp_control(regs, &round, &flush, &sticky);
    fe_fp_set(round, flush, sticky);
    return 0;
}

/* ---- 128-bit compare and exchange ---- */

/* If [addr], which the lifters have checked to be aligned, equals want: stores next. Returns what was there. */
NEEDS_CAS128 static unsigned __int128 cas128(uint64_t addr, unsigned __int128 want, unsigned __int128 next)
{
    return __sync_val_compare_and_swap((unsigned __int128 *)addr, want, next);
}

static unsigned __int128 pair(uint64_t lo, uint64_t hi) { return (unsigned __int128)hi << 64 | lo; }

static uint64_t h_stxp(void *regs, uint64_t addr, uint64_t lo, uint64_t hi, uint64_t d)
{
    (void)d;
    const struct a64_regs *r = regs;
    addr = a64_untag(addr);
    if (a64_untag(r->ex_addr) != addr)
        return 1;
    unsigned __int128 want = pair(r->ex_lo, r->ex_hi);
    return cas128(addr, want, pair(lo, hi)) != want;
}

/* ---- counter, random numbers ---- */

static uint64_t h_counter(void *regs, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    (void)regs, (void)a, (void)b, (void)c, (void)d;
    return fe_clock_ns();
}

static uint64_t h_random(void *regs, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    (void)regs, (void)a, (void)b, (void)c, (void)d;
    return fe_random();
}

#define h_pac_sign a64_pac_sign
#define h_pac_auth a64_pac_auth
#define h_pac_generic a64_pac_generic
#define h_cpy_start a64_cpy_start
#define h_cpy_go a64_cpy_go
#define h_set_go a64_set_go

uint64_t (*const a64_helpers[])(void *regs, uint64_t, uint64_t, uint64_t, uint64_t) = {
#define HELPER(name, reason) h_##name,
#include "frontends/aarch64/helpers.def"
#undef HELPER
};
const char *const a64_helper_names[] = {
#define HELPER(name, reason) "a64_" #name,
#include "frontends/aarch64/helpers.def"
#undef HELPER
};
const char *const a64_helper_reasons[] = {
#define HELPER(name, reason) reason,
#include "frontends/aarch64/helpers.def"
#undef HELPER
};
