/*
 * The main loop of a task: finds or makes the code for the guest pc, runs it, and acts on why it
 * left. Everything that changes what runs next (system calls, signals, faults, mode changes) happens
 * here, in one base C frame, with the guest's state complete in memory.
 */
#include "runtime/cache.h"
#include "runtime/careful.h"
#include "runtime/debug.h"
#include "runtime/first_run.h"
#include "runtime/interp.h"
#include "runtime/lockstep.h"
#include "runtime/log.h"
#include "runtime/region.h"
#include "runtime/space.h"
#include "runtime/stats.h"
#include "syscall/sys.h"

/* The jump cache and the return stack hold code of one mode only. */
static void change_mode(struct task *t, uint32_t mode)
{
    be_jump_cache_clear(&t->cpu);
    be_host()->ret_reset(&t->cpu);
    t->cpu_mode = mode;
}

/* An address of the guest's but for bits that its accesses ignore. */
static bool is_tagged(const struct fe_guest *g, uint64_t addr)
{
    return g->address_mask && addr & ~g->address_mask && (addr & g->address_mask) < SPACE_TOP;
}

/* The guest announced that instructions changed: a cache line's page, or anything. */
static void flush(struct task *t)
{
    if (!t->guest->off_flush) {
        rt_code_changed(0, SPACE_TOP);
        return;
    }
    uint64_t page = cpu_reg(&t->cpu, t->guest->off_flush) & ~(uint64_t)(SPACE_PAGE - 1);
    if (is_tagged(t->guest, page))
        page &= t->guest->address_mask;
    mm_code_written(t->mm, page, page + SPACE_PAGE);
}

static void read_syscall(struct task *t)
{
    const struct fe_guest *g = t->guest;
    t->sys_nr = cpu_reg(&t->cpu, g->off_sysno);
    for (unsigned i = 0; i < 6; i++)
        t->sys_args[i] = cpu_reg(&t->cpu, g->off_arg0 + 8 * i);
}

/* The debugger may see it first, and change it; false: it is not to be made. */
static bool debugged_syscall(struct task *t)
{
    bool wanted = gdb_syscall_entry(t);
    read_syscall(t);
    return wanted;
}

static void run_syscall(struct task *t)
{
    const struct fe_guest *g = t->guest;
    read_syscall(t);
    stats.syscalls++;
    if (rt_gdb && !debugged_syscall(t))
        return;
    int64_t result = __builtin_expect(t->trace.active, 0) ? trace_syscall(t) : sys_call(t, t->sys_nr, t->sys_args);
    unsigned restart = result == RT_RESTART ? TRACE_ERESTARTNOINTR : 0;
    if (__builtin_expect(rt_gdb, 0) && gdb_syscall_abandoned(t))
        restart = 0;
    else if (!restart && result != SYS_NO_RESULT)
        cpu_set_reg(&t->cpu, g->off_ret, (uint64_t)result);
    if (__builtin_expect(t->trace.active, 0))
        restart = trace_syscall_end(t, result);
    if (rt_gdb && !restart)
        gdb_syscall_return(t);
    if (restart || __atomic_load_n(&t->cpu.f.pending, __ATOMIC_RELAXED))
        signal_deliver(t, restart);
}

/* The instruction at pc cannot be fetched, or only its first bytes: then the fault is at the others. */
static void fetch_fault(struct task *t, uint64_t pc)
{
    uint8_t bytes[16];
    uint64_t end = pc + t->guest->insn_max;
    size_t n = mm_fetchable(t->mm, pc, end - pc), before = n;
    if (n < end - pc) {
        mm_refresh(t->mm);      /* code on a stack that has grown */
        n = mm_fetchable(t->mm, pc, end - pc);
    }
    if (n > before) {
        rt_code_changed(pc, end);
        return;
    }
    if (n && copy_from_guest(bytes, pc, n)) {
        /* Beyond the end of a file, which may grow without anybody telling; or another task is taking the page away. */
        bool beyond = mm_beyond_file(t->mm, pc, n);
        rt_code_changed(pc, end);
        if (beyond)
            signal_fault(t, SIGBUS, BUS_ADRERR, pc);
    } else if (n < end - pc) {
        signal_fault(t, SIGSEGV, mm_prot(t->mm, pc + n) < 0 ? SEGV_MAPERR : SEGV_ACCERR, pc + n);
    }
}

