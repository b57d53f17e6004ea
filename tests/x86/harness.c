#define _GNU_SOURCE
#include "tests/x86/harness.h"

#include <capstone/capstone.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

enum { CALLEE_CODE = 64 << 10, CALLEE_SITE = BE_MAX_SITES /* its first site's number */, RET_STACK = 64 << 10, C_STACK = 512 << 10, SIG_STACK = 64 << 10 };

struct cpu_state *h_cpu;
struct be_region h_region;
uint8_t *h_code;
static uint8_t *code_start, *code_end;
static const struct ir_func *running;
static sigjmp_buf interp_fault;
static volatile bool interpreting;
static uint64_t fault_pc;
static union ir_value values[IR_MAX_INSNS];
struct ir_interp_ops h_interp_ops = {.values = values};
struct ir_interp_result h_interp_result;
static const struct ir_func *callee;
static struct be_region callee_region;

static void *map(size_t n, int prot)
{
    void *p = mmap(NULL, n, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) {
        perror("mmap");
        exit(1);
    }
    return p;
}

static void on_fault(int signo, siginfo_t *info, void *uc)
{
    if (interpreting)
        siglongjmp(interp_fault, 1);
    struct be_hostregs regs;
    int32_t delta;
    be_host()->fault_regs(uc, &regs);
    uint64_t at = h_cpu->f.in_helper ? *(const uint64_t *)h_cpu->f.ret_sp : regs.ip;
    if (at < (uint64_t)h_code || at >= (uint64_t)h_code + h_region.size ||
        !be_host()->restore(h_region.faults, h_region.nfaults, (uint32_t)(at - (uint64_t)h_code), &regs, running->slots, h_cpu, &delta)) {
        fprintf(stderr, "signal %d at %p, code %p + %#lx, address %p: no fault entry\n", signo, (void *)regs.ip, (void *)h_code,
                (long)(at - (uint64_t)h_code), info->si_addr);
        abort();
    }
    uint64_t address;
    if (!h_cpu->f.in_helper && info->si_code != SI_KERNEL &&
        (!be_host()->fault_address(&regs, &address) || (uint64_t)info->si_addr - address >= 16)) {
        fprintf(stderr, "fault address %#lx, not %p, at code + %#lx\n", (long)address, info->si_addr, (long)(at - (uint64_t)h_code));
        abort();
    }
    if (h_cpu->f.in_helper) {
        h_cpu->f.ret_sp += 8;
        h_cpu->f.in_helper = 0;
    }
    fault_pc = running->pc + (uint64_t)(int64_t)delta;
    h_cpu->f.exit = BE_EXIT_FAULT;
    be_host()->fault_leave(uc, h_cpu);
}

void h_init(unsigned jump_shift)
{
    const char *missing = be_host()->check_host();
    if (missing) {
        printf("skip: host code: %s\n0 passed, 0 failed, 1 skipped\n", missing);
        exit(0);
    }
    h_cpu = map(sizeof *h_cpu, PROT_READ | PROT_WRITE);
    code_start = map(H_CODE, PROT_READ | PROT_WRITE | PROT_EXEC);
    code_end = code_start + H_CODE - CALLEE_CODE;
    code_start += (be_host()->init(code_start, H_CODE) + 63) & ~(size_t)63;
    struct be_frame *f = &h_cpu->f;
    uint8_t *stack = map(RET_STACK, PROT_READ | PROT_WRITE);
    f->ret_limit = (uint64_t)stack + 4096;
    f->ret_base = (uint64_t)stack + RET_STACK;
    f->c_sp = (uint64_t)map(C_STACK, PROT_READ | PROT_WRITE) + C_STACK;
    f->jump_shift = jump_shift;
    f->eval = ir_eval;
    be_host()->init_frame(h_cpu);
    be_host()->ret_reset(h_cpu);
    stack_t ss = {.ss_sp = map(SIG_STACK, PROT_READ | PROT_WRITE), .ss_size = SIG_STACK};
    sigaltstack(&ss, NULL);
    struct sigaction a = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    sigaction(SIGSEGV, &a, NULL);
    sigaction(SIGBUS, &a, NULL);
}

int h_compile(const struct ir_func *fn)
{
    struct be_input in = {.fn = fn, .dst = code_start, .room = (size_t)(code_end - code_start), .jump_shift = h_cpu->f.jump_shift};
    h_code = code_start;
    return be_host()->compile(&in, &h_region);
}

