/*
 * Random A64 instructions. Reserved: x26 for addresses, x27 counts loops, x28 is the output's block. In a block: x0 to x30,
 * NZCV, vectors, FPSR, FPCR, SP, then what fuzz.h lists, TPIDR.
 */
#include <string.h>

#include "frontends/aarch64/a64_decode.h"
#include "tests/fuzz/fuzz.h"

enum { TMP = 26, COUNT = 27, OUT = 28, LINK = 30, SP = 31 };
enum { OFF_NZCV = 248, OFF_V = 256, OFF_FPSR = 768, OFF_FPCR = 776, OFF_SP = 784, OFF_TPIDR = 816 };
/* What is compared of FPSR: QC and the exceptions; what is set in FPCR: rounding, FZ, DN, FZ16. */
enum { ADR = 0x10000000, FPSR_BITS = 0x0800009f, FPCR_BITS = 0x03c80000 };

static void movz(unsigned r, unsigned v, unsigned hw) { emit32(0xd2800000u | hw << 21 | (v & 0xffff) << 5 | r); }
static void movk(unsigned r, unsigned v, unsigned hw) { emit32(0xf2800000u | hw << 21 | (v & 0xffff) << 5 | r); }
static void mov32(unsigned r, uint32_t v)
{
    movz(r, v, 0);
    movk(r, v >> 16, 1);
}
static void mov64(unsigned r, uint64_t v)
{
    movz(r, (unsigned)v, 0);
    for (unsigned k = 1; k < 4; k++)
        if (v >> 16 * k & 0xffff)
            movk(r, (unsigned)(v >> 16 * k), k);
}
static void ldr(unsigned t, unsigned n, unsigned off) { emit32(0xf9400000u | off / 8 << 10 | n << 5 | t); }
static void str(unsigned t, unsigned n, unsigned off) { emit32(0xf9000000u | off / 8 << 10 | n << 5 | t); }
static void ldr_q(unsigned t, unsigned n, unsigned off) { emit32(0x3dc00000u | off / 16 << 10 | n << 5 | t); }
static void str_q(unsigned t, unsigned n, unsigned off) { emit32(0x3d800000u | off / 16 << 10 | n << 5 | t); }
static void add_imm(unsigned d, unsigned n, unsigned v) { emit32(0x91000000u | v << 10 | n << 5 | d); }
static void branch_to(uint64_t target) { emit32(0x14000000u | (uint32_t)((int64_t)(target - here()) / 4 & 0x3ffffff)); }
enum { MSR_FPCR = 0xd51b4400, MSR_FPSR = 0xd51b4420, MSR_NZCV = 0xd51b4200, MSR_TPIDR = 0xd51bd040, MRS = 0x00200000 };

static void copy_window(unsigned from, unsigned from_off, unsigned to, unsigned to_off)
{
    for (unsigned i = 0; i < WINDOW; i += 16) {
        ldr_q(0, from, from_off + i);
        str_q(0, to, to_off + i);
    }
}

/* At the end x27 is the body's address. */
static void enter(void)
{
    mov32(0, OUT_AT - IN_AT);
    emit32(0xcb000000u | 0 << 16 | OUT << 5 | COUNT);      /* sub x27, x28, x0 */
    mov32(1, (uint32_t)WINDOW_AT);
    copy_window(COUNT, WINDOW_OFF, 1, 0);
    str(31, OUT, OFF_SIGNAL);
    str(31, OUT, OFF_PC);
    str(31, OUT, OFF_ADDRESS);
    mov32(2, (uint32_t)CTRL_AT);
    ldr(0, 2, 16);
    emit32(MSR_FPCR);
    ldr(0, 2, 24);
    emit32(MSR_FPSR);
    ldr(0, COUNT, OFF_TPIDR);
    emit32(MSR_TPIDR);
    ldr(0, COUNT, OFF_NZCV);
    emit32(MSR_NZCV);
    ldr(0, COUNT, OFF_SP);
    add_imm(31, 0, 0);                                  /* mov sp, x0 */
    for (unsigned i = 0; i < 32; i++)
        ldr_q(i, COUNT, OFF_V + 16 * i);
    for (unsigned i = 0; i < 31; i++)
        if (i != COUNT && i != OUT)
            ldr(i, COUNT, 8 * i);
    emit32(0xd5033f5f);                                 /* clrex */
    mov32(COUNT, (uint32_t)CTRL_AT);
    ldr(COUNT, COUNT, 0);
    emit32(0xd61f0000u | COUNT << 5);                   /* br x27 */
}

