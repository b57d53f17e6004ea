/*
 * Random RV64 instructions. Reserved: x29 for addresses, x30 counts loops, x31 is the output's block. In a block: x1 to
 * x31, f0 to f31, fcsr, then what fuzz.h lists.
 */
#include <string.h>

#include "frontends/riscv64/rv64_decode.h"
#include "tests/fuzz/fuzz.h"

enum { TMP = 29, COUNT = 30, OUT = 31, LINK = 1, OFF_F = 256, OFF_FCSR = 512 };
enum { ECALL = 0x73, AUIPC = 0x17, FSCSR = 0x00301073, FRCSR = 0x00302073 };

static void itype(uint32_t op, unsigned f3, unsigned d, unsigned s, int imm) { emit32((uint32_t)imm << 20 | s << 15 | f3 << 12 | d << 7 | op); }
static void stype(uint32_t op, unsigned f3, unsigned base, unsigned s, int imm)
{
    emit32(((uint32_t)imm >> 5 & 0x7f) << 25 | s << 20 | base << 15 | f3 << 12 | ((uint32_t)imm & 31) << 7 | op);
}
static void addi(unsigned d, unsigned s, int imm) { itype(0x13, 0, d, s, imm); }
static void ld(unsigned d, unsigned s, int off) { itype(0x03, 3, d, s, off); }
static void sd(unsigned s, unsigned base, int off) { stype(0x23, 3, base, s, off); }
static void fld(unsigned d, unsigned s, int off) { itype(0x07, 3, d, s, off); }
static void fsd(unsigned s, unsigned base, int off) { stype(0x27, 3, base, s, off); }
/* Any 32-bit value, sign-extended. */
static void li(unsigned d, uint32_t v)
{
    int low = (int)((v & 0xfff) ^ 0x800) - 0x800;
    emit32((v - (uint32_t)low) | d << 7 | 0x37);
    itype(0x1b, 0, d, d, low);
}
static void li64(unsigned d, uint64_t v)
{
    if ((uint64_t)(int64_t)(int32_t)v == v) {
        li(d, (uint32_t)v);
        return;
    }
    li(d, (uint32_t)(v >> 32));
    for (int shift = 24; shift >= 0; shift -= 8) {      /* eight bits at a time: immediates stay positive */
        itype(0x13, 1, d, d, 8);
        itype(0x13, 6, d, d, (int)(v >> shift & 0xff));
    }
}
static void branch(unsigned f3, unsigned a, unsigned b, int d)
{
    uint32_t i = (uint32_t)d;
    emit32((i >> 12 & 1) << 31 | (i >> 5 & 0x3f) << 25 | b << 20 | a << 15 | f3 << 12 | (i >> 1 & 15) << 8 | (i >> 11 & 1) << 7 | 0x63);
}
static void jump_to(uint64_t target)
{
    li(TMP, (uint32_t)target);
    itype(0x67, 0, 0, TMP, 0);
}
static void syscall_number(int n)
{
    addi(17, 0, n);
    emit32(ECALL);
}

static void enter(void)
{
    li(COUNT, OUT_AT - IN_AT);
    emit32(0x40000033u | COUNT << 20 | OUT << 15 | COUNT << 7);     /* sub x30, x31, x30 */
    li(6, (uint32_t)WINDOW_AT);
    for (int i = 0; i < WINDOW; i += 8) {
        ld(5, COUNT, WINDOW_OFF + i);
        sd(5, 6, i);
    }
    sd(0, OUT, OFF_SIGNAL);
    sd(0, OUT, OFF_PC);
    sd(0, OUT, OFF_ADDRESS);
    li(7, (uint32_t)CTRL_AT);
    ld(5, 7, 16);
    emit32(FSCSR | 5u << 15);
    emit32(0x1800302fu | 7u << 15 | 5u << 7);        /* sc.d x5, x0, (x7): no reservation is left */
    ld(TMP, 7, 0);
    for (unsigned i = 0; i < 32; i++)
        fld(i, COUNT, OFF_F + 8 * (int)i);
    for (unsigned i = 1; i < TMP; i++)
        ld(i, COUNT, 8 * (int)i);
    itype(0x67, 0, 0, TMP, 0);
}

