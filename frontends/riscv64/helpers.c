/* Functions behind op `helper`: control registers, counters. */
#include "frontends/riscv64/abi.h"

/* Changes frm or fcsr; returns the old value. */
static uint64_t h_csr(void *regs, uint64_t csr, uint64_t op, uint64_t src, uint64_t d)
{
    (void)d;
    struct rv64_regs *r = regs;
    rv64_fp_sticky(r, fe_fp_get_sticky());
    unsigned shift = csr == RV64_CSR_FRM ? 5 : 0, mask = csr == RV64_CSR_FRM ? 7 : 255;
    uint32_t fcsr = r->frm << 5 | r->fflags, old = fcsr >> shift & mask, value = (uint32_t)src & mask;
    if (op == RV64_CSR_SET)
        value |= old;
    else if (op == RV64_CSR_CLEAR)
        value = old & ~(uint32_t)src;
    if (value != old) {
        rv64_set_fcsr(r, (fcsr & ~(mask << shift)) | value << shift);
        enum ir_round round;
        bool flush;
        unsigned sticky;
        rv64_fp_control(r, &round, &flush, &sticky);
        fe_fp_set(round, flush, sticky);
    }
    return old;
}

static uint64_t h_counter(void *regs, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    (void)regs, (void)a, (void)b, (void)c, (void)d;
    return fe_clock_ns();
}

uint64_t (*const rv64_helpers[])(void *regs, uint64_t, uint64_t, uint64_t, uint64_t) = {
#define HELPER(name, reason) h_##name,
#include "frontends/riscv64/helpers.def"
#undef HELPER
};
const char *const rv64_helper_names[] = {
#define HELPER(name, reason) #name,
#include "frontends/riscv64/helpers.def"
#undef HELPER
};
const char *const rv64_helper_reasons[] = {
#define HELPER(name, reason) reason,
#include "frontends/riscv64/helpers.def"
#undef HELPER
};