static void leave(uint64_t to_enter)
{
    for (unsigned i = 0; i < 31; i++)
        str(i, OUT, 8 * i);
    for (unsigned i = 0; i < 32; i++)
        str_q(i, OUT, OFF_V + 16 * i);
    emit32(MSR_NZCV | MRS);
    str(0, OUT, OFF_NZCV);
    emit32(MSR_FPSR | MRS);
    mov32(1, FPSR_BITS);
    emit32(0x8a010000);                                 /* and x0, x0, x1 */
    str(0, OUT, OFF_FPSR);
    emit32(MSR_FPCR | MRS);
    str(0, OUT, OFF_FPCR);
    emit32(MSR_TPIDR | MRS);
    str(0, OUT, OFF_TPIDR);
    add_imm(0, 31, 0);                                  /* mov x0, sp */
    str(0, OUT, OFF_SP);
    str(31, OUT, OFF_SPARE);
    mov32(1, (uint32_t)WINDOW_AT);
    copy_window(1, 0, OUT, WINDOW_OFF);
    add_imm(OUT, OUT, BLOCK);
    mov32(19, (uint32_t)(OUT_AT + inputs * BLOCK));
    emit32(0xeb13039f);                                 /* cmp x28, x19 */
    emit32(0x54000001u | (uint32_t)((int64_t)(to_enter - here()) / 4 & 0x7ffff) << 5);      /* b.ne enter */
    mov32(1, (uint32_t)OUT_AT);
    movz(8, 64, 0);
    uint64_t more = here();
    emit32(0xcb010262);                                 /* sub x2, x19, x1 */
    movz(0, 1, 0);
    emit32(0xd4000001);                                 /* write */
    emit32(0x8b000021);                                 /* add x1, x1, x0 */
    emit32(0xeb13003f);                                 /* cmp x1, x19 */
    emit32(0x54000001u | (uint32_t)((int64_t)(more - here()) / 4 & 0x7ffff) << 5);
    mov32(OUT, (uint32_t)OUT_AT);
    mov32(1, (uint32_t)CTRL_AT);
    ldr(TMP, 1, 8);
    emit32(0xd61f0000u | TMP << 5);
}

/* x0 signal, x1 siginfo, x2 ucontext: registers from 184, pc at 440. */
static void handler(uint64_t to_leave)
{
    ldr(3, 2, 184 + 8 * OUT);
    str(0, 3, OFF_SIGNAL);
    ldr(4, 2, 440);
    str(4, 3, OFF_PC);
    ldr(4, 1, 16);
    str(4, 3, OFF_ADDRESS);
    mov32(4, (uint32_t)to_leave);
    str(4, 2, 440);
    emit32(0xd65f03c0);                                 /* ret */
}

static void start(uint64_t to_handler)
{
    static const uint8_t signals[] = {4, 5, 7, 8, 11};
    mov32(19, (uint32_t)CTRL_AT);
    mov32(0, (uint32_t)STACK_AT);
    str(0, 19, 32);                                     /* stack_t */
    str(31, 19, 40);
    mov32(0, STACK_SIZE);
    str(0, 19, 48);
    add_imm(0, 19, 32);
    movz(1, 0, 0);
    movz(8, 132, 0);
    emit32(0xd4000001);                                 /* sigaltstack */
    mov32(0, (uint32_t)to_handler);
    str(0, 19, 64);                                     /* struct sigaction */
    mov32(0, 0x48000004);                               /* NODEFER | ONSTACK | SIGINFO */
    str(0, 19, 72);
    str(31, 19, 80);
    str(31, 19, 88);
    for (unsigned i = 0; i < sizeof signals; i++) {
        movz(0, signals[i], 0);
        add_imm(1, 19, 64);
        movz(2, 0, 0);
        movz(3, 8, 0);
        movz(8, 134, 0);
        emit32(0xd4000001);
    }
    mov32(OUT, (uint32_t)OUT_AT);
}

