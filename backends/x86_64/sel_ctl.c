/*
 * Selection: exits, jumps, calls, returns, traps, helpers, and the fallback to ir_eval.
 *
 * A linkable jump is `jmp rel32` with its field 4-aligned, which leads to `mov r11b, site` and on to the region's
 * link thunk until it is linked; the thunk makes a site number of r11b and leaves. In cold code the mov comes first.
 * A return site is `ds cmp rax, [rip + expected pc]` (8 bytes) and
 * `jne rel32` at a 4-aligned address; the miss stub reads the expected pc through the instruction,
 * and retire() turns jne into nop; jmp.
 */
#include <errno.h>

#include "backends/x86_64/emit.h"

unsigned x_site(struct x_ctx *c, enum be_site_kind kind, uint64_t pc)
{
    struct be_region *out = c->out;
    if (out->nsites == BE_MAX_SITES) {
        c->error = -E2BIG;
        return 0;
    }
    out->sites[out->nsites] = (struct be_site){.pc = pc, .kind = (uint8_t)kind};
    return out->nsites++;
}

void x_leave(struct x_ctx *c, enum x_stub stub, unsigned site)
{
    x_mov_imm(c, R11, c->in->first_site + site);
    x_jmp_m(c, X_FRAME(stubs[stub]));
}

static uint32_t here(const struct x_ctx *c)
{
    return c->in_cold ? (uint32_t)(c->p - c->cold) | X_IN_COLD : (uint32_t)(c->p - c->base);
}

/* Pads so that an instruction of n bytes ends at a 4-aligned address. */
static void align_end(struct x_ctx *c, unsigned n) { x_nop(c, -((uintptr_t)c->p + n) & 3); }

/* movzx r11d, r11b ; add r11d, first site ; leave. First thing in the region's cold code but the poll. */
void x_link_thunk(struct x_ctx *c)
{
    c->link_thunk = c->cold_n;
    x_cold_begin(c);
    x_rr(c, X_MOVZX8 | X_BYTE, 0, R11, R11);
    x_alu_ri(c, A_ADD, 0, R11, (int32_t)c->in->first_site);
    x_jmp_m(c, X_FRAME(stubs[X_LINK]));
    x_cold_end(c);
}

/* Cold code: leaves for the site's target, unlinked. */
static void leave_unlinked(struct x_ctx *c, unsigned site)
{
    if (site >= 256) {
        x_leave(c, X_LINK, site);
        return;
    }
    x_b(c, 0x41), x_b(c, 0xb0 | (R11 & 7)), x_b(c, site);      /* mov r11b, imm8 */
    int32_t rel = (int32_t)(c->link_thunk - ((uint32_t)(c->p - c->cold) + 2));
    if (rel >= -128) {
        x_b(c, 0xeb), x_b(c, (unsigned)rel & 0xff);
    } else {
        x_b(c, 0xe9);
        x_d(c, (uint32_t)(rel - 3));
    }
}

/* A linkable jmp or call (opcode) in hot code. */
static void linkable(struct x_ctx *c, unsigned opcode, unsigned site)
{
    struct be_site *s = &c->out->sites[site];
    align_end(c, 5);
    x_b(c, opcode);
    s->code_off = here(c);
    x_to_cold(c);
    x_cold_begin(c);
    s->unlinked_off = here(c);
    leave_unlinked(c, site);
    x_cold_end(c);
}

/* A linkable jmp in cold code, where instructions that a linked jump does not need cost less than the room of their own place. */
static void linkable_cold(struct x_ctx *c, unsigned site)
{
    struct be_site *s = &c->out->sites[site];
    if (site < 256)
        x_b(c, 0x41), x_b(c, 0xb0 | (R11 & 7)), x_b(c, site);
    align_end(c, 5);
    x_b(c, 0xe9);
    s->code_off = here(c);
    if (site < 256) {
        s->unlinked_off = c->link_thunk | X_IN_COLD;
        x_d(c, c->link_thunk - ((uint32_t)(c->p - c->cold) + 4));
    } else {
        x_d(c, 0);
        s->unlinked_off = here(c);
        x_leave(c, X_LINK, site);
    }
}

static void jump_to(struct x_ctx *c, uint64_t pc)
{
    if (pc == c->fn->pc) {
        x_b(c, 0xe9);
        x_to_hot(c, 0);
        return;
    }
    unsigned site = x_site(c, BE_SITE_JUMP, pc);
    if (c->in_cold)
        linkable_cold(c, site);
    else
        linkable(c, 0xe9, site);
}

/* A condition's way to a block. Where the block is entered as things are, the jump itself leads there. */
static void exit_to_block(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned n = ir_exit_number(in->aux), jump = c->njump;
    x_jump_if(c, o.a);
    x_cold_begin(c);
    const uint8_t *start = c->p;
    x_edge(c, n, (int)(in->aux & IR_EXIT_DEAD) - 1);
    if (c->p - start == 5) {
        c->p -= 5;
        c->nfix--;
        for (; jump < c->njump; jump++)
            c->jump[jump] = (struct x_jump){c->jump[jump].at, n, true};
    }
    x_cold_end(c);
}

