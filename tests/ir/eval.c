/*
 * Reference semantics of what neither A64 instructions nor random regions compare with something
 * else: integers against the compiler's own, check values of published algorithms, and the
 * interpreter's memory accesses and exits.
 */
#include <string.h>

#include "tests/ir/test.h"

static uint64_t eval(enum ir_op op, enum ir_type type, enum ir_type atype, unsigned aux, int64_t imm, uint64_t a, uint64_t b)
{
    struct ir_insn in = {.op = (uint8_t)op, .type = (uint8_t)type, .aux = (uint16_t)aux, .imm = imm, .a = 1, .b = 1};
    union ir_value x = {{a, 0}}, y = {{b, 0}}, z = {{1, 0}}, r;
    ir_eval(&in, atype, IR_NAN_PROPAGATE, NULL, &x, &y, &z, &r);
    return r.u64[0];
}

static void equal(const char *name, uint64_t want, uint64_t have, uint64_t a, uint64_t b)
{
    require(want == have, name, "%llx %llx gives %llx, not %llx", (unsigned long long)a, (unsigned long long)b,
            (unsigned long long)have, (unsigned long long)want);
}

static uint64_t host_clmul(uint64_t a, uint64_t b, bool high)
{
    uint64_t r;
    if (high)
        __asm__("movq %1, %%xmm0\n\tmovq %2, %%xmm1\n\tpclmulqdq $0, %%xmm1, %%xmm0\n\tpextrq $1, %%xmm0, %0" : "=r"(r) : "r"(a), "r"(b) : "xmm0", "xmm1");
    else
        __asm__("movq %1, %%xmm0\n\tmovq %2, %%xmm1\n\tpclmulqdq $0, %%xmm1, %%xmm0\n\tmovq %%xmm0, %0" : "=r"(r) : "r"(a), "r"(b) : "xmm0", "xmm1");
    return r;
}

static void integers(void)
{
    for (unsigned i = 0; i < 20000; i++) {
        uint64_t a = random_int(), b = random_int();
        uint32_t a32 = (uint32_t)a, b32 = (uint32_t)b;
        int64_t s = (int64_t)a, t = (int64_t)b;
        bool overflow = s == INT64_MIN && t == -1;
#define W(op, want) equal(#op ".i32", (uint32_t)(want), eval(IR_##op, IR_I32, IR_I32, 0, 0, a32, b32), a, b)
#define L(op, want) equal(#op ".i64", (uint64_t)(want), eval(IR_##op, IR_I64, IR_I64, 0, 0, a, b), a, b)
        L(rems, !b ? s : overflow ? 0 : s % t);
        L(remu, b ? a % b : a);
        W(remu, b32 ? a32 % b32 : a32);
        L(divs, !b ? 0 : overflow ? s : s / t);
        L(mulhsu, (uint64_t)((__int128)s * (__int128)b >> 64));
        W(mulhsu, (uint64_t)((__int128)(int32_t)a32 * b32) >> 32);
        W(mulhs, (uint64_t)((int64_t)(int32_t)a32 * (int32_t)b32) >> 32);
        W(mulhu, (uint64_t)a32 * b32 >> 32);
        L(and, a & b);
        L(or, a | b);
        L(xor, a ^ b);
        L(ctz, a ? __builtin_ctzll(a) : 64);
        W(ctz, a32 ? __builtin_ctz(a32) : 32);
        L(popcnt, __builtin_popcountll(a));
        W(popcnt, __builtin_popcount(a32));
        L(clmul, host_clmul(a, b, false));
        L(clmulh, host_clmul(a, b, true));
        W(clmulh, host_clmul(a32, b32, false) >> 32);
        equal("sext.i64.8", (uint64_t)(int8_t)a, eval(IR_sext, IR_I64, IR_I64, 8, 0, a, b), a, b);
        equal("sext.i32.16", (uint32_t)(int16_t)a, eval(IR_sext, IR_I32, IR_I64, 16, 0, a, b), a, b);
        equal("sext.i64.32", (uint64_t)(int32_t)a, eval(IR_sext, IR_I64, IR_I32, 32, 0, a32, b), a, b);
        equal("zext.i64.16", (uint16_t)a, eval(IR_zext, IR_I64, IR_I32, 16, 0, a32, b), a, b);
        equal("cmp.lts of I32", (int32_t)a32 < (int32_t)b32, eval(IR_cmp, IR_I1, IR_I32, IR_LTS, 0, a32, b32), a, b);
        equal("cmp.leu of I32", a32 <= b32, eval(IR_cmp, IR_I1, IR_I32, IR_LEU, 0, a32, b32), a, b);
        equal("cmp.gts of I64", s > t, eval(IR_cmp, IR_I1, IR_I64, IR_GTS, 0, a, b), a, b);
        equal("cmp.geu of I64", a >= b, eval(IR_cmp, IR_I1, IR_I64, IR_GEU, 0, a, b), a, b);
    }
    check(true, "integers agree with the host", NULL);
}

