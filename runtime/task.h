/*
 * Tasks: a guest thread is a host thread made by a raw clone, a guest process a host process. The
 * objects mirror the kernel's and are shared or copied by clone flags, reference-counted:
 *   mm (space.h)   CLONE_VM          sighand   CLONE_SIGHAND        tgroup   CLONE_THREAD
 * Descriptors and file-system state are the host kernel's own (CLONE_FILES, CLONE_FS pass through).
 *
 * The current task is reached through the gs base (task_self()), which every task sets before it
 * unblocks signals. A task's memory block holds, with guard pages between: the return stack, the C
 * stack, the host alternate signal stack, and this struct.
 *
 * The order of locks stands in docs/protocols.md. Signal handlers take none.
 */
#ifndef RUNTIME_TASK_H
#define RUNTIME_TASK_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "runtime/cpu.h"
#include "runtime/gdb/gdb.h"
#include "runtime/host.h"
#include "runtime/trace.h"

struct mm;
struct seccomp;

/* Futex-based lock; usable between CLONE_VM tasks of any kind, and passes on from one that was killed. Not recursive, not for signal handlers. */
struct rt_lock { uint32_t state; };
/* True: taken over from a task that was killed holding it; what it protects may be in the middle of a change. */
bool rt_lock(struct rt_lock *);
/* False: somebody has it, or died with it. */
bool rt_trylock(struct rt_lock *);
void rt_unlock(struct rt_lock *);
bool rt_lock_is_mine(const struct rt_lock *);
#define RT_LOCK_INIT {0}

/* The kernel's sigaction on 64-bit generic ABIs (arm64 has the restorer, riscv64 has not; stored either way). */
struct rt_sigaction { uint64_t handler, flags, restorer, mask; };

struct sighand {
    uint32_t refs;
    struct rt_lock lock;                /* taken by sighand_lock() */
    uint32_t changing;                  /* signal whose action is becoming `next`, or 0; ended by the next task that shares it */
    uint32_t changes;                   /* ever made, here and on the host */
    struct rt_sigaction next;
    struct rt_sigaction action[65];     /* by signal number */
};

/* Counts the tasks of a thread group; `dying`: one of them ends it by a signal. */
struct tgroup { uint32_t refs, dying; };

struct task {
    struct cpu_state cpu;               /* first: the state register points into it */
    struct task *self;                  /* gs:SELF reads this */
    const struct fe_guest *guest;
    struct mm *mm;
    struct sighand *sighand;
    struct tgroup *tgroup;
    struct task *next, **prev;          /* all tasks of the mm's translation cache (cache.c), for flushes */
    uint32_t cpu_mode;                  /* fe_guest.mode of the code in the jump cache and on the return stack */
    uint32_t run_mode;                  /* REGION_* bits (region.h) that this task wants of its code; written by the task itself, or while it stands still */
    uint32_t epoch;                     /* nonzero while the task may be inside translated code (cache_enter) */

    /* ---- signals (signal.c) ---- */
    uint64_t blocked;                   /* guest signal mask, bit n-1 for signal n */
    uint64_t saved_mask;                /* of sigsuspend, ppoll, ...: restored after delivery */
    uint32_t saved_mask_valid;
    uint32_t sig_present;               /* sig_info holds a signal taken from the host, not yet delivered */
    siginfo_t sig_info;
    uint64_t sync_queued;               /* of SEGV BUS ILL FPE TRAP: sent asynchronously while blocked by the guest */
    siginfo_t sync_info[5];
    uint64_t alt_sp, alt_size; uint32_t alt_flags;

    struct { uint64_t offset, len, selector; uint32_t on; } user_dispatch;  /* syscall/user_dispatch.h; no child has it */
    struct seccomp *seccomp;            /* newest filter in force (syscall/seccomp.h), NULL for none */

    uint64_t fault_addr; int32_t fault_signo, fault_code;   /* of BE_EXIT_FAULT */

    struct trace trace;
    uint64_t restart_pc; uint32_t restart_code;     /* a call that signal_deliver() has set up to be made again */
    struct gdb_task gdb;                /* the debugger stub's */

    /* ---- ends ---- */
    uint64_t trampoline;                /* guest code that calls rt_sigreturn (fe_signal.trampoline); copied to children */
    uint32_t tagged_abi;                /* system calls take tagged addresses (PR_SET_TAGGED_ADDR_CTRL); copied to children */
    uint64_t clear_tid;                 /* set_tid_address: kept by the host kernel, remembered for fork */
    void *block; uint64_t block_size;   /* the memory block all this lives in */
    uint64_t sigstack, sigstack_size;   /* host alternate stack, lowest address */
    struct task *maker;                 /* who called clone for it; NULL once that one was found dead */
    uint32_t freed_by_parent;           /* a vfork child: its parent, asleep until then, frees the block */
    uint32_t own_group;                 /* began as a process of its own in a shared address space */
    int32_t tid, tgid;                  /* host ids, for task_is_dead(); tid 0: not yet made, TASK_TID_LATER: not known before it runs; tgid 0: as tid */
    struct task *reaper;                /* who is about to give its block back, perhaps itself */
    uint32_t exec_vector;               /* the arguments of its execve (reexec.c): slot + 1, 0 for none; outlives it in memory it shared */
    struct sighand *actions_from;       /* whose copy `sighand` is, as it was after so many changes; until the task runs */
    uint32_t actions_after;
    uint32_t handlers_cleared;          /* born with CLONE_CLEAR_SIGHAND: our host handlers went too */
    uint64_t sys_args[6]; uint64_t sys_nr;
};