static void case_head(uint64_t body, uint64_t next, const uint32_t mode[2], uint64_t to_enter)
{
    mov32(0, (uint32_t)CTRL_AT);
    const uint32_t words[4] = {(uint32_t)body, (uint32_t)next, mode[0], mode[1]};
    for (unsigned i = 0; i < 4; i++) {
        mov32(1, words[i]);
        str(1, 0, 8 * i);
    }
    branch_to(to_enter);
}
static void case_tail(uint64_t to_leave) { branch_to(to_leave); }

static void finish(void)
{
    movz(0, 0, 0);
    movz(8, 94, 0);
    emit32(0xd4000001);
}

static void random_mode(uint32_t mode[2])
{
    mode[0] = one_in(2) ? 0 : (uint32_t)random64() & FPCR_BITS;
    mode[1] = one_in(2) ? 0 : (uint32_t)random64() & FPSR_BITS;
}

/* ---- structure ---- */

static void loop_begin(unsigned count) { movz(COUNT, count, 0); }
static void loop_end(int begin)
{
    emit32(0xd1000400u | COUNT << 5 | COUNT);           /* sub x27, x27, #1 */
    to_unit(begin, 0);
    emit32(0xb5000000u | COUNT);                        /* cbnz x27 */
}
static void call(int body, int after)
{
    if (one_in(2)) {
        to_unit(body, 0);
        emit32(0x94000000u);                            /* bl */
    } else {
        to_unit(body, 0);
        emit32(ADR | TMP);
        emit32(0xd63f0000u | TMP << 5);                 /* blr x26 */
    }
    to_unit(after, 0);
    emit32(0x14000000u);
}
static void call_end(void) { emit32((one_in(8) ? 0xd61f0000u : 0xd65f0000u) | LINK << 5); }

static void relocate(uint8_t *at, int64_t disp)
{
    uint32_t w;
    memcpy(&w, at, 4);
    uint32_t d = (uint32_t)(disp / 4);
    if ((w & 0x7c000000) == 0x14000000)
        w = (w & 0xfc000000) | (d & 0x3ffffff);
    else if ((w & 0x7e000000) == 0x36000000)
        w = (w & ~0x7ffe0u) | (d & 0x3fff) << 5;
    else if ((w & 0x1f000000) == 0x10000000)
        w = (w & 0x9f00001f) | ((uint32_t)disp & 3) << 29 | (d & 0x7ffff) << 5;
    else    /* conditional branch, compare and branch, load literal */
        w = (w & ~0xffffe0u) | (d & 0x7ffff) << 5;
    memcpy(at, &w, 4);
}

/* ---- instructions ---- */

static bool has(const struct fe_row *row, const char *field)
{
    size_t n = strlen(field);
    for (const char *s = row->fields; (s = strstr(s, field)); s += n)
        if ((s == row->fields || s[-1] == ' ') && s[n] == ' ')
            return true;
    return false;
}
static unsigned field(const struct fe_row *row, const char *name, uint32_t w, unsigned at) { return has(row, name) ? w >> at & 31 : 32; }

static bool is(const struct fe_row *row, const char *lifter) { return !strcmp(row->lifter, lifter); }
static bool begins(const struct fe_row *row, const char *name) { return !strncmp(row->name, name, strlen(name)); }

static bool traps(const struct fe_row *row) { return is(row, "brk") || is(row, "undefined"); }