/* A condition of the flags of a - b is a comparison of a and b. */
static void conditions(void)
{
    static const uint8_t cc[14] = {IR_EQ, IR_NE, IR_GEU, IR_LTU, 0xff, 0xff, 0xff, 0xff, IR_GTU, IR_LEU, IR_GES, IR_LTS, IR_GTS, IR_LES};
    for (unsigned i = 0; i < 20000; i++) {
        uint64_t a = random_int(), b = random_int();
        uint64_t f = eval(IR_flagsub, IR_I32, IR_I64, 0, 0, a, b);
        for (unsigned c = 0; c < 14; c++)
            if (cc[c] != 0xff)
                equal("flagcond of flagsub", eval(IR_cmp, IR_I1, IR_I64, cc[c], 0, a, b), eval(IR_flagcond, IR_I1, IR_I32, c, 0, f, 0), a, b);
        int64_t difference;
        bool overflow = __builtin_sub_overflow((int64_t)a, (int64_t)b, &difference);
        equal("flagcond.vs of flagsub", overflow, eval(IR_flagcond, IR_I1, IR_I32, IR_F_VS, 0, f, 0), a, b);
        equal("flagcond.mi of flagsub", difference < 0, eval(IR_flagcond, IR_I1, IR_I32, IR_F_MI, 0, f, 0), a, b);
    }
    check(true, "conditions of subtractions", NULL);
}

/* CRC catalogues give these values for the string "123456789". */
static void checksums(void)
{
    uint64_t crc = 0xffffffff, castagnoli = 0xffffffff;
    for (const char *p = "123456789"; *p; p++) {
        crc = eval(IR_crc32, IR_I32, IR_I32, 0, 0, crc, (uint8_t)*p);
        castagnoli = eval(IR_crc32, IR_I32, IR_I32, 4, 0, castagnoli, (uint8_t)*p);
    }
    check((crc ^ 0xffffffff) == 0xcbf43926, "CRC-32 check value", "%llx", (unsigned long long)crc);
    check((castagnoli ^ 0xffffffff) == 0xe3069283, "CRC-32C check value", "%llx", (unsigned long long)castagnoli);
}

/* FIPS 197, appendix B: one AES-128 round, by AESE and AESMC and the next round key. */
static void aes(void)
{
    static const uint8_t input[16] = {0x32, 0x43, 0xf6, 0xa8, 0x88, 0x5a, 0x30, 0x8d, 0x31, 0x31, 0x98, 0xa2, 0xe0, 0x37, 0x07, 0x34};
    static const uint8_t key[16] = {0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c};
    static const uint8_t mixed[16] = {0x04, 0x66, 0x81, 0xe5, 0xe0, 0xcb, 0x19, 0x9a, 0x48, 0xf8, 0xd3, 0x7a, 0x28, 0x06, 0x26, 0x4c};
    union ir_value a, k, r;
    memcpy(a.b, input, 16);
    memcpy(k.b, key, 16);
    struct ir_insn e = {.op = IR_aese, .type = IR_V128, .a = 1, .b = 1}, mc = {.op = IR_aesmc, .type = IR_V128, .a = 1};
    ir_eval(&e, IR_V128, IR_NAN_PROPAGATE, NULL, &a, &k, &k, &r);
    ir_eval(&mc, IR_V128, IR_NAN_PROPAGATE, NULL, &r, &r, &r, &r);
    check(!memcmp(r.b, mixed, 16), "AES round of FIPS 197", NULL);
}

static struct ir_func fn;
static union ir_value values[IR_MAX_INSNS];
static uint8_t memory[64] __attribute__((aligned(16)));
static uint64_t helper_saw[5];

