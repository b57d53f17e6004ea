/* RV64: the modes are the values of frm; every static rounding mode is an instruction of its own. */
#include "float.h"

const unsigned nmodes = 5;
const uint64_t status_bits = 31;
void mode_enter(unsigned mode) { __asm__ volatile("fsrm %0" : : "r"((uint64_t)mode)); }
void mode_leave(void) { __asm__ volatile("fsrm zero"); }

const char *mode_name(unsigned mode)
{
    static const char *const names[5] = {"rne", "rtz", "rdn", "rup", "rmm"};
    return names[mode];
}

bool mode_uses(unsigned mode, const struct op *op)
{
    (void)mode, (void)op;
    return true;
}

/* Narrow values stand below ones; a few do not, and count as NaN. */
struct value boxed(char format, struct value v, unsigned chance)
{
    uint64_t box = format == 's' ? 0xffffffff00000000 : format == 'h' ? 0xffffffffffff0000 : 0;
    if (chance < 8)
        v.lo ^= box & (chance & 1 ? 1ull << 63 : 0x8000000100010000);
    else
        v.lo |= box;
    v.hi = 0;
    return v;
}

#define CALL(name, clear, read)                                                                             \
    __asm__(".text\n.globl " name "\n" name ":\n"                                                           \
            "addi sp, sp, -16\n\tsd ra, 0(sp)\n\tsd s0, 8(sp)\n\tmv s0, a1\n\tmv t0, a0\n\t"                \
            "ld t3, 72(s0)\n\tfld fa1, 0(s0)\n\tfld fa2, 16(s0)\n\tfld fa3, 32(s0)\n\tld a1, 0(s0)\n\tli t1, 0x5a5a\n\t"     \
            "fmv.d.x fa0, t1\n\tli a0, 0x5a5a\n\tli t2, 0\n\t" clear "\n\tjalr t0\n\t" read "\n\t"          \
            "fsd fa0, 48(s0)\n\tsd a0, 64(s0)\n\tsd t2, 72(s0)\n\tld ra, 0(sp)\n\tld s0, 8(sp)\n\t"         \
            "addi sp, sp, 16\n\tret")
CALL("execute", "fsflags t3", "frflags t2");
CALL("execute_plain", "", "");
