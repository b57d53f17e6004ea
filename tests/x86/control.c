/*
 * Control flow between regions: links, calls, returns that miss, overflow of the return stack,
 * polls, retired regions. Slots: x0-x3 numbers, x1 the link register.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "tests/x86/harness.h"

enum { ROOM = 4096, STACK = 64 << 10 };
static const struct ir_slot slots[] = {{"x0", 0, IR_I64, false}, {"x1", 8, IR_I64, false}, {"x2", 16, IR_I64, false}, {"x3", 24, IR_I64, false}};
static struct ir_func fn;
static struct be_region out;
static uint8_t *code;
static unsigned passed, failed;
static volatile unsigned overflows;
static uint64_t guard;

struct built { uint64_t pc; uint8_t *code; unsigned nsites, first, nrets; struct be_site sites[16]; uint32_t rets[16]; };
static unsigned next_site = 100;

static void check(bool ok, const char *what)
{
    if (!ok)
        printf("FAIL: %s\n", what);
    *(ok ? &passed : &failed) += 1;
}

/* ---- building ---- */

static void start(uint64_t pc) { ir_begin(&fn, pc, slots, 4, IR_NAN_CANON_POS); fn.cur_pc = pc; }
static void set(unsigned slot, uint64_t v) { ir_put(&fn, slot, ir_i64(&fn, (int64_t)v)); }
static void add(unsigned slot, int64_t v) { ir_put(&fn, slot, ir_op2i(&fn, IR_add, ir_get(&fn, slot), v)); }
static void jump(uint64_t pc) { ir_append(&fn, IR_jump, IR_VOID, 0, 0, 0, 0, 0, (int64_t)pc); }
static void jump_ind(unsigned slot) { ir_append(&fn, IR_jump_ind, IR_VOID, 0, ir_get(&fn, slot), 0, 0, 0, 0); }
static void ret(unsigned slot) { ir_append(&fn, IR_ret, IR_VOID, 0, ir_get(&fn, slot), 0, 0, 0, 0); }
static void trap(uint64_t pc) { ir_append(&fn, IR_trap, IR_VOID, IR_TRAP_SYSCALL, 0, 0, 0, 0, (int64_t)pc); }
static void call(uint64_t pc, uint64_t back)
{
    ir_put(&fn, 1, ir_gaddr(&fn, back));
    ir_append(&fn, IR_call, IR_VOID, 0, 0, ir_gaddr(&fn, back), 0, 0, (int64_t)pc);
    ir_barrier(&fn);
}
static void call_ind(unsigned slot, uint64_t back)
{
    ir_ref target = ir_get(&fn, slot);
    ir_put(&fn, 1, ir_gaddr(&fn, back));
    ir_append(&fn, IR_call, IR_VOID, 1, target, ir_gaddr(&fn, back), 0, 0, 0);
    ir_barrier(&fn);
}

static struct built finish(void)
{
    struct built b = {.pc = fn.pc, .code = code, .first = next_site};
    struct be_input in = {.fn = &fn, .dst = code, .room = 64 << 10, .first_site = next_site, .jump_shift = 2};
    int err = be_host()->compile(&in, &out);
    check(!err, "compile");
    b.nsites = out.nsites;
    memcpy(b.sites, out.sites, out.nsites * sizeof out.sites[0]);
    b.nrets = out.nrets;
    for (unsigned i = 0; i < out.nrets; i++)
        b.rets[i] = out.rets[i].off;
    next_site += out.nsites;
    code += (out.size + 63) & ~63u;
    return b;
}

/* ---- running ---- */

static uint32_t run(const uint8_t *at)
{
    be_host()->enter(h_cpu, at);
    return h_cpu->f.exit;
}
static uint64_t x(unsigned i) { uint64_t v; memcpy(&v, h_cpu->guest + 8 * i, 8); return v; }
static void set_x(unsigned i, uint64_t v) { memcpy(h_cpu->guest + 8 * i, &v, 8); }
static const struct be_site *site_of(const struct built *b)
{
    uint64_t i = h_cpu->f.exit_info - b->first;
    return i < b->nsites ? &b->sites[i] : NULL;
}
static void link_all(const struct built *from, const struct built *to)
{
    for (unsigned i = 0; i < from->nsites; i++)
        if ((from->sites[i].kind == BE_SITE_JUMP || from->sites[i].kind == BE_SITE_CALL) && from->sites[i].pc == to->pc)
            be_host()->link(from->code + from->sites[i].code_off, to->code);
}
static void remember(const struct built *b)
{
    be_jump_cache_add(h_cpu, b->pc, b->code);
}
static void fresh(void)
{
    be_jump_cache_clear(h_cpu);
    be_host()->ret_reset(h_cpu);
    memset(h_cpu->guest, 0, 64);
}

/* ---- the tests ---- */

