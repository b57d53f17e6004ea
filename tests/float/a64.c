/* A64: the modes are all values of FPCR's AHP, DN, FZ, RMode and FZ16. */
#include <stdio.h>

#include "float.h"

const unsigned nmodes = 64;
const uint64_t status_bits = 0x0800009f;        /* QC, IDC, IXC, UFC, OFC, DZC, IOC */

static uint64_t fpcr_of(unsigned mode)
{
    return (uint64_t)(mode & 3) << 22 | (uint64_t)(mode >> 2 & 1) << 24 | (uint64_t)(mode >> 3 & 1) << 25 |
           (uint64_t)(mode >> 4 & 1) << 19 | (uint64_t)(mode >> 5 & 1) << 26;
}

void mode_enter(unsigned mode) { __asm__ volatile("msr fpcr, %0" : : "r"(fpcr_of(mode))); }
void mode_leave(void) { __asm__ volatile("msr fpcr, xzr"); }

const char *mode_name(unsigned mode)
{
    static const char *const round[4] = {"RN", "RP", "RM", "RZ"};
    static char name[40];
    snprintf(name, sizeof name, "%s%s%s%s%s", round[mode & 3], mode & 4 ? " FZ" : "", mode & 8 ? " DN" : "", mode & 16 ? " FZ16" : "",
             mode & 32 ? " AHP" : "");
    return name;
}

bool mode_uses(unsigned mode, const struct op *op)
{
    (void)mode, (void)op;
    return true;
}

struct value boxed(char format, struct value v, unsigned chance)
{
    (void)format, (void)chance;
    return v;
}

#define CALL(name, clear, read)                                                                             \
    __asm__(".text\n.globl " name "\n" name ":\n"                                                           \
            "stp x29, x30, [sp, #-32]!\n\tstr x19, [sp, #16]\n\tmov x19, x1\n\tmov x9, x0\n\t"              \
            "ldp q1, q2, [x19]\n\tldr q3, [x19, #32]\n\tmov v0.16b, v3.16b\n\tldr x1, [x19]\n\t"            \
            "ldp x11, x10, [x19, #72]\n\tmsr nzcv, x10\n\tmov x0, #0x5a5a\n\tmov x2, #0\n\t" clear "\n\t"        \
            "blr x9\n\t" read "\n\tmrs x3, nzcv\n\tstr q0, [x19, #48]\n\tstp x0, x2, [x19, #64]\n\t"        \
            "str x3, [x19, #80]\n\tldr x19, [sp, #16]\n\tldp x29, x30, [sp], #32\n\tret")
CALL("execute", "msr fpsr, x11", "mrs x2, fpsr");
CALL("execute_plain", "", "");
