/* Registers as debuggers name them: gdb's standard features org.gnu.gdb.riscv.*, from the register table. */
#include "frontends/riscv64/abi.h"

enum { CPU, FPU };

static const struct fe_debug_feature features[] = {
    [CPU] = {"org.gnu.gdb.riscv.cpu", ""},
    [FPU] = {"org.gnu.gdb.riscv.fpu",
             "<union id=\"riscv_double\"><field name=\"float\" type=\"ieee_single\"/><field name=\"double\" type=\"ieee_double\"/></union>"},
};

enum { ZERO, FFLAGS, FRM, FCSR };

#define AT(name) offsetof(struct rv64_regs, name)
#define ROW_GENERAL_GENERAL(name) {#name, NULL, 64, AT(name), CPU, FE_DEBUG_PLAIN},
#define ROW_FLOAT_FLOAT(name) {#name, "riscv_double", 64, AT(name), FPU, FE_DEBUG_PLAIN},
#define ROW_GENERAL_FLOAT(name)
#define ROW_GENERAL_CONTROL(name)
#define ROW_GENERAL_HIDDEN(name)
#define ROW_FLOAT_GENERAL(name)
#define ROW_FLOAT_CONTROL(name)
#define ROW_FLOAT_HIDDEN(name)

static const struct fe_debug_reg rows[] = {
    {"x0", NULL, 64, ZERO, CPU, FE_DEBUG_OWN},
#define REG(name, type, group) ROW_GENERAL_##group(name)
#include "frontends/riscv64/regs.def"
#undef REG
    {"pc", "code_ptr", 64, 0, CPU, FE_DEBUG_PC},
#define REG(name, type, group) ROW_FLOAT_##group(name)
#include "frontends/riscv64/regs.def"
#undef REG
    {"fflags", "int", 32, FFLAGS, FPU, FE_DEBUG_OWN},
    {"frm", "int", 32, FRM, FPU, FE_DEBUG_OWN},
    {"fcsr", "int", 32, FCSR, FPU, FE_DEBUG_OWN},
};

static uint64_t get(const void *regs, unsigned id)
{
    const struct rv64_regs *r = regs;
    switch (id) {
    case FFLAGS: return r->fflags;
    case FRM: return r->frm;
    case FCSR: return rv64_fcsr(r);
    default: return 0;
    }
}

static void set(void *regs, unsigned id, uint64_t v)
{
    struct rv64_regs *r = regs;
    switch (id) {
    case FFLAGS: r->fflags = v & 31; break;
    case FRM: r->frm = v & 7; break;
    case FCSR: rv64_set_fcsr(r, (uint32_t)v); break;
    default: break;
    }
}

const struct fe_debug rv64_debug = {"riscv:rv64", features, rows, sizeof rows / sizeof rows[0], get, set};
