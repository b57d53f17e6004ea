/*
 * Entry and exit stubs: the code between C and translated code, and what regions jump to when a
 * prediction fails. Written once, at the start of code memory; reached through be_frame.stubs, so that regions hold no
 * address. rbp is the state register and rsp the return stack everywhere but inside C.
 */
#include "backends/x86_64/repair.h"

enum { MX_DEFAULT = 0x1f80 };

static const uint8_t *stub[X_STUBS];
static const uint8_t *leave_from_c;     /* the leave stub behind its saving of rsp */

const uint8_t *x_stub(enum x_stub s) { return stub[s]; }
const uint8_t *x_stub_leave_from_c(void) { return leave_from_c; }

static const uint8_t saved[] = {RBX, RBP, R12, R13, R14, R15};

static void push(struct x_ctx *c, unsigned r) { x_legacy(c, 0x50 | (r & 7), r >> 3, false); }
static void pop(struct x_ctx *c, unsigned r) { x_legacy(c, 0x58 | (r & 7), r >> 3, false); }
static void ldmxcsr(struct x_ctx *c, struct x_mem m) { x_rm(c, 0xae | X_0F, 0, 2, m); }
static void stmxcsr(struct x_ctx *c, struct x_mem m) { x_rm(c, 0xae | X_0F, 0, 3, m); }
static void jmp_to(struct x_ctx *c, const uint8_t *to)
{
    x_b(c, 0xe9);
    x_d(c, (uint32_t)(to - (c->p + 4)));
}

/* void enter(struct cpu_state *rdi, const void *code rsi) */
static void gen_enter(struct x_ctx *c)
{
    for (unsigned i = 0; i < sizeof saved; i++)
        push(c, saved[i]);
    x_alu_ri(c, A_SUB, 1, RSP, 8);      /* aligns to 16 */
    x_lea(c, 1, RBP, x_at(RDI, X_BIAS));
    x_store(c, 3, X_FRAME(c_sp), RSP);
    ldmxcsr(c, X_FRAME(mxcsr));
    x_load(c, 1, RSP, X_FRAME(ret_sp));
    x_rr(c, 0xff, 0, 4, RSI);           /* jmp rsi */
}

static void gen_leave(struct x_ctx *c)
{
    x_store(c, 3, X_FRAME(ret_sp), RSP);
    leave_from_c = c->p;
    x_load(c, 1, RSP, X_FRAME(c_sp));
    stmxcsr(c, X_FRAME(mxcsr));
    ldmxcsr(c, X_FRAME(host_mxcsr));
    x_b(c, 0xc5), x_b(c, 0xf8), x_b(c, 0x77);   /* vzeroupper */
    x_alu_ri(c, A_ADD, 1, RSP, 8);
    for (unsigned i = sizeof saved; i--;)
        pop(c, saved[i]);
    x_b(c, 0xc3);
}

/* r11: site */
static void gen_leave_site(struct x_ctx *c, enum be_exit why)
{
    x_store(c, 3, X_FRAME(exit_info), R11);
    x_store_imm(c, 2, X_FRAME(exit), (int32_t)why);
    jmp_to(c, stub[X_LEAVE]);
}

/* rax: guest pc not found at its first place in the jump cache */
static void gen_lookup(struct x_ctx *c)
{
    x_load(c, 0, RCX, X_FRAME(jump_shift));
    v_rrr(c, X_SHRX, 1, RCX, RCX, RAX);
    x_mov_rr(c, 1, RDX, RCX);
    x_shift_ri(c, S_SHR, 1, RDX, BE_JUMP_SECOND_SHIFT);
    x_alu_rr(c, A_XOR, 1, RCX, RDX);
    x_alu_ri(c, A_AND, 0, RCX, BE_JUMP_CACHE - 1);
    x_shift_ri(c, S_SHL, 0, RCX, 4);
    struct x_mem m = X_FRAME(jump_cache);
    m.index = RCX;
    x_alu_rm(c, A_CMP, 1, RAX, m);
    uint8_t *miss = x_jcc8(c, CC_NE);
    m.disp += (int32_t)offsetof(struct be_jump_entry, code);
    x_jmp_m(c, m);
    x_here(c, miss);
    x_store(c, 3, X_FRAME(pc), RAX);
    x_store_imm(c, 2, X_FRAME(exit), BE_EXIT_LOOKUP);
    jmp_to(c, stub[X_LEAVE]);
}