enum { TASK_TID_LATER = -1 };

static inline struct task *task_self(void)
{
    struct task *t;
    __asm__("mov %%gs:%c1, %0" : "=r"(t) : "i"(__builtin_offsetof(struct task, self)));
    return t;
}

/*
 * Allocates a task's block (return stack, C stack, signal stack, struct), with gs not yet set. NULL
 * when out of memory. The back end's frame is initialised; mm, sighand, tgroup are the caller's to set.
 */
struct task *task_alloc(const struct fe_guest *guest);
void task_free(struct task *);          /* of another, ended task */
/* Gives up what t refers to, as far as that has not been done: the first step of its end. */
void task_drop(struct task *);
/* Calls f for every task of this address space, under the cache's lock (cache.c): f takes none that comes before it. */
void task_each(void (*f)(void *ctx, struct task *), void *ctx);
/* Where the first task of that list stands: at the same address in every process of this translator, for those who look in from outside. */
struct task *const *task_list(void);
/* Set by another process that wrote to this one's memory, with every task's cpu.f.pending: code may be another. Acted upon in rt_run. */
extern uint32_t rt_written_from_outside;
/* Makes t the current task of this host thread: gs base, host alternate stack. */
void task_bind(struct task *t);
/* The rest of it, where the calling thread's gs base is t already. */
void task_bound(struct task *t);
/* Ends the calling host thread by system call nr (exit or exit_group) and gives its block back; all signals blocked. */
_Noreturn void task_exit(struct task *t, long nr, int code);
/* exit_group: ends the process. */
_Noreturn void task_exit_group(struct task *t, int code);
/* clone and clone3 (clone.c): result as the system call's, in parent and child. `size` of the guest's structure, 0 for clone. */
struct clone_args;
int64_t task_clone(struct task *t, const struct clone_args *c, size_t size);
/* Has the task been killed (or replaced by execve) without ending itself? Slow; lock-free. */
bool task_is_dead(const struct task *t);
/* Is the process gone, or a zombie? */
bool task_process_is_over(int32_t pid);
/* A task that died without giving its block back, with or without its process, or whose maker died before making it; each is found
 * once. NULL if there is none. */
struct task *task_find_dead(void);
/* What a task that is gone leaves to others: a task it was about to make, to be released first, or NULL; those it made are nobody's then. */
struct task *task_forsaken(struct task *gone);
/* In a fork child, before anything else: only self is left. Brackets as for the other locks. */
void task_fork_prepare(void);
void task_fork_parent(void);
void task_fork_child(struct task *self);

struct sighand *sighand_new(const struct sighand *from);    /* NULL: all default; NULL if out of memory */
struct tgroup *tgroup_new(void);
void sighand_unref(struct sighand *);
void tgroup_unref(struct tgroup *);

/* The main loop (dispatch.c): runs guest code from cpu.f.pc until the task ends. On t's C stack. Whoever makes a task
 * registers it with the translation cache before (cache_add_task), whoever ends it takes it off. */
_Noreturn void rt_run(struct task *t);
/* Called after each instruction of a task that runs with REGION_STEP; pc is the next one's. Not where the instruction raised a signal,
 * nor when a signal has been delivered before it. */
void rt_stepped(struct task *t);
/* Switches for tests: every so many entries of translated code (2 or more) find a poll pending; entries of the return stack (0: as many
 * as there is room for). */
extern uint32_t rt_poll_every, task_ret_entries;
/* The run_mode that tasks begin with. */
extern uint32_t task_run_mode;
/* Fault as the translator itself at that entry of translated code, for the crash report's test. */
extern uint32_t rt_crash_at;
/* Switches to t's C stack and runs it. */
_Noreturn void rt_start(struct task *t);

/* ---- system calls on behalf of the guest (signal.c, with its assembly) ---- */

/* Result meaning: restart the guest's call after the signal is handled if its action says so, else EINTR. */
enum { RT_RESTART = -512 };
/* A host system call that may block. A signal that is pending or arrives before the kernel has
 * started it makes it return RT_RESTART (nothing was done); a signal that interrupts it gives -EINTR or
 * RT_RESTART as the kernel would. Never lose a signal between check and call. */
int64_t rt_syscall(struct task *t, long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f);
/* The same, whether or not there is a debugger: for the debugger's own part of it (gdb_rt_syscall), and for fork. */
int64_t rt_syscall_plain(struct task *t, long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f);

