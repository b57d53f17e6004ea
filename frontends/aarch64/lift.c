/* Lifting one A64 instruction, and looking ahead for flags that die. */
#include <string.h>

#include "frontends/aarch64/abi.h"
#include "frontends/aarch64/lift.h"

static uint32_t word_at(const uint8_t *bytes)
{
    uint32_t w;
    memcpy(&w, bytes, 4);
    return w;
}

static uint8_t rules_of(uint32_t mode)
{
    return (mode & A64_MODE_DN ? IR_NAN_CANON_POS : IR_NAN_PROPAGATE) | IR_FP_TINY_BEFORE | (mode & A64_MODE_FZ ? IR_FP_FLUSH : 0) |
           (mode & A64_MODE_FZ16 ? IR_FP_FLUSH16 : 0) | (mode & A64_MODE_AHP ? IR_FP_ALT_HALF : 0) |
           (mode & A64_MODE_STATUS ? IR_FP_EXACT_STATUS : 0);
}

bool a64_lift(struct ir_func *fn, const uint8_t *bytes, size_t avail, uint32_t mode)
{
    if (fn->cur_pc & 3) {
        fn->next_pc = fn->cur_pc + 4;
        ir_flow_trap(fn, IR_TRAP_ALIGN, fn->cur_pc);
        return true;
    }
    if (avail < 4)
        return false;
    fn->next_pc = fn->cur_pc + 4;
    fn->flow = (struct ir_flow){IR_FLOW_NEXT, 0, 0, 0};
    fn->rules = __builtin_expect(mode & ~A64_MODE_RMODE, 0) ? rules_of(mode) : IR_NAN_PROPAGATE | IR_FP_TINY_BEFORE;
    fn->flags |= IR_FP_STATUS_KEPT;
    struct a64_fields f;
    int row = a64_decode(word_at(bytes), &f);
    if (row < 0 || !a64_lifters[row](fn, &f))
        ir_flow_trap(fn, IR_TRAP_UNDEF, fn->cur_pc);
    return true;
}

int a64_row_of(uint32_t word, unsigned width)
{
    struct a64_fields f;
    return width == 32 ? a64_decode(word, &f) : -1;
}

/* ---- dead flags ---- */

enum effect { NEUTRAL, WRITES, STOP };

/*
 * What an instruction does to NZCV, by encoding class (C4.1). NEUTRAL and WRITES only for encodings
 * that are certainly allocated, and that cannot fault or branch.
 */
static enum effect flag_effect(uint32_t w)
{
    bool sf = w >> 31, wide_imm = w & 0x8000;       /* top bit of a 6-bit amount at bit 10 */
    if ((w & 0x1f000000) == 0x10000000)             /* ADR, ADRP */
        return NEUTRAL;
    if ((w & 0x1f800000) == 0x11000000)             /* add, subtract immediate */
        return w >> 29 & 1 ? WRITES : NEUTRAL;
    if ((w & 0x1f800000) == 0x12000000) {           /* logical immediate */
        uint64_t mask;
        return !a64_bitmask(sf, w >> 22 & 1, w >> 16 & 63, w >> 10 & 63, &mask) ? STOP : (w >> 29 & 3) == 3 ? WRITES : NEUTRAL;
    }
    if ((w & 0x1f800000) == 0x12800000)             /* wide moves */
        return (w >> 29 & 3) == 1 || (!sf && w & 0x400000) ? STOP : NEUTRAL;
    if ((w & 0x1f800000) == 0x13000000)             /* bitfields */
        return (w >> 29 & 3) == 3 || sf != (w >> 22 & 1) || (!sf && w & 0x208000) ? STOP : NEUTRAL;
    if ((w & 0x1f000000) == 0x0a000000)             /* logical shifted register */
        return !sf && wide_imm ? STOP : (w >> 29 & 3) == 3 ? WRITES : NEUTRAL;
    if ((w & 0x1f200000) == 0x0b000000)             /* add, subtract shifted register */
        return (!sf && wide_imm) || (w >> 22 & 3) == 3 ? STOP : w >> 29 & 1 ? WRITES : NEUTRAL;
    if ((w & 0x1fe00000) == 0x0b200000)             /* add, subtract extended register */
        return (w >> 10 & 7) > 4 ? STOP : w >> 29 & 1 ? WRITES : NEUTRAL;
    if ((w & 0x7fe00000) == 0x1b000000)             /* MADD, MSUB */
        return NEUTRAL;
    if ((w & 0x7fe0f000) == 0x1ac02000)             /* variable shifts */
        return NEUTRAL;
    if ((w & 0xffa0fc07) == 0x1e202000)             /* FCMP, FCMPE of S and D */
        return WRITES;
    if ((w & 0xfffff01f) == 0xd503201f)             /* hints */
        return NEUTRAL;
    return STOP;
}

int a64_dead_slot(const uint8_t *bytes, size_t avail)
{
    for (size_t i = 0; i + 4 <= avail && i < 6 * 4; i += 4) {
        switch (flag_effect(word_at(bytes + i))) {
        case WRITES: return A64_nzcv;
        case STOP: return -1;
        case NEUTRAL: break;
        }
    }
    return -1;
}