static void test_jumps(void)
{
    start(0x1000), add(0, 1), jump(0x2000);
    struct built a = finish();
    start(0x2000), add(0, 10), jump_ind(2);
    struct built b = finish();
    fresh();
    check(run(a.code) == BE_EXIT_LINK && site_of(&a) && site_of(&a)->pc == 0x2000 && x(0) == 1, "an unlinked jump names its site");
    link_all(&a, &b);
    set_x(2, 0x3000);
    check(run(a.code) == BE_EXIT_LOOKUP && h_cpu->f.pc == 0x3000 && x(0) == 12, "a linked jump, then an indirect one that misses");
    be_host()->link(a.code + a.sites[1].code_off, a.code + a.sites[1].unlinked_off);
    check(run(a.code) == BE_EXIT_LINK && site_of(&a)->pc == 0x2000, "unlinked again");
    link_all(&a, &b);
    start(0x3000), add(0, 100), trap(0x3004);
    struct built c = finish();
    remember(&c);
    check(run(a.code) == BE_EXIT_TRAP && site_of(&c)->pc == 0x3004 && site_of(&c)->trap == IR_TRAP_SYSCALL && x(0) == 124, "an indirect jump that hits");
    set_x(2, 0);
    check(run(a.code) == BE_EXIT_LOOKUP && h_cpu->f.pc == 0, "a jump to 0 leaves");
    h_cpu->f.pending = 1;
    uint64_t before = x(0);
    check(run(a.code) == BE_EXIT_POLL && site_of(&a)->kind == BE_SITE_ENTRY && site_of(&a)->pc == 0x1000 && x(0) == before, "a poll at the entry");
    h_cpu->f.pending = 0;
}

/* Regions whose places in the jump cache are one: all are found without leaving, whichever came last. */
static void test_shared_places(void)
{
    enum { N = 6, APART = BE_JUMP_CACHE << 2 };
    struct built b[N];
    start(0x1000), add(0, 1), jump_ind(2);
    struct built a = finish();
    fresh();
    for (unsigned i = 0; i < N; i++) {
        start(0x3000 + (i + 1) * APART), add(0, 1), trap(0x3004 + (i + 1) * APART);
        b[i] = finish();
        remember(&b[i]);
    }
    for (unsigned i = 0; i < N; i++) {
        set_x(2, b[i].pc);
        check(run(a.code) == BE_EXIT_TRAP && site_of(&b[i]) && site_of(&b[i])->pc == b[i].pc + 4, "one of several with one place");
    }
    static const uint64_t never[] = {0, 1, 8, 0x1000000000000000ull, UINT64_MAX};
    for (unsigned i = 0; i < sizeof never / sizeof never[0]; i++) {
        set_x(2, never[i]);
        check(run(a.code) == BE_EXIT_LOOKUP && h_cpu->f.pc == never[i], "a jump to where nothing is");
    }
}

static void test_calls(void)
{
    start(0x1000), call(0x2000, 0x1004), add(0, 1), call_ind(3, 0x1008), add(0, 2), trap(0x100c);
    struct built a = finish();
    start(0x2000), add(2, 1), ret(1);
    struct built f = finish();
    uint64_t sp;
    fresh();
    sp = h_cpu->f.ret_sp;
    check(run(a.code) == BE_EXIT_LINK && site_of(&a)->kind == BE_SITE_CALL && site_of(&a)->pc == 0x2000, "an unlinked call");
    check(h_cpu->f.ret_sp == sp - 8, "its return address is on the stack");
    set_x(3, 0x2000);
    check(run(f.code) == BE_EXIT_LOOKUP && h_cpu->f.pc == 0x2000 && x(0) == 1 && x(1) == 0x1008, "return, then an indirect call that misses");
    check(run(f.code) == BE_EXIT_TRAP && x(0) == 3 && x(2) == 2 && h_cpu->f.ret_sp == sp, "return to the missed call's return site");
    link_all(&a, &f);
    remember(&f);
    set_x(0, 0);
    check(run(a.code) == BE_EXIT_TRAP && x(0) == 3 && h_cpu->f.ret_sp == sp, "both calls and returns without leaving");
    set_x(1, 0x9990);
    check(run(f.code) == BE_EXIT_LOOKUP && h_cpu->f.pc == 0x9990 && h_cpu->f.ret_sp == sp, "a return on an empty stack leaves, the base renews itself");
    check(run(f.code) == BE_EXIT_LOOKUP && h_cpu->f.pc == 0x9990 && h_cpu->f.ret_sp == sp, "and again");
}