void x_sel_exit_if(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    x_flush_final(c);
    if (in->aux & IR_EXIT_BLOCK) {
        exit_to_block(c, in, o);
        return;
    }
    x_jump_if(c, o.a);
    x_cold_begin(c);
    x_flush_cold(c, (int)in->aux - 1);
    jump_to(c, (uint64_t)in->imm);
    x_cold_end(c);
}

void x_sel_jump(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    (void)o;
    if (in->aux & IR_EXIT_BLOCK) {
        x_edge(c, ir_exit_number(in->aux), (int)(in->aux & IR_EXIT_DEAD) - 1);
        return;
    }
    bool self = (uint64_t)in->imm == c->fn->pc && !c->fn->nblocks;
    c->exact_flags = self && c->reads_flags;        /* else each round would settle them */
    if (!self || !x_loop_back(c, (int)in->aux - 1)) {
        x_flush(c, (int)in->aux - 1);
        jump_to(c, (uint64_t)in->imm);
    }
    c->exact_flags = false;
}

/* Looks up the pc in register t: leaves the address of the jump cache entry's code and the flags of the compare. */
static struct x_mem lookup(struct x_ctx *c, unsigned t)
{
    unsigned shift = c->in->jump_shift, i = t == RCX ? RAX : RCX;
    x_mov_rr(c, 0, i, t);
    x_alu_ri(c, A_AND, 0, i, (BE_JUMP_CACHE - 1) << shift);
    struct x_mem m = X_FRAME(jump_cache);
    m.index = (uint8_t)i;
    m.scale = (uint8_t)(4 - shift);
    x_alu_rm(c, A_CMP, 1, t, m);
    m.disp += (int32_t)offsetof(struct be_jump_entry, code);
    return m;
}

void x_sel_jump_ind(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    (void)in;
    x_flush_flags(c, -1);
    unsigned t = x_use(c, o.a);
    x_flush(c, -1);
    struct x_mem code = lookup(c, t);
    uint8_t *miss = x_jcc8(c, CC_NE);
    x_jmp_m(c, code);
    x_here(c, miss);
    if (t != RAX)
        x_mov_rr(c, 1, RAX, t);
    x_jmp_m(c, X_FRAME(stubs[X_LOOKUP]));
}

static void return_site(struct x_ctx *c, uint64_t pc)
{
    struct be_region *out = c->out;
    if (out->nrets == BE_MAX_RETS) {
        c->error = -E2BIG;
        return;
    }
    out->rets[out->nrets].off = (uint32_t)(c->p - c->base);
    out->rets[out->nrets++].pc = pc;
    x_b(c, 0x3e);
    x_alu_rm(c, A_CMP, 1, RAX, x_pool(x_pool_u64(c, pc, true)));
    x_b(c, 0x0f);
    x_b(c, 0x85);
    if (c->ret_miss == UINT32_MAX) {
        c->ret_miss = c->cold_n;
        x_to_cold(c);
        x_cold_begin(c);
        x_jmp_m(c, X_FRAME(stubs[X_RET_MISS]));
        x_cold_end(c);
    } else {
        x_jump_to_cold(c, c->p, c->ret_miss);
        c->p += 4;
    }
    x_forget(c);
}

static void call_indirect(struct x_ctx *c, unsigned t)
{
    struct x_mem code = lookup(c, t);
    x_b(c, 0x0f);
    x_b(c, 0x80 | CC_NE);
    uint8_t *miss = c->p;
    c->p += 4;
    align_end(c, 7);
    x_call_m(c, code);
    x_jump_to_cold(c, miss, c->cold_n);
    uint32_t site = (uint32_t)(c->p - c->base);
    x_cold_begin(c);
    if (t != RAX)
        x_mov_rr(c, 1, RAX, t);
    x_legacy(c, 0x8d, 8, false);        /* lea rcx, [rip + return site] */
    x_b(c, 0x0d);
    x_to_hot(c, site);
    x_b(c, 0x51);                       /* push rcx */
    x_jmp_m(c, X_FRAME(stubs[X_LOOKUP]));
    x_cold_end(c);
}

void x_sel_call(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    x_flush_flags(c, -1);
    unsigned t = in->aux & 1 ? x_use(c, o.a) : 0;
    x_flush(c, -1);
    if (in->aux & 1)
        call_indirect(c, t);
    else
        linkable(c, 0xe8, x_site(c, BE_SITE_CALL, (uint64_t)in->imm));
    return_site(c, (uint64_t)c->insn[in->b].imm);
}

void x_sel_ret(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    (void)in;
    x_flush_flags(c, -1);
    unsigned t = x_use(c, o.a);
    x_flush(c, -1);
    if (t != RAX)
        x_mov_rr(c, 1, RAX, t);
    x_b(c, 0xc3);
}

