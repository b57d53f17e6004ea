/* The end of a process through our own fault: what is known, on stderr, then status 125. */
#include "runtime/cache.h"
#include "runtime/debug.h"
#include "runtime/log.h"

/* True once task_bind has run on this thread: the gs base points at a task. */
static struct task *current(void)
{
    uint64_t base = 0;
    host_syscall(__NR_arch_prctl, 0x1004 /* ARCH_GET_GS */, &base);
    return base ? (struct task *)base : NULL;
}

void die(const char *fmt, ...)
{
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    log_vformat(text, sizeof text, fmt, ap);
    va_end(ap);
    static uint32_t dying;
    log_message("internal error: %s", text);
    if (!__atomic_exchange_n(&dying, 1, __ATOMIC_SEQ_CST)) {
        struct task *t = current();
        if (t) {
            log_message("this is a bug of dragoman, not of the program; guest state (%s):", t->guest->name);
            debug_registers(t);
        }
    }
    host_syscall(__NR_exit_group, 125);
    __builtin_trap();
}
