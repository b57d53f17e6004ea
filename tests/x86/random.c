/*
 * Random regions, compiled and run, against the interpreter: registers, memory, the exit taken, sticky
 * floating-point flags, and at faults the exact state and guest pc.
 *
 *   random [-v] [-i] [-f] [-b] FIRST COUNT     -i: integer ops only; -f: mostly floating point; -v: print what fails with its code;
 *                                              -b: regions of several blocks, which carry slots (ir/carry.h)
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "backends/x86_64/x86.h"
#include "ir/carry.h"
#include "tests/ir/values.h"
#include "tests/x86/generate.h"
#include "tests/x86/harness.h"

enum { REGS = 640 };

static uint8_t *memory;     /* MEMORY bytes, then a page that faults */
static struct ir_func reference, callee;    /* fn before ir_carry; what it calls */
static bool blocks, asked, cut;     /* fn has blocks; a helper has set `pending`; it has retired the code */

/* ---- helpers of the tests' guest ---- */

static uint64_t mix(void *regs, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    uint64_t *x = regs;
    x[1] += a ^ (uint32_t)b;
    x[3] = x[2] + c;
    x[5] ^= d;
    return a * 3 + (uint32_t)b;
}
static uint64_t peek(void *regs, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    uint64_t base, *x = regs;
    (void)b, (void)c, (void)d;
    memcpy(&base, (uint8_t *)regs + slots[SLOT_BASE].off, 8);
    uint64_t v = *(volatile uint64_t *)(base + (a & 31 ? a & 0xff8 : MEMORY + 64));
    x[4] += v;
    return v;
}
static uint64_t ask(void *regs, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    (void)a, (void)b, (void)c, (void)d;
    asked = true;
    if (regs == h_cpu->guest)
        h_cpu->f.pending = 1;
    return 0;
}
static uint64_t cut_off(void *regs, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    (void)a, (void)b, (void)c, (void)d;
    uint32_t offs[BE_MAX_RETS];
    for (unsigned i = 0; i < h_region.nrets; i++)
        offs[i] = h_region.rets[i].off;
    cut = true;
    if (regs == h_cpu->guest)
        be_host()->retire(h_code, offs, h_region.nrets);
    return 0;
}

/* What the region's calls reach: changes slots of each kind. */
static void make_callee(void)
{
    ir_begin(&callee, CALLEE_PC, slots, NSLOTS, fn.rules);
    callee.lacks = fn.lacks;
    ir_ref x1 = ir_get(&callee, 1), v0 = ir_get(&callee, SLOT_V);
    ir_put(&callee, 1, ir_op2(&callee, IR_add, x1, ir_get(&callee, 4)));
    ir_put(&callee, 6, x1);
    ir_put(&callee, SLOT_V, ir_get(&callee, SLOT_V + 1));
    ir_put(&callee, SLOT_V + 1, v0);
    ir_put(&callee, SLOT_NZCV, ir_emit(&callee, IR_flagsub, IR_I32, 0, x1, ir_get(&callee, 4), 0, 0));
    ir_append(&callee, IR_ret, IR_VOID, 0, ir_get(&callee, SLOT_LINK), 0, 0, 0, 0);
}

/* ---- comparing ---- */

struct outcome { uint8_t regs[REGS], memory[MEMORY]; struct h_outcome o; };

static void fill(uint8_t *regs)
{
    memset(regs, 0, REGS);
    for (unsigned s = 0; s < NSLOTS; s++) {
        uint64_t v[2] = {random_int(), random_int()};
        if (s == SLOT_COUNT)
            v[0] = 1 + below(blocks ? 30 : 5);
        else if (s == SLOT_BASE)
            v[0] = (uint64_t)memory + 2048;
        else if (s == SLOT_BAD)
            v[0] = (uint64_t)memory + MEMORY + 128;
        else if (s == SLOT_NZCV)
            v[0] &= IR_FLAG_N | IR_FLAG_Z | IR_FLAG_C | IR_FLAG_V;
        else if (slots[s].type >= IR_V64)
            random_lanes(v);
        else if (slots[s].type >= IR_F16)
            v[0] = random_float(float_bits(slots[s].type));
        static const uint8_t size[IR_TYPE_COUNT] = {0, 1, 4, 8, 2, 4, 8, 8, 16};
        memcpy(regs + slots[s].off, v, size[slots[s].type]);
    }
}

static void fill_memory(void)
{
    for (unsigned i = 0; i < MEMORY; i++)
        memory[i] = (uint8_t)(i * 37 + (i >> 5));
}

