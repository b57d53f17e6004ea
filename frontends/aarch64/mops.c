/*
 * Memory copy and memory set (FEAT_MOPS, C6.2 CPYP and SETP, rules in the shared pseudocode "memcpy and memset"):
 * option A, which PSTATE.C clear tells. The prologue brings the registers into that form, the main instruction does
 * all the work, the epilogue what is left. Xn counts bytes: below zero toward zero when the copy goes forward and Xs, Xd
 * are the ends of the regions; above zero toward zero when it goes backward and they are the starts.
 *
 * Work is done page by page, each page touched before any byte of it changes, and the registers say after each page
 * what is left: a fault finds them as the instruction can be restarted.
 */
#include <string.h>

#include "frontends/aarch64/abi.h"
#include "frontends/aarch64/lift.h"

enum { PAGE = 4096, AT_ONCE = 1 << 20 };    /* bytes before signals get their turn */
enum { PROLOGUE, MAIN, EPILOGUE };

/* ---- lifters ---- */

static ir_ref registers(struct ir_func *fn, const struct a64_fields *f)
{
    return ir_i64(fn, f->Rd | f->Rs << 8 | f->Rn << 16);
}

/* [base, base + n), or below base where n is negative. */
static void watch_region(struct ir_func *fn, unsigned base, ir_ref n, enum ir_access access)
{
    ir_ref zero = ir_i64(fn, 0), below = ir_cmp(fn, IR_LTS, n, zero), at = a64_rx(fn, base);
    ir_watch(fn, ir_sel(fn, below, ir_op2(fn, IR_add, at, n), at), ir_sel(fn, below, ir_op1(fn, IR_neg, n), n), access);
}

static bool go(struct ir_func *fn, const struct a64_fields *f, enum a64_helper h)
{
    if (fn->watch) {
        ir_ref n = a64_rx(fn, f->Rn);
        if (h == A64_H_cpy_go)
            watch_region(fn, f->Rs, n, IR_READS);
        watch_region(fn, f->Rd, n, IR_WRITES);
    }
    ir_ref pc = a64_call(fn, IR_I64, h, registers(fn, f), ir_gaddr(fn, fn->cur_pc), ir_i64(fn, f->stage), 0);
    ir_flow_ind(fn, IR_FLOW_JUMP_IND, pc);
    return true;
}

bool lift_cpy(struct ir_func *fn, const struct a64_fields *f)
{
    if (f->Rd == f->Rs || f->Rd == f->Rn || f->Rs == f->Rn || f->Rd == 31 || f->Rs == 31 || f->Rn == 31)
        return false;
    if (f->stage != PROLOGUE)
        return go(fn, f, A64_H_cpy_go);
    a64_call(fn, IR_VOID, A64_H_cpy_start, ir_i64(fn, f->Rd), ir_i64(fn, f->Rs), ir_i64(fn, f->Rn), ir_i64(fn, f->both));
    return true;
}

bool lift_set(struct ir_func *fn, const struct a64_fields *f)
{
    if (f->Rd == f->Rs || f->Rd == f->Rn || f->Rs == f->Rn || f->Rd == 31 || f->Rn == 31)
        return false;
    if (f->stage != PROLOGUE)
        return go(fn, f, A64_H_set_go);
    ir_ref max = ir_i64(fn, INT64_MAX), n = a64_rx(fn, f->Rn);
    n = ir_sel(fn, ir_cmp(fn, IR_LTS, n, ir_i64(fn, 0)), max, n);
    a64_wr(fn, f->Rd, ir_op2(fn, IR_add, a64_rx(fn, f->Rd), n));
    a64_wr(fn, f->Rn, ir_op1(fn, IR_neg, n));
    a64_wflags(fn, ir_i32(fn, 0));
    return true;
}

/* ---- helpers ---- */

/* Bits 55:0: what overlap is judged by. */
static uint64_t place(uint64_t addr) { return addr & (((uint64_t)1 << 56) - 1); }

