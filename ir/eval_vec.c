/* Reference semantics: moves between register kinds, and integer vectors lane by lane. */
#include <string.h>

#include "ir/eval.h"

static uint64_t low_mask(unsigned bits) { return ~0ull >> (64 - bits); }

static uint8_t shuffled(const struct ir_eval *e, uint8_t sel)
{
    if (sel & 0x80)
        return 0;
    return sel < 16 ? e->a->b[sel] : e->b->b[sel & 15];
}

void ir_eval_move(const struct ir_eval *e)
{
    const struct ir_insn *in = e->in;
    union ir_value *out = e->out;
    unsigned bits = ir_lane_bits(in->aux), n = ir_lanes((enum ir_type)in->type, bits);
    unsigned bytes = in->type == IR_V64 ? 8 : 16;
    uint64_t a = e->a->u64[0];
    switch (in->op) {
    case IR_v2f: out->u64[0] = a & low_mask(in->type == IR_F16 ? 16 : in->type == IR_F32 ? 32 : 64); break;
    case IR_f2v: out->u64[0] = a & low_mask(e->atype == IR_F16 ? 16 : e->atype == IR_F32 ? 32 : 64); break;
    case IR_vzext: case IR_vtrunc: out->u64[0] = a; break;
    case IR_vdup:
        for (unsigned i = 0; i < n; i++)
            ir_lane_set(out, bits, i, a);
        break;
    case IR_vget: out->u64[0] = ir_lane_u(e->a, bits, (unsigned)in->imm); break;
    case IR_vset:
        *out = *e->a;
        ir_lane_set(out, bits, (unsigned)in->imm, e->b->u64[0]);
        break;
    case IR_i2v: out->u64[0] = e->atype == IR_I32 ? (uint32_t)a : a; break;
    case IR_vshuf:
        for (unsigned i = 0; i < bytes; i++)
            out->b[i] = shuffled(e, e->sel[i]);
        break;
    case IR_vtbl:
        for (unsigned i = 0; i < bytes; i++)
            out->b[i] = e->b->b[i] < 16 ? e->a->b[e->b->b[i]] : 0;
        break;
    default:    /* vselect */
        for (unsigned i = 0; i < 2; i++)
            out->u64[i] = (e->a->u64[i] & e->b->u64[i]) | (~e->a->u64[i] & e->c->u64[i]);
        break;
    }
}

static int64_t clamp_s(__int128 v, unsigned bits)
{
    int64_t max = (int64_t)(low_mask(bits) >> 1);
    return v > max ? max : v < ~(__int128)max ? ~max : (int64_t)v;
}

static uint64_t clamp_u(__int128 v, unsigned bits)
{
    return v < 0 ? 0 : v > (__int128)low_mask(bits) ? low_mask(bits) : (uint64_t)v;
}

/* USHL and its kin; a is the lane's value, extended by its signedness. */
static uint64_t shift_by_lane(__int128 a, int8_t by, unsigned bits, unsigned aux, bool is_signed)
{
    if (by < 0) {
        int n = by < -100 ? 100 : -by;
        if (aux & IR_SH_ROUND)
            a += (__int128)1 << (n - 1);
        a >>= n;
    } else if ((unsigned)by >= bits) {
        /* Everything is shifted out; a value that would not saturate to its sign's limit is 0. */
        if (!(aux & IR_SH_SAT))
            return 0;
        a = !a ? 0 : a > 0 ? (__int128)1 << 100 : -((__int128)1 << 100);
    } else {
        a *= (__int128)1 << by;
    }
    if (!(aux & IR_SH_SAT))
        return (uint64_t)a;
    return is_signed ? (uint64_t)clamp_s(a, bits) : clamp_u(a, bits);
}

static uint64_t doubled_high(int64_t a, int64_t b, unsigned bits, bool round)
{
    __int128 p = (__int128)a * b * 2;
    if (round)
        p += (__int128)1 << (bits - 1);
    return (uint64_t)clamp_s(p >> bits, bits);
}

static uint8_t poly_byte(uint8_t a, uint8_t b) { return (uint8_t)ir_clmul(a, b); }

static uint8_t reversed_byte(uint8_t v)
{
    uint8_t r = 0;
    for (unsigned i = 0; i < 8; i++)
        r |= (uint8_t)((v >> i & 1) << (7 - i));
    return r;
}

static uint64_t sqrt_estimate_32(uint32_t v)
{
    return v >> 30 ? (uint64_t)ir_recip_sqrt_estimate(v >> 23) << 23 : 0xffffffff;
}
static uint64_t recip_estimate_32(uint32_t v)
{
    return v >> 31 ? (uint64_t)ir_recip_estimate(v >> 23) << 23 : 0xffffffff;
}