static void dump(const struct outcome *x, const struct outcome *y)
{
    for (unsigned s = 0; s < NSLOTS; s++)
        if (memcmp(x->regs + slots[s].off, y->regs + slots[s].off, 16)) {
            uint64_t a[2], b[2];
            memcpy(a, x->regs + slots[s].off, 16);
            memcpy(b, y->regs + slots[s].off, 16);
            printf("  slot %u %s: %lx:%lx, host %lx:%lx\n", s, slots[s].name, a[1], a[0], b[1], b[0]);
        }
    for (unsigned i = 0; i < MEMORY; i++)
        if (x->memory[i] != y->memory[i])
            printf("  memory %u: %02x, host %02x\n", i, x->memory[i], y->memory[i]);
    printf("  exit %u pc %lx trap %u flags %x; host exit %u pc %lx trap %u flags %x error %d\n", x->o.exit, x->o.pc, x->o.trap, x->o.flags, y->o.exit,
           y->o.pc, y->o.trap, y->o.flags, y->o.error);
    h_print(&fn, true);
}

/* Has the slot of flags stand for a word that is not computed yet, as the region before may have left it. */
static void leave_flags_open(uint8_t *regs, uint8_t *host_regs)
{
    static const struct { uint8_t how, op; } kinds[] = {{X_HOW_SUB, IR_flagsub}, {X_HOW_ADD, IR_flagadc}, {X_HOW_LOGIC, IR_flaglogic}};
    unsigned k = below(3), wide = below(2);
    union ir_value a = {.u64 = {random_int()}}, b = {.u64 = {below(3) ? random_int() : a.u64[0]}}, carry = {.u64 = {0}}, word;
    struct ir_insn in = {.op = kinds[k].op, .type = IR_I32, .a = 1, .b = 1, .c = 1};
    h_cpu->f.flags_a = a.u64[0];
    h_cpu->f.flags_b = b.u64[0];
    h_cpu->f.flags_how = kinds[k].how | wide | (uint32_t)slots[SLOT_NZCV].off << 8;
    if (!wide)
        a.u64[0] = (uint32_t)a.u64[0], b.u64[0] = (uint32_t)b.u64[0];
    ir_eval(&in, wide ? IR_I64 : IR_I32, 0, NULL, &a, &b, &carry, &word);
    memcpy(regs + slots[SLOT_NZCV].off, &word, 4);
    memset(host_regs + slots[SLOT_NZCV].off, 0x55, 4);
}

/* An exit that leads backward leaves where the code was asked to, or is retired. */
static bool goes_on(void *ctx, ir_ref at, ir_ref block)
{
    (void)ctx;
    return block > at || !(asked || cut);
}

/* Interprets the region, what it calls and what follows the calls; a trace goes round to its start. */
static void interpret(uint8_t *regs, unsigned mxcsr, struct h_outcome *out)
{
    const struct ir_func *f = &reference;
    asked = cut = false;
    h_interp_ops = (struct ir_interp_ops){.values = h_interp_ops.values, .follow = goes_on};
    for (;;) {
        h_interp(f, regs, mxcsr | out->flags, out);
        const struct ir_interp_result *r = &h_interp_result;
        if (out->exit != BE_EXIT_LINK)
            return;
        if (f->insn[r->left].aux & IR_EXIT_BLOCK && (f->insn[r->left].op == IR_jump || f->insn[r->left].op == IR_exit_if))
            out->exit = BE_EXIT_POLL;
        if (r->kind == IR_EXIT_CALL && r->pc == CALLEE_PC) {
            uint64_t back = r->ret_pc;
            h_interp_ops.start = r->left + 1;
            if (asked) {
                out->exit = BE_EXIT_POLL;
                return;
            }
            ir_ref start = h_interp_ops.start;
            h_interp_ops.start = 0;
            h_interp(&callee, regs, mxcsr | out->flags, out);
            h_interp_ops.start = start;
            if (cut || r->pc != back)
                return;
        } else if (!looping || out->pc != f->pc) {
            return;
        }
    }
}

static bool run_one(uint8_t *regs, bool verbose)
{
    static struct outcome x, y;
    unsigned mxcsr = 0x1f80 | below(4) << 13;
    memset(&x, 0, sizeof x);
    memset(&y, 0, sizeof y);
    fill_memory();
    memcpy(h_cpu->guest, regs, REGS);
    if (below(2))
        leave_flags_open(regs, h_cpu->guest);
    memcpy(x.regs, regs, REGS);
    interpret(x.regs, mxcsr, &x.o);
    memcpy(x.memory, memory, MEMORY);
    fill_memory();
    h_cpu->f.pending = 0;
    be_host()->ret_reset(h_cpu);
    h_run(&fn, mxcsr, &y.o);
    memcpy(y.regs, h_cpu->guest, REGS);
    memcpy(y.memory, memory, MEMORY);
    /* Unused operations may be dropped with their flags; the interpreter's flags are lost in its fault handler. */
    if (!(fn.flags & IR_FP_STATUS_KEPT) || x.o.exit == BE_EXIT_FAULT)
        x.o.flags = y.o.flags = 0;
    unsigned dead = y.o.exit == BE_EXIT_POLL ? generated_dead(y.o.pc) : 0;
    if (dead)
        memcpy(x.regs + slots[dead - 1].off, y.regs + slots[dead - 1].off, slots[dead - 1].type == IR_I32 ? 4 : 8);
    if (!memcmp(&x, &y, sizeof x))
        return true;
    if (verbose)
        dump(&x, &y);
    return false;
}

