/* The words of the text form; see text.h. */
#include "ir/text.h"

#define LANES {"b", 7, IR_B}, {"h", 7, IR_H}, {"s", 7, IR_S}, {"d", 7, IR_D}
#define ROUNDS(shift)                                                                             \
    {"rn", 7 << (shift), IR_RN << (shift)}, {"rz", 7 << (shift), IR_RZ << (shift)},               \
    {"rm", 7 << (shift), IR_RM << (shift)}, {"rp", 7 << (shift), IR_RP << (shift)},               \
    {"ra", 7 << (shift), IR_RA << (shift)}, {"rodd", 7 << (shift), IR_RODD << (shift)},           \
    {"rcur", 7 << (shift), IR_RCUR << (shift)}
#define PREDICATES(shift)                                                                         \
    {"eq", 7 << (shift), IR_FEQ << (shift)}, {"lt", 7 << (shift), IR_FLT << (shift)},             \
    {"le", 7 << (shift), IR_FLE << (shift)}, {"gt", 7 << (shift), IR_FGT << (shift)},             \
    {"ge", 7 << (shift), IR_FGE << (shift)}, {"un", 7 << (shift), IR_FUN << (shift)},             \
    {"signal", IR_FSIGNAL << (shift), IR_FSIGNAL << (shift)}
#define END {0, 0, 0}

static const struct ir_word none[] = {END};
static const struct ir_word lane[] = {LANES, END};
static const struct ir_word lane_odd[] = {LANES, {"odd", IR_CVT_ODD, IR_CVT_ODD}, END};
static const struct ir_word lane_shift[] = {LANES, {"round", IR_SH_ROUND, IR_SH_ROUND}, {"sat", IR_SH_SAT, IR_SH_SAT}, END};
static const struct ir_word lane_round[] = {LANES, ROUNDS(8), {"exact", IR_ROUND_EXACT, IR_ROUND_EXACT}, END};
static const struct ir_word scalar_round[] = {ROUNDS(8), {"exact", IR_ROUND_EXACT, IR_ROUND_EXACT}, END};
static const struct ir_word lane_bounded[] = {LANES, ROUNDS(8), {"wide", IR_ROUND_64, IR_ROUND_64}, END};
static const struct ir_word scalar_bounded[] = {ROUNDS(8), {"wide", IR_ROUND_64, IR_ROUND_64}, END};
static const struct ir_word lane_snan[] = {LANES, {"snan", IR_CVT_SNAN, IR_CVT_SNAN}, END};
/* The empty word is aux 0. */
#define ROUNDED {"", 15, 0}, {"rn", 15, IR_ROUNDED | IR_RN}, {"rz", 15, IR_ROUNDED | IR_RZ}, {"rm", 15, IR_ROUNDED | IR_RM}, \
                {"rp", 15, IR_ROUNDED | IR_RP}, {"ra", 15, IR_ROUNDED | IR_RA}
