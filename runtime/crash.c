/*
 * The end of a process through our own fault: what is known, on stderr, then status 125.
 *
 * Backtraces: the guest's along its frame pointers, ours by libgcc's unwinder. The archives of libunwind and libdw that
 * distributions ship hold 32-bit addresses and cannot be linked at the high address the translator lives at.
 */
#include <unwind.h>

#include "runtime/cache.h"
#include "runtime/debug.h"
#include "runtime/log.h"
#include "runtime/options.h"
#include "runtime/space.h"
#include "runtime/symbols.h"

enum { MAX_FRAMES = 40, AROUND = 5 /* instructions shown on either side */ };

/* True once task_bind has run on this thread: the gs base points at a task. */
static struct task *current(void)
{
    uint64_t base = 0;
    host_syscall(__NR_arch_prctl, 0x1004 /* ARCH_GET_GS */, &base);
    return base ? (struct task *)base : NULL;
}

static void frame(unsigned number, uint64_t pc)
{
    char name[640];
    symbols_describe(pc, name, sizeof name);
    log_write("  #%u %lx %s\n", number, (unsigned long)pc, name);
}

static void guest_code(const struct task *t)
{
    const struct fe_guest *g = t->guest;
    uint64_t pc = t->cpu.f.pc, unit = 1u << g->insn_align_log2;
    uint8_t bytes[AROUND * 8];
    /* Where instructions vary in length, only pc is known to begin one. */
    uint64_t before = g->insn_max == unit ? AROUND * unit : 0, size = before + AROUND * g->insn_max;
    if (copy_from_guest(bytes, pc - before, size))
        before = 0, size = g->insn_max;
    log_write("guest code, from %lx:\n", (unsigned long)(pc - before));
    if (copy_from_guest(bytes, pc - before, size))
        log_write("  not readable\n");
    else
        debug_disassemble(g, false, pc - before, bytes, size);
}

/* The caller's frame pointer and the return address stand at fixed distances from the frame pointer. */
static void guest_backtrace(const struct task *t)
{
    const struct fe_guest *g = t->guest;
    uint64_t fp = cpu_reg(&t->cpu, g->off_fp), ra = cpu_reg(&t->cpu, g->off_ra), saved[2];
    log_write("guest backtrace, by frame pointers; the second is the link register's:\n");
    frame(0, t->cpu.f.pc);
    frame(1, ra);
    for (unsigned i = 2; i < MAX_FRAMES; i++) {
        if (!fp || (fp & 7) || copy_from_guest(&saved[0], fp + (uint64_t)(int64_t)g->frame_fp, 8) ||
            copy_from_guest(&saved[1], fp + (uint64_t)(int64_t)g->frame_ra, 8) || !saved[1])
            return;
        frame(i, saved[1]);
        if (saved[0] <= fp)
            return;
        fp = saved[0];
    }
}

static _Unwind_Reason_Code host_frame(struct _Unwind_Context *context, void *number)
{
    unsigned *n = number;
    int exact = 0;
    uint64_t pc = _Unwind_GetIPInfo(context, &exact);
    if (!pc || *n == MAX_FRAMES)
        return _URC_END_OF_STACK;
    frame((*n)++, exact ? pc : pc - 1);
    /* A task's C stack begins with rt_start's frame; what it was called from is on another. */
    return _Unwind_FindEnclosingFunction((void *)pc) == (void *)rt_start ? _URC_END_OF_STACK : _URC_NO_REASON;
}

static void host_backtrace(void)
{
    unsigned n = 0;
    log_write("backtrace of the translator:\n");
    _Unwind_Backtrace(host_frame, &n);
}

void die(const char *fmt, ...)
{
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    log_vformat(text, sizeof text, fmt, ap);
    va_end(ap);
    log_message("internal error: %s", text);
    static int32_t dying;       /* the thread that reports */
    int32_t nobody = 0, self = (int32_t)host_syscall(__NR_gettid);
    if (__atomic_compare_exchange_n(&dying, &nobody, self, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
        /* A fault while reporting comes back here and ends it; where faults are blocked, the kernel would. */
        signal_host_mask(HOST_MASK_ASYNC);
        struct task *t = current();
        log_message("this is a bug of dragoman, not of the program%s%s", t ? "; guest: " : "", t ? t->guest->name : "");
        if (t) {
            debug_registers(t);
            guest_code(t);
            if (rt_options.check || log_on(LOG_ir))
                debug_last_ir();
            guest_backtrace(t);
        }
        host_backtrace();
    } else if (nobody != self) {
        for (;;)
            host_syscall(__NR_pause);
    }
    host_syscall(__NR_exit_group, 125);
    __builtin_trap();
}
