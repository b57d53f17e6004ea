/* Registers as debuggers name them: gdb's standard features org.gnu.gdb.aarch64.*, from the register table. */
#include "frontends/aarch64/abi.h"
#include "frontends/aarch64/lift.h"

enum { CORE, FPU, TLS };

static const struct fe_debug_feature features[] = {
    [CORE] = {"org.gnu.gdb.aarch64.core",
              "<flags id=\"cpsr_flags\" size=\"4\">"
              "<field name=\"SP\" start=\"0\" end=\"0\"/><field name=\"EL\" start=\"2\" end=\"3\"/><field name=\"nRW\" start=\"4\" end=\"4\"/>"
              "<field name=\"F\" start=\"6\" end=\"6\"/><field name=\"I\" start=\"7\" end=\"7\"/><field name=\"A\" start=\"8\" end=\"8\"/>"
              "<field name=\"D\" start=\"9\" end=\"9\"/><field name=\"BTYPE\" start=\"10\" end=\"11\"/><field name=\"SSBS\" start=\"12\" end=\"12\"/>"
              "<field name=\"IL\" start=\"20\" end=\"20\"/><field name=\"SS\" start=\"21\" end=\"21\"/><field name=\"PAN\" start=\"22\" end=\"22\"/>"
              "<field name=\"UAO\" start=\"23\" end=\"23\"/><field name=\"DIT\" start=\"24\" end=\"24\"/><field name=\"TCO\" start=\"25\" end=\"25\"/>"
              "<field name=\"V\" start=\"28\" end=\"28\"/><field name=\"C\" start=\"29\" end=\"29\"/><field name=\"Z\" start=\"30\" end=\"30\"/>"
              "<field name=\"N\" start=\"31\" end=\"31\"/></flags>"},
    [FPU] = {"org.gnu.gdb.aarch64.fpu",
             "<vector id=\"v2d\" type=\"ieee_double\" count=\"2\"/><vector id=\"v2u\" type=\"uint64\" count=\"2\"/><vector id=\"v2i\" type=\"int64\" count=\"2\"/>"
             "<vector id=\"v4f\" type=\"ieee_single\" count=\"4\"/><vector id=\"v4u\" type=\"uint32\" count=\"4\"/><vector id=\"v4i\" type=\"int32\" count=\"4\"/>"
             "<vector id=\"v8f\" type=\"ieee_half\" count=\"8\"/><vector id=\"v8u\" type=\"uint16\" count=\"8\"/><vector id=\"v8i\" type=\"int16\" count=\"8\"/>"
             "<vector id=\"v16u\" type=\"uint8\" count=\"16\"/><vector id=\"v16i\" type=\"int8\" count=\"16\"/>"
             "<vector id=\"v1u\" type=\"uint128\" count=\"1\"/><vector id=\"v1i\" type=\"int128\" count=\"1\"/>"
             "<union id=\"vnd\"><field name=\"f\" type=\"v2d\"/><field name=\"u\" type=\"v2u\"/><field name=\"s\" type=\"v2i\"/></union>"
             "<union id=\"vns\"><field name=\"f\" type=\"v4f\"/><field name=\"u\" type=\"v4u\"/><field name=\"s\" type=\"v4i\"/></union>"
             "<union id=\"vnh\"><field name=\"f\" type=\"v8f\"/><field name=\"u\" type=\"v8u\"/><field name=\"s\" type=\"v8i\"/></union>"
             "<union id=\"vnb\"><field name=\"u\" type=\"v16u\"/><field name=\"s\" type=\"v16i\"/></union>"
             "<union id=\"vnq\"><field name=\"u\" type=\"v1u\"/><field name=\"s\" type=\"v1i\"/></union>"
             "<union id=\"aarch64v\"><field name=\"d\" type=\"vnd\"/><field name=\"s\" type=\"vns\"/><field name=\"h\" type=\"vnh\"/>"
             "<field name=\"b\" type=\"vnb\"/><field name=\"q\" type=\"vnq\"/></union>"},
    [TLS] = {"org.gnu.gdb.aarch64.tls", ""},
};

enum { CPSR, FPSR, FPCR };

#define AT(name) offsetof(struct a64_regs, name)
#define ROW_GENERAL_GENERAL(name) {#name, NULL, 64, AT(name), CORE, FE_DEBUG_PLAIN},
#define ROW_VECTOR_VECTOR(name) {#name, "aarch64v", 128, AT(name), FPU, FE_DEBUG_PLAIN},
#define ROW_GENERAL_VECTOR(name)
#define ROW_GENERAL_CONTROL(name)
#define ROW_GENERAL_HIDDEN(name)
#define ROW_VECTOR_GENERAL(name)
#define ROW_VECTOR_CONTROL(name)
#define ROW_VECTOR_HIDDEN(name)

static const struct fe_debug_reg rows[] = {
#define REG(name, type, group) ROW_GENERAL_##group(name)
#include "frontends/aarch64/regs.def"
#undef REG
    {"pc", "code_ptr", 64, 0, CORE, FE_DEBUG_PC},
    {"cpsr", "cpsr_flags", 32, CPSR, CORE, FE_DEBUG_OWN},
#define REG(name, type, group) ROW_VECTOR_##group(name)
#include "frontends/aarch64/regs.def"
#undef REG
    {"fpsr", "int", 32, FPSR, FPU, FE_DEBUG_OWN},
    {"fpcr", "int", 32, FPCR, FPU, FE_DEBUG_OWN},
    {"tpidr", "data_ptr", 64, AT(tpidr), TLS, FE_DEBUG_PLAIN},
};

static uint64_t get(const void *regs, unsigned id)
{
    const struct a64_regs *r = regs;
    switch (id) {
    case CPSR: return (uint32_t)a64_nzcv(r->nzcv) << 28 | r->pstate;
    case FPSR: return a64_read_fpsr(r);
    default: return r->fpcr;
    }
}

static void set(void *regs, unsigned id, uint64_t v)
{
    struct a64_regs *r = regs;
    switch (id) {
    case CPSR:
        r->nzcv = a64_flagword(v >> 28 & 15);
        r->pstate = (uint32_t)v & A64_PSTATE_MASK;
        break;
    case FPSR: a64_write_fpsr(r, (uint32_t)v); break;
    default: r->fpcr = (uint32_t)v & a64_fpcr_mask(); break;
    }
}

const struct fe_debug a64_debug = {"aarch64", features, rows, sizeof rows / sizeof rows[0], get, set};
