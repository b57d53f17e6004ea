/* The rules an instruction obeys; ops.def gives most of them. Each message is one rule. */
#include <string.h>

#include "ir/text.h"

static bool is_int(unsigned t) { return t == IR_I32 || t == IR_I64; }
static bool is_scalar_float(unsigned t) { return t == IR_F16 || t == IR_F32 || t == IR_F64; }
static bool is_vector(unsigned t) { return t == IR_V64 || t == IR_V128; }

/* The letter of a signature allows the type; own is the instruction's type. */
static bool allows(char letter, unsigned t, unsigned own)
{
    switch (letter) {
    case 'T': return own == IR_VOID || t == own;
    case 'b': return t == IR_I1;
    case 'w': return t == IR_I32;
    case 'l': return t == IR_I64;
    case 'i': return is_int(t);
    case 'a': return t != IR_VOID;
    case 's': return is_scalar_float(t);
    case 'f': return is_scalar_float(t) || is_vector(t);
    case 'v': return is_vector(t);
    case 'q': return t == IR_V128;
    default: return t == IR_VOID;
    }
}

static bool may_be_none(const struct ir_insn *in, unsigned i)
{
    switch (in->op) {
    case IR_load: case IR_store: return i == 1;     /* no index */
    case IR_call: return !in->aux;
    case IR_helper: return true;
    default: return false;
    }
}

/* Integer logic also exists for I1. */
static bool is_logic(unsigned op) { return op == IR_and || op == IR_or || op == IR_xor || op == IR_not; }

static const char *operand(const struct ir_func *fn, ir_ref at, ir_ref floor, unsigned i, ir_ref r, char letter)
{
    const struct ir_insn *in = &fn->insn[at];
    if (!r)
        return may_be_none(in, i) ? NULL : "operand is missing";
    if (r >= at)
        return "operand is not defined before its use";
    if (fn->insn[r].type == IR_VOID)
        return "operand has no result";
    if (r < floor)
        return "operand was computed before a call or in another block";
    unsigned t = fn->insn[r].type;
    if (is_logic(in->op) && in->type == IR_I1)
        return t == IR_I1 ? NULL : "operand has the wrong type";
    return allows(letter, t, in->type) ? NULL : "operand has the wrong type";
}

static const char *operands(const struct ir_func *fn, ir_ref at, ir_ref floor)
{
    const struct ir_insn *in = &fn->insn[at];
    const ir_ref refs[4] = {in->a, in->b, in->c, in->d};
    unsigned n = ir_ops[in->op].nargs;
    for (unsigned i = 0; i < 4; i++) {
        if (i >= n) {
            if (refs[i] && in->op != IR_call)
                return "operand where the op takes none";
            continue;
        }
        const char *wrong = operand(fn, at, floor, i, refs[i], ir_ops[in->op].sig[i + 1]);
        if (wrong)
            return wrong;
    }
    return NULL;
}

static const char *result(const struct ir_insn *in)
{
    char letter = ir_ops[in->op].sig[0];
    if (letter == 'T') {
        if (in->op == IR_helper)
            return in->type == IR_VOID || in->type == IR_I64 ? NULL : "a helper gives nothing or I64";
        return in->type != IR_VOID ? NULL : "result type is missing";
    }
    return allows(letter, in->type, in->type) ? NULL : "result has the wrong type";
}

/* Classes of operations by how their types hang together, where the signature leaves it open. */
static bool all_of_own_type(unsigned op)
{
    if ((op >= IR_fadd && op <= IR_fcopysign) || (op >= IR_fround && op <= IR_frsqrts) || (op >= IR_vadd && op <= IR_vshls))
        return true;
    switch (op) {
    case IR_mul: case IR_clmul: case IR_clmulh: case IR_vfcmp: case IR_vfcvt_s: case IR_vfcvt_u: case IR_vs_fcvt: case IR_vu_fcvt:
    case IR_vselect: case IR_vpmul: case IR_vqdmulh: case IR_vpopcnt: case IR_vclz: case IR_vbitrev:
    case IR_vurecpe: case IR_vursqrte: case IR_vdots: case IR_vdotu: case IR_vdotus: case IR_bfdot:
        return true;
    default:    /* sext and zext take another width; shifts count in either */
        return op >= IR_add && op <= IR_bitrev && !(op >= IR_shl && op <= IR_ror);
    }
}