static void leave(uint64_t to_enter)
{
    for (unsigned i = 1; i < 32; i++)
        sd(i, OUT, 8 * (int)i);
    for (unsigned i = 0; i < 32; i++)
        fsd(i, OUT, OFF_F + 8 * (int)i);
    emit32(FRCSR | 5u << 7);
    sd(5, OUT, OFF_FCSR);
    sd(0, OUT, OFF_SPARE);
    li(6, (uint32_t)WINDOW_AT);
    for (int i = 0; i < WINDOW; i += 8) {
        ld(5, 6, i);
        sd(5, OUT, WINDOW_OFF + i);
    }
    addi(OUT, OUT, BLOCK);
    li(20, (uint32_t)(OUT_AT + inputs * BLOCK));
    branch(0, OUT, 20, 16);                                     /* beq over the jump */
    jump_to(to_enter);
    li(11, (uint32_t)OUT_AT);
    uint64_t more = here();
    addi(10, 0, 1);
    emit32(0x40000033u | 11u << 20 | 20u << 15 | 12u << 7);     /* sub x12, x20, x11 */
    syscall_number(64);
    emit32(0x00000033u | 10u << 20 | 11u << 15 | 11u << 7);     /* add x11, x11, x10 */
    branch(1, 11, 20, (int)(more - here()));
    li(OUT, (uint32_t)OUT_AT);
    li(5, (uint32_t)CTRL_AT);
    ld(5, 5, 8);
    itype(0x67, 0, 0, 5, 0);
}

/* x10 signal, x11 siginfo, x12 ucontext: pc at 176, then the registers. */
static void handler(uint64_t to_leave)
{
    ld(13, 12, 176 + 8 * OUT);
    sd(10, 13, OFF_SIGNAL);
    ld(14, 12, 176);
    sd(14, 13, OFF_PC);
    ld(14, 11, 16);
    sd(14, 13, OFF_ADDRESS);
    li(14, (uint32_t)to_leave);
    sd(14, 12, 176);
    itype(0x67, 0, 0, 1, 0);
}

static void start(uint64_t to_handler)
{
    static const uint8_t signals[] = {4, 5, 7, 8, 11};
    li(20, (uint32_t)CTRL_AT);
    li(5, (uint32_t)STACK_AT);
    sd(5, 20, 32);                                              /* stack_t */
    sd(0, 20, 40);
    li(5, STACK_SIZE);
    sd(5, 20, 48);
    addi(10, 20, 32);
    addi(11, 0, 0);
    syscall_number(132);
    li(5, (uint32_t)to_handler);
    sd(5, 20, 64);                                              /* struct sigaction */
    li(5, 0x48000004);                                          /* NODEFER | ONSTACK | SIGINFO */
    sd(5, 20, 72);
    sd(0, 20, 80);
    for (unsigned i = 0; i < sizeof signals; i++) {
        addi(10, 0, signals[i]);
        addi(11, 20, 64);
        addi(12, 0, 0);
        addi(13, 0, 8);
        syscall_number(134);
    }
    li(OUT, (uint32_t)OUT_AT);
}

static void case_head(uint64_t body, uint64_t next, const uint32_t mode[2], uint64_t to_enter)
{
    li(5, (uint32_t)CTRL_AT);
    const uint32_t words[3] = {(uint32_t)body, (uint32_t)next, mode[0]};
    for (unsigned i = 0; i < 3; i++) {
        li(6, words[i]);
        sd(6, 5, 8 * (int)i);
    }
    jump_to(to_enter);
}
static void case_tail(uint64_t to_leave) { jump_to(to_leave); }

static void finish(void)
{
    addi(10, 0, 0);
    syscall_number(94);
}

/* fcsr: a rounding mode, some flags already raised. */
static void random_mode(uint32_t mode[2])
{
    mode[0] = (one_in(2) ? 0 : random_below(5) << 5) | (one_in(2) ? 0 : random_below(32));
    mode[1] = 0;
}

/* ---- structure ---- */

static void loop_begin(unsigned count) { addi(COUNT, 0, (int)count); }
static void loop_end(int begin)
{
    addi(COUNT, COUNT, -1);
    to_unit(begin, 0);
    branch(1, COUNT, 0, 0);
}
static void call(int body, int after)
{
    if (one_in(2)) {
        to_unit(body, 0);
        emit32(0x6fu | LINK << 7);
    } else {
        to_unit(body, 0);
        emit32(AUIPC | TMP << 7);
        itype(0x67, 0, LINK, TMP, 0);
    }
    to_unit(after, 0);
    emit32(0x6f);
}
static void call_end(void)
{
    if (one_in(2))
        itype(0x67, 0, 0, LINK, 0);
    else
        emit16(0x8002 | LINK << 7);
}

