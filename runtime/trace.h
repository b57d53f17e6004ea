/*
 * Being traced (ptrace) by another guest process. The host's ptrace carries it all: who traces whom, waiting, events, ends. But the
 * host stops a task anywhere, and what is shown to the tracer must be a guest between two instructions. So the tracer's dragoman
 * (syscall/ptrace_wait.c) keeps the host's own stops to itself; it writes what is wanted of the task into the record below and
 * lets it go on. The task, at its next poll, makes the stop that the tracer's program is to see: it sends itself a SIGTRAP that no
 * one else can send (TRACE_CODE), with its state complete in memory.
 *
 * A tracer finds the record through the gs base, which is the task (struct trace_head stands before it). Another build's
 * head differs, and such a task is left alone.
 *
 * If that SIGTRAP is ever delivered, nobody traces any more.
 */
#ifndef RUNTIME_TRACE_H
#define RUNTIME_TRACE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

struct task;

enum { TRACE_VERSION = 1 };
#define TRACE_MAGIC 0x6e616d6f67617264ull      /* "dragoman" */
/* si_code of a stop, sent by the task itself; of a sign of life that a starting dragoman is asked for (its si_ptr: the guest's mask). */
enum { TRACE_CODE = 0x64726167, TRACE_STARTED = -0x64726167 };

enum trace_kind {
    TRACE_RUNS,
    TRACE_SIGNAL,           /* info: about to be delivered; `inject` says what is */
    TRACE_ENTRY, TRACE_EXIT,/* of a system call */
    TRACE_EVENT,            /* `event`: PTRACE_EVENT_*, with `message` */
    TRACE_WAITS,            /* for another task, which perhaps the host has stopped: trace_waits() */
};

/*
 * trace.active. The tracer may stop the task between any two instructions of ours and write it. So the task changes it with one,
 * and only if it is what it was: a multiple of TRACE_SERIAL tells the next tracer's from the last one's. What a fork child has of its
 * parent is TRACE_FORKS, too; what its own tracer has written is not.
 */
enum { TRACE_ACTIVE = 1, TRACE_FORKS = 2, TRACE_SERIAL = 4 };

/* How the task goes on. */
enum trace_mode { TRACE_CONT, TRACE_SYSCALL, TRACE_STEP, TRACE_EMULATE, TRACE_EMULATE_STEP };

/* The kernel's codes for interrupted calls (include/linux/errno.h). */
enum { TRACE_ERESTARTSYS = 512, TRACE_ERESTARTNOINTR = 513, TRACE_ERESTARTNOHAND = 514, TRACE_ERESTART_RESTARTBLOCK = 516 };

/* Bits of `want`. */
enum {
    TRACE_WANT_STOP = 1,    /* a SIGSTOP has arrived: stop_info */
    TRACE_WANT_EVENT = 2,   /* PTRACE_EVENT_STOP */
    TRACE_WANT_EXEC = 4,    /* the program has just begun */
    TRACE_WANT_MASK = 8,    /* the guest's signal mask was changed */
};

/* Part of struct task. The tracer writes to it while the task stands still. */
struct trace {
    uint32_t active;        /* somebody may be tracing: TRACE_ACTIVE, ... */
    uint32_t mode;          /* enum trace_mode */
    uint32_t options;       /* PTRACE_O_* as the tracer's program set them */
    uint32_t seized;
    uint32_t want;          /* TRACE_WANT_*; set together with `pending` */
    uint32_t interrupted;   /* the blocking call that a stop cut short: 512..516, the kernel's ERESTART codes; else 0 */
    uint32_t registers;     /* bit 0: floating-point control was written */
    uint32_t resumed;       /* the stop is over */
    uint32_t looked_at;     /* a stop whose signal is the task's own if the tracer dies without waiting for it was looked at */
    uint32_t inject;        /* signal to deliver instead of the one shown */
    siginfo_t stop_info;    /* of TRACE_WANT_STOP */

