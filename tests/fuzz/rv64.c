/* Random RV64 sequences. x30: input block, x31: output block; neither is a random operand. */
#include <string.h>

#include "frontends/riscv64/rv64_decode.h"
#include "tests/fuzz/fuzz.h"

enum { IN = 30, OUT = 31, OFF_F = 256, OFF_FCSR = 512 };

static void itype(uint32_t op, unsigned f3, unsigned d, unsigned s, int imm) { emit32((uint32_t)imm << 20 | s << 15 | f3 << 12 | d << 7 | op); }
static void stype(uint32_t op, unsigned f3, unsigned base, unsigned s, int imm)
{
    emit32(((uint32_t)imm >> 5 & 0x7f) << 25 | s << 20 | base << 15 | f3 << 12 | ((uint32_t)imm & 31) << 7 | op);
}
static void addi(unsigned d, unsigned s, int imm) { itype(0x13, 0, d, s, imm); }
/* Positive constants below 2^31. */
static void li(unsigned d, uint32_t v)
{
    emit32(((v + 0x800) & 0xfffff000u) | d << 7 | 0x37);
    itype(0x1b, 0, d, d, (int)((v & 0xfff) ^ 0x800) - 0x800);
}

static void prologue(void) {}
static void case_begin(void)
{
    li(IN, IN_AT);
    li(OUT, OUT_AT);
}

static void load(void)
{
    for (int off = WINDOW_OFF; off < BLOCK; off += 8) {
        itype(0x03, 3, 5, IN, off);
        stype(0x23, 3, OUT, 5, off);
    }
    for (unsigned i = 0; i < 32; i++)
        itype(0x07, 3, i, IN, OFF_F + 8 * (int)i);
    emit32(0x00301073);             /* csrw fcsr, x0 */
    for (unsigned i = 1; i < 30; i++)
        itype(0x03, 3, i, IN, 8 * (int)i);
}

static void store(void)
{
    for (unsigned i = 1; i < 30; i++)
        stype(0x23, 3, OUT, i, 8 * (int)i);
    for (unsigned i = 0; i < 32; i++)
        stype(0x27, 3, OUT, i, OFF_F + 8 * (int)i);
    emit32(0x003022f3);             /* csrr x5, fcsr */
    stype(0x23, 3, OUT, 5, OFF_FCSR);
}

static void case_end(uint64_t loop)
{
    addi(IN, IN, BLOCK);
    addi(OUT, OUT, BLOCK);
    li(5, IN_AT + INPUTS * BLOCK);
    /* beq in, x5 over a jump back: the distance may exceed a branch's */
    emit32(0x00000463u | 5u << 20 | IN << 15);
    int32_t d = (int32_t)(loop - here());
    emit32(((uint32_t)d >> 20 & 1) << 31 | ((uint32_t)d >> 1 & 0x3ff) << 21 | ((uint32_t)d >> 11 & 1) << 20 | ((uint32_t)d >> 12 & 0xff) << 12 | 0x6f);
    addi(10, 0, 1);
    li(11, OUT_AT);
    li(12, INPUTS * BLOCK);
    addi(17, 0, 64);
    emit32(0x73);
}

static void finish(void)
{
    addi(10, 0, 0);
    addi(17, 0, 94);
    emit32(0x73);
}

static bool is_one_of(const char *s, const char *const *list)
{
    for (; *list; list++)
        if (!strcmp(s, *list))
            return true;
    return false;
}

/* Registers 30 and 31 give way to others in a field at `at` that the row leaves open. */
static uint32_t replace(uint32_t w, uint32_t mask, unsigned at)
{
    unsigned r = w >> at & 31;
    return (mask >> at & 31) == 0 && r >= IN ? (w & ~(31u << at)) | random_below(30) << at : w;
}

extern const struct fe_guest fe_riscv64;

static bool random_insn(const struct fe_row *row)
{
    static const char *const skip[] = {"rv_jal", "rv_jalr", "rv_branch", "rv_ecall", "rv_ebreak", "rv_fence_i", "rv_csr", "rv_lr", "rv_sc", NULL};
    static const char *const control[] = {"C_J", "C_JR", "C_JALR", "C_BEQZ", "C_BNEZ", "C_EBREAK", "EBREAK", "ECALL", NULL};
    if (is_one_of(row->lifter, skip) || is_one_of(row->name, control) || strstr(row->lifter, "csr") || strstr(row->lifter, "zbo") || strstr(row->name, "CBO") || !strncmp(row->name, "WRS", 3))
        return false;
    /* QEMU 11.1 loses the flags of a rounding whose result is overwritten: it takes the helper for pure. */
    if (!strncmp(row->name, "FROUND", 6))
        return false;
    bool half = row->width == 16;
    uint32_t w = (row->value | ((uint32_t)random64() & ~row->mask)) & (half ? 0xffff : ~0u);
    bool mem = strstr(row->lifter, "load") || strstr(row->lifter, "store") || strstr(row->lifter, "amo") || strstr(row->lifter, "fl") == row->lifter + 3;
    w = replace(w, row->mask, 7);
    if (half) {
        w = replace(w, row->mask, 2);
    } else {
        w = replace(replace(w, row->mask, 15), row->mask, 20);
        w = replace(w, row->mask, 27);
    }
    struct rv64_fields f;
    int n = half ? rv64_decode16(w, &f) : rv64_decode(w, &f);
    if (n < 0 || strcmp(rv64_rows[n].name, row->name))
        return false;
    /* Reserved rounding modes trap. */
    if (!half && (w & 0x7f) >= 0x43 && (w & 0x7f) <= 0x53 && (w >> 12 & 7) >= 5 && (row->mask >> 12 & 7) == 0)
        w |= 7u << 12;
    /* QEMU 11.1 takes what AMOCAS finds for the value of x0 from then on. */
    if (!strncmp(row->name, "AMOCAS", 6) && !f.rd)
        return false;
    if (!half && !accepted(&fe_riscv64, w))
        return false;
    if (!strncmp(row->name, "FS", 2) || !strncmp(row->name, "FL", 2) || !strncmp(row->name, "C_FS", 4) || !strncmp(row->name, "C_FL", 4))
        mem |= (w & 0x7f) == 7 || (w & 0x7f) == 0x27 || half;
    if (mem) {
        unsigned base = f.rs1;
        if (half)
            base = strstr(row->name, "SP") ? 2 : 8 + (w >> 7 & 7);
        if (base == 0 || base >= IN)
            return false;
        addi(base, OUT, WINDOW_OFF + 16 * (int)random_below(8));
    }
    if (half)
        emit16((uint16_t)w);
    else
        emit32(w);
    return true;
}

const struct fuzz_guest fuzz_rv64 = {
    .name = "riscv64", .machine = 243, .elf_flags = 5, .rows = rv64_rows, .nrows = &rv64_nrows, .prologue = prologue, .case_begin = case_begin,
    .load = load, .random_insn = random_insn, .store = store, .case_end = case_end, .finish = finish,
};