/* jal, branches and their compressed forms; auipc with the addi or jalr after it, whose immediate counts too. */
static void relocate(uint8_t *at, int64_t disp)
{
    uint32_t w, i = (uint32_t)disp;
    memcpy(&w, at, 4);
    if ((w & 3) != 3) {
        uint16_t h = (uint16_t)w;
        if (h >> 13 == 5)
            h = (uint16_t)((h & 0xe003) | (i >> 11 & 1) << 12 | (i >> 4 & 1) << 11 | (i >> 8 & 3) << 9 | (i >> 10 & 1) << 8 | (i >> 6 & 1) << 7 |
                           (i >> 7 & 1) << 6 | (i >> 1 & 7) << 3 | (i >> 5 & 1) << 2);
        else
            h = (uint16_t)((h & 0xe383) | (i >> 8 & 1) << 12 | (i >> 3 & 3) << 10 | (i >> 6 & 3) << 5 | (i >> 1 & 3) << 3 | (i >> 5 & 1) << 2);
        memcpy(at, &h, 2);
        return;
    }
    if ((w & 0x7f) == 0x6f) {
        w = (w & 0xfff) | (i >> 20 & 1) << 31 | (i >> 1 & 0x3ff) << 21 | (i >> 11 & 1) << 20 | (i >> 12 & 0xff) << 12;
    } else if ((w & 0x7f) == 0x63) {
        w = (w & 0x1fff07f) | (i >> 12 & 1) << 31 | (i >> 5 & 0x3f) << 25 | (i >> 1 & 15) << 8 | (i >> 11 & 1) << 7;
    } else {
        uint32_t next;
        memcpy(&next, at + 4, 4);
        int low = (int)((i & 0xfff) ^ 0x800) - 0x800;
        w = (w & 0xfff) | (i - (uint32_t)low);
        next = (next & 0xfffff) | (uint32_t)low << 20;
        memcpy(at + 4, &next, 4);
    }
    memcpy(at, &w, 4);
}

/* ---- instructions ---- */

static bool is(const struct fe_row *row, const char *lifter) { return !strcmp(row->lifter, lifter); }

static bool traps(const struct fe_row *row) { return is(row, "rv_ebreak"); }

static const char *excluded(const struct fe_row *row)
{
    if (is(row, "rv_ecall"))
        return "system calls are tested by tests/sys";
    if (!strcmp(row->name, "CBO_CLEAN") || !strcmp(row->name, "CBO_FLUSH"))
        return "QEMU refuses them to user programs";
    return NULL;
}

static bool random_word(const struct fe_row *row, uint64_t locked, uint32_t *out, struct probe *p)
{
    bool half = row->width == 16;
    for (unsigned tries = 0; tries < 40; tries++) {
        uint32_t w = (row->value | ((uint32_t)random64() & ~row->mask)) & (half ? 0xffff : ~0u);
        struct rv64_fields f;
        int n = half ? rv64_decode16(w, &f) : rv64_decode(w, &f);
        if (n < 0 || &rv64_rows[n] != row)
            continue;
        if (is(row, "rv_csr"))          /* the floating-point registers and the counters, from zero up */
            w = (w & 0xfffff) | (one_in(4) ? 0xc00 + random_below(3) : 1 + random_below(3)) << 20;
        if (!strncmp(row->lifter, "rv_amocas", 9) && (w >> 7 & 31) == 0)     /* QEMU 11.1 writes the result into its own constant zero */
            continue;
        if (!probe(fuzz_rv64.fe, w, p))
            continue;
        uint64_t pairs = p->helper && (w & 0x7f) == 0x2f ? 3ull << (w >> 7 & 31) | 3ull << (w >> 20 & 31) | 1ull << (w >> 15 & 31) : 0;
        if ((p->reads | p->writes | pairs) & locked)
            continue;
        *out = w;
        return true;
    }
    return false;
}