/* ---- signals (signal.c) ---- */

/* Host signal mask of the calling thread. HOST_MASK_ALL leaves nothing but KILL and STOP; HOST_MASK_ASYNC leaves the five. */
#define SIG_BIT(n) (1ull << ((n) - 1))
#define SIG_SYNC (SIG_BIT(SIGSEGV) | SIG_BIT(SIGBUS) | SIG_BIT(SIGILL) | SIG_BIT(SIGFPE) | SIG_BIT(SIGTRAP))
#define HOST_MASK_ALL (~0ull)
#define HOST_MASK_ASYNC (~SIG_SYNC)
void signal_host_mask(uint64_t mask);
/* Sets the host mask that goes with t->blocked. */
void signal_apply_mask(struct task *t);
/* Sets the host mask (one of the two above) if no signal is waiting for delivery; else RT_RESTART, and nothing is done. */
int64_t signal_block_all(struct task *t, uint64_t mask);
/* Sets t->blocked, without the host's mask; what becomes deliverable of the queued five is delivered at the next poll. */
void signal_set_mask(struct task *t, uint64_t mask);
void sighand_lock(struct sighand *);
void sighand_unlock(struct sighand *);
/* Makes the host's action for signo that of the sighand (whose lock is held or not yet shared). */
int64_t signal_host_action(const struct sighand *, int signo);
/* Changes an action here and on the host; the lock is held. 0 or -errno, and nothing is changed. */
int64_t signal_change_action(struct sighand *, int signo, const struct rt_sigaction *);
/* Queues one of the five as if sent: siginfo at info. Delivered when the guest does not block it. */
void signal_queue_sync(struct task *t, int signo, const siginfo_t *info);
/* Takes one of the queued five that is in `allowed`: its number and siginfo, or 0. */
int signal_take_sync(struct task *t, uint64_t allowed, siginfo_t *info);
/* Gives the host the ignore set that a new program inherits. */
void signal_prepare_exec(const struct sighand *);
/* Have the actions changed since they were copied after so many changes? Any later change is not the caller's. */
bool signal_actions_changed(const struct sighand *, uint32_t after);
/* Makes all the host's actions those of the sighand. */
void signal_host_actions(const struct sighand *);
/* Installs the host handlers we need whatever the guest handles: of the five, and of what leaves a core by default (again, after an
 * execve that failed). */
void signal_install_handlers(const struct sighand *);

enum { SYSCALL_INSN_SIZE = 4 };                     /* every guest's: how far a restart backs up */
#define SIGNAL_SS_AUTODISARM (1u << 31)
bool signal_on_altstack(const struct task *t, uint64_t sp);
/* As sigaltstack: 0, -EPERM while on it, -EINVAL, -ENOMEM. */
int64_t signal_set_altstack(struct task *t, uint64_t sp, uint64_t size, uint32_t flags);

/* Once per process, before guest memory is touched: binds the first task, makes its sighand and tgroup, takes over
 * the inherited ignore set and mask, and installs the host handlers for faults. */
void signal_init(struct task *t);
/* Called by the main loop whenever cpu.f.pending was set or a system call has ended: delivers what is
 * deliverable (builds the guest frame, changes pc), or ends the process as the signal demands. `restart`: the
 * call that has just ended must be made again, by the rule of that code (TRACE_ERESTART*; 0: not): changes pc and result. */
void signal_deliver(struct task *t, unsigned restart);
/* Raises a synchronous signal at the current pc (fault, undefined instruction, breakpoint). */
void signal_fault(struct task *t, int signo, int code, uint64_t addr);
/* The same with a siginfo of its own. False: another signal comes first (deliver it, then do again what led here). */
bool signal_force(struct task *t, const siginfo_t *info);
/* rt_sigreturn: registers, mask and stack from the guest frame. */
void signal_return(struct task *t);
/* Ends the process so that its wait status is death by signo, leaving a core if it is to. */
_Noreturn void signal_die(struct task *t, int signo, const siginfo_t *info);
/* Brings the sticky floating-point flags, which stay in the host's form while the guest runs, into the register file. */
void signal_fp_to_registers(struct task *t);
/* The other way round: the register file's control and flags take effect. */
void signal_fp_from_registers(struct task *t);
/* Does what the guest's action for signo says, which a tracer, if there is one, has seen. */
void signal_act(struct task *t, int signo, const siginfo_t *info);
/* Does delivering signo do nothing? */
bool signal_ignored(const struct task *t, int signo);

/* Provided by dispatch.c to the host SIGSEGV handler: host ip in translated code -> state restored; true if it was ours. */
bool rt_fault_in_code(struct task *t, void *ucontext, int signo, const siginfo_t *info);

/* Range of the code cache: [lo, hi) contains every translated instruction and stub. */
extern uint64_t rt_code_lo, rt_code_hi;

#endif
