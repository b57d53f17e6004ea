/* Listings of regions for -d in, ir, out, and the crash report's text. Nothing here runs unless asked for. */
#ifndef RUNTIME_DEBUG_H
#define RUNTIME_DEBUG_H

#include "frontends/guest.h"

struct region;
struct task;

void debug_region_lifted(const struct fe_guest *guest, const struct ir_func *fn);
void debug_region_compiled(const struct fe_guest *guest, const struct region *r);
/* The IR lifted last, to the log. */
void debug_last_ir(void);
/* Registers of a task, to the log. */
void debug_registers(const struct task *t);
/* Calls f with the text of each instruction of n bytes at `bytes`, which stand at guest pc. host: x86-64 instead of the guest's. */
void debug_each_insn(const struct fe_guest *guest, bool host, uint64_t pc, const uint8_t *bytes, size_t n,
                     void (*f)(void *ctx, uint64_t pc, const char *text), void *ctx);
/* Disassembles n bytes at `bytes`, which stand at guest pc, to the log. host: x86-64 instead of the guest's. */
void debug_disassemble(const struct fe_guest *guest, bool host, uint64_t pc, const uint8_t *bytes, size_t n);

#endif