/* The letter of what a T result may be. */
static char result_class(const struct ir_insn *in)
{
    unsigned op = in->op;
    if (is_logic(op) && in->type == IR_I1)
        return 'b';
    if (op >= IR_add && op <= IR_zext)
        return 'i';
    if (op >= IR_vset && op <= IR_vclz)
        return 'v';
    if (op >= IR_fadd && op <= IR_frsqrts && op != IR_fcvt_s && op != IR_fcvt_u && ir_ops[op].sig[1] != 'v' && ir_ops[op].sig[1] != 'f')
        return 's';
    switch (op) {
    case IR_clmul: case IR_clmulh: case IR_fcvt_s: case IR_fcvt_u: case IR_fbits: case IR_vget: case IR_amo: return 'i';
    case IR_ffrombits: case IR_v2f: case IR_fbox: case IR_funbox: return 's';
    case IR_vfcmp: case IR_vfcvt_s: case IR_vfcvt_u: case IR_vs_fcvt: case IR_vu_fcvt: case IR_vdup: return 'v';
    default: return op >= IR_fadd && op <= IR_frsqrts ? 'f' : 'a';
    }
}

static const char *own_type(const struct ir_func *fn, const struct ir_insn *in)
{
    unsigned op = in->op, t = in->type, a = fn->insn[in->a].type, b = fn->insn[in->b].type, c = fn->insn[in->c].type;
    if (ir_ops[op].sig[0] == 'T' && op != IR_helper && !allows(result_class(in), t, t))
        return "result has the wrong type";
    if (all_of_own_type(op) && (a != t || (in->b && b != t) || (in->c && c != t)))
        return "operands are of the result's type";
    switch (op) {
    case IR_shl: case IR_shr: case IR_sar: case IR_ror: case IR_vset:
        if (a != t)
            return "operands are of the result's type";
        break;
    case IR_cmp: case IR_flagsub: case IR_flagadc: case IR_fcmp: case IR_flagfcmp:
        return b != a ? "both operands are of one type" : NULL;
    case IR_cas:
        if (t == IR_V128 ? b != t || c != t : !is_int(t) || !is_int(b) || !is_int(c))
            return "integers are exchanged, or whole vectors";
        break;
    case IR_select:
        return b != t || c != t ? "both arms are of the result's type" : NULL;
    case IR_sext: case IR_zext:
        if (a > IR_I64 || (op == IR_zext && (in->aux == 1) != (a == IR_I1)) || (op == IR_sext && in->aux == 1))
            return "I1 is extended from 1 bit, nothing else is";
        break;
    case IR_vzext: case IR_vtrunc:
        return (op == IR_vzext ? a : t) != IR_V64 ? "half a vector is V64" : NULL;
    case IR_fbox: case IR_funbox:
        return (op == IR_fbox ? t : a) != IR_F64 || (op == IR_fbox ? a : t) == IR_F64 ? "a box is an F64, its content an F32 or F16" : NULL;
    case IR_froundn:
        return t == IR_F16 ? "the op does not exist for this type" : NULL;
    case IR_fbits:
        return (a == IR_F64) != (t == IR_I64) ? "a float's bits are of its size" : NULL;
    case IR_ffrombits:
        return (t == IR_F64) != (a == IR_I64) ? "a float's bits are of its size" : NULL;
    default:
        break;
    }
    bool wide = (in->aux & IR_LANE_MASK) == IR_D;
    if (wide && ((op == IR_vset && b != IR_I64) || (op == IR_vdup && a != IR_I64) || (op == IR_vget && t != IR_I64)))
        return "a D lane needs an I64";
    if (op == IR_vtbl && b != t)
        return "operands are of the result's type";
    return NULL;
}

/* Lanes an op exists for: bit n is lane kind n. */
static unsigned lanes(const struct ir_insn *in)
{
    enum { B = 1 << IR_B, H = 1 << IR_H, S = 1 << IR_S, D = 1 << IR_D };
    switch (in->op) {
    case IR_vmulls: case IR_vmullu: case IR_vwidens: case IR_vwidenu:
    case IR_vmaxvs: case IR_vmaxvu: case IR_vminvs: case IR_vminvu: case IR_vclz:
        return B | H | S;
    case IR_vpmull: return B | D;
    case IR_vnarrow: case IR_vqnarrows: case IR_vqnarrowu: case IR_vqnarrowsu: return H | S | D;
    case IR_vqdmulh: case IR_vfcvtl: return H | S;
    case IR_froundn: return S | D;
    case IR_vfcvtn: return S | D;
    case IR_vaddv: return in->type == IR_I64 ? D : B | H | S;
    default: return in->op >= IR_fadd && in->op <= IR_frsqrts ? H | S | D : B | H | S | D;
    }
}

static bool has_lane(const struct ir_insn *in)
{
    return !strcmp(ir_aux_words((enum ir_op)in->op, (enum ir_type)in->type)->name, "b");
}