static const struct ir_word rounded[] = {ROUNDED, END};
static const struct ir_word odd[] = {ROUNDED, {"odd", IR_CVT_ODD, IR_CVT_ODD}, END};
static const struct ir_word lane_predicate[] = {LANES, PREDICATES(8), END};
static const struct ir_word predicate[] = {PREDICATES(0), END};
static const struct ir_word convert_round[] = {ROUNDS(0), {"nanmax", IR_CVT_NANMAX, IR_CVT_NANMAX}, END};
static const struct ir_word extension[] = {{"1", 0xff, 1}, {"8", 0xff, 8}, {"16", 0xff, 16}, {"32", 0xff, 32}, END};
static const struct ir_word crc[] = {{"b", 3, 0}, {"h", 3, 1}, {"w", 3, 2}, {"x", 3, 3}, {"c", 4, 4}, END};
static const struct ir_word signalling[] = {{"signal", 1, 1}, END};
static const struct ir_word mirrored[] = {{"mirrored", 1, IR_FP_MIRRORED}, END};
static const struct ir_word conditions[] = {
    {"eq", 0xff, IR_EQ}, {"ne", 0xff, IR_NE}, {"lts", 0xff, IR_LTS}, {"ges", 0xff, IR_GES}, {"les", 0xff, IR_LES},
    {"gts", 0xff, IR_GTS}, {"ltu", 0xff, IR_LTU}, {"geu", 0xff, IR_GEU}, {"leu", 0xff, IR_LEU}, {"gtu", 0xff, IR_GTU}, END,
};
static const struct ir_word flag_conditions[] = {
    {"eq", 0xff, IR_F_EQ}, {"ne", 0xff, IR_F_NE}, {"cs", 0xff, IR_F_CS}, {"cc", 0xff, IR_F_CC}, {"mi", 0xff, IR_F_MI},
    {"pl", 0xff, IR_F_PL}, {"vs", 0xff, IR_F_VS}, {"vc", 0xff, IR_F_VC}, {"hi", 0xff, IR_F_HI}, {"ls", 0xff, IR_F_LS},
    {"ge", 0xff, IR_F_GE}, {"lt", 0xff, IR_F_LT}, {"gt", 0xff, IR_F_GT}, {"le", 0xff, IR_F_LE}, END,
};
static const struct ir_word memory[] = {
    {"8", IR_MSIZE, IR_M8}, {"16", IR_MSIZE, IR_M16}, {"32", IR_MSIZE, IR_M32}, {"64", IR_MSIZE, IR_M64},
    {"128", IR_MSIZE, IR_M128}, {"signed", IR_MSIGN, IR_MSIGN}, {"be", IR_MBE, IR_MBE}, {"acqpc", IR_MACQPC, IR_MACQPC},
    {"acq", IR_MACQ, IR_MACQ}, {"rel", IR_MREL, IR_MREL}, {"idx32", IR_MINDEX32S, IR_MINDEX32S}, END,
};

/* Of a region, in this order. */
const struct ir_word ir_rule_words[] = {
    {"tinybefore", IR_FP_TINY_BEFORE, IR_FP_TINY_BEFORE}, {"flush16", IR_FP_FLUSH16, IR_FP_FLUSH16}, {"flush", IR_FP_FLUSH, IR_FP_FLUSH},
    {"althalf", IR_FP_ALT_HALF, IR_FP_ALT_HALF}, {"exact", IR_FP_EXACT_STATUS, IR_FP_EXACT_STATUS}, END,
};
const struct ir_word ir_trap_words[] = {
    {"syscall", 0xff, IR_TRAP_SYSCALL}, {"break", 0xff, IR_TRAP_BREAK}, {"undef", 0xff, IR_TRAP_UNDEF},
    {"flush", 0xff, IR_TRAP_FLUSH}, {"fetch", 0xff, IR_TRAP_FETCH}, {"align", 0xff, IR_TRAP_ALIGN},
    {"interp", 0xff, IR_TRAP_INTERP}, {"operand", 0xff, IR_TRAP_OPERAND}, {"care", 0xff, IR_TRAP_CARE},
    {"debug", 0xff, IR_TRAP_DEBUG}, END,
};
const struct ir_word ir_amo_words[] = {
    {"add", 0xff, IR_AMO_ADD}, {"and", 0xff, IR_AMO_AND}, {"or", 0xff, IR_AMO_OR}, {"xor", 0xff, IR_AMO_XOR},
    {"xchg", 0xff, IR_AMO_XCHG}, {"mins", 0xff, IR_AMO_MINS}, {"maxs", 0xff, IR_AMO_MAXS}, {"minu", 0xff, IR_AMO_MINU},
    {"maxu", 0xff, IR_AMO_MAXU}, {"andn", 0xff, IR_AMO_ANDN}, END,
};
const struct ir_word ir_fence_words[] = {
    {"full", 0xff, IR_FENCE_FULL}, {"load", 0xff, IR_FENCE_LOAD}, {"store", 0xff, IR_FENCE_STORE}, END,
};