static bool indirect(uint32_t w, bool half, uint64_t locked)
{
    unsigned base = half ? w >> 7 & 31 : w >> 15 & 31;
    if (base == 0 || locked >> base & 1)
        return false;
    int imm = half ? 0 : (int)random_below(4096) - 2048;
    to_unit(-1, -imm);
    emit32(AUIPC | base << 7);
    addi(base, base, 0);
    if (half)
        emit16((uint16_t)w);
    else
        emit32((w & 0xfffff) | (uint32_t)imm << 20);
    return true;
}

/* Counters differ; what is written to the rounding mode is a valid one. */
static void csr_insn(uint32_t w)
{
    unsigned csr = w >> 20, rs1 = w >> 15 & 31, rd = w >> 7 & 31;
    bool immediate = w >> 14 & 1;
    if (!immediate && rs1)
        itype(0x13, 7, rs1, rs1, csr == 2 ? 3 : 0x7f);          /* andi */
    if (immediate && csr == 2)
        w &= ~(28u << 15);
    emit32(w);
    if (csr >= 0xc00 && rd)
        addi(rd, 0, 0);
}

static bool random_insn(const struct fe_row *row, uint64_t locked, bool fault)
{
    uint32_t w;
    struct probe p;
    bool half = row->width == 16;
    if (traps(row)) {
        if (fault && half)
            emit16((uint16_t)row->value);
        else if (fault)
            emit32(row->value);
        return fault;
    }
    if (!random_word(row, locked, &w, &p))
        return false;
    /* Whether a store-conditional that fails faults is the machine's own. */
    if (fault && (!p.known || is(row, "rv_sc")))
        return false;
    switch (p.flow) {
    case IR_FLOW_BRANCH: case IR_FLOW_JUMP: case IR_FLOW_CALL:
        to_unit(-1, 0);
        break;
    case IR_FLOW_JUMP_IND: case IR_FLOW_CALL_IND: case IR_FLOW_RET:
        return indirect(w, half, locked);
    default:
        break;
    }
    if (p.helper && (w & 0x7f) == 0x2f) {                       /* of pairs: the base alone */
        unsigned base = w >> 15 & 31;
        if (base == 0 || base >> 1 == (w >> 8 & 15) || base >> 1 == (w >> 21 & 15))
            return false;
        li(base, (uint32_t)random_place(true));
    } else if (p.memory) {
        uint64_t regs[32];
        if (!p.known || p.base == 0 || locked >> p.base & 1)
            return false;
        uint64_t at = fault ? bad_place() & (p.ordered ? ~15ull : ~0ull) : random_place(p.ordered);
        if (!probe_aim(&p, at, regs))
            return false;
        for (unsigned r = 1; r < 32; r++)
            if (p.index >> r & 1)
                li64(r, regs[r]);
        li64(p.base, regs[p.base]);
    }
    if (is(row, "rv_csr")) {
        csr_insn(w);
        return true;
    }
    if (is(row, "rv_sc") && one_in(4)) {                        /* it fails: this one, elsewhere, ends any reservation */
        addi(TMP, OUT, OFF_SPARE);
        emit32(0x1800302fu | TMP << 15 | TMP << 7);
    } else if (is(row, "rv_sc")) {                              /* after the load it wants */
        emit32(0x1000002fu | (w & 0x7000) | (w & 31u << 15) | TMP << 7);
    }
    if (half)
        emit16((uint16_t)w);
    else
        emit32(w);
    if (!half && strstr(row->name, "FROUND") == row->name)      /* QEMU forgets the flags where the result is not used */
        fsd(w >> 7 & 31, OUT, OFF_SPARE);
    return true;
}

extern const struct fe_guest fe_riscv64;

const struct fuzz_guest fuzz_rv64 = {
    .name = "riscv64", .machine = 243, .elf_flags = 5, .fe = &fe_riscv64, .rows = rv64_rows, .nrows = &rv64_nrows,
    .reserved = 1ull << TMP | 1ull << COUNT | 1ull << OUT, .link = LINK,
    .enter = enter, .leave = leave, .handler = handler, .start = start, .case_head = case_head, .case_tail = case_tail,
    .random_mode = random_mode, .finish = finish, .random_insn = random_insn, .loop_begin = loop_begin, .loop_end = loop_end,
    .call = call, .call_end = call_end, .relocate = relocate, .excluded = excluded, .traps = traps,
};