static void run_trap(struct task *t, enum ir_trap trap, uint64_t pc)
{
    t->cpu.f.pc = pc;
    switch (trap) {
    case IR_TRAP_SYSCALL:
        run_syscall(t);
        break;
    case IR_TRAP_BREAK:
        signal_fault(t, SIGTRAP, TRAP_BRKPT, pc);
        break;
    case IR_TRAP_UNDEF:
        signal_fault(t, SIGILL, ILL_ILLOPC, pc);
        break;
    case IR_TRAP_OPERAND:
        signal_fault(t, SIGILL, ILL_ILLOPN, pc);
        break;
    case IR_TRAP_FETCH:
        fetch_fault(t, pc);
        break;
    case IR_TRAP_ALIGN:
        signal_fault(t, SIGBUS, BUS_ADRALN, t->guest->data_address ? t->guest->data_address(t->cpu.guest, pc) : pc);
        break;
    case IR_TRAP_FLUSH:
        flush(t);
        break;
    case IR_TRAP_INTERP:
        break;
    case IR_TRAP_CARE:
        careful_add(pc);
        break;
    case IR_TRAP_DEBUG:
        gdb_trapped(t);
        break;
    }
}

/* Acts on the reason translated code left for. site is valid for the kinds that have one. */
static void after_exit(struct task *t, const struct be_site *site, uint32_t generation, uint32_t mode)
{
    switch (t->cpu.f.exit) {
    case BE_EXIT_LINK:
        stats.exit_link++;
        t->cpu.f.pc = site->pc;
        if (!first_run_due(site->pc, mode))
            cache_link(t, (uint32_t)t->cpu.f.exit_info, generation, mode);
        break;
    case BE_EXIT_LOOKUP:
        stats.exit_lookup++;
        break;
    case BE_EXIT_POLL:
        stats.exit_poll++;
        t->cpu.f.pc = site->pc;
        signal_deliver(t, 0);
        break;
    case BE_EXIT_TRAP:
        stats.exit_trap++;
        run_trap(t, site->trap, site->pc);
        break;
    case BE_EXIT_FAULT:
        stats.exit_fault++;
        if (is_tagged(t->guest, t->fault_addr)) {
            careful_add(t->cpu.f.pc);       /* and once more */
            break;
        }
        /* What is not the guest's is not mapped to it. */
        if (t->fault_code == SEGV_ACCERR && t->fault_signo == SIGSEGV && mm_prot(t->mm, t->fault_addr) < 0)
            t->fault_code = SEGV_MAPERR;
        signal_fault(t, t->fault_signo, t->fault_code, t->fault_addr);
        break;
    }
}

uint32_t rt_poll_every, rt_crash_at, rt_written_from_outside;

void rt_stepped(struct task *t)
{
    trace_stepped(t);
    if (rt_gdb)
        gdb_stepped(t);
}

/* Has the one instruction of a region run to its end? */
static bool has_executed(const struct task *t, const struct be_site *site)
{
    switch (t->cpu.f.exit) {
    case BE_EXIT_LINK:
    case BE_EXIT_LOOKUP:
        return true;
    case BE_EXIT_TRAP:
        return site->trap == IR_TRAP_SYSCALL || site->trap == IR_TRAP_FLUSH || site->trap == IR_TRAP_INTERP;
    default:
        return false;
    }
}