static uint64_t helper(void *regs, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    uint64_t saw[5] = {(uint64_t)(uintptr_t)regs, a, b, c, d};
    memcpy(helper_saw, saw, sizeof saw);
    return 77;
}

/* Runs text with x0 = address of memory, x1 as given; returns how it ended. */
static struct ir_interp_result run(const char *name, const char *text, uint64_t x1, uint8_t *regs)
{
    static uint64_t (*const helpers[])(void *, uint64_t, uint64_t, uint64_t, uint64_t) = {NULL, helper};
    struct ir_interp_ops ops = {.helpers = helpers, .values = values};
    struct ir_interp_result out = {0};
    uint64_t x0 = (uint64_t)(uintptr_t)memory;
    fn.slots = test_slots;
    fn.nslots = test_nslots;
    const char *error = ir_parse(&fn, text);
    ir_ref at;
    if (!error)
        error = ir_verify(&fn, &at);
    check(!error, name, "%s", error ? error : "");
    memset(regs, 0, TEST_REGS);
    memcpy(regs, &x0, 8);
    memcpy(regs + 8, &x1, 8);
    if (!error)
        ir_interp(&fn, regs, &out, &ops);
    return out;
}

static uint64_t x(const uint8_t *regs, unsigned n)
{
    uint64_t v;
    memcpy(&v, regs + n * 8, 8);
    return v;
}

static void accesses(void)
{
    uint8_t regs[TEST_REGS];
    static const uint8_t bytes[16] = {0x81, 0x92, 0xa3, 0xb4, 0xc5, 0xd6, 0xe7, 0xf8, 1, 2, 3, 4, 5, 6, 7, 8};
    memcpy(memory, bytes, 16);
    run("loads", "v1 = get x0\nv2 = get x1\nv3 = load.i64.16.signed [v1 + v2 << 1 - 2]\nput x1, v3\nv5 = load.i64.32.be [v1]\nput x2, v5\n"
        "v7 = load.i32.8.signed [v1]\nput w0, v7\nv9 = load.v128.128.be [v1]\nput q0, v9\nv11 = load.f32.32 [v1]\nput s0, v11\njump 0x4\n", 2, regs);
    check(x(regs, 1) == 0xffffffffffffb4a3, "a load sign-extends, with base, scaled index and displacement", "%llx", (unsigned long long)x(regs, 1));
    check(x(regs, 2) == 0x8192a3b4, "a big-endian load", "%llx", (unsigned long long)x(regs, 2));
    check(!memcmp(regs + 32, "\x81\xff\xff\xff", 4), "a load into I32 is extended to 32 bits", NULL);
    check(regs[112] == 8 && regs[127] == 0x81, "a big-endian vector load", NULL);
    check(!memcmp(regs + 52, bytes, 4), "a float load", NULL);
    run("stores", "v1 = get x0\nv2 = const.i64 0x1122334455667788\nstore.32.be [v1 + 4], v2\nstore.8 [v1], v2\nv5 = trunc.i32 v2\nstore.16.rel [v1 + 2], v5\njump 0x4\n", 0, regs);
    check(!memcmp(memory, "\x88\x92\x88\x77\x55\x66\x77\x88", 8), "stores of 1, 2 and 4 bytes", NULL);
}

