/* Assembly text of one instruction, from its row: distributions' disassemblers are older than the tables. */
#include <string.h>

#include "frontends/riscv64/abi.h"

struct text { char *buf; size_t size, len; };

static void put(struct text *t, char c)
{
    if (t->len + 1 < t->size)
        t->buf[t->len++] = c;
}

static void put_string(struct text *t, const char *s)
{
    while (*s)
        put(t, *s++);
}

static void put_number(struct text *t, uint64_t v, unsigned base)
{
    char digits[24];
    unsigned n = 0;
    if (base == 16)
        put_string(t, "0x");
    do
        digits[n++] = "0123456789abcdef"[v % base];
    while (v /= base);
    while (n)
        put(t, digits[--n]);
}

static void put_signed(struct text *t, int64_t v)
{
    if (v < 0)
        put(t, '-');
    put_number(t, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, 10);
}

static void put_separator(struct text *t, bool *first)
{
    put_string(t, *first ? " " : ", ");
    *first = false;
}

static const char *const integer_names[32] = {
    "zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0", "a1", "a2", "a3", "a4", "a5",
    "a6", "a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
};

static bool has(const struct fe_row *row, const char *field)
{
    size_t n = strlen(field);
    for (const char *p = row->fields; (p = strstr(p, field)) != NULL; p += n)
        if (p[n] == ' ' && (p == row->fields || p[-1] == ' '))
            return true;
    return false;
}

static bool lifter_is(const struct fe_row *row, const char *name) { return !strcmp(row->lifter, name); }

/* Whether a register field names an f register. */
static bool is_float(const struct fe_row *row, const char *field)
{
    static const char *const to_integer[] = {"rv_fmv_x", "rv_fcvt_int", "rv_fcvtmod", "rv_fclass", "rv_fcmp"};
    static const char *const only_to_float[] = {"rv_fload", "rv_fmv_f", "rv_int_fcvt"};
    for (unsigned i = 0; i < sizeof to_integer / sizeof to_integer[0]; i++)
        if (lifter_is(row, to_integer[i]))
            return strcmp(field, "rd") != 0;
    for (unsigned i = 0; i < sizeof only_to_float / sizeof only_to_float[0]; i++)
        if (lifter_is(row, only_to_float[i]))
            return !strcmp(field, "rd");
    if (lifter_is(row, "rv_fstore"))
        return !strcmp(field, "rs2");
    return !strncmp(row->lifter, "rv_f", 4) && strncmp(row->lifter, "rv_fence", 8);
}

static void put_register(struct text *t, const struct fe_row *row, const char *field, unsigned n)
{
    if (is_float(row, field)) {
        put(t, 'f');
        put_number(t, n, 10);
    } else {
        put_string(t, integer_names[n]);
    }
}

static void put_operands(struct text *t, const struct fe_row *row, const struct rv64_fields *f, uint64_t pc)
{
    static const char *const modes[8] = {"rne", "rtz", "rdn", "rup", "rmm", "5", "6", "dyn"};
    static const char *const names[4] = {"rd", "rs1", "rs2", "rs3"};
    const unsigned regs[4] = {f->rd, f->rs1, f->rs2, f->rs3};
    const struct { const char *name; int64_t value; } numbers[] = {
        {"csr", f->csr}, {"imm", f->imm}, {"uimm", f->uimm}, {"shamt", f->shamt}, {"index", f->index}, {"bs", f->bs}, {"rnum", f->rnum}, {"pred", f->pred}, {"succ", f->succ},
    };
    bool first = true, target = lifter_is(row, "rv_branch") || lifter_is(row, "rv_jal");
    for (unsigned i = 0; i < 4; i++)
        if (has(row, names[i])) {
            put_separator(t, &first);
            put_register(t, row, names[i], regs[i]);
        }
    for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (has(row, numbers[i].name)) {
            put_separator(t, &first);
            if (target || lifter_is(row, "rv_auipc"))
                put_number(t, pc + (uint64_t)numbers[i].value, 16);
            else if (lifter_is(row, "rv_lui"))
                put_number(t, (uint64_t)numbers[i].value, 16);
            else
                put_signed(t, numbers[i].value);
        }
    if (has(row, "rm") && f->rm != RV64_DYN) {
        put_separator(t, &first);
        put_string(t, modes[f->rm]);
    }
}

unsigned rv64_describe(uint64_t pc, const uint8_t *bytes, size_t avail, char *buf, size_t size)
{
    struct rv64_fields f;
    struct text t = {buf, size, 0};
    uint32_t w = 0;
    if (avail < 2)
        return 0;
    memcpy(&w, bytes, avail < 4 ? 2 : 4);
    bool wide = (w & 3) == 3;
    if (wide && avail < 4)
        return 0;
    int row = wide ? rv64_decode(w, &f) : rv64_decode16(w & 0xffff, &f);
    if (row < 0)
        return 0;
    for (const char *p = rv64_rows[row].name; *p; p++)
        put(&t, *p == '_' ? '.' : (char)(*p | 32));
    if (has(&rv64_rows[row], "aq") && (f.aq || f.rl))
        put_string(&t, f.aq && f.rl ? ".aqrl" : f.aq ? ".aq" : ".rl");
    put_operands(&t, &rv64_rows[row], &f, pc);
    buf[t.len] = 0;
    return wide ? 4 : 2;
}