    /* ---- written by the task ---- */
    uint32_t kind;          /* enum trace_kind */
    uint32_t event;
    uint64_t message;
    int32_t nr;             /* at ENTRY, EXIT and seccomp's event; what the tracer writes counts */
    uint32_t is_error;      /* at EXIT */
    uint32_t passing;       /* signal that the task sends itself to be stopped or ended by the host */
    uint32_t abandoned;     /* the last stop was nobody's */
    uint32_t waited_for;    /* ... but a tracer had waited for it, and died: what stopped the task is over */
    uint32_t arrived;       /* a SIGTRAP was delivered, be it another's */
    uint64_t handler_pc;    /* of a stop at a handler's first instruction: the step that led there is over */
    uint32_t stepping;      /* run_mode has REGION_STEP because of `mode` */
    siginfo_t info;         /* of SIGNAL */
};

/* Guest code that a tracer has changed, for all tasks of an address space: ranges, of which the last TRACE_CHANGES are kept. */
enum { TRACE_CHANGES = 64 };
struct trace_changes {
    uint64_t written;       /* by tracers: ever */
    uint64_t seen;
    uint64_t range[TRACE_CHANGES][2];
};

/* What a tracer must know of the build. The first part is equal in all that understand each other. */
struct trace_build {
    uint32_t version, task_size, trace_offset, pending_offset, pc_offset, guest_size;
    uint32_t info_offset, present_offset, blocked_offset, saved_offset, saved_valid_offset, tgid_offset, tagged_offset, pad;
    uint64_t syscall_check, syscall_insn, syscall_done, syscall_abort;      /* rt_syscall's (signal_host.c) */
    uint64_t clone_done, clone_child, clone_bound;                          /* clone_on_stack's (clone.c) */
    uint64_t changes;                                                       /* struct trace_changes */
};
enum { TRACE_EQUAL_PART = 14 * 4 };
extern const struct trace_build trace_build;

/* Stands right before a struct task. */
struct trace_head {
    uint64_t magic;
    uint64_t build;         /* struct trace_build */
    uint32_t machine;       /* EM_* */
    uint32_t pad[11];
};
_Static_assert(sizeof(struct trace_head) == 64, "keeps struct task aligned");

/* PTRACE_TRACEME. 0 or -errno. */
int64_t trace_me(struct task *t);
/* From run_syscall: the call in t->sys_nr and t->sys_args with the stops before it. SYS_NO_RESULT where it is not made. */
int64_t trace_syscall(struct task *t);
/* ... and after it, its result in the registers: gives the ERESTART code by which it must be restarted, or 0. */
unsigned trace_syscall_end(struct task *t, int64_t result);
/* Before a signal is delivered. The signal to deliver, its *info, or 0. */
int trace_signal(struct task *t, int signo, siginfo_t *info);
/* What the tracer wants, from signal_deliver(). The SIGSTOP that is to be delivered, or 0. */
int trace_poll(struct task *t, siginfo_t *info);
/* seccomp's RET_TRACE: the event. False if nobody asked for it; else t->sys_nr and sys_args are as the tracer left them, -1 for no call. */
bool trace_seccomp(struct task *t, unsigned data);
/* A handler's frame was built, an instruction has run: stops if the tracer is stepping. */
void trace_handler(struct task *t);
void trace_stepped(struct task *t);
/* Sends t, which is the caller, a signal that the host itself is to act on: stopping it, ending it. */
void trace_raise(struct task *t, int signo);
/*
 * t, which is the caller, has waited long for another task to go on. Perhaps the host has stopped that one, and its tracer does
 * not know yet, because it waits for us: so a tracer looks after all its tracees, and a tracee makes its tracer do so.
 */
void trace_waits(struct task *t);
/* Set by whoever traces: looks after all its tracees. */
extern void (*trace_look_after)(void);
/*
 * Around fork: the child is traced only if the host says so, by the tracer, which may do so before or while the child looks. Nobody
 * may begin to trace the parent between trace_fork_prepare() and the host's call: it must be rt_syscall's.
 */
void trace_fork_prepare(struct task *t);
void trace_fork_parent(struct task *t);
void trace_fork_child(struct task *t);
/* Drops translations of code that tracers have changed. */
void trace_take_changes(void);
/* Is the first task about to let signals in? */
extern bool trace_starting;
/* From the SIGTRAP handler: was it one of those above? `mask`: the interrupted context's. */
bool trace_own_signal(struct task *t, const siginfo_t *info, uint64_t *mask);

#endif
