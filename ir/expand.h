/* What the expand*.c files share. Each function returns the value of *k built from other ops, or 0 if it has no way. */
#ifndef IR_EXPAND_H
#define IR_EXPAND_H

#include "ir/fold.h"

ir_ref ir_expand(struct ir_func *fn, const struct ir_insn *k);

/* A constant with v in every lane. */
ir_ref ir_vfill(struct ir_func *fn, enum ir_type t, unsigned lane, uint64_t v);

/* expand_float.c */
ir_ref ir_expand_round(struct ir_func *fn, const struct ir_insn *k);
ir_ref ir_expand_mulx(struct ir_func *fn, const struct ir_insn *k);
ir_ref ir_expand_recps(struct ir_func *fn, const struct ir_insn *k);
ir_ref ir_expand_from_int(struct ir_func *fn, const struct ir_insn *k);
ir_ref ir_expand_to_int(struct ir_func *fn, const struct ir_insn *k);

/* expand_sha.c */
ir_ref ir_expand_sha512h(struct ir_func *fn, const struct ir_insn *k);
ir_ref ir_expand_sha512h2(struct ir_func *fn, const struct ir_insn *k);
ir_ref ir_expand_sha512su(struct ir_func *fn, const struct ir_insn *k);
ir_ref ir_expand_sha256h(struct ir_func *fn, const struct ir_insn *k);
ir_ref ir_expand_sha256su(struct ir_func *fn, const struct ir_insn *k);
ir_ref ir_expand_sha1h(struct ir_func *fn, const struct ir_insn *k);

#endif
