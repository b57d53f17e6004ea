/* Random A64 sequences. x27: input block, x28: output block; neither is a random operand. */
#include <string.h>

#include "frontends/aarch64/a64_decode.h"
#include "tests/fuzz/fuzz.h"

enum { IN = 27, OUT = 28, OFF_NZCV = 248, OFF_V = 256, OFF_FPSR = 768 };

static void mov64(unsigned r, uint64_t v)
{
    emit32(0xd2800000u | (uint32_t)(v & 0xffff) << 5 | r);
    for (unsigned k = 1; k < 4; k++)
        emit32(0xf2800000u | k << 21 | (uint32_t)(v >> 16 * k & 0xffff) << 5 | r);
}
static void ldr(unsigned t, unsigned n, unsigned off) { emit32(0xf9400000u | off / 8 << 10 | n << 5 | t); }
static void str(unsigned t, unsigned n, unsigned off) { emit32(0xf9000000u | off / 8 << 10 | n << 5 | t); }
static void ldr_q(unsigned t, unsigned n, unsigned off) { emit32(0x3dc00000u | off / 16 << 10 | n << 5 | t); }
static void str_q(unsigned t, unsigned n, unsigned off) { emit32(0x3d800000u | off / 16 << 10 | n << 5 | t); }
static void add_imm(unsigned d, unsigned n, unsigned v) { emit32(0x91000000u | v << 10 | n << 5 | d); }

static void prologue(void) {}
static void case_begin(void)
{
    mov64(IN, IN_AT);
    mov64(OUT, OUT_AT);
}

static void load(void)
{
    for (unsigned off = WINDOW_OFF; off < BLOCK; off += 16) {
        ldr_q(0, IN, off);
        str_q(0, OUT, off);
    }
    for (unsigned i = 0; i < 32; i++)
        ldr_q(i, IN, OFF_V + 16 * i);
    emit32(0xd51b443f);             /* msr fpsr, xzr */
    emit32(0x9100039f);             /* mov sp, x28 */
    ldr(0, IN, OFF_NZCV);
    emit32(0xd51b4200);             /* msr nzcv, x0 */
    for (unsigned i = 0; i < 31; i++)
        if (i != IN && i != OUT)
            ldr(i, IN, 8 * i);
}

static void store(void)
{
    for (unsigned i = 0; i < 31; i++)
        str(i, OUT, 8 * i);
    for (unsigned i = 0; i < 32; i++)
        str_q(i, OUT, OFF_V + 16 * i);
    emit32(0xd53b4200);             /* mrs x0, nzcv */
    str(0, OUT, OFF_NZCV);
    emit32(0xd53b4420);             /* mrs x0, fpsr */
    /* Underflow (before rounding here, after on the host) and input denormal are not compared. */
    mov64(1, 0x08000017);
    emit32(0x8a010000);             /* and x0, x0, x1 */
    str(0, OUT, OFF_FPSR);
}

static void case_end(uint64_t loop)
{
    add_imm(IN, IN, BLOCK);
    add_imm(OUT, OUT, BLOCK);
    mov64(0, IN_AT + INPUTS * BLOCK);
    emit32(0xeb00037f);             /* cmp x27, x0 */
    emit32(0x54000001u | (uint32_t)((int64_t)(loop - here()) / 4 & 0x7ffff) << 5);      /* b.ne loop */
    mov64(0, 1);
    mov64(1, OUT_AT);
    mov64(2, INPUTS * BLOCK);
    mov64(8, 64);
    emit32(0xd4000001);
}

static void finish(void)
{
    mov64(0, 0);
    mov64(8, 94);
    emit32(0xd4000001);
}

static bool starts(const char *s, const char *const *list)
{
    for (; *list; list++)
        if (!strncmp(s, *list, strlen(*list)))
            return true;
    return false;
}

static uint32_t replace(uint32_t w, uint32_t mask, unsigned at)
{
    unsigned r = w >> at & 31;
    if ((mask >> at & 31) == 0 && (r == IN || r == OUT))
        w = (w & ~(31u << at)) | random_below(27) << at;
    return w;
}

extern const struct fe_guest fe_aarch64;

static bool random_insn(const struct fe_row *row)
{
    /* Control flow, system state that differs by machine, pc-relative loads, exclusives (their failures are allowed to differ). */
    static const char *const skip[] = {"b", "bl", "br", "blr", "ret", "cbz", "tbz", "svc", "brk", "undefined", "dc_", "ic_", "mrs_", "msr_", "cpuid",
                                       "hint", "ldr_lit", "ldxr", "ldxp", "stxr", "stxp", "clrex", "barrier", "prfm", "ldapur", "stlur", NULL};
    static const char *const keep[] = {"bitfield", "mrs_nzcv", "msr_nzcv", NULL};
    static const char *const memory[] = {"ld", "st", "amo", "cas", "simd_load", "simd_store", NULL};
    if (starts(row->lifter, skip) && !starts(row->lifter, keep))
        return false;
    /* Half precision is not announced yet. */
    if (!strcmp(row->ext, "asimdhp") || !strcmp(row->ext, "fphp"))
        return false;
    uint32_t w = row->value | ((uint32_t)random64() & ~row->mask);
    for (unsigned at = 0; at <= 20; at += at == 10 ? 6 : 5)
        w = replace(w, row->mask, at);
    w = replace(w, row->mask, 10);
    bool mem = starts(row->lifter, memory) && strncmp(row->lifter, "setf", 4);
    if (mem)
        w = (w & ~(31u << 5)) | 26u << 5;
    /* A base that is also loaded or stored and written back, or compared, is unpredictable. */
    if (mem && ((w & 31) == 26 || (w >> 10 & 31) == 26 || (w >> 16 & 31) == 26))
        return false;
    struct a64_fields f;
    int n = a64_decode(w, &f);
    if (n < 0 || strcmp(a64_rows[n].name, row->name))
        return false;
    if (!accepted(&fe_aarch64, w))
        return false;
    if (mem) {
        if (strstr(row->name, "_reg")) {
            unsigned m = w >> 16 & 31;
            if (m == 31)
                return false;
            emit32(0x92401c00u | m << 5 | m);       /* and xm, xm, #0xff */
        } else if (strstr(row->name, "_post") && (w >> 16 & 31) != 31 && !strncmp(row->lifter, "simd", 4)) {
            unsigned m = w >> 16 & 31;
            emit32(0x92401c00u | m << 5 | m);
        }
        add_imm(26, OUT, WINDOW_OFF + 16 * random_below(8));
    }
    emit32(w);
    return true;
}

const struct fuzz_guest fuzz_a64 = {
    .name = "aarch64", .machine = 183, .rows = a64_rows, .nrows = &a64_nrows, .prologue = prologue, .case_begin = case_begin,
    .load = load, .random_insn = random_insn, .store = store, .case_end = case_end, .finish = finish,
};
