/* Runs one region as host code: code memory, a task's frame, faults caught as the runtime catches them. */
#ifndef TESTS_X86_HARNESS_H
#define TESTS_X86_HARNESS_H

#include "backends/backend.h"

enum { H_CODE = 4 << 20 };

struct h_outcome {
    int error;              /* compile's, 0 */
    uint32_t exit;          /* enum be_exit */
    uint64_t pc;            /* where the guest goes on */
    uint8_t trap;
    unsigned flags;         /* MXCSR's sticky flags but the denormal one */
};

extern struct cpu_state *h_cpu;
extern struct be_region h_region;
extern uint8_t *h_code;     /* where the last region stands */

void h_init(unsigned jump_shift);
/* Compiles fn and runs it on h_cpu->guest from its entry under this MXCSR. */
void h_run(const struct ir_func *fn, unsigned mxcsr, struct h_outcome *out);
/* Runs fn, compiled last. */
void h_enter(const struct ir_func *fn, unsigned mxcsr, struct h_outcome *out);
/* Compiles only; 0 or compile's error. */
int h_compile(const struct ir_func *fn);
/*
 * Compiles a function beside the region, which h_enter runs where the region calls its pc, until it returns; NULL: none. It leaves only by a
 * return, or as its entry polls.
 */
int h_compile_callee(const struct ir_func *fn);
/* Interprets fn on regs; a fault ends it as BE_EXIT_FAULT. h_interp_ops: how; h_interp_result: how it was left, unless by a fault. */
extern struct ir_interp_ops h_interp_ops;
extern struct ir_interp_result h_interp_result;
void h_interp(const struct ir_func *fn, void *regs, unsigned mxcsr, struct h_outcome *out);
/* Prints fn and, where asked for, the code last compiled. */
void h_print(const struct ir_func *fn, bool code);

#endif
