/* Reference semantics: vector ops whose lanes change size, reductions, dot products. */
#include "ir/eval.h"

static void widen(const struct ir_eval *e, unsigned bits)
{
    for (unsigned i = 0; i < 64 / bits; i++) {
        uint64_t au = ir_lane_u(e->a, bits, i), r;
        int64_t as = ir_lane_s(e->a, bits, i);
        switch (e->in->op) {
        case IR_vmulls: r = (uint64_t)(as * ir_lane_s(e->b, bits, i)); break;
        case IR_vmullu: r = au * ir_lane_u(e->b, bits, i); break;
        case IR_vpmull: r = (uint64_t)ir_clmul(au, ir_lane_u(e->b, bits, i)); break;
        case IR_vwidens: r = (uint64_t)as; break;
        default: r = au; break;
        }
        ir_lane_set(e->out, bits * 2, i, r);
    }
}

static void polynomial_128(const struct ir_eval *e)
{
    ir_u128 r = ir_clmul(e->a->u64[0], e->b->u64[0]);
    e->out->u64[0] = (uint64_t)r;
    e->out->u64[1] = (uint64_t)(r >> 64);
}

static void narrow(const struct ir_eval *e, unsigned bits)
{
    unsigned half = bits / 2;
    int64_t max = (int64_t)(~0ull >> (65 - half));
    uint64_t umax = ~0ull >> (64 - half);
    for (unsigned i = 0; i < 128 / bits; i++) {
        uint64_t u = ir_lane_u(e->a, bits, i), r;
        int64_t s = ir_lane_s(e->a, bits, i);
        switch (e->in->op) {
        case IR_vnarrow: r = u; break;
        case IR_vqnarrows: r = (uint64_t)(s > max ? max : s < ~max ? ~max : s); break;
        case IR_vqnarrowu: r = u > umax ? umax : u; break;
        default: r = s < 0 ? 0 : s > (int64_t)umax ? umax : (uint64_t)s; break;
        }
        ir_lane_set(e->out, half, i, r);
    }
}

static uint64_t reduce(const struct ir_eval *e, unsigned bits)
{
    uint64_t r = ir_lane_u(e->a, bits, 0);
    int64_t rs = ir_lane_s(e->a, bits, 0);
    for (unsigned i = 1; i < ir_lanes(e->atype, bits); i++) {
        uint64_t u = ir_lane_u(e->a, bits, i);
        int64_t s = ir_lane_s(e->a, bits, i);
        bool take;
        switch (e->in->op) {
        case IR_vaddv: r += u; continue;
        case IR_vmaxvs: take = s > rs; break;
        case IR_vmaxvu: take = u > r; break;
        case IR_vminvs: take = s < rs; break;
        default: take = u < r; break;
        }
        if (take) {
            r = u;
            rs = s;
        }
    }
    return r & ~0ull >> (64 - bits);
}

static void dot(const struct ir_eval *e)
{
    for (unsigned i = 0; i < ir_lanes((enum ir_type)e->in->type, 32); i++) {
        uint32_t r = e->a->u32[i];
        for (unsigned j = i * 4; j < i * 4 + 4; j++) {
            if (e->in->op == IR_vdots)
                r += (uint32_t)((int8_t)e->b->b[j] * (int8_t)e->c->b[j]);
            else if (e->in->op == IR_vdotus)
                r += (uint32_t)(e->b->b[j] * (int8_t)e->c->b[j]);
            else
                r += (uint32_t)e->b->b[j] * e->c->b[j];
        }
        e->out->u32[i] = r;
    }
}

void ir_eval_wide(const struct ir_eval *e)
{
    unsigned bits = ir_lane_bits(e->in->aux);
    switch (e->in->op) {
    case IR_vpmull:
        if (bits == 64) {
            polynomial_128(e);
            return;
        }
        widen(e, bits);
        return;
    case IR_vmulls: case IR_vmullu: case IR_vwidens: case IR_vwidenu: widen(e, bits); return;
    case IR_vnarrow: case IR_vqnarrows: case IR_vqnarrowu: case IR_vqnarrowsu: narrow(e, bits); return;
    case IR_vdots: case IR_vdotu: case IR_vdotus: dot(e); return;
    case IR_vaddv: case IR_vmaxvs: case IR_vmaxvu: case IR_vminvs: case IR_vminvu:
        e->out->u64[0] = reduce(e, bits);
        return;
    default: ir_eval_vec(e); return;
    }
}