static void atomics(void)
{
    /* What is left of 0x80000008 combined with 0x7ffffffc. */
    static const struct { const char *kind; uint64_t want; } kinds[] = {
        {"add", 0x4}, {"and", 0x8}, {"or", 0xfffffffc}, {"xor", 0xfffffff4}, {"xchg", 0x7ffffffc},
        {"mins", 0x80000008}, {"maxs", 0x7ffffffc}, {"minu", 0x7ffffffc}, {"maxu", 0x80000008}, {"andn", 0x80000000},
    };
    uint8_t regs[TEST_REGS];
    char text[200];
    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        uint64_t old = 0x1111111180000008;
        memcpy(memory, &old, 8);
        strcpy(text, "v1 = get x0\nv2 = get x1\nv3 = amo.i64.32.signed.acq.rel ");
        strcat(strcat(text, kinds[i].kind), " [v1], v2\nput x2, v3\njump 0x4\n");
        run(kinds[i].kind, text, 0x222222227ffffffc, regs);
        uint64_t now;
        memcpy(&now, memory, 8);
        check(now == (0x1111111100000000 | kinds[i].want) && x(regs, 2) == 0xffffffff80000008, "an atomic operation on 32 bits", "%s leaves %llx gives %llx",
              kinds[i].kind, (unsigned long long)now, (unsigned long long)x(regs, 2));
    }
    memcpy(memory, "\5\0\0\0\0\0\0\0", 8);
    const char *cas = "v1 = get x0\nv2 = get x1\nv3 = const.i64 9\nv4 = cas.i64.64 [v1], v2, v3\nput x2, v4\njump 0x4\n";
    run("cas", cas, 4, regs);
    check(memory[0] == 5 && x(regs, 2) == 5, "cas of another value stores nothing", NULL);
    run("cas", cas, 5, regs);
    check(memory[0] == 9 && x(regs, 2) == 5, "cas of the value stores", NULL);
    const char *stx = "v1 = get x0\nv2 = get x1\nv3 = const.i64 9\nv4 = const.i64 12\nv5 = stx.i32.8 [v1], v3, v4, v2\nput w0, v5\njump 0x4\n";
    run("stx", stx, 1, regs);
    check(memory[0] == 9 && regs[32] == 1, "stx to another address than the load's fails", NULL);
    run("stx", stx, (uint64_t)(uintptr_t)memory, regs);
    check(memory[0] == 12 && regs[32] == 0, "stx where the value is unchanged stores", NULL);
    run("stx", stx, (uint64_t)(uintptr_t)memory, regs);
    check(memory[0] == 12 && regs[32] == 1, "stx where the value changed fails", NULL);
}

static void exits(void)
{
    uint8_t regs[TEST_REGS];
    const char *branch = "v1 = get x1\nv2 = const.i64 3\nv3 = cmp.i1.eq v1, v2\nexit_if v3, 0x80\nput x2, v2\njump 0x4\n";
    struct ir_interp_result r = run("exit_if", branch, 3, regs);
    check(r.kind == IR_EXIT_JUMP && r.pc == 0x80 && x(regs, 2) == 0, "a side exit taken", NULL);
    r = run("exit_if", branch, 4, regs);
    check(r.kind == IR_EXIT_JUMP && r.pc == 4 && x(regs, 2) == 3, "a side exit not taken", NULL);
    r = run("call", "v1 = const.i64 8\ncall 0x1000, v1\njump 0x8\n", 0, regs);
    check(r.kind == IR_EXIT_CALL && r.pc == 0x1000 && r.ret_pc == 8, "a call ends the run", NULL);
    r = run("call", "v1 = get x1\nv2 = const.i64 8\ncall v1, v2\njump 0x8\n", 0x2000, regs);
    check(r.kind == IR_EXIT_CALL && r.pc == 0x2000 && r.ret_pc == 8, "an indirect call", NULL);
    r = run("ret", "v1 = get x1\nret v1\n", 0x44, regs);
    check(r.kind == IR_EXIT_RET && r.pc == 0x44, "a return", NULL);
    r = run("jump_ind", "v1 = get x1\njump_ind v1\n", 0x48, regs);
    check(r.kind == IR_EXIT_JUMP && r.pc == 0x48, "an indirect jump", NULL);
    const char *trap = "v1 = get x1\nv2 = const.i64 3\nv3 = cmp.i1.eq v1, v2\ntrap_if v3, align, 0x80\njump 0x4\n";
    r = run("trap_if", trap, 3, regs);
    check(r.kind == IR_EXIT_TRAP && r.trap == IR_TRAP_ALIGN && r.pc == 0x80, "a conditional trap", NULL);
    r = run("trap_if", trap, 4, regs);
    check(r.kind == IR_EXIT_JUMP && r.pc == 4, "a conditional trap not taken", NULL);
    r = run("trap", "trap break, 0x10\n", 0, regs);
    check(r.kind == IR_EXIT_TRAP && r.trap == IR_TRAP_BREAK && r.pc == 0x10, "a trap", NULL);
    run("helper", "v1 = get x1\nv2 = helper.i64 #1, v1, v1\nput x2, v2\njump 0x4\n", 6, regs);
    check(helper_saw[0] == (uint64_t)(uintptr_t)regs && helper_saw[1] == 6 && helper_saw[2] == 6 && helper_saw[3] == 0 && x(regs, 2) == 77, "a helper", NULL);
}

void test_eval(void)
{
    random_seed(3);
    integers();
    conditions();
    checksums();
    aes();
    accesses();
    atomics();
    exits();
}