uint64_t a64_cpy_start(void *regs, uint64_t d, uint64_t s, uint64_t n, uint64_t both)
{
    struct a64_regs *r = regs;
    uint64_t *to = a64_x(r, (unsigned)d), *from = a64_x(r, (unsigned)s), *size = a64_x(r, (unsigned)n);
    uint64_t max = both ? UINT64_MAX >> 9 : INT64_MAX;
    bool backward = false;
    if (*size > max)
        *size = max;
    if (both)
        backward = place(*from) < place(*to) && place(*from) + *size > place(*to);
    if (!backward) {
        *to += *size;
        *from += *size;
        *size = -*size;
    }
    r->nzcv = 0;
    return 0;
}

/* A page that is about to be read, or written: faults where that is not allowed. */
static void touch_read(uint64_t addr) { (void)*(volatile const uint8_t *)addr; }
static void touch_write(uint64_t addr) { __atomic_fetch_or((uint8_t *)addr, 0, __ATOMIC_RELAXED); }

static uint64_t smaller(uint64_t a, uint64_t b) { return a < b ? a : b; }
/* Bytes from addr up to the end of its page, and down to its start if addr is where the bytes end. */
static uint64_t room_above(uint64_t addr) { return PAGE - addr % PAGE; }
static uint64_t room_below(uint64_t end) { return (end - 1) % PAGE + 1; }

/*
 * The registers are in option B's form: another implementation was at work before, or the program set PSTATE.C. Linux
 * (arm64_mops_reset_regs) undoes what the prologue did and goes back to it.
 */
static uint64_t start_over(struct a64_regs *r, uint64_t *to, uint64_t *from, uint64_t size, uint64_t pc, uint64_t stage)
{
    if (from && r->nzcv & IR_FLAG_N) {
        *to -= size;
        *from -= size;
    }
    return pc - 4 * stage;
}

/* In memory before anything is touched again. */
static void advance(uint64_t *left, uint64_t n)
{
    *left += n;
    __asm__ volatile("" : : : "memory");
}

static void forward(uint64_t to, uint64_t from, uint64_t *left, uint64_t at_most)
{
    for (uint64_t done = 0; *left && done < at_most;) {
        uint64_t dst = a64_untag(to + *left), src = a64_untag(from + *left);
        uint64_t n = smaller(smaller(room_above(dst), room_above(src)), -*left);
        touch_read(src);
        touch_write(dst);
        memmove((void *)dst, (const void *)src, n);
        advance(left, n);
        done += n;
    }
}

static void backward(uint64_t to, uint64_t from, uint64_t *left, uint64_t at_most)
{
    for (uint64_t done = 0; *left && done < at_most;) {
        uint64_t dst = a64_untag(to + *left), src = a64_untag(from + *left);
        uint64_t n = smaller(smaller(room_below(dst), room_below(src)), *left);
        touch_read(src - 1);
        touch_write(dst - 1);
        memmove((void *)(dst - n), (const void *)(src - n), n);
        advance(left, -n);
        done += n;
    }
}

uint64_t a64_cpy_go(void *regs, uint64_t dsn, uint64_t pc, uint64_t stage, uint64_t unused)
{
    (void)unused;
    struct a64_regs *r = regs;
    uint64_t *to = a64_x(r, dsn & 31), *from = a64_x(r, dsn >> 8 & 31), *left = a64_x(r, dsn >> 16 & 31);
    if (r->nzcv & IR_FLAG_C)
        return start_over(r, to, from, *left, pc, stage);
    if ((int64_t)*left < 0)
        forward(*to, *from, left, AT_ONCE);
    else
        backward(*to, *from, left, AT_ONCE);
    return *left ? pc : pc + 4;
}

uint64_t a64_set_go(void *regs, uint64_t dsn, uint64_t pc, uint64_t stage, uint64_t unused)
{
    (void)unused;
    struct a64_regs *r = regs;
    unsigned s = dsn >> 8 & 31;
    uint64_t *to = a64_x(r, dsn & 31), *left = a64_x(r, dsn >> 16 & 31), value = s == 31 ? 0 : *a64_x(r, s);
    if (r->nzcv & IR_FLAG_C)
        return start_over(r, to, NULL, *left, pc, stage);
    for (uint64_t done = 0; (int64_t)*left < 0 && done < AT_ONCE;) {
        uint64_t dst = a64_untag(*to + *left), n = smaller(room_above(dst), -*left);
        touch_write(dst);
        memset((void *)dst, (int)(value & 0xff), n);
        advance(left, n);
        done += n;
    }
    return (int64_t)*left < 0 ? pc : pc + 4;
}
