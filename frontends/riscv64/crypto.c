/* Lifters of Zknd, Zkne, Zknh, Zksed and Zksh (RISC-V Cryptography Extensions volume I, 1.0.1, chapter 3). */
#include "frontends/riscv64/lift.h"

typedef const struct rv64_fields *fields;

/* The AES state of which rs1 is the low half and rs2 the high one. */
static ir_ref state(struct ir_func *fn, fields f)
{
    ir_ref low = ir_emit(fn, IR_i2v, IR_V128, 0, rv64_rx(fn, f->rs1), 0, 0, 0);
    return ir_emit(fn, IR_vset, IR_V128, IR_D, low, rv64_rx(fn, f->rs2), 0, 1);
}

static ir_ref zero(struct ir_func *fn)
{
    static const uint8_t zeros[16];
    return ir_vconst(fn, IR_V128, zeros);
}

/* The low half of a round without its key: the op adds (exclusive or) a key first, here nothing. */
bool lift_rv_aes64(struct ir_func *fn, fields f)
{
    ir_ref round = ir_emit(fn, f->op, IR_V128, 0, state(fn, f), zero(fn), 0, 0);
    if (f->mix)
        round = ir_emit(fn, f->mix, IR_V128, 0, round, 0, 0, 0);
    rv64_wx(fn, f->rd, ir_emit(fn, IR_vget, IR_I64, IR_D, round, 0, 0, 0));
    return true;
}

bool lift_rv_aes64im(struct ir_func *fn, fields f)
{
    ir_ref v = ir_emit(fn, IR_i2v, IR_V128, 0, rv64_rx(fn, f->rs1), 0, 0, 0);
    v = ir_emit(fn, IR_aesimc, IR_V128, 0, v, 0, 0, 0);
    rv64_wx(fn, f->rd, ir_emit(fn, IR_vget, IR_I64, IR_D, v, 0, 0, 0));
    return true;
}

/* Key schedule: the upper word rotated (but in the last round), substituted, and the round constant, in both halves. */
bool lift_rv_aes64ks1i(struct ir_func *fn, fields f)
{
    static const uint8_t constant[] = {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0x1b, 0x36, 0};
    ir_ref word = ir_trunc(fn, ir_op2i(fn, IR_shr, rv64_rx(fn, f->rs1), 32));
    if (f->rnum != 10)
        word = ir_op2i(fn, IR_ror, word, 8);
    /* With four equal columns, the row shift of a round changes nothing. */
    ir_ref v = ir_emit(fn, IR_vdup, IR_V128, IR_S, word, 0, 0, 0);
    v = ir_emit(fn, IR_aese, IR_V128, 0, v, zero(fn), 0, 0);
    word = ir_emit(fn, IR_vget, IR_I32, IR_S, v, 0, 0, 0);
    word = ir_zext(fn, IR_I64, 32, ir_op2i(fn, IR_xor, word, constant[f->rnum]));
    rv64_wx(fn, f->rd, ir_op2(fn, IR_or, word, ir_op2i(fn, IR_shl, word, 32)));
    return true;
}

bool lift_rv_aes64ks2(struct ir_func *fn, fields f)
{
    ir_ref b = rv64_rx(fn, f->rs2);
    ir_ref low = ir_op2(fn, IR_xor, ir_op2i(fn, IR_shr, rv64_rx(fn, f->rs1), 32), ir_zext(fn, IR_I64, 32, b));
    ir_ref high = ir_op2(fn, IR_xor, low, ir_op2i(fn, IR_shr, b, 32));
    rv64_wx(fn, f->rd, ir_op2(fn, IR_or, low, ir_op2i(fn, IR_shl, high, 32)));
    return true;
}

/* Two rotations and a third (or, where `shift` says so, a shift) exclusive-ored; 32-bit ones are sign-extended. */
bool lift_rv_sha(struct ir_func *fn, fields f)
{
    ir_ref x = rv64_rx(fn, f->rs1);
    if (f->bits == 32)
        x = ir_trunc(fn, x);
    ir_ref third = ir_op2i(fn, f->shift ? IR_shr : IR_ror, x, f->r3);
    ir_ref v = ir_op2(fn, IR_xor, ir_op2(fn, IR_xor, ir_op2i(fn, IR_ror, x, f->r1), ir_op2i(fn, IR_ror, x, f->r2)), third);
    rv64_wx(fn, f->rd, f->bits == 32 ? ir_sext(fn, IR_I64, 32, v) : v);
    return true;
}

/*
 * One byte of rs2 through the S-box and SM4's linear map (the key schedule's, or the round's), brought to where it
 * came from and added to rs1. SM4's words are big-endian: the map's rotations are made with the bytes reversed.
 */
bool lift_rv_sm4(struct ir_func *fn, fields f)
{
    static const uint8_t rotations[2][5] = {{2, 10, 18, 24}, {13, 23}};
    ir_ref byte = ir_zext(fn, IR_I64, 8, ir_op2i(fn, IR_shr, rv64_rx(fn, f->rs2), 8 * f->bs));
    ir_ref v = ir_emit(fn, IR_sm4sub, IR_V128, 0, ir_emit(fn, IR_i2v, IR_V128, 0, byte, 0, 0, 0), 0, 0, 0);
    ir_ref s = ir_emit(fn, IR_vget, IR_I32, IR_B, v, 0, 0, 0), sum = s;
    for (unsigned i = 0; rotations[f->key][i]; i++)
        sum = ir_op2(fn, IR_xor, sum, ir_op2i(fn, IR_ror, s, 32 - rotations[f->key][i]));
    sum = ir_op2i(fn, IR_ror, ir_op1(fn, IR_bswap, sum), 24 - 8 * f->bs);
    rv64_wx(fn, f->rd, ir_op2(fn, IR_xor, rv64_rw(fn, f->rs1), sum));
    return true;
}
