/* Rounding modes other than the one in force. Source: Intel SDM vol. 1, 10.2.3. */
#include "backends/x86_64/float.h"

enum { MX_FLAGS = 0x3f, MX_ROUND = 0x6000, MX_ROUND_SHIFT = 13 };

/* Where the status register passes through: as it was, and as it is for a while. */
static struct x_mem at(unsigned k) { return x_state((unsigned)offsetof(struct cpu_state, f.scratch[6]) + 4 * k); }

static void store_status(struct x_ctx *c, unsigned k) { v_rm(c, 0xae | X_0F, 0, 3, at(k)); }
static void load_status(struct x_ctx *c, unsigned k) { v_rm(c, 0xae | X_0F, 0, 2, at(k)); }

void x_rounding_begin(struct x_ctx *c, enum ir_round round, unsigned t)
{
    store_status(c, 0);
    x_load(c, 0, t, at(0));
    x_alu_ri(c, A_AND, 0, t, ~MX_ROUND);
    if (x_round_imm(round, true))
        x_alu_ri(c, A_OR, 0, t, x_round_imm(round, true) << MX_ROUND_SHIFT);
    x_store(c, 2, at(1), t);
    load_status(c, 1);
}

void x_rounding_end(struct x_ctx *c, unsigned t)
{
    store_status(c, 1);
    x_load(c, 0, t, at(1));
    x_alu_ri(c, A_AND, 0, t, MX_FLAGS);
    x_rm(c, 0x09, 0, t, at(0));        /* or [m], t */
    load_status(c, 0);
}
