/* The encoder against capstone: every register and addressing form of the operand shapes in emit.h. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <capstone/capstone.h>

#include "backends/x86_64/emit.h"

static struct x_ctx ctx, *c = &ctx;
static uint8_t buf[64];
static csh cs;
static unsigned passed, failed;

static const char *const r64[] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"};
static const char *const r32[] = {"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "r8d", "r9d", "r10d", "r11d", "r12d", "r13d", "r14d", "r15d"};
static const char *const r16[] = {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di", "r8w", "r9w", "r10w", "r11w", "r12w", "r13w", "r14w", "r15w"};
static const char *const r8[] = {"al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil", "r8b", "r9b", "r10b", "r11b", "r12b", "r13b", "r14b", "r15b"};
static const char *const *const rw[2] = {r32, r64};

static void begin(void) { c->p = buf; }

static void expect(const char *fmt, ...)
{
    char want[128], got[256] = "(undecodable)";
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(want, sizeof want, fmt, ap);
    va_end(ap);
    cs_insn *in;
    size_t n = cs_disasm(cs, buf, (size_t)(c->p - buf), 0, 0, &in);
    if (n == 1 && in->size == c->p - buf)
        snprintf(got, sizeof got, "%s%s%s", in->mnemonic, *in->op_str ? " " : "", in->op_str);
    if (n)
        cs_free(in, n);
    if (!strcmp(want, got)) {
        passed++;
        return;
    }
    failed++;
    printf("FAIL: want '%s', got '%s':", want, got);
    for (uint8_t *p = buf; p < c->p; p++)
        printf(" %02x", *p);
    printf("\n");
}

/* An address as capstone writes it. */
static const char *mem_text(struct x_mem m)
{
    static char s[64];
    char *p = s;
    *p++ = '[';
    if (m.base != X_NONE)
        p += sprintf(p, "%s", r64[m.base]);
    if (m.index != X_NONE)
        p += sprintf(p, "%s%s%s", m.base != X_NONE ? " + " : "", r64[m.index], m.scale == 1 ? "*2" : m.scale == 2 ? "*4" : m.scale == 3 ? "*8" : "");
    bool alone = m.base == X_NONE && m.index == X_NONE;
    uint32_t d = (uint32_t)(m.disp < 0 && !alone ? -m.disp : m.disp);
    if (m.disp || alone)
        p += sprintf(p, d > 9 ? "%s0x%x" : "%s%u", alone ? "" : m.disp < 0 ? " - " : " + ", d);
    strcpy(p, "]");
    return s;
}

static void test_registers(void)
{
    static const char *const alu[] = {"add", "or", "adc", "sbb", "and", "sub", "xor", "cmp"};
    for (unsigned w = 0; w < 2; w++)
        for (unsigned d = 0; d < 16; d++)
            for (unsigned s = 0; s < 16; s++) {
                begin(), x_alu_rr(c, (enum x_alu)(s & 7), w, d, s), expect("%s %s, %s", alu[s & 7], rw[w][d], rw[w][s]);
                begin(), x_mov_rr(c, w, d, s), expect("mov %s, %s", rw[w][d], rw[w][s]);
                begin(), x_test_rr(c, w, d, s), expect("test %s, %s", rw[w][d], rw[w][s]);
                begin(), x_rr(c, X_IMUL, w, d, s), expect("imul %s, %s", rw[w][d], rw[w][s]);
                begin(), x_rr(c, X_MOVZX8 | X_BYTE, 0, d, s), expect("movzx %s, %s", r32[d], r8[s]);
                begin(), x_rr(c, X_MOVSX8 | X_BYTE, w, d, s), expect("movsx %s, %s", rw[w][d], r8[s]);
                begin(), x_rr(c, X_MOVSX16, w, d, s), expect("movsx %s, %s", rw[w][d], r16[s]);
                begin(), x_rr(c, X_MOVSXD, 1, d, s), expect("movsxd %s, %s", r64[d], r32[s]);
                begin(), x_cmov(c, CC_G, w, d, s), expect("cmovg %s, %s", rw[w][d], rw[w][s]);
                begin(), x_rr(c, X_TZCNT, w, d, s), expect("tzcnt %s, %s", rw[w][d], rw[w][s]);
                begin(), v_rrr(c, X_SHLX, w, d, s, d ^ 5), expect("shlx %s, %s, %s", rw[w][d], rw[w][d ^ 5], rw[w][s]);
                begin(), v_rrr(c, X_ANDN, w, d, s, d ^ 9), expect("andn %s, %s, %s", rw[w][d], rw[w][s], rw[w][d ^ 9]);
                begin(), v_rr(c, X_RORX, w, d, s), x_b(c, 13), expect("rorx %s, %s, 0xd", rw[w][d], rw[w][s]);
                begin(), v_rrr(c, V_PXOR, 0, X0 + d, X0 + s, X0 + (d ^ 12)), expect("vpxor xmm%u, xmm%u, xmm%u", d, s, d ^ 12);
                begin(), v_rr(c, V_MOVAPS, 0, X0 + d, X0 + s), expect("vmovaps xmm%u, xmm%u", d, s);
                begin(), v_rr(c, V_MOVD, w, X0 + d, s), expect("vmov%c xmm%u, %s", w ? 'q' : 'd', d, rw[w][s]);
                begin(), v_rr(c, V_MOVD_ST, w, X0 + d, s), expect("vmov%c %s, xmm%u", w ? 'q' : 'd', rw[w][s], d);
            }
}

