/* The tasks that this process traces (ptrace), as the tracer's side knows them. runtime/trace.h has the protocol. */
#ifndef SYSCALL_TRACEES_H
#define SYSCALL_TRACEES_H

#include <sys/user.h>

#include "runtime/task.h"
#include "runtime/trace.h"

enum tracee_kind {
    TRACEE_UNKNOWN,         /* has not stopped yet */
    TRACEE_GUEST,           /* a task of this build of dragoman */
    TRACEE_STARTING,        /* a dragoman on its way to the first instruction of its program */
    TRACEE_HOST,            /* anything else: shown as the host shows it */
};

enum tracee_state {
    TRACEE_RUNS,
    TRACEE_STOPPED,         /* in a stop of its own making */
    TRACEE_HOST_STOP,       /* in one of the host's that is shown: an event inside a call, a group stop */
    TRACEE_LISTENS,         /* STOPPED, after PTRACE_LISTEN */
};

struct tracee {
    struct tracee *next;
    int32_t tid;
    uint8_t kind, state;    /* enum tracee_kind, tracee_state */
    bool seized;
    bool attached;          /* not traced from its beginning: there may have been another tracer */
    bool armed;             /* the task knows that it is traced */
    bool quiet;             /* we stop it, to tell it that it is traced: the program knows nothing of that */
    bool began;             /* seen executing the program that runs */
    bool stop_arrived, event_arrived;   /* while STARTING */
    uint32_t options, mode; /* as in struct trace */
    uint64_t task;          /* its address, of a GUEST */
    uint64_t former;        /* PTRACE_EVENT_EXEC's message */
    uint64_t mask;          /* host signal mask while STARTING */
    siginfo_t stop_info;
    struct trace_build build;
    const struct fe_guest *guest;
};

/* Any task, at any time; what is found belongs to the task that traces it. NULL: none, no room. */
struct tracee *tracee_find(int32_t tid);
struct tracee *tracee_add(int32_t tid);
void tracee_remove(int32_t tid);
/* Has this process traced anything yet? */
bool tracees_any(void);
void tracees_fork_child(void);
void tracees_each_running(void (*f)(struct tracee *));

/* Memory of a task that is stopped. False if it cannot be reached. */
bool tracee_peek(int32_t tid, uint64_t addr, void *buf, size_t n);
bool tracee_poke(int32_t tid, uint64_t addr, const void *buf, size_t n);
/* A member of its struct trace. */
#define TRACE_AT(e, member) ((e)->task + (e)->build.trace_offset + offsetof(struct trace, member))
#define trace_get(e, member, to) tracee_peek((e)->tid, TRACE_AT(e, member), (to), sizeof *(to))
bool trace_set(const struct tracee *e, size_t offset, uint32_t value);
#define trace_put(e, member, value) trace_set((e), offsetof(struct trace, member), (value))
/* Adds to what is wanted of it (TRACE_WANT_*). */
void tracee_want(const struct tracee *e, uint32_t what);
/* The tracee's next poll looks at its struct trace. */
void tracee_poll(const struct tracee *e);

/* [start, end) of the guest memory of tid's process was written to. */
void tracee_code_written(int32_t tid, uint64_t start, uint64_t end);

/* Host ptrace calls. */
long host_ptrace(long request, int32_t tid, uint64_t addr, uint64_t data);

/* ptrace_wait.c: a host stop of tid with that wait status. False: it is none of the program's business, and over. */
bool tracee_stopped(int32_t tid, int *status);
/* Deals with what the host has stopped, of all tracees. */
void tracees_look_after(void);
/* Is it in a stop that is shown, though perhaps nobody has waited for it yet? */
bool tracee_is_stopped(struct tracee *e);
/* Host options for what the program has set. */
uint64_t tracee_host_options(const struct tracee *e);

/* ptrace_regs.c: PTRACE_GETREGSET, SETREGSET, GET_SYSCALL_INFO of a GUEST that is stopped. */
int64_t tracee_regset(struct tracee *e, bool set, uint64_t note, uint64_t iov);
int64_t tracee_syscall_info(struct tracee *e, uint64_t size, uint64_t to);

#endif
