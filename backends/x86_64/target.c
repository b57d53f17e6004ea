/* The description of this back end, its CPU requirements, and patching of code that may be running. */
#define _GNU_SOURCE      /* REG_* of <ucontext.h> */
#include <cpuid.h>
#include <string.h>
#include <ucontext.h>

#include "backends/x86_64/x86.h"

/* ---- CPU features (Intel SDM vol. 2, CPUID) ---- */

uint32_t x_features;
static uint32_t found;

struct cpu { uint32_t c1, b7, c7, d7, a71, c80; uint64_t xcr0; };

static struct cpu read_cpu(void)
{
    struct cpu r = {0};
    uint32_t a, b, c, d;
    if (__get_cpuid(1, &a, &b, &c, &d))
        r.c1 = c;
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d))
        r.b7 = b, r.c7 = c, r.d7 = d;
    if (__get_cpuid_count(7, 1, &a, &b, &c, &d))
        r.a71 = a;
    if (__get_cpuid(0x80000001, &a, &b, &c, &d))
        r.c80 = c;
    if (r.c1 & bit_OSXSAVE) {
        uint32_t lo, hi;
        __asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
        r.xcr0 = lo | (uint64_t)hi << 32;
    }
    return r;
}

static const char *check_host(void)
{
    static const struct { uint8_t where; uint32_t bit; const char *message; } need[] = {
        {1, bit_SSE4_2, "this CPU lacks SSE4.2"},
        {1, bit_POPCNT, "this CPU lacks POPCNT"},
        {1, bit_CMPXCHG16B, "this CPU lacks CMPXCHG16B"},
        {1, bit_MOVBE, "this CPU lacks MOVBE"},
        {1, bit_OSXSAVE, "this system does not enable AVX"},
        {1, bit_AVX, "this CPU lacks AVX"},
        {1, bit_FMA, "this CPU lacks FMA"},
        {1, bit_F16C, "this CPU lacks F16C"},
        {7, bit_AVX2, "this CPU lacks AVX2"},
        {7, bit_BMI, "this CPU lacks BMI1"},
        {7, bit_BMI2, "this CPU lacks BMI2"},
        {8, 1u << 5, "this CPU lacks LZCNT"},
    };
    struct cpu cpu = read_cpu();
    for (unsigned i = 0; i < sizeof need / sizeof need[0]; i++) {
        uint32_t have = need[i].where == 1 ? cpu.c1 : need[i].where == 7 ? cpu.b7 : cpu.c80;
        if (!(have & need[i].bit))
            return need[i].message;
    }
    return (cpu.xcr0 & 6) == 6 ? NULL : "this system does not enable AVX";
}

static const char *const feature_names[] = {"avx512vl", "sha", "aes", "pclmul", "gfni", "avx512fp16", "avx512bitalg", "avx512vnni", "avxvnni", NULL};

static void find_features(void)
{
    struct cpu cpu = read_cpu();
    bool zmm = (cpu.xcr0 & 0xe6) == 0xe6;
    uint32_t avx512 = bit_AVX512F | bit_AVX512VL | bit_AVX512BW | bit_AVX512DQ | bit_AVX512CD;
    found = 0;
    if (zmm && (cpu.b7 & avx512) == avx512) {
        found |= XF_AVX512VL;
        if (cpu.d7 & 1u << 23)
            found |= XF_AVX512FP16;
        if (cpu.c7 & bit_AVX512BITALG)
            found |= XF_AVX512BITALG;
        if (cpu.c7 & bit_AVX512VNNI)
            found |= XF_AVX512VNNI;
    }
    found |= cpu.b7 & bit_SHA ? XF_SHA : 0;
    found |= cpu.c1 & bit_AES ? XF_AES : 0;
    found |= cpu.c1 & bit_PCLMUL ? XF_PCLMUL : 0;
    found |= cpu.c7 & bit_GFNI ? XF_GFNI : 0;
    found |= cpu.a71 & bit_AVXVNNI ? XF_AVXVNNI : 0;
    x_features = found;
    x_lacks_update();
}

static bool set_feature(const char *name, bool on)
{
    for (unsigned i = 0; feature_names[i]; i++)
        if (!strcmp(name, feature_names[i])) {
            x_features = on ? x_features | (found & 1u << i) : x_features & ~(1u << i);
            x_lacks_update();
            return true;
        }
    return false;
}