const struct ir_word *ir_aux_words(enum ir_op op, enum ir_type type)
{
    bool vector = type == IR_V64 || type == IR_V128;
    switch (op) {
    case IR_sext: case IR_zext: return extension;
    case IR_cmp: return conditions;
    case IR_flagcond: return flag_conditions;
    case IR_crc32: return crc;
    case IR_flagfcmp: return signalling;
    case IR_fpget: case IR_fpset: return mirrored;
    case IR_load: case IR_store: case IR_amo: case IR_cas: case IR_stx: return memory;
    case IR_fcmp: return predicate;
    case IR_vfcmp: return lane_predicate;
    case IR_fcvt_s: case IR_fcvt_u: case IR_s_fcvt: case IR_u_fcvt: return convert_round;
    case IR_fcvt: return odd;
    case IR_fadd: case IR_fsub: case IR_fmul: case IR_fdiv: case IR_fsqrt: case IR_fma: return vector ? lane : rounded;
    case IR_vfcvtn: return lane_odd;
    case IR_fround: return vector ? lane_round : scalar_round;
    case IR_froundn: return vector ? lane_bounded : scalar_bounded;
    case IR_vfcvtl: return lane_snan;
    case IR_vfcvt_s: case IR_vfcvt_u: return lane_round;
    case IR_vshlu: case IR_vshls: case IR_vqdmulh: return lane_shift;
    case IR_v2f: case IR_f2v: case IR_i2v: case IR_vzext: case IR_vtrunc: case IR_vshuf: case IR_vtbl: case IR_vselect:
    case IR_vand: case IR_vor: case IR_vxor: case IR_vandn: case IR_vnot: case IR_vpmul: case IR_vpopcnt: case IR_vbitrev:
    case IR_vurecpe: case IR_vursqrte: case IR_vdots: case IR_vdotu: case IR_vdotus: case IR_bfdot: case IR_vfcvtbf:
        return none;
    default:
        break;
    }
    if (op >= IR_fadd && op < IR_v2f && op != IR_vfcvtn)
        return vector ? lane : none;
    return op >= IR_vfcvtl && op < IR_aese ? lane : none;
}

enum ir_shape ir_shape_of(enum ir_op op)
{
    switch (op) {
    case IR_extr: case IR_vget: case IR_vset:
    case IR_vshli: case IR_vshri: case IR_vsari: case IR_vrshri: case IR_vrsari: return IR_SHAPE_INDEX;
    case IR_fcvt_s: case IR_fcvt_u: case IR_s_fcvt: case IR_u_fcvt:
    case IR_vfcvt_s: case IR_vfcvt_u: case IR_vs_fcvt: case IR_vu_fcvt: return IR_SHAPE_FIXED;
    case IR_const: return IR_SHAPE_CONST;
    case IR_vconst: return IR_SHAPE_VCONST;
    case IR_vshuf: return IR_SHAPE_SHUFFLE;
    case IR_get: return IR_SHAPE_GET;
    case IR_put: return IR_SHAPE_PUT;
    case IR_load: return IR_SHAPE_LOAD;
    case IR_store: return IR_SHAPE_STORE;
    case IR_amo: return IR_SHAPE_AMO;
    case IR_cas: case IR_stx: return IR_SHAPE_ATOMIC;
    case IR_fence: return IR_SHAPE_FENCE;
    case IR_block: return IR_SHAPE_BLOCK;
    case IR_exit_if: case IR_jump: return IR_SHAPE_EXIT;
    case IR_call: return IR_SHAPE_CALL;
    case IR_trap: case IR_trap_if: return IR_SHAPE_TRAP;
    case IR_helper: return IR_SHAPE_HELPER;
    default: return IR_SHAPE_PLAIN;
    }
}