/* Jumps to the code of guest pc rax if the jump cache knows it. */
static void gen_jump_cache(struct x_ctx *c)
{
    x_load(c, 0, RCX, X_FRAME(jump_shift));
    v_rrr(c, X_SHRX, 1, RCX, RCX, RAX);
    x_alu_ri(c, A_AND, 0, RCX, BE_JUMP_CACHE - 1);
    x_shift_ri(c, S_SHL, 0, RCX, 4);
    struct x_mem m = X_FRAME(jump_cache);
    m.index = RCX;
    x_alu_rm(c, A_CMP, 1, RAX, m);
    uint8_t *hit = x_jcc8(c, CC_E);
    jmp_to(c, stub[X_LOOKUP]);
    x_here(c, hit);
    m.disp += (int32_t)offsetof(struct be_jump_entry, code);
    x_jmp_m(c, m);
}

/* The bottom of the return stack: renews itself. */
static void gen_base(struct x_ctx *c)
{
    x_alu_ri(c, A_SUB, 1, RSP, 8);
    gen_jump_cache(c);
}

/*
 * A return to guest pc rax arrived at a return site that stands for another pc, its entry already
 * popped. One of the next 16 entries may be the right one (longjmp, exceptions); else it is put back, as a return that was not called (from
 * the middle of an inlined function) is followed by those that were.
 */
static void gen_ret_miss(struct x_ctx *c)
{
    x_mov_rr(c, 1, RDX, RSP);
    x_mov_imm(c, RCX, 16);
    x_load(c, 1, R8, X_FRAME(stubs[X_BASE]));
    const uint8_t *loop = c->p;
    x_load(c, 1, RSI, x_at(RDX, 0));
    x_alu_rr(c, A_CMP, 1, RSI, R8);
    uint8_t *end = x_jcc8(c, CC_E);
    x_rm_tail(c, 0x80, 0, A_CMP, x_at(RSI, 8), 1);      /* a retired site does not begin its jump with 0f */
    x_b(c, 0x0f);
    uint8_t *next = x_jcc8(c, CC_NE);
    x_rm(c, X_MOVSXD, 1, RDI, x_at(RSI, 4));            /* displacement of the expected pc from the site + 8 */
    x_alu_rm(c, A_CMP, 1, RAX, (struct x_mem){RSI, RDI, 0, 8});
    uint8_t *found = x_jcc8(c, CC_E);
    x_here(c, next);
    x_alu_ri(c, A_ADD, 1, RDX, 8);
    x_alu_ri(c, A_SUB, 0, RCX, 1);
    x_jcc8_to(c, CC_NE, loop);
    x_here(c, end);
    x_alu_ri(c, A_SUB, 1, RSP, 8);
    gen_jump_cache(c);
    x_here(c, found);
    x_lea(c, 1, RSP, x_at(RDX, 8));
    x_rr(c, 0xff, 0, 4, RSI);
}

/* eax: helper number; rsi, rdx, rcx, r8: operands */
static void gen_helper(struct x_ctx *c)
{
    x_store(c, 3, X_FRAME(ret_sp), RSP);
    x_load(c, 1, RSP, X_FRAME(c_sp));
    x_lea(c, 1, RDI, x_at(RBP, -X_BIAS));
    x_store_imm(c, 2, X_FRAME(in_helper), 1);
    struct x_mem m = X_FRAME(helpers);
    m.index = RAX;
    m.scale = 3;
    x_call_m(c, m);
    x_store_imm(c, 2, X_FRAME(in_helper), 0);
    x_load(c, 1, RSP, X_FRAME(ret_sp));
    x_b(c, 0xc3);
}

/* rdi, esi, edx, rcx: eval's first arguments; operands in scratch[0..2], result to scratch[3] */
static void gen_eval(struct x_ctx *c)
{
    x_store(c, 3, X_FRAME(ret_sp), RSP);
    x_load(c, 1, RSP, X_FRAME(c_sp));
    x_lea(c, 1, R8, X_FRAME(scratch[0]));
    x_lea(c, 1, R9, X_FRAME(scratch[1]));
    x_lea(c, 1, RAX, X_FRAME(scratch[3]));
    push(c, RAX);
    x_lea(c, 1, RAX, X_FRAME(scratch[2]));
    push(c, RAX);
    x_call_m(c, X_FRAME(eval));
    x_load(c, 1, RSP, X_FRAME(ret_sp));
    x_b(c, 0xc3);
}