static const char *excluded(const struct fe_row *row)
{
    if (is(row, "svc"))
        return "system calls are tested by tests/sys";
    if (!strcmp(row->ext, "lrcpc3"))
        return "QEMU 11.1 has no FEAT_LRCPC3";
    if (!strcmp(row->ext, "paca") || !strcmp(row->ext, "pacg"))
        return "off unless asked for, and with random keys its codes are nobody else's";
    return NULL;
}

/* Loads and stores (C4.1.1: op0 x1x0). */
static bool memory_class(uint32_t w) { return (w >> 25 & 5) == 4; }

/* System registers and operations whose results are the machine's own; the result is overwritten. */
static bool machine_result(const struct fe_row *row)
{
    static const char *const same[] = {"MRS_NZCV", "MRS_FPCR", "MRS_FPSR", "MRS_TPIDR", "MRS_DIT"};
    if (!begins(row, "MRS_"))
        return false;
    for (unsigned i = 0; i < sizeof same / sizeof same[0]; i++)
        if (!strcmp(row->name, same[i]))
            return false;
    return true;
}

/* Constrained unpredictable: write-back over a transferred register, a pair loaded into one, status over data or address. */
static bool unpredictable(const struct fe_row *row, uint32_t w, bool writes_base, bool loads)
{
    unsigned t = field(row, "Rt", w, 0), n = field(row, "Rn", w, 5), t2 = field(row, "Rt2", w, 10), s = field(row, "Rs", w, 16);
    bool vector = w >> 26 & 1;
    if (loads && t2 < 32 && t == t2)
        return true;
    if (vector)
        return false;
    if (writes_base && n != 31 && (t == n || t2 == n))
        return true;
    return begins(row, "ST") && s < 32 && (s == t || s == t2 || (s == n && n != 31));
}

/* The same encoding with registers that differ: does it write its base? */
static bool writes_base(const struct fe_row *row, uint32_t w)
{
    struct probe p;
    if (!has(row, "Rn"))
        return false;
    w = (w & ~0x3e0u) | 5u << 5;
    if (has(row, "Rt"))
        w = (w & ~31u) | 8;
    if (has(row, "Rt2"))
        w = (w & ~(31u << 10)) | 10u << 10;
    if (has(row, "Rm") || has(row, "Rs"))
        w = (w & ~(31u << 16)) | 12u << 16;
    return strstr(row->name, "_post") || strstr(row->name, "_pre") || (probe(fuzz_a64.fe, w, &p) && (p.writes >> 5 & 1));
}

static void and_bits(unsigned r, uint32_t bits)
{
    mov32(TMP, bits);
    emit32(0x8a000000u | TMP << 16 | r << 5 | r);
}

/* ID registers that QEMU too has for user programs: CRm and op2. */
static uint32_t id_register(uint32_t w)
{
    static const uint8_t ids[] = {0x00, 0x40, 0x41, 0x50, 0x60, 0x61, 0x70, 0x71};
    unsigned id = ids[random_below(sizeof ids)];
    return (w & ~0xfe0u) | (id >> 4) << 8 | (id & 7) << 5;
}

static void set_register(unsigned r, uint64_t v)
{
    mov64(r == SP ? (unsigned)TMP : r, v);
    if (r == SP)
        add_imm(31, TMP, 0);
}

/* Registers such that the access lands in the window, or (bad) faults. */
static bool aim(const struct probe *p, bool bad)
{
    uint64_t regs[32], at;
    for (unsigned tries = 0; tries < 8; tries++) {
        at = bad ? bad_place() & (p->ordered ? ~15ull : ~0ull) : random_place(p->ordered);
        if (!probe_aim(p, at, regs))
            return false;
        if (p->base != SP || !(regs[SP] & 15)) {
            for (unsigned r = 0; r < SP; r++)
                if (p->index >> r & 1)
                    mov64(r, regs[r]);
            set_register(p->base, regs[p->base]);
            return true;
        }
    }
    return false;
}

