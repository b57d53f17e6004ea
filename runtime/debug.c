/* Listings for -d in, ir, out, and registers (runtime/debug.h). */
#include "runtime/debug.h"

#include <capstone/capstone.h>

#include "runtime/cache.h"
#include "runtime/log.h"
#include "runtime/options.h"
#include "runtime/perf.h"

#if CS_API_MAJOR < 5
/* Debian 12's capstone does not know RISC-V: opening it fails, and listings show bytes. */
#define CS_ARCH_RISCV CS_ARCH_MAX
#define CS_MODE_RISCV64 0
#define CS_MODE_RISCVC 0
#endif

/* Capstone's name for a guest: by ELF machine, so that no ISA is named twice. */
static bool open_capstone(const struct fe_guest *guest, bool host, csh *cs)
{
    if (host)
        return cs_open(CS_ARCH_X86, CS_MODE_64, cs) == CS_ERR_OK;
    switch (guest->elf_machine) {
    case 183: /* EM_AARCH64 */
        return cs_open(CS_ARCH_ARM64, CS_MODE_ARM, cs) == CS_ERR_OK;
    case 243: /* EM_RISCV */
        return cs_open(CS_ARCH_RISCV, (cs_mode)(CS_MODE_RISCV64 | CS_MODE_RISCVC), cs) == CS_ERR_OK;
    }
    return false;
}

void debug_each_insn(const struct fe_guest *guest, bool host, uint64_t pc, const uint8_t *bytes, size_t n,
                     void (*f)(void *ctx, uint64_t pc, const char *text), void *ctx)
{
    csh cs;
    char text[256];
    bool known = open_capstone(guest, host, &cs);
    cs_insn *insn = known ? cs_malloc(cs) : NULL;
    while (n) {
        uint64_t at = pc;
        unsigned len = !host && guest->describe ? guest->describe(pc, bytes, n, text, sizeof text) : 0;
        if (!len && known && cs_disasm_iter(cs, &bytes, &n, &pc, insn)) {
            log_format(text, sizeof text, "%s %s", insn->mnemonic, insn->op_str);
            f(ctx, at, text);
            continue;
        }
        if (!len) {
            len = host ? 1 : guest->insn_align_log2 == 2 || n < 2 || (bytes[0] & 3) == 3 ? 4 : 2;
            if (len > n)
                len = (unsigned)n;
            size_t end = log_format(text, sizeof text, ".byte");
            for (unsigned i = 0; i < len; i++)
                end += log_format(text + end, sizeof text - end, " %02x", bytes[i]);
        }
        f(ctx, at, text);
        bytes += len;
        pc += len;
        n -= len;
    }
    if (known) {
        cs_free(insn, 1);
        cs_close(&cs);
    }
}

static void log_insn(void *ctx, uint64_t pc, const char *text)
{
    (void)ctx;
    log_write("  %lx: %s\n", (unsigned long)pc, text);
}

void debug_disassemble(const struct fe_guest *guest, bool host, uint64_t pc, const uint8_t *bytes, size_t n)
{
    debug_each_insn(guest, host, pc, bytes, n, log_insn, NULL);
}

static void emit_log(void *ctx, const char *s, size_t n) { log_raw(s, n); }

static const struct ir_func *last_lifted;

void debug_last_ir(void)
{
    if (last_lifted)
        ir_print(last_lifted, emit_log, NULL);
}

void debug_region_lifted(const struct fe_guest *guest, const struct ir_func *fn)
{
    last_lifted = fn;
    if (rt_options.check) {
        ir_ref at;
        const char *message = ir_verify(fn, &at);
        if (message) {
            ir_print(fn, emit_log, NULL);
            die("bad IR at v%u of region %lx: %s", at, (unsigned long)fn->pc, message);
        }
    }
    if (log_on(LOG_in)) {
        log_write("in %lx-%lx, %u instructions\n", (unsigned long)fn->pc, (unsigned long)fn->pc_end, fn->nguest);
        debug_disassemble(guest, false, fn->pc, (const uint8_t *)fn->pc, fn->pc_end - fn->pc);
    }
    if (log_on(LOG_ir)) {
        log_write("ir %lx\n", (unsigned long)fn->pc);
        ir_print(fn, emit_log, NULL);
    }
}

void debug_region_compiled(const struct fe_guest *guest, const struct region *r)
{
    if (log_on(LOG_out)) {
        log_write("out %lx, %u bytes\n", (unsigned long)r->pc, r->size);
        debug_disassemble(guest, true, (uint64_t)r->code, r->code, r->size);
    }
    if (log_on(LOG_cache))
        log_write("cache: %lx at %p, %u guest instructions, %u bytes\n", (unsigned long)r->pc, (void *)r->code,
                  r->guest_insns, r->size);
    if (perf_on)
        perf_region(r);
}

void debug_registers(const struct task *t)
{
    const struct fe_guest *g = t->guest;
    log_write("pc %016lx\n", (unsigned long)t->cpu.f.pc);
    for (unsigned i = 0, column = 0; i < g->nregs; i++) {
        const struct fe_reg *r = &g->regs[i];
        if (r->group != FE_GENERAL || r->size != 8)
            continue;
        log_write("%5s %016lx%s", r->name, (unsigned long)cpu_reg(&t->cpu, r->off), ++column % 4 ? "" : "\n");
    }
    log_write("\n");
}