void rt_run(struct task *t)
{
    for (uint32_t entries = 1;; entries++) {
        if (is_tagged(t->guest, t->cpu.f.pc))
            t->cpu.f.pc &= t->guest->address_mask;      /* an indirect jump's; none is in the jump cache */
        uint32_t mode = (t->guest->mode ? t->guest->mode(t->cpu.guest) : 0) | t->run_mode;
        if (mode != t->cpu_mode)
            change_mode(t, mode);
        if (__atomic_load_n(&rt_written_from_outside, __ATOMIC_RELAXED) && __atomic_exchange_n(&rt_written_from_outside, 0, __ATOMIC_ACQUIRE))
            rt_code_changed(0, SPACE_TOP);
        if (rt_poll_every && entries % rt_poll_every == 0)
            t->cpu.f.pending = 1;
        if (rt_crash_at && entries == rt_crash_at)
            *(volatile uint32_t *)(uint64_t)rt_crash_at = 0;
        if (rt_interpret) {
            struct be_site site = interp_step(t, mode);
            after_exit(t, &site, 0, mode);
            /* Its poll comes after the instruction. */
            if (mode & REGION_STEP && (has_executed(t, &site) || t->cpu.f.exit == BE_EXIT_POLL))
                rt_stepped(t);
            continue;
        }
        struct be_site site = {0};
        if (first_run_due(t->cpu.f.pc, mode) && first_run(t, mode, &site)) {
            after_exit(t, &site, 0, mode);
            continue;
        }
        if (rt_lockstep)
            lockstep_begin();
        uint32_t generation;
        const struct region *r = cache_enter(t, t->cpu.f.pc, mode, &generation);
        if (log_on(LOG_exec))
            log_write("exec %lx\n", r->pc);
        if (rt_lockstep)
            lockstep_run(t, r);
        else
            be_host()->enter(&t->cpu, r->code);
        if (t->cpu.f.exit == BE_EXIT_LINK || t->cpu.f.exit == BE_EXIT_POLL || t->cpu.f.exit == BE_EXIT_TRAP)
            site = cache_site((uint32_t)t->cpu.f.exit_info);
        bool due = t->cpu.f.exit == BE_EXIT_POLL && cache_is_due((uint32_t)t->cpu.f.exit_info);
        cache_leave(t);
        if (due)
            cache_promote(t, (uint32_t)t->cpu.f.exit_info, generation);
        if (rt_lockstep)
            lockstep_end();
        after_exit(t, &site, generation, mode);
        if (__builtin_expect(mode & REGION_STEP, 0) && has_executed(t, &site))
            rt_stepped(t);
    }
}

bool rt_fault_in_code(struct task *t, void *ucontext, int signo, const siginfo_t *info)
{
    if (interp_fault(t, ucontext, signo, info))
        return true;
    struct be_hostregs regs;
    be_host()->fault_regs(ucontext, &regs);
    uint64_t at = regs.ip;
    bool in_helper = t->cpu.f.in_helper;
    if (in_helper) {
        /* The helper's return address, on top of the return stack, says which instruction called it. */
        at = *(const uint64_t *)t->cpu.f.ret_sp;
    } else if (at < rt_code_lo || at >= rt_code_hi) {
        return false;
    }
    const struct region *r = cache_by_host(at);
    int32_t delta;
    if (!r || !be_host()->restore(r->faults, r->nfaults, (uint32_t)(at - (uint64_t)r->code), &regs, t->guest->slots,
                                  &t->cpu, &delta))
        return false;
    if (in_helper) {
        t->cpu.f.ret_sp += 8;
        t->cpu.f.in_helper = 0;
    }
    t->cpu.f.pc = r->pc + (int64_t)delta;
    t->cpu.f.exit = BE_EXIT_FAULT;
    t->fault_signo = signo;
    t->fault_code = info->si_code;
    t->fault_addr = (uint64_t)info->si_addr;
    /* The host reports no address where it is not canonical. */
    if (info->si_code == SI_KERNEL && !in_helper && be_host()->fault_address(&regs, &t->fault_addr)) {
        t->fault_signo = SIGSEGV;       /* through the stack pointer it comes as SIGBUS */
        t->fault_code = SEGV_MAPERR;
    }
    be_host()->fault_leave(ucontext, &t->cpu);
    return true;
}