/* Every choice among the aux's words is made, and no other bit is set. */
static const char *aux(const struct ir_insn *in)
{
    const struct ir_word *w = ir_aux_words((enum ir_op)in->op, (enum ir_type)in->type);
    unsigned covered = 0;
    if (!w->name)
        return NULL;
    while (w->name) {
        unsigned mask = w->mask;
        bool made = false, flag = w->mask == w->value && w[1].mask != mask;
        for (; w->name && w->mask == mask; w++)
            made |= (in->aux & mask) == w->value;
        if (!made && !flag)
            return "aux is not one of the op's choices";
        covered |= mask;
    }
    if (in->op == IR_load || in->op == IR_store)
        covered |= IR_MSCALE;
    if (in->op >= IR_fadd && has_lane(in) && !(lanes(in) >> (in->aux & 3) & 1))
        return "the op does not exist for this lane";
    bool lane_ignored = (in->op == IR_fround || in->op == IR_froundn) && !is_vector(in->type);
    return in->aux & ~covered & (lane_ignored ? ~7u : ~0u) ? "aux has bits the op does not use" : NULL;
}

static const char *memory(const struct ir_func *fn, const struct ir_insn *in)
{
    static const uint8_t size[IR_TYPE_COUNT] = {
        [IR_F16] = IR_M16, [IR_F32] = IR_M32, [IR_F64] = IR_M64, [IR_V64] = IR_M64, [IR_V128] = IR_M128,
    };
    unsigned m = in->aux & IR_MSIZE, t = in->op == IR_store ? fn->insn[in->c].type : in->type;
    if (in->op == IR_load || in->op == IR_store) {
        if (in->imm != (int32_t)in->imm)
            return "displacement does not fit 32 bits";
        if (t == IR_I1)
            return "I1 has no memory form";
        if (!is_int(t) && m != size[t])
            return "a float or vector is accessed whole";
    } else if (in->op == IR_cas && t == IR_V128) {
        return m == IR_M128 && !(in->aux & (IR_MBE | IR_MSIGN)) ? NULL : "a vector is exchanged whole";
    } else if (in->op == IR_amo && (in->imm < 0 || in->imm > IR_AMO_ANDN)) {
        return "no such atomic operation";
    } else if (in->aux & IR_MBE) {
        return "atomics are little-endian";
    }
    if (is_int(t) && m > (t == IR_I32 && in->op != IR_stx ? IR_M32 : IR_M64))
        return "access is wider than its type";
    return NULL;
}

static const char *immediate(const struct ir_func *fn, const struct ir_insn *in)
{
    int64_t imm = in->imm, bits = ir_lane_bits(in->aux);
    switch (in->op) {
    case IR_const:
        if (is_vector(in->type))
            return "a vector constant is a vconst";
        if (in->aux > (in->type == IR_I64))
            return "only an I64 is a guest address";
        if ((in->type == IR_I1 && imm != (imm & 1)) || (in->type == IR_I32 && imm != (int32_t)imm) ||
            (in->type == IR_F16 && imm != (uint16_t)imm) || (in->type == IR_F32 && imm != (uint32_t)imm))
            return "constant is not in canonical form";
        return NULL;
    case IR_vconst: case IR_vshuf:
        if (!is_vector(in->type))
            return "a vector constant has a vector type";
        return (uint64_t)imm < fn->nvconsts ? NULL : "no such vector constant";
    case IR_get: case IR_put:
        if ((uint64_t)imm >= fn->nslots)
            return "no such slot";
        if (fn->slots[imm].type != (in->op == IR_get ? in->type : fn->insn[in->a].type))
            return "value is not of the slot's type";
        return NULL;
    case IR_extr:
        return imm >= 0 && imm < (in->type == IR_I32 ? 32 : 64) ? NULL : "bit position out of range";
    case IR_vget:
        return imm >= 0 && imm < (fn->insn[in->a].type == IR_V64 ? 64 : 128) / bits ? NULL : "no such lane";
    case IR_vset:
        return imm >= 0 && imm < (in->type == IR_V64 ? 64 : 128) / bits ? NULL : "no such lane";
    case IR_fcvt_s: case IR_fcvt_u: case IR_s_fcvt: case IR_u_fcvt: case IR_vfcvt_s: case IR_vfcvt_u: case IR_vs_fcvt: case IR_vu_fcvt:
        return imm >= 0 && imm <= 64 ? NULL : "more fraction bits than an integer has";
    case IR_vshli:
        return imm >= 0 && imm < bits ? NULL : "shift out of range";
    case IR_vshri: case IR_vsari:
        return imm >= 0 && imm <= bits ? NULL : "shift out of range";
    case IR_vrshri: case IR_vrsari:
        return imm >= 1 && imm <= bits ? NULL : "shift out of range";
    case IR_fence:
        return imm >= 0 && imm <= IR_FENCE_STORE ? NULL : "no such fence";
    case IR_trap: case IR_trap_if:
        return in->aux <= IR_TRAP_DEBUG ? NULL : "no such trap";
    case IR_exit_if: case IR_jump:
        return (in->aux & IR_EXIT_DEAD) <= fn->nslots ? NULL : "no such slot";
    case IR_load: case IR_store: case IR_amo: case IR_cas: case IR_stx:
        return memory(fn, in);
    default:
        return NULL;
    }
}