/* The load that a store-exclusive needs: same size, pair and base. It may destroy nothing the store reads. */
static bool pair_load(uint32_t w)
{
    uint32_t load = (w & 0xc0200000) | 0x08400000 | 0x1f << 16 | (w & 0x3e0) | (random64() & 1) << 15;
    unsigned data = (w & 31) == 3 || (w >> 10 & 31) == 3 || (w >> 5 & 31) == 3 ? 6 : 3;
    while (data == (w & 31) || data == (w >> 5 & 31) || data == (w >> 10 & 31))
        data++;
    load |= w >> 21 & 1 ? data | (data + 12) << 10 : data | 31 << 10;
    if ((data + 12) == (w & 31) || (data + 12) == (w >> 5 & 31) || (data + 12) == (w >> 10 & 31))
        return false;
    emit32(load);
    return true;
}

static bool random_word(const struct fe_row *row, uint64_t locked, uint32_t *out, struct probe *p)
{
    for (unsigned tries = 0; tries < 40; tries++) {
        uint32_t w = row->value | ((uint32_t)random64() & ~row->mask);
        /* the two values in the other fields, more often than chance gives equal registers */
        if (one_in(6) && has(row, "Rn"))
            w = (w & ~(31u << 5) & ~row->mask) | (row->mask & w) | ((w & 31) << 5 & ~row->mask);
        struct a64_fields f;
        int n = a64_decode(w, &f);
        if (n < 0 || &a64_rows[n] != row || !probe(fuzz_a64.fe, w, p))
            continue;
        uint64_t touched = p->reads | p->writes;
        if (p->helper) {
            static const struct { const char *name; unsigned at; } general[] = {{"Rd", 0}, {"Rt", 0}, {"Rn", 5}, {"Rt2", 10}, {"Ra", 10}, {"Rm", 16}, {"Rs", 16}};
            for (unsigned i = 0; i < sizeof general / sizeof general[0]; i++)
                if (has(row, general[i].name))
                    touched |= 3ull << (w >> general[i].at & 31);
        }
        if (touched & locked)
            continue;
        *out = w;
        return true;
    }
    return false;
}

static bool flow_insn(const struct fe_row *row, uint32_t w, const struct probe *p, uint64_t locked)
{
    switch (p->flow) {
    case IR_FLOW_BRANCH: case IR_FLOW_JUMP: case IR_FLOW_CALL:
        to_unit(-1, 0);
        emit32(w);
        return true;
    case IR_FLOW_JUMP_IND: case IR_FLOW_CALL_IND: case IR_FLOW_RET: {
        unsigned n = w >> 5 & 31;
        if (!has(row, "Rn") || n == 31 || locked >> n & 1)
            return false;
        to_unit(-1, 0);
        emit32(ADR | n);
        emit32(w);
        return true;
    }
    default:
        return false;
    }
}

static bool memory_insn(const struct fe_row *row, uint32_t w, struct probe *p, uint64_t locked, bool bad)
{
    bool written = writes_base(row, w), store_exclusive = is(row, "stxr") || is(row, "stxp");
    probe(fuzz_a64.fe, w, p);
    /* Whether a store-exclusive that fails faults is the machine's own. */
    if (unpredictable(row, w, written, p->loads || p->helper) || (bad && store_exclusive))
        return false;
    if (!p->known) {
        /* a helper's operands: the base alone */
        if (!has(row, "Rn") || bad)
            return false;
        p->base = w >> 5 & 31;
        if (locked >> p->base & 1 || (w & 31) == p->base || (w >> 16 & 31) == p->base || (w >> 16 & 30) == (p->base & 30) || p->base == SP)
            return false;
        mov64(p->base, random_place(true));
    } else if (locked >> p->base & 1 || (p->base == SP && bad) || !aim(p, bad)) {
        return false;
    }
    if (store_exclusive) {
        if (one_in(4))
            emit32(0xd5033f5f);                         /* clrex: the store fails */
        else if (!pair_load(w))
            return false;
    }
    emit32(w);
    return true;
}