static void set_up(void)
{
    static const char *const names[] = {"x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "nzcv", "w",
                                        "base", "bad", "v0", "v1", "v2", "v3", "d0", "d1", "d2", "f", "h", "q"};
    unsigned off = 0;
    for (unsigned s = 0; s < NSLOTS; s++) {
        uint8_t type = s == SLOT_NZCV || s == SLOT_W ? IR_I32 : s >= SLOT_V && s < SLOT_D ? IR_V128 : s >= SLOT_D && s < SLOT_F ? IR_F64
                     : s == SLOT_F ? IR_F32 : s == SLOT_H ? IR_F16 : s == SLOT_Q ? IR_V64 : IR_I64;
        if (s == SLOT_V)
            off = (off + 15) & ~15u;
        slots[s] = (struct ir_slot){names[s], (uint16_t)off, type, s == SLOT_NZCV};
        off += s >= SLOT_V ? 16 : 8;
    }
    memory = mmap(NULL, MEMORY + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(memory + MEMORY, 4096, PROT_NONE);
    h_init(2);
    h_cpu->f.helpers[HELPER_MIX] = mix;
    h_cpu->f.helpers[HELPER_PEEK] = peek;
    h_cpu->f.helpers[HELPER_ASK] = ask;
    h_cpu->f.helpers[HELPER_CUT] = cut_off;
}

/* Host features that this region does without. */
static uint32_t features_off;

static void choose_features(void)
{
    for (unsigned i = 0; be_host()->features[i]; i++)
        be_host()->set_feature(be_host()->features[i], !(features_off >> i & 1));
}

/* Keeps fn as it is, and has its blocks carry slots, as many as the seed says. */
static void carry(void)
{
    static struct ir_carry_room room;
    uint32_t weight[IR_MAX_BLOCKS];
    reference.n = 0;
    memcpy(&reference, &fn, offsetof(struct ir_func, insn));
    memcpy(reference.insn, fn.insn, fn.n * sizeof fn.insn[0]);
    memcpy(reference.vconst, fn.vconst, fn.nvconsts * sizeof fn.vconst[0]);
    for (unsigned i = 0; i < IR_MAX_BLOCKS; i++)
        weight[i] = (uint32_t)(random64() >> 32 >> below(32));
    if (blocks && below(8))
        ir_carry(&fn, below(3) ? be_host()->carried_ints : below(17), below(3) ? be_host()->carried_others : below(16), weight, &room);
}

int main(int argc, char **argv)
{
    bool verbose = false, only_integers = false, only_floats = false;
    int i = 1;
    for (; i < argc && argv[i][0] == '-'; i++)
        if (argv[i][1] == 'v')
            verbose = true;
        else if (argv[i][1] == 'b')
            blocks = true;
        else if (argv[i][1] == 'f')
            only_floats = true;
        else
            only_integers = true;
    uint64_t first = i < argc ? strtoull(argv[i], NULL, 0) : 0;
    unsigned count = i + 1 < argc ? (unsigned)atoi(argv[i + 1]) : 2000, failed = 0, passed = 0;
    static uint8_t regs[REGS];
    set_up();
    for (uint64_t seed = first; seed < first + count; seed++) {
        random_seed(seed);
        floats = only_floats || (!only_integers && seed % 4 == 2);
        integers = !only_floats && (only_integers || seed % 2);
        features_off = below(3) ? 0 : (uint32_t)random64();
        choose_features();
        generate(blocks);
        ir_ref at;
        const char *wrong = ir_verify(&fn, &at);
        if (wrong)
            printf("region %lu: generator: v%u: %s\n", (unsigned long)seed, at, wrong);
        carry();
        if (!wrong && (wrong = ir_verify(&fn, &at)))
            printf("region %lu: ir_carry: v%u: %s\n", (unsigned long)seed, at, wrong);
        make_callee();
        bool ok = !wrong && !h_compile_callee(&callee);
        for (unsigned k = 0; ok && k < 4; k++) {
            fill(regs);
            ok = run_one(regs, verbose && failed < 1);
        }
        if (!ok)
            printf("FAIL: random region %lu differs (host features off: %x)\n", (unsigned long)seed, features_off);
        failed += !ok;
        passed += ok;
    }
    printf("%u passed, %u failed, 0 skipped\n", passed, failed);
    return failed != 0;
}