static uint32_t features_on(uint32_t *have)
{
    *have = found;
    return x_features;
}

__attribute__((constructor)) static void at_start(void) { find_features(); }

/* ---- patching ---- */

static void link(uint8_t *field, const void *code)
{
    int32_t disp = (int32_t)((const uint8_t *)code - (field + 4)), *at = (int32_t *)(void *)field;
    if (*at != disp)        /* a store to code, whatever it stores, empties the processor's pipeline */
        __atomic_store_n(at, disp, __ATOMIC_RELEASE);
}

/*
 * One byte turns the entry's jne into jae, which is always taken after a compare with 0. The same
 * step makes the jne or je at the end of a loop (listed among the return sites; loop.c) leave: je becomes jb, never taken. A return
 * site's jne becomes nop; jmp to the same place, an aligned store of two bytes: nobody can stand
 * between the two unless he has executed the nop.
 */
static void retire(uint8_t *code, const uint32_t *ret_offs, unsigned nrets)
{
    __atomic_store_n(code + 8, 0x83, __ATOMIC_RELEASE);
    for (unsigned i = 0; i < nrets; i++)
        if (code[ret_offs[i]] != 0x3e)
            __atomic_store_n(code + ret_offs[i] + 8, 0x82 | (code[ret_offs[i] + 8] & 1), __ATOMIC_RELEASE);
        else
            __atomic_store_n((uint16_t *)(void *)(code + ret_offs[i] + 8), 0xe990, __ATOMIC_RELEASE);
}

static void supersede(uint8_t *code) { __atomic_store_n(code + 8, 0x83, __ATOMIC_RELEASE); }
static void stop_counting(uint8_t *code) { __atomic_store_n(code + 14, 0x3d, __ATOMIC_RELEASE); }

/* ---- faults ---- */

static const uint8_t greg[16] = {
    REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
    REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15,
};

static void fault_regs(const void *ucontext, struct be_hostregs *out)
{
    const ucontext_t *uc = ucontext;
    for (unsigned i = 0; i < 16; i++)
        out->gpr[i] = (uint64_t)uc->uc_mcontext.gregs[greg[i]];
    out->ip = (uint64_t)uc->uc_mcontext.gregs[REG_RIP];
    out->fpu = uc->uc_mcontext.fpregs;
}

static void fault_leave(void *ucontext, struct cpu_state *cpu)
{
    ucontext_t *uc = ucontext;
    greg_t *g = uc->uc_mcontext.gregs;
    uint64_t sp = (uint64_t)g[REG_RSP];
    if (sp >= cpu->f.ret_limit && sp < cpu->f.ret_base)
        cpu->f.ret_sp = sp;     /* else a helper on the C stack, which saved it */
    g[REG_RBP] = (greg_t)((uint64_t)cpu + X_BIAS);
    g[REG_RIP] = (greg_t)(uint64_t)x_stub_leave_from_c();
    g[REG_EFL] &= ~0x400;       /* direction flag, as C expects it */
}

static void fault_ret_reset(void *ucontext, struct cpu_state *cpu)
{
    ucontext_t *uc = ucontext;
    greg_t *sp = &uc->uc_mcontext.gregs[REG_RSP];
    /* The topmost entry stays: where a stub's own call does not fit, it is the stub's return address. */
    uint64_t top = *(const uint64_t *)*sp;
    cpu->f.ret_sp -= 8;
    *(uint64_t *)cpu->f.ret_sp = top;
    *sp = (greg_t)cpu->f.ret_sp;
}

const struct be_target be_x86_64 = {
    .name = "x86_64",
    .check_host = check_host,
    .init = x_stubs_init,
    .init_frame = x_init_frame,
    .ret_reset = x_ret_reset,
    .enter = x_enter,
    .compile = x_compile,
    .link = link,
    .supersede = supersede,
    .stop_counting = stop_counting,
    .retire = retire,
    .restore = x_restore,
    .fault_regs = fault_regs,
    .fault_address = x_access_address,
    .fault_leave = fault_leave,
    .fault_ret_reset = fault_ret_reset,
    .lacks = x_lacks,
    .carried_ints = 10,
    .carried_others = 11,
    .eval_reason = x_eval_reason,
    .features = feature_names,
    .set_feature = set_feature,
    .features_on = features_on,
};

const struct be_target *be_host(void) { return &be_x86_64; }
