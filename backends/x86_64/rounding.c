/* MXCSR in translated code: rounding modes other than the one in force, sticky flags. Source: Intel SDM vol. 1, 10.2.3. */
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

/* ---- sticky flags: by tables of all sets of them, in MXCSR's order and the IR's ---- */

enum { SETS = 1 << 6, IR_SETS = 1 << 5 };

static unsigned from_host(unsigned mx, unsigned order)
{
    unsigned f = (mx & 1) | (mx >> 1 & 0x1e);
    return order & IR_FP_MIRRORED ? (f & 1) << 4 | (f & 2) << 2 | (f & 4) | (f >> 2 & 2) | f >> 4 : f;
}

/* Without the denormal flag, each order's own inverse. */
static unsigned to_host(unsigned f, unsigned order)
{
    unsigned mx = 0;
    while (mx & 2 || from_host(mx, order) != f)
        mx++;
    return mx;
}

/* d = the table's byte for the index in d. */
static void look_up(struct x_ctx *c, const uint8_t *table, unsigned n, unsigned d)
{
    unsigned base = x_tmp(c);
    x_lea(c, 1, base, x_pool(x_pool_bytes(c, table, n)));
    x_rm(c, X_MOVZX8, 0, d, (struct x_mem){(uint8_t)base, (uint8_t)d, 0, 0});
}

void x_sel_fpget(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    (void)o;
    uint8_t table[SETS];
    for (unsigned i = 0; i < SETS; i++)
        table[i] = (uint8_t)from_host(i, in->aux);
    unsigned d = x_def(c);
    store_status(c, 0);
    x_load(c, 0, d, at(0));
    x_alu_ri(c, A_AND, 0, d, MX_FLAGS);
    look_up(c, table, SETS, d);
}

void x_sel_fpset(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    uint8_t table[IR_SETS];
    for (unsigned i = 0; i < IR_SETS; i++)
        table[i] = (uint8_t)to_host(i, in->aux);
    unsigned a = x_use(c, o.a), f = x_tmp(c), t = x_tmp(c);
    x_mov_rr(c, 0, f, a);
    x_alu_ri(c, A_AND, 0, f, IR_SETS - 1);
    look_up(c, table, IR_SETS, f);
    store_status(c, 0);
    x_load(c, 0, t, at(0));
    x_alu_ri(c, A_AND, 0, t, ~MX_FLAGS);
    x_alu_rr(c, A_OR, 0, t, f);
    x_store(c, 2, at(0), t);
    load_status(c, 0);
}
