/* Faults of single instructions: signal, code, si_addr, pc, FAR and ESR_EL1 (DDI 0487 D24.2.40). */
#include "a64.h"

enum { DATA = 0x24, FETCH = 0x20, TRANSLATION = 7, PERMISSION = 0xf, ALIGNMENT = 0x21, WNR = 64, CM = 256 };
#define ESR(ec, iss) ((uint64_t)(ec) << 26 | 1u << 25 | (iss))

static char *none, *ro, *unmapped, *rw;

#define FAULTS(insn, ptr, sig, sicode, where, iss) do { \
    uint64_t at = RUN(insn, ptr, 0x10, 0x20); \
    CHECK(insn, fault.signo, sig); \
    CHECK(insn, fault.code, sicode); \
    CHECK(insn, fault.addr, where); \
    CHECK(insn, fault.far, where); \
    CHECK(insn, fault.pc, at); \
    CHECK(insn, fault.esr, ESR(DATA, iss)); \
    CHECK(insn " keeps x0", last_x0, (uint64_t)(ptr)); \
} while (0)
#define READS(insn) do { \
    FAULTS(insn, unmapped, SIGSEGV, SEGV_MAPERR, unmapped, TRANSLATION); \
    FAULTS(insn, none, SIGSEGV, SEGV_ACCERR, none, PERMISSION); \
    RUN(insn, ro, 0, 0); CHECK(insn, fault.signo, 0); \
} while (0)
#define WRITES(insn) do { \
    FAULTS(insn, unmapped, SIGSEGV, SEGV_MAPERR, unmapped, TRANSLATION | WNR); \
    FAULTS(insn, none, SIGSEGV, SEGV_ACCERR, none, PERMISSION | WNR); \
    FAULTS(insn, ro, SIGSEGV, SEGV_ACCERR, ro, PERMISSION | WNR); \
} while (0)
/* Atomics: a write fault only where reading is allowed. */
#define UPDATES(insn) do { \
    FAULTS(insn, unmapped, SIGSEGV, SEGV_MAPERR, unmapped, TRANSLATION); \
    FAULTS(insn, none, SIGSEGV, SEGV_ACCERR, none, PERMISSION); \
    FAULTS(insn, ro, SIGSEGV, SEGV_ACCERR, ro, PERMISSION | WNR); \
} while (0)
#define MISALIGNED(insn, off) FAULTS(insn, rw + (off), SIGBUS, BUS_ADRALN, rw + (off), ALIGNMENT)
#define MISALIGNED_W(insn, off) FAULTS(insn, rw + (off), SIGBUS, BUS_ADRALN, rw + (off), ALIGNMENT | WNR)

int main(void)
{
    catch_faults(0);
    none = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ro = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    rw = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    unmapped = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(unmapped, 4096);

    READS("ldr x3, [x0]");
    READS("ldrb w3, [x0]");
    READS("ldr q0, [x0]");
    READS("ldp x3, x4, [x0]");
    READS("ld1 {v0.4s-v2.4s}, [x0]");
    READS("ldar w3, [x0]");
    READS("ldxr x3, [x0]");
    READS("ldxp x3, x4, [x0]");
    READS(".inst 0xf8bfc003 // ldapr x3, [x0]");
    WRITES("str x3, [x0]");
    WRITES("strh w3, [x0]");
    WRITES("str q0, [x0]");
    WRITES("stp x3, x4, [x0]");
    WRITES("st2 {v0.4s, v1.4s}, [x0]");
    WRITES("stlr x3, [x0]");
    WRITES("dc zva, x0");
    UPDATES(".inst 0xb8230004 // ldadd w3, w4, [x0]");
    UPDATES(".inst 0xf8238004 // swp x3, x4, [x0]");
    UPDATES(".inst 0xc8a37c04 // cas x3, x4, [x0]");
    FAULTS("dc cvau, x0", unmapped, SIGSEGV, SEGV_MAPERR, unmapped, TRANSLATION | WNR | CM);
    FAULTS("dc civac, x0", none, SIGSEGV, SEGV_ACCERR, none, PERMISSION | WNR | CM);
    /* Addresses that user programs never have. */
    FAULTS("ldr x3, [x0]", 0x0080000000001000, SIGSEGV, SEGV_MAPERR, 0xff80000000001000, 4);
    FAULTS("str x3, [x0]", 0xffffff8000001000, SIGSEGV, SEGV_MAPERR, 0xffffff8000001000, 4 | WNR);

    MISALIGNED("ldar x3, [x0]", 9);
    MISALIGNED("ldxr w3, [x0]", 14);
    MISALIGNED("ldxp x3, x4, [x0]", 8);
    MISALIGNED_W(".inst 0xf8230004 // ldadd x3, x4, [x0]", 12);
    MISALIGNED_W(".inst 0x48a37c04 // cash w3, w4, [x0]", 15);
    MISALIGNED_W("stlr w3, [x0]", 13);
    MISALIGNED_W("stxr w5, x3, [x0]", 9);
    RUN("ldar x3, [x0]", rw + 8, 0, 0);
    CHECK("aligned", fault.signo, 0);
    RUN("ldr x3, [x0]", rw + 13, 0, 0);
    CHECK("a plain load", fault.signo, 0);

    uint64_t at = RUN("udf #7", rw, 0, 0);
    CHECK("udf", fault.signo, SIGILL);
    CHECK("udf", fault.code, ILL_ILLOPC);
    CHECK("udf", fault.pc, at);
    CHECK("udf", fault.addr, at);
    CHECK("udf", fault.esr, 0);
    return finish();
}