static const char *call(const struct ir_func *fn, ir_ref at)
{
    const struct ir_insn *in = &fn->insn[at];
    if (!in->b || in->b >= at || fn->insn[in->b].op != IR_const || fn->insn[in->b].type != IR_I64)
        return "a call's return address is an I64 constant";
    return NULL;
}

/* Numbers of blocks, each used once. */
struct blocks { uint64_t have[IR_MAX_BLOCKS / 64]; uint32_t n; };

static bool has_block(const struct blocks *b, unsigned n) { return b->have[n / 64] >> n % 64 & 1; }

static const char *find_blocks(const struct ir_func *fn, struct blocks *b)
{
    memset(b, 0, sizeof *b);
    for (ir_ref i = 1; i < fn->n; i++) {
        unsigned n = fn->insn[i].aux;
        if (fn->insn[i].op != IR_block)
            continue;
        if (n >= IR_MAX_BLOCKS)
            return "a block's number is too large";
        if (has_block(b, n))
            return "two blocks have one number";
        b->have[n / 64] |= 1ull << n % 64;
        b->n++;
    }
    if (b->n != fn->nblocks)
        return "blocks are not counted";
    return b->n && fn->insn[1].op != IR_block ? "the first block does not begin the region" : NULL;
}

/* The gets that begin a block stand for what it is entered with. */
static const char *entered(const struct ir_func *fn, ir_ref at)
{
    uint64_t have[IR_MAX_SLOTS / 64] = {0};
    for (ir_ref i = at + 1; i < fn->n && fn->insn[i].op == IR_get; i++) {
        uint64_t slot = (uint64_t)fn->insn[i].imm;
        if (slot >= fn->nslots)
            return NULL;        /* said at that instruction */
        if (have[slot / 64] >> slot % 64 & 1)
            return "a block begins with two gets of one slot";
        have[slot / 64] |= 1ull << slot % 64;
    }
    return NULL;
}

static const char *leaves(const struct ir_func *fn, ir_ref at, const struct blocks *blocks)
{
    const struct ir_insn *in = &fn->insn[at];
    bool inside = (in->op == IR_exit_if || in->op == IR_jump) && in->aux & IR_EXIT_BLOCK;
    if (inside && !has_block(blocks, ir_exit_number(in->aux)))
        return "no such block";
    bool ends = ir_ops[in->op].flags & IR_OPF_X, last = at == fn->n - 1;
    if (ends && !last && fn->insn[at + 1].op != IR_block)
        return "the op that ends the region is not last";
    if (!ends && last)
        return "the region does not end";
    return !ends && fn->insn[at + 1].op == IR_block ? "a block runs on into the next" : NULL;
}

static const char *check(const struct ir_func *fn, ir_ref at, ir_ref floor, const struct blocks *blocks)
{
    const struct ir_insn *in = &fn->insn[at];
    if (in->op >= IR_OP_COUNT || in->type >= IR_TYPE_COUNT)
        return "no such op or type";
    const char *wrong = leaves(fn, at, blocks);
    if (!wrong) wrong = result(in);
    if (!wrong) wrong = operands(fn, at, floor);
    if (!wrong) wrong = own_type(fn, in);
    if (!wrong) wrong = aux(in);
    if (!wrong) wrong = immediate(fn, in);
    if (!wrong && in->op == IR_call) wrong = call(fn, at);
    if (!wrong && in->op == IR_block) wrong = entered(fn, at);
    return wrong;
}

const char *ir_verify(const struct ir_func *fn, ir_ref *at)
{
    ir_ref floor = 1, i = 1;
    struct blocks blocks;
    const char *wrong = fn->n < 2 || fn->n > IR_MAX_INSNS ? "the region is empty or too long" : find_blocks(fn, &blocks);
    for (; !wrong && i < fn->n; i++) {
        wrong = check(fn, i, floor, &blocks);
        if (!wrong && (fn->insn[i].op == IR_call || fn->insn[i].op == IR_block))
            floor = i;
        if (wrong)
            break;
    }
    if (at)
        *at = i;
    return wrong;
}
