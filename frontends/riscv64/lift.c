/* Lifting one RV64 instruction. */
#include <string.h>

#include "frontends/riscv64/abi.h"

bool rv64_lift(struct ir_func *fn, const uint8_t *bytes, size_t avail, uint32_t mode)
{
    uint16_t half[2] = {0, 0};
    if (avail < 2)
        return false;
    memcpy(&half[0], bytes, 2);
    fn->mode = mode;
    fn->rules = IR_NAN_CANON_POS;
    fn->flags |= IR_FP_STATUS_KEPT;
    fn->flow = (struct ir_flow){IR_FLOW_NEXT, 0, 0, 0};
    struct rv64_fields f;
    int row;
    if ((half[0] & 3) != 3) {       /* 1.5: the two lowest bits tell 16-bit instructions from longer ones */
        fn->next_pc = fn->cur_pc + 2;
        row = rv64_decode16(half[0], &f);
    } else {
        if (avail < 4)
            return false;
        memcpy(&half[1], bytes + 2, 2);
        fn->next_pc = fn->cur_pc + 4;
        row = rv64_decode((uint32_t)half[1] << 16 | half[0], &f);
    }
    if (row < 0 || !rv64_lifters[row](fn, &f))
        ir_flow_trap(fn, IR_TRAP_UNDEF, fn->cur_pc);
    return true;
}

int rv64_row_of(uint32_t word, unsigned width)
{
    struct rv64_fields f;
    if (((word & 3) == 3) != (width == 32))
        return -1;
    return width == 16 ? rv64_decode16((uint16_t)word, &f) : rv64_decode(word, &f);
}