static void leave_trapping(struct x_ctx *c, const struct ir_insn *in)
{
    unsigned site = x_site(c, BE_SITE_TRAP, (uint64_t)in->imm);
    c->out->sites[site].trap = (uint8_t)in->aux;
    x_leave(c, X_TRAP, site);
}

void x_sel_trap(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    (void)o;
    x_flush(c, -1);
    leave_trapping(c, in);
}

void x_sel_trap_if(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    x_flush_final(c);
    x_jump_if(c, o.a);
    x_cold_begin(c);
    x_flush_cold(c, -1);
    leave_trapping(c, in);
    x_cold_end(c);
}

/* ---- C code ---- */

static struct x_mem scratch(unsigned k, unsigned off) { return x_state((unsigned)offsetof(struct cpu_state, f.scratch) + 16 * k + off); }

/* Operand -> scratch[k] with zeros above. */
static void to_scratch(struct x_ctx *c, unsigned k, unsigned ref, unsigned type)
{
    unsigned r = x_use(c, ref), bytes = x_type_bytes(type);
    if (bytes < 16)
        x_store_imm(c, 3, scratch(k, 8), 0);
    if (bytes < 8 && type != IR_I1)
        x_store_imm(c, 3, scratch(k, 0), 0);
    if (r < X0)
        x_store(c, bytes == 4 ? 2 : 3, scratch(k, 0), r);
    else if (bytes == 16)
        v_rm(c, V_MOVUPS_ST, 0, r, scratch(k, 0));
    else if (bytes == 2)
        v_rrmi(c, V_PEXTRW, 0, r, 0, scratch(k, 0), 0);
    else
        v_rm(c, bytes == 8 ? V_MOVSD_ST : V_MOVSS_ST, 0, r, scratch(k, 0));
    c->locked &= ~(1u << r);
}

static void from_scratch(struct x_ctx *c, unsigned k, unsigned type)
{
    unsigned r = x_def(c), bytes = x_type_bytes(type);
    if (r < X0) {
        if (type == IR_I1)
            x_rm(c, X_MOVZX8, 0, r, scratch(k, 0));
        else
            x_load(c, bytes == 8, r, scratch(k, 0));
    } else {
        v_rm(c, V_MOVUPS, 0, r, scratch(k, 0));
    }
}

static void lea_pool(struct x_ctx *c, unsigned reg, uint32_t off) { x_lea(c, 1, reg, x_pool(off)); }

static void note_call(struct x_ctx *c)
{
    if (c->out->ncalls < BE_MAX_CALLS)
        c->out->calls[c->out->ncalls] = c->pos;
    c->out->ncalls++;
}

void x_sel_eval(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    note_call(c);
    const ir_ref arg[3] = {in->a, in->b, in->c};
    const uint16_t *ref = &o.a;
    for (unsigned k = 0; k < 3; k++)
        if (ref[k])
            to_scratch(c, k, ref[k], c->insn[arg[k]].type);
    x_evict_mask(c, X_CALLER_SAVED);
    lea_pool(c, RDI, x_pool_bytes(c, in, sizeof *in));
    x_mov_imm(c, RSI, in->a ? c->insn[in->a].type : IR_VOID);
    x_mov_imm(c, RDX, c->fn->rules);
    if (in->op == IR_vshuf)
        lea_pool(c, RCX, x_pool_bytes(c, c->fn->vconst[in->imm].b, 16));
    else
        x_alu_rr(c, A_XOR, 0, RCX, RCX);
    x_call_m(c, X_FRAME(stubs[X_EVAL]));
    from_scratch(c, 3, in->type);
}

void x_sel_helper(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    static const uint8_t reg[4] = {RSI, RDX, RCX, R8};
    const uint16_t *ref = &o.a;
    const ir_ref arg[4] = {in->a, in->b, in->c, in->d};
    note_call(c);
    c->exact_flags = true;
    x_flush(c, -1);
    c->exact_flags = false;
    for (unsigned s = 0; s < c->fn->nslots; s++)
        if (c->fn->slots[s].flags)
            x_settle_here(c);
    for (unsigned k = 0; k < 4; k++)
        if (ref[k])
            to_scratch(c, k, ref[k], c->insn[arg[k]].type);
    x_forget_memory(c);
    x_evict_mask(c, X_CALLER_SAVED);
    for (unsigned k = 0; k < 4; k++)
        if (ref[k])
            x_load(c, 1, reg[k], scratch(k, 0));
        else
            x_alu_rr(c, A_XOR, 0, reg[k], reg[k]);
    x_mov_imm(c, RAX, (uint64_t)in->imm);
    x_call_m(c, X_FRAME(stubs[X_HELPER]));
    x_mark(c);          /* the return address stands for this instruction, */
    x_nop(c, 1);        /* and for no other that may fault */
    if (in->type != IR_VOID) {
        x_grab(c, RAX);
        x_def_in(c, RAX);
    }
}