static void test_misses(void)
{
    start(0x1000), call(0x2000, 0x1004), add(0, 1), trap(0x1008);
    struct built a = finish();
    start(0x2000), call(0x3000, 0x2004), add(0, 10), trap(0x2008);
    struct built b = finish();
    start(0x3000), set(1, 0x1004), ret(1);      /* as longjmp past 0x2000's frame */
    struct built c = finish();
    link_all(&a, &b);
    link_all(&b, &c);
    fresh();
    uint64_t sp = h_cpu->f.ret_sp;
    check(run(a.code) == BE_EXIT_TRAP && site_of(&a) && x(0) == 1 && h_cpu->f.ret_sp == sp, "a return past one frame discards it");
    start(0x3000), set(1, 0x7770), ret(1);
    struct built d = finish();
    link_all(&b, &d);
    fresh();
    check(run(a.code) == BE_EXIT_LOOKUP && h_cpu->f.pc == 0x7770 && h_cpu->f.ret_sp == sp - 16, "a return to nowhere known leaves, and the stack stays");
    start(0x7770), add(0, 5), trap(0x7774);
    struct built e = finish();
    fresh();
    remember(&e);
    check(run(a.code) == BE_EXIT_TRAP && x(0) == 5, "or goes through the jump cache");
    /* The caller retires while the callee runs: its return site must not be used. */
    start(0x3000), set(1, 0x2004), ret(1);
    struct built g = finish();
    be_host()->link(b.code + b.sites[1].code_off, b.code + b.sites[1].unlinked_off);
    fresh();
    check(run(a.code) == BE_EXIT_LINK && site_of(&b)->pc == 0x3000, "stopped inside two calls");
    be_host()->retire(b.code, b.rets, b.nrets);
    check(run(g.code) == BE_EXIT_LOOKUP && h_cpu->f.pc == 0x2004 && x(0) == 0, "a return into a retired region leaves");
    check(run(b.code) == BE_EXIT_POLL && site_of(&b)->pc == 0x2000, "a retired region's entry leaves");
}

/* Unbounded recursion: the stack starts over, and so do the returns. */
static void test_overflow(void)
{
    start(0x1000);
    ir_ref left = ir_op2i(&fn, IR_sub, ir_get(&fn, 0), 1);
    ir_put(&fn, 0, left);
    ir_append(&fn, IR_exit_if, IR_VOID, 0, ir_cmp(&fn, IR_EQ, left, ir_i64(&fn, 0)), 0, 0, 0, 0x3000);
    call(0x1000, 0x1004), add(2, 1), set(1, 0x1004), ret(1);
    struct built a = finish();
    link_all(&a, &a);
    fresh();
    set_x(0, 20000);
    overflows = 0;
    check(run(a.code) == BE_EXIT_LINK && x(0) == 0 && overflows == 20000 / (STACK / 8), "a deep recursion overflows and goes on");
}

static uint8_t *looping;
static void *retire_soon(void *arg)
{
    const struct built *b = arg;
    usleep(30000);
    if (looping)
        be_host()->retire(b->code, b->rets, b->nrets);
    else
        __atomic_store_n(&h_cpu->f.pending, 1, __ATOMIC_RELAXED);
    return NULL;
}

static void test_loop(void)
{
    for (unsigned k = 0; k < 2; k++) {
        start(0x1000), add(0, 1);
        ir_put(&fn, 2, ir_op2(&fn, IR_xor, ir_get(&fn, 3), ir_get(&fn, 2)));
        ir_append(&fn, IR_exit_if, IR_VOID, 0, ir_cmp(&fn, IR_EQ, ir_get(&fn, 0), ir_i64(&fn, -1)), 0, 0, 0, 0x3000);
        jump(0x1000);
        struct built a = finish();
        fresh();
        set_x(3, 5);
        looping = k ? a.code : NULL;
        pthread_t t;
        pthread_create(&t, NULL, retire_soon, &a);
        uint32_t exit = run(a.code);
        pthread_join(t, NULL);
        check(exit == BE_EXIT_POLL && site_of(&a)->pc == 0x1000, k ? "a loop that is retired ends" : "a poll ends a loop");
        check(x(0) > 1000 && x(2) == (x(0) & 1 ? 5 : 0) && x(3) == 5, "its registers are in memory");
        h_cpu->f.pending = 0;
    }
}

static void on_overflow(int signo, siginfo_t *info, void *uc)
{
    (void)signo;
    uint64_t at = (uint64_t)info->si_addr;
    if (at < guard || at >= guard + 4096) {
        const char text[] = "FAIL: unexpected fault\n0 passed, 1 failed, 0 skipped\n";
        if (write(1, text, sizeof text - 1)) {}
        _exit(1);
    }
    overflows++;
    be_host()->ret_reset(h_cpu);
    be_host()->fault_ret_reset(uc, h_cpu);
}

int main(void)
{
    h_init(2);
    code = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    uint8_t *stack = mmap(NULL, 4096 + STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(stack, 4096, PROT_NONE);
    guard = (uint64_t)stack;
    h_cpu->f.ret_limit = guard + 4096;
    h_cpu->f.ret_base = guard + 4096 + STACK;
    struct sigaction a = {.sa_sigaction = on_overflow, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    sigaction(SIGSEGV, &a, NULL);
    test_jumps();
    test_shared_places();
    test_calls();
    test_misses();
    test_overflow();
    test_loop();
    printf("%u passed, %u failed, 0 skipped\n", passed, failed);
    return failed != 0;
}
