/*
 * Repairing a result in cold code: where a test of the host's result says that it may differ from
 * the guest's, the instruction is computed again by its reference semantics (ir_eval), without
 * disturbing any register but the result's.
 */
#ifndef BACKENDS_X86_64_REPAIR_H
#define BACKENDS_X86_64_REPAIR_H

#include "backends/x86_64/emit.h"

struct x_repair { uint32_t cold; };

/* Branches to the repair when cc holds. Between begin and end comes what the repair skips; no other cold
 * code, no operand used for the first time, and no allocation that may spill (x_room): compiling fails with -23. */
struct x_repair x_repair_begin(struct x_ctx *c, enum x_cc cc);
/* Another condition that leads to the same repair, anywhere before its end. */
void x_repair_also(struct x_ctx *c, struct x_repair r, enum x_cc cc);
/* Writes the repair: d gets the reference result of `in` from its operands' registers; execution goes on here. */
void x_repair_end(struct x_ctx *c, struct x_repair r, const struct ir_insn *in, struct x_ops o, unsigned d);
/* Both at once: what follows runs with d as it is, or repaired when cc holds. */
static inline void x_repair(struct x_ctx *c, enum x_cc cc, const struct ir_insn *in, struct x_ops o, unsigned d)
{
    x_repair_end(c, x_repair_begin(c, cc), in, o, d);
}

/* Bytes behind a call of stub X_REPAIR that are not code. */
enum { X_REPAIR_DATA = 6 };
/* Writes stub X_REPAIR at c->p. */
void x_repair_stub(struct x_ctx *c);

#endif
