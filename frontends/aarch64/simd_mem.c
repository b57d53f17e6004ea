/*
 * A64 Advanced SIMD structure loads and stores (LD1-LD4, ST1-ST4). Every access comes before the first
 * register is written, so that a fault finds the registers as they were.
 */
#include "frontends/aarch64/simd.h"

static ir_ref at(struct ir_func *fn, ir_ref base, unsigned offset) { return offset ? ir_op2i(fn, IR_add, base, offset) : base; }

/* Post-index: adds the bytes transferred, or Xm. */
static void writeback(struct ir_func *fn, const struct a64_fields *f, ir_ref base, unsigned bytes)
{
    if (f->post)
        a64_wr_sp(fn, f->Rn, ir_op2(fn, IR_add, base, f->Rm == 31 ? ir_i64(fn, bytes) : a64_rx(fn, f->Rm)));
}

/* Vector whose lane i is lane from[i] of v[0], v[1], v[2] taken as one row. */
static ir_ref gather3(struct ir_func *fn, unsigned lane, const ir_ref v[3], const uint8_t *from)
{
    unsigned n = (ir_type_of(fn, v[0]) == IR_V128 ? 16u : 8u) >> lane;
    uint8_t pick[16] = {0}, last[16] = {0};
    for (unsigned i = 0; i < n; i++) {
        pick[i] = from[i] < 2 * n ? from[i] : 0;
        last[i] = (uint8_t)(from[i] < 2 * n ? i : from[i] - n);
    }
    ir_ref two = simd_permute(fn, lane, v[0], v[1], pick);
    return simd_permute(fn, lane, two, v[2], last);
}

/* Memory order to one register a structure member (LD2, LD3, LD4). */
static void deinterleave(struct ir_func *fn, unsigned lane, unsigned selem, const ir_ref v[4], ir_ref r[4])
{
    unsigned n = (ir_type_of(fn, v[0]) == IR_V128 ? 16u : 8u) >> lane;
    if (selem == 2) {
        r[0] = simd_uzp(fn, lane, v[0], v[1], 0);
        r[1] = simd_uzp(fn, lane, v[0], v[1], 1);
    } else if (selem == 3) {
        for (unsigned k = 0; k < 3; k++) {
            uint8_t from[16];
            for (unsigned i = 0; i < n; i++)
                from[i] = (uint8_t)(3 * i + k);
            r[k] = gather3(fn, lane, v, from);
        }
    } else {
        for (unsigned odd = 0; odd < 2; odd++) {
            ir_ref low = simd_uzp(fn, lane, v[0], v[1], odd), high = simd_uzp(fn, lane, v[2], v[3], odd);
            r[odd] = simd_uzp(fn, lane, low, high, 0);
            r[odd + 2] = simd_uzp(fn, lane, low, high, 1);
        }
    }
}

/* The reverse (ST2, ST3, ST4). */
static void interleave(struct ir_func *fn, unsigned lane, unsigned selem, const ir_ref r[4], ir_ref v[4])
{
    unsigned n = (ir_type_of(fn, r[0]) == IR_V128 ? 16u : 8u) >> lane;
    if (selem == 2) {
        v[0] = simd_zip(fn, lane, r[0], r[1], 0);
        v[1] = simd_zip(fn, lane, r[0], r[1], 1);
    } else if (selem == 3) {
        for (unsigned k = 0; k < 3; k++) {
            uint8_t from[16];
            for (unsigned i = 0; i < n; i++)
                from[i] = (uint8_t)((k * n + i) % 3 * n + (k * n + i) / 3);
            v[k] = gather3(fn, lane, r, from);
        }
    } else {
        for (unsigned high = 0; high < 2; high++) {
            ir_ref even = simd_zip(fn, lane, r[0], r[2], high), odd = simd_zip(fn, lane, r[1], r[3], high);
            v[2 * high] = simd_zip(fn, lane, even, odd, 0);
            v[2 * high + 1] = simd_zip(fn, lane, even, odd, 1);
        }
    }
}

bool lift_simd_load_multi(struct ir_func *fn, const struct a64_fields *f)
{
    if (f->size == IR_D && !f->Q && f->selem > 1)
        return false;
    ir_ref base = a64_rx_sp(fn, f->Rn), v[4], r[4];
    unsigned n = f->rpt * f->selem, bytes = f->Q ? 16 : 8;
    for (unsigned i = 0; i < n; i++)
        r[i] = v[i] = ir_load(fn, a64_vtype(f->Q), f->Q ? IR_M128 : IR_M64, at(fn, base, i * bytes));
    if (f->selem > 1)
        deinterleave(fn, f->size, f->selem, v, r);
    for (unsigned i = 0; i < n; i++)
        a64_wv(fn, (f->Rt + i) & 31, r[i]);
    writeback(fn, f, base, n * bytes);
    return true;
}

bool lift_simd_store_multi(struct ir_func *fn, const struct a64_fields *f)
{
    if (f->size == IR_D && !f->Q && f->selem > 1)
        return false;
    ir_ref base = a64_rx_sp(fn, f->Rn), v[4], r[4];
    unsigned n = f->rpt * f->selem, bytes = f->Q ? 16 : 8;
    for (unsigned i = 0; i < n; i++)
        v[i] = r[i] = a64_rv(fn, f->Q, (f->Rt + i) & 31);
    if (f->selem > 1)
        interleave(fn, f->size, f->selem, r, v);
    for (unsigned i = 0; i < n; i++)
        ir_store(fn, f->Q ? IR_M128 : IR_M64, at(fn, base, i * bytes), v[i]);
    writeback(fn, f, base, n * bytes);
    return true;
}

static ir_ref load_elem(struct ir_func *fn, unsigned lane, ir_ref addr)
{
    return ir_load(fn, lane == IR_D ? IR_I64 : IR_I32, IR_M8 + lane, addr);
}

bool lift_simd_load_lane(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref base = a64_rx_sp(fn, f->Rn), e[4];
    for (unsigned i = 0; i < f->selem; i++)
        e[i] = load_elem(fn, f->lane, at(fn, base, i << f->lane));
    for (unsigned i = 0; i < f->selem; i++) {
        unsigned t = (f->Rt + i) & 31;
        a64_wv(fn, t, ir_emit(fn, IR_vset, IR_V128, f->lane, a64_rq(fn, t), e[i], 0, f->idx));
    }
    writeback(fn, f, base, f->selem << f->lane);
    return true;
}

bool lift_simd_store_lane(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref base = a64_rx_sp(fn, f->Rn);
    for (unsigned i = 0; i < f->selem; i++)
        ir_store(fn, IR_M8 + f->lane, at(fn, base, i << f->lane), simd_get(fn, f->lane, a64_rq(fn, (f->Rt + i) & 31), f->idx));
    writeback(fn, f, base, f->selem << f->lane);
    return true;
}

/* LD1R to LD4R. */
bool lift_simd_load_rep(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref base = a64_rx_sp(fn, f->Rn), e[4];
    for (unsigned i = 0; i < f->selem; i++)
        e[i] = load_elem(fn, f->size, at(fn, base, i << f->size));
    for (unsigned i = 0; i < f->selem; i++)
        a64_wv(fn, (f->Rt + i) & 31, ir_emit(fn, IR_vdup, a64_vtype(f->Q), f->size, e[i], 0, 0, 0));
    writeback(fn, f, base, f->selem << f->size);
    return true;
}