/*
 * Memory copy and set: all three stages of one kind, within the window. How far the first stages get and what they leave in
 * registers and flags is the machine's own, so these are overwritten.
 */
static bool copy_or_set(const struct fe_row *row, uint32_t w, uint64_t locked)
{
    bool set = begins(row, "SET");
    unsigned d = w & 31, n = w >> 5 & 31, s = w >> 16 & 31;
    if (d == n || d == s || n == s || d == 31 || n == 31 || (!set && s == 31) || (s < 31 ? 1ull << s | 1ull << d | 1ull << n : 1ull << d | 1ull << n) & locked)
        return false;
    unsigned to = random_below(WINDOW), from = random_below(WINDOW), size = one_in(4) ? random_below(20) : random_below(WINDOW);
    unsigned furthest = set || to > from ? to : from;
    if (size > WINDOW - furthest)
        size = WINDOW - furthest;
    mov32(d, (uint32_t)WINDOW_AT + to);
    mov32(n, size);
    if (!set)
        mov32(s, (uint32_t)WINDOW_AT + from);
    w &= set ? ~0xc000u : ~0xc00000u;
    for (unsigned stage = 0; stage < 3; stage++)
        emit32(w | stage << (set ? 14 : 22));
    emit32(MSR_NZCV | 31);
    movz(d, 1, 0);
    movz(n, 2, 0);
    if (!set)
        movz(s, 3, 0);
    return true;
}

static bool random_insn(const struct fe_row *row, uint64_t locked, bool fault)
{
    uint32_t w;
    struct probe p;
    if (traps(row)) {
        if (fault)
            emit32(row->value | ((uint32_t)random64() & ~row->mask));
        return fault;
    }
    if (!random_word(row, locked, &w, &p))
        return false;
    if (is(row, "cpy") || is(row, "set"))
        return !fault && copy_or_set(row, w, locked);
    if (p.flow != IR_FLOW_NEXT && p.flow != IR_FLOW_TRAP)
        return !fault && flow_insn(row, w, &p, locked);
    if (is(row, "ldr_lit") || is(row, "ldr_lit_v")) {
        if (fault)
            return false;
        to_unit(-1, 0);
        emit32(w);
        return true;
    }
    if (is(row, "dc_zva")) {
        /* The block's size is the machine's own. */
        if (fault || (w & 31) == 31 || locked >> (w & 31) & 1)
            return false;
        mov64(w & 31, SCRATCH_AT + random_below(4096));
    } else if ((w & 0xfff80000) == 0xd5080000) {        /* DC, IC */
        if (fault || (w & 31) == 31 || locked >> (w & 31) & 1)
            return false;
        mov64(w & 31, random_place(false));
    } else if (memory_class(w) && has(row, "Rn")) {
        return (!fault || p.known) && memory_insn(row, w, &p, locked, fault);
    }
    if (fault)
        return false;
    if (is(row, "msr_fpcr") && (w & 31) != 31)
        and_bits(w & 31, FPCR_BITS);
    emit32(is(row, "mrs_id") ? id_register(w) : w);
    if (is(row, "mrs_fpsr") && (w & 31) != 31)
        and_bits(w & 31, FPSR_BITS);
    if (machine_result(row) && (w & 31) != 31)
        movz(w & 31, 0, 0);
    return true;
}

extern const struct fe_guest fe_aarch64;

const struct fuzz_guest fuzz_a64 = {
    .name = "aarch64", .machine = 183, .fe = &fe_aarch64, .rows = a64_rows, .nrows = &a64_nrows,
    .reserved = 1ull << TMP | 1ull << COUNT | 1ull << OUT, .link = LINK,
    .enter = enter, .leave = leave, .handler = handler, .start = start, .case_head = case_head, .case_tail = case_tail,
    .random_mode = random_mode, .finish = finish, .random_insn = random_insn, .loop_begin = loop_begin, .loop_end = loop_end,
    .call = call, .call_end = call_end, .relocate = relocate, .excluded = excluded, .traps = traps,
};