static void test_immediates(void)
{
    static const int32_t v[] = {0, 1, 127, -1, -128, 128, -129, 0x12345678, INT32_MAX, INT32_MIN};
    for (unsigned d = 0; d < 16; d++) {
        for (unsigned i = 0; i < sizeof v / sizeof v[0]; i++)
            for (unsigned w = 0; w < 2; w++) {
                /* capstone shows short negative immediates as such, 32-bit ones of 32-bit operations unsigned */
                bool minus = v[i] < 0 && (w || v[i] >= -128);
                uint64_t u = minus ? (uint64_t)-(int64_t)v[i] : (uint32_t)v[i];
                begin(), x_alu_ri(c, A_ADD, w, d, v[i]), expect(u > 9 ? "add %s, %s0x%lx" : "add %s, %s%lu", rw[w][d], minus ? "-" : "", u);
            }
        begin(), x_mov_imm(c, d, 5), expect("mov %s, 5", r32[d]);
        begin(), x_mov_imm(c, d, (uint64_t)-2), expect(CS_API_MAJOR < 5 ? "mov %s, -2" : "mov %s, 0xfffffffffffffffe", r64[d]);
        begin(), x_mov_imm(c, d, 0x123456789a), expect("movabs %s, 0x123456789a", r64[d]);
        begin(), x_shift_ri(c, S_SAR, 1, d, 1), expect("sar %s, 1", r64[d]);
        begin(), x_shift_ri(c, S_SHL, 0, d, 31), expect("shl %s, 0x1f", r32[d]);
        begin(), x_setcc(c, CC_LE, d), expect("setle %s", r8[d]);
        begin(), x_test_ri(c, 1, d, 64), expect("test %s, 0x40", r8[d]);
        begin(), x_test_ri(c, 0, d, 0x4000), expect("test %s, 0x4000", r32[d]);
        begin(), x_test_ri(c, 1, d, -8), expect("test %s, -8", r64[d]);
    }
}

static void test_address(struct x_mem m)
{
    const char *t = mem_text(m);
    for (unsigned d = 0; d < 16; d += 5) {
        begin(), x_load(c, 1, d, m), expect("mov %s, qword ptr %s", r64[d], t);
        begin(), x_store(c, 0, m, d), expect("mov byte ptr %s, %s", t, r8[d]);
        begin(), x_store(c, 1, m, d), expect("mov word ptr %s, %s", t, r16[d]);
        begin(), x_store(c, 2, m, d), expect("mov dword ptr %s, %s", t, r32[d]);
        begin(), x_rm(c, X_MOVSX8, 1, d, m), expect("movsx %s, byte ptr %s", r64[d], t);
        begin(), v_rrm(c, X_SARX, 1, d, 3, m), expect("sarx %s, qword ptr %s, rbx", r64[d], t);
        begin(), v_rm(c, V_MOVUPS, 0, X0 + d, m), expect("vmovups xmm%u, xmmword ptr %s", d, t);
        begin(), v_rm(c, V_MOVSD_ST, 0, X0 + d, m), expect("vmovsd qword ptr %s, xmm%u", t, d);
        begin(), v_rrmi(c, V_PINSRW, 0, X0 + d, X0 + 9, m, 3), expect("vpinsrw xmm%u, xmm9, word ptr %s, 3", d, t);
    }
    begin(), x_alu_mi(c, A_CMP, 0, m, 0), expect("cmp dword ptr %s, 0", t);
    begin(), x_alu_mi(c, A_OR, 1, m, 0x1000), expect("or qword ptr %s, 0x1000", t);
    begin(), x_store_imm(c, 1, m, 0x1234), expect("mov word ptr %s, 0x1234", t);
    begin(), x_store_imm(c, 3, m, 7), expect("mov qword ptr %s, 7", t);
    begin(), x_jmp_m(c, m), expect("jmp qword ptr %s", t);
    begin(), x_rm(c, 0xb1 | X_0F | X_LOCK, 1, 6, m), expect("lock cmpxchg qword ptr %s, rsi", t);
}

static void test_addresses(void)
{
    static const int32_t disp[] = {0, 8, -8, 127, 128, -128, -129, 0x12345678};
    for (unsigned base = 0; base < 17; base++)
        for (unsigned index = 0; index < 17; index++)
            for (unsigned i = 0; i < sizeof disp / sizeof disp[0]; i++) {
                if (index == RSP || (base == 16 && (index == 16 || disp[i] == 0 || disp[i] < 0)))
                    continue;
                test_address((struct x_mem){base == 16 ? X_NONE : (uint8_t)base, index == 16 ? X_NONE : (uint8_t)index, index == 16 ? 0 : i & 3, disp[i]});
            }
    test_address((struct x_mem){X_NONE, X_NONE, 0, 0x1000});
}

int main(void)
{
    cs_open(CS_ARCH_X86, CS_MODE_64, &cs);
    test_registers();
    test_immediates();
    test_addresses();
    cs_close(&cs);
    printf("%u passed, %u failed, 0 skipped\n", passed, failed);
    return failed != 0;
}
