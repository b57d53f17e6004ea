/*
 * Guest instructions that are translated with care because they once needed it: their addresses carry tags that the
 * guest ignores and the host does not (fe_guest.address_mask), or are misaligned where the guest allows it. Others are
 * translated as if neither ever happened; the first time one does, its page's code is dropped and made again.
 */
#ifndef RUNTIME_CAREFUL_H
#define RUNTIME_CAREFUL_H

#include <stdbool.h>
#include <stdint.h>

/* Must the instruction at pc be translated with care? Any task, lock-free. */
extern uint32_t careful_count;
bool careful_find(uint64_t pc);
static inline bool careful_at(uint64_t pc) { return __builtin_expect(__atomic_load_n(&careful_count, __ATOMIC_RELAXED), 0) && careful_find(pc); }
/* From now on it must; code of its page is dropped. With many, all code made from now on is careful. Not in translated code. */
void careful_add(uint64_t pc);

#endif
