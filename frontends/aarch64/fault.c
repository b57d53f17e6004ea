/* What a fault was about, from the guest instruction: the address, whether it wrote, and ESR_EL1 made of that. */
#include <signal.h>
#include <string.h>

#include "frontends/aarch64/abi.h"
#include "frontends/aarch64/lift.h"

/* ESR_EL1 (D24.2.40): exception class at 26, IL at 25; of data aborts CM at 8, WnR at 6, fault status at 0. */
enum { EC_FETCH = 0x20, EC_PC_ALIGNMENT = 0x22, EC_DATA = 0x24, CM = 1 << 8, WNR = 1 << 6 };
enum { TRANSLATION_L0 = 0x04, TRANSLATION_L3 = 0x07, PERMISSION_L3 = 0x0f, ALIGNMENT = 0x21 };
#define IL (1u << 25)
#define TASK_SIZE ((uint64_t)1 << 48)

/* The lifter of the instruction at pc, with its fields; NULL if there is none. */
static const char *instruction(uint64_t pc, struct a64_fields *f)
{
    uint32_t word;
    int row = fe_copy_from_guest(&word, pc, sizeof word) ? -1 : a64_decode(word, f);
    return row < 0 ? NULL : a64_rows[row].lifter;
}

static bool is(const char *lifter, const char *name) { return !strcmp(lifter, name); }

/* The base register, and the displacement of those accesses that must be aligned and have one. */
uint64_t a64_data_address(const void *regs, uint64_t pc)
{
    struct a64_fields f;
    const char *lifter = instruction(pc, &f);
    if (pc & 3 || !lifter)
        return pc;
    if (is(lifter, "cpy") || is(lifter, "set"))
        return *a64_x((struct a64_regs *)regs, f.Rd);
    uint64_t base = *a64_x((struct a64_regs *)regs, is(lifter, "dc_zva") || is(lifter, "dc_clean") ? f.Rt : f.Rn);
    if (is(lifter, "ldapur") || is(lifter, "stlur") || is(lifter, "ldapur_v") || is(lifter, "stlur_v"))
        base += (uint64_t)(int64_t)f.simm9;
    else if (is(lifter, "stlr") && f.wb)
        base -= (uint64_t)1 << f.size;
    else if (is(lifter, "stilp") && f.wb)
        base -= (uint64_t)2 << f.size;
    return base;
}

static bool readable(uint64_t addr)
{
    uint8_t b;
    return !fe_copy_from_guest(&b, addr, 1);
}

/* A copy reads a page before it writes one: the fault is the write's if it is in the other one. */
static bool copy_wrote(const struct a64_regs *regs, const struct a64_fields *f, uint64_t addr)
{
    struct a64_regs *r = (struct a64_regs *)regs;
    uint64_t left = *a64_x(r, f->Rn), last = (int64_t)left > 0;
    uint64_t src = a64_untag(*a64_x(r, f->Rs) + left - last);
    return (src ^ addr) >> 12 != 0 || readable(addr);
}

/* CM and WnR of a data abort (D24.2.40, ISS encoding for an exception from a Data Abort). */
static uint64_t access_bits(const struct a64_regs *r, uint64_t pc, uint64_t addr)
{
    struct a64_fields f;
    const char *lifter = instruction(pc, &f);
    if (!lifter)
        return 0;
    if (is(lifter, "dc_clean"))
        return CM | WNR;
    if (is(lifter, "amo") || is(lifter, "cas") || is(lifter, "casp"))   /* a write only where a read would have done */
        return readable(addr) ? WNR : 0;
    if (is(lifter, "cpy"))
        return copy_wrote(r, &f, addr) ? WNR : 0;
    return !strncmp(lifter, "st", 2) || !strncmp(lifter, "simd_store", 10) || is(lifter, "set") || is(lifter, "dc_zva") ? WNR : 0;
}

uint64_t a64_syndrome(const struct a64_regs *r, uint64_t pc, const struct fe_signal *s, int si_code)
{
    bool bus = s->signo == SIGBUS, misaligned = bus && si_code == BUS_ADRALN;
    if ((s->signo != SIGSEGV && !bus) || si_code <= 0 || si_code >= SI_KERNEL)
        return 0;
    if (misaligned && pc & 3)
        return (uint64_t)EC_PC_ALIGNMENT << 26 | IL;
    uint64_t status = TRANSLATION_L3;
    if (a64_untag(s->fault_address) >= TASK_SIZE)       /* Linux hides what it knows of its own addresses */
        status = TRANSLATION_L0;
    else if (misaligned)
        status = ALIGNMENT;
    else if (s->signo == SIGSEGV && si_code == SEGV_ACCERR)
        status = PERMISSION_L3;
    if (s->fault_address == pc)
        return (uint64_t)EC_FETCH << 26 | IL | status;
    return (uint64_t)EC_DATA << 26 | IL | access_bits(r, pc, s->fault_address) | status;
}
