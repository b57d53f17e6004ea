#include "syscall/user_dispatch.h"

#include <errno.h>
#include <string.h>

#include "frontends/guest.h"
#include "runtime/guestmem.h"
#include "runtime/space.h"

enum { OFF = 0, ON = 1 };                   /* PR_SYS_DISPATCH_* */
enum { ALLOW = 0, BLOCK = 1 };              /* SYSCALL_DISPATCH_FILTER_* */
enum { CODE_SYS_USER_DISPATCH = 2 };        /* si_code SYS_USER_DISPATCH */

bool user_dispatches(struct task *t, uint64_t nr, int64_t *result)
{
    uint8_t say = BLOCK;
    if (t->cpu.f.pc - t->user_dispatch.offset < t->user_dispatch.len) return false;
    if (t->user_dispatch.selector && get_user(say, t->user_dispatch.selector))
        signal_die(t, SIGSEGV, &(siginfo_t){ .si_signo = SIGSEGV, .si_code = SI_KERNEL });
    if (say == ALLOW) return false;
    if (say != BLOCK) signal_die(t, SIGSYS, &(siginfo_t){ .si_signo = SIGSYS, .si_code = SI_KERNEL });
    siginfo_t info;
    memset(&info, 0, sizeof info);
    info.si_signo = SIGSYS;
    info.si_code = CODE_SYS_USER_DISPATCH;
    info.si_call_addr = (void *)t->cpu.f.pc;
    info.si_syscall = (int)nr;
    info.si_arch = sys_audit_arch(t->guest);
    *result = signal_force(t, &info) ? SYS_NO_RESULT : RT_RESTART;
    return true;
}

int64_t user_dispatch_set(struct task *t, const uint64_t a[6])
{
    uint64_t mode = a[1], offset = a[2], len = a[3], selector = a[4];
    if (!t->guest->user_dispatch) return -EINVAL;
    if (mode == OFF ? offset || len || selector : mode != ON || (offset && offset + len <= offset)) return -EINVAL;
    if (selector >= SPACE_TOP) return -EFAULT;
    t->user_dispatch.offset = offset;
    t->user_dispatch.len = len;
    t->user_dispatch.selector = selector;
    t->user_dispatch.on = mode == ON;
    return 0;
}