int h_compile_callee(const struct ir_func *fn)
{
    callee = fn;
    struct be_input in = {.fn = fn, .dst = code_end, .room = CALLEE_CODE, .first_site = CALLEE_SITE, .jump_shift = h_cpu->f.jump_shift};
    return fn ? be_host()->compile(&in, &callee_region) : 0;
}

/* Whether the code just left for the callee. */
static bool called(void)
{
    const struct be_frame *f = &h_cpu->f;
    if (!callee || (f->exit != BE_EXIT_LINK && f->exit != BE_EXIT_LOOKUP))
        return false;
    return (f->exit == BE_EXIT_LOOKUP ? f->pc : h_region.sites[f->exit_info].pc) == callee->pc;
}

void h_run(const struct ir_func *fn, unsigned mxcsr, struct h_outcome *out)
{
    int error = h_compile(fn);
    if (error)
        *out = (struct h_outcome){.error = error};
    else
        h_enter(fn, mxcsr, out);
}

void h_enter(const struct ir_func *fn, unsigned mxcsr, struct h_outcome *out)
{
    memset(out, 0, sizeof *out);
    running = fn;
    memset(h_cpu->f.scratch, 0xa5, sizeof h_cpu->f.scratch);
    memset(h_cpu->f.spill, 0xa5, sizeof h_cpu->f.spill);
    h_cpu->f.mxcsr = mxcsr;
    be_host()->enter(h_cpu, h_code);
    while (called())
        be_host()->enter(h_cpu, code_end);
    out->exit = h_cpu->f.exit;
    out->flags = h_cpu->f.mxcsr & 0x3d;
    const struct be_site *s = h_cpu->f.exit_info < CALLEE_SITE ? &h_region.sites[h_cpu->f.exit_info] : &callee_region.sites[h_cpu->f.exit_info - CALLEE_SITE];
    switch (out->exit) {
    case BE_EXIT_LOOKUP: out->pc = h_cpu->f.pc; out->exit = BE_EXIT_LINK; break;
    case BE_EXIT_FAULT: out->pc = fault_pc; break;
    case BE_EXIT_TRAP: out->trap = s->trap; out->pc = s->pc; break;
    default: out->pc = s->pc; break;
    }
}

void h_interp(const struct ir_func *fn, void *regs, unsigned mxcsr, struct h_outcome *out)
{
    struct ir_interp_result *r = &h_interp_result;
    unsigned csr;
    h_interp_ops.helpers = (uint64_t (*const *)(void *, uint64_t, uint64_t, uint64_t, uint64_t))h_cpu->f.helpers;
    memset(out, 0, sizeof *out);
    interpreting = true;
    if (sigsetjmp(interp_fault, 0)) {
        out->exit = BE_EXIT_FAULT;
        out->pc = fn->pc + (uint64_t)(int64_t)fn->insn[h_interp_result.at].pc;
    } else {
        __asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));
        ir_interp(fn, regs, r, &h_interp_ops);
        out->exit = r->kind == IR_EXIT_TRAP ? BE_EXIT_TRAP : BE_EXIT_LINK;
        out->trap = r->kind == IR_EXIT_TRAP ? r->trap : 0;
        out->pc = r->pc;
    }
    __asm__ volatile("stmxcsr %0" : "=m"(csr));
    unsigned plain = 0x1f80;
    __asm__ volatile("ldmxcsr %0" : : "m"(plain));
    out->flags = csr & 0x3d;
    interpreting = false;
}

static void to_stdout(void *ctx, const char *s, size_t n) { (void)ctx; fwrite(s, 1, n, stdout); }

void h_print(const struct ir_func *fn, bool code)
{
    csh h;
    cs_insn *insn;
    ir_print(fn, to_stdout, NULL);
    if (!code || cs_open(CS_ARCH_X86, CS_MODE_64, &h))
        return;
    cs_option(h, CS_OPT_SKIPDATA, CS_OPT_ON);
    size_t n = cs_disasm(h, h_code, h_region.size, 0, 0, &insn);
    for (size_t i = 0; i < n; i++)
        printf("%5lx: %s %s\n", (long)insn[i].address, insn[i].mnemonic, insn[i].op_str);
    cs_free(insn, n);
    cs_close(&h);
}