/* Computes the flag word that its slot stands for; changes no register but the host's flags. */
static void gen_settle(struct x_ctx *c)
{
    struct x_mem how = X_FRAME(flags_how), save = X_FRAME(scratch[4]), save2 = X_FRAME(scratch[5]);
    x_store(c, 3, save, RAX);
    x_store(c, 3, save2, RCX);
    x_load(c, 1, RAX, X_FRAME(flags_a));
    x_load(c, 1, RCX, X_FRAME(flags_b));
    x_rm_tail(c, 0xf6, 0, 0, how, 1), x_b(c, X_HOW_64);     /* test */
    uint8_t *wide = x_jcc8(c, CC_NE);
    x_shift_ri(c, S_SHL, 1, RAX, 32);       /* 32-bit flags are those of the upper halves */
    x_shift_ri(c, S_SHL, 1, RCX, 32);
    x_here(c, wide);
    x_rm_tail(c, 0xf6, 0, 0, how, 1), x_b(c, X_HOW_SUB);
    uint8_t *sub = x_jcc8(c, CC_NE);
    x_rm_tail(c, 0xf6, 0, 0, how, 1), x_b(c, X_HOW_LOGIC);
    uint8_t *add = x_jcc8(c, CC_E);
    x_alu_rr(c, A_XOR, 0, RCX, RCX);        /* adding 0 leaves C and V clear */
    x_here(c, add);
    x_alu_rr(c, A_ADD, 1, RAX, RCX);
    x_b(c, 0xeb), x_b(c, 0);                /* jmp */
    uint8_t *common = c->p;
    x_here(c, sub);
    x_alu_rr(c, A_CMP, 1, RAX, RCX);
    x_b(c, 0xf5);                           /* cmc */
    x_here(c, common);
    x_b(c, 0x9f);                           /* lahf */
    x_setcc(c, CC_O, RAX);
    x_alu_ri(c, A_AND, 0, RAX, IR_FLAG_N | IR_FLAG_Z | IR_FLAG_C | IR_FLAG_V);
    x_load(c, 0, RCX, how);
    x_shift_ri(c, S_SHR, 0, RCX, 8);
    x_store(c, 2, (struct x_mem){RBP, RCX, 0, -X_BIAS}, RAX);
    x_store_imm(c, 2, how, 0);
    x_load(c, 1, RAX, save);
    x_load(c, 1, RCX, save2);
    x_b(c, 0xc3);
}

static void begin(struct x_ctx *c, enum x_stub s)
{
    while ((uintptr_t)c->p & 15)
        x_b(c, 0xcc);
    stub[s] = c->p;
}

size_t x_stubs_init(uint8_t *dst, size_t room)
{
    static struct x_ctx emitter;        /* only its write pointer is used */
    struct x_ctx *c = &emitter;
    if (room < 4096)
        return 0;
    c->p = dst;
    begin(c, X_ENTER), gen_enter(c);
    begin(c, X_LEAVE), gen_leave(c);
    begin(c, X_LINK), gen_leave_site(c, BE_EXIT_LINK);
    begin(c, X_POLL), gen_leave_site(c, BE_EXIT_POLL);
    begin(c, X_TRAP), gen_leave_site(c, BE_EXIT_TRAP);
    begin(c, X_LOOKUP), gen_lookup(c);
    begin(c, X_BASE), gen_base(c);
    begin(c, X_RET_MISS), gen_ret_miss(c);
    begin(c, X_HELPER), gen_helper(c);
    begin(c, X_EVAL), gen_eval(c);
    begin(c, X_REPAIR), x_repair_stub(c);
    begin(c, X_SETTLE), gen_settle(c);
    while ((uintptr_t)c->p & 63)
        x_b(c, 0xcc);
    return (size_t)(c->p - dst);
}

void x_init_frame(struct cpu_state *cpu)
{
    for (unsigned i = 0; i < X_STUBS; i++)
        cpu->f.stubs[i] = stub[i];
    be_jump_cache_clear(cpu);
    cpu->f.mxcsr = cpu->f.host_mxcsr = MX_DEFAULT;
}

void x_ret_reset(struct cpu_state *cpu)
{
    uint64_t *top = (uint64_t *)cpu->f.ret_base - 1;
    *top = (uint64_t)stub[X_BASE];
    cpu->f.ret_sp = (uint64_t)top;
}

void x_enter(struct cpu_state *cpu, const void *code)
{
    ((void (*)(struct cpu_state *, const void *))(uintptr_t)stub[X_ENTER])(cpu, code);
    x_settle(cpu);
}