/* One lane: u and s are the same operands, zero- and sign-extended. */
static uint64_t lane(const struct ir_insn *in, unsigned bits, uint64_t au, int64_t as, uint64_t bu, int64_t bs)
{
    unsigned n = (unsigned)in->imm;
    switch (in->op) {
    case IR_vadd: return au + bu;
    case IR_vsub: return au - bu;
    case IR_vmul: return au * bu;
    case IR_vneg: return 0 - au;
    case IR_vabs: return as < 0 ? 0 - au : au;
    case IR_vand: return au & bu;
    case IR_vor: return au | bu;
    case IR_vxor: return au ^ bu;
    case IR_vandn: return au & ~bu;
    case IR_vnot: return ~au;
    case IR_vcmpeq: return au == bu ? ~0ull : 0;
    case IR_vcmpgts: return as > bs ? ~0ull : 0;
    case IR_vcmpgtu: return au > bu ? ~0ull : 0;
    case IR_vmins: return as < bs ? au : bu;
    case IR_vmaxs: return as > bs ? au : bu;
    case IR_vminu: return au < bu ? au : bu;
    case IR_vmaxu: return au > bu ? au : bu;
    case IR_vqadds: return (uint64_t)clamp_s((__int128)as + bs, bits);
    case IR_vqaddu: return clamp_u((__int128)au + bu, bits);
    case IR_vqsubs: return (uint64_t)clamp_s((__int128)as - bs, bits);
    case IR_vqsubu: return clamp_u((__int128)au - bu, bits);
    case IR_vhadds: return (uint64_t)(((__int128)as + bs) >> 1);
    case IR_vhaddu: return (uint64_t)(((__int128)au + bu) >> 1);
    case IR_vhsubs: return (uint64_t)(((__int128)as - bs) >> 1);
    case IR_vhsubu: return (uint64_t)(((__int128)au - bu) >> 1);
    case IR_vrhadds: return (uint64_t)(((__int128)as + bs + 1) >> 1);
    case IR_vrhaddu: return (uint64_t)(((__int128)au + bu + 1) >> 1);
    case IR_vshli: return au << n;
    case IR_vshri: return n < 64 ? au >> n : 0;
    case IR_vsari: return (uint64_t)(as >> (n < 64 ? n : 63));
    case IR_vrshri: return (uint64_t)(((__int128)au + ((__int128)1 << (n - 1))) >> n);
    case IR_vrsari: return (uint64_t)(((__int128)as + ((__int128)1 << (n - 1))) >> n);
    case IR_vshlu: return shift_by_lane((__int128)au, (int8_t)bu, bits, in->aux, false);
    case IR_vshls: return shift_by_lane(as, (int8_t)bu, bits, in->aux, true);
    case IR_vpmul: return poly_byte((uint8_t)au, (uint8_t)bu);
    case IR_vqdmulh: return doubled_high(as, bs, bits, in->aux & IR_SH_ROUND);
    case IR_vpopcnt: return (unsigned)__builtin_popcountll(au);
    case IR_vclz: return au ? (unsigned)__builtin_clzll(au) - (64 - bits) : bits;
    case IR_vbitrev: return reversed_byte((uint8_t)au);
    case IR_vurecpe: return recip_estimate_32((uint32_t)au);
    case IR_vursqrte: return sqrt_estimate_32((uint32_t)au);
    default: __builtin_trap();
    }
}

void ir_eval_vec(const struct ir_eval *e)
{
    const struct ir_insn *in = e->in;
    unsigned bits = ir_lane_bits(in->aux);
    switch (in->op) {
    case IR_vpmul: case IR_vpopcnt: case IR_vbitrev: bits = 8; break;
    case IR_vurecpe: case IR_vursqrte: bits = 32; break;
    case IR_vand: case IR_vor: case IR_vxor: case IR_vandn: case IR_vnot: bits = 64; break;
    default: break;
    }
    for (unsigned i = 0; i < ir_lanes((enum ir_type)in->type, bits); i++) {
        uint64_t bu = in->b ? ir_lane_u(e->b, bits, i) : 0;
        int64_t bs = in->b ? ir_lane_s(e->b, bits, i) : 0;
        ir_lane_set(e->out, bits, i, lane(in, bits, ir_lane_u(e->a, bits, i), ir_lane_s(e->a, bits, i), bu, bs));
    }
}
