/*
 * The debugger stub (-g), as the rest of the runtime sees it: where a task stands still for the debugger, and what
 * happens to it that the debugger wants to know. docs/protocols.md says how tasks are stopped and who talks.
 *
 * Hooks are called only where rt_gdb is set. The debugged process is the thread group of one task;
 * other processes that share its memory run as if there were no debugger.
 */
#ifndef RUNTIME_GDB_GDB_H
#define RUNTIME_GDB_GDB_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

struct task;
struct clone_args;

/* What the stub keeps of a task (task.gdb). */
struct gdb_task {
    uint32_t hold;              /* has to stand still; set and cleared by the stub's server */
    uint32_t parked;            /* stands still: its registers are exact and may be changed */
    uint32_t kernel;            /* in a call that cannot be interrupted (vfork) and touches nothing of the guest's */
    uint32_t changed;           /* the debugger wrote its registers while it stood inside a system call */
    uint32_t reported;          /* number of the signal in its slot that the debugger has seen and lets through */
    int32_t resume_signal;      /* with which it was resumed; 0 none */
    uint64_t quiet;             /* signals that the debugger itself sent */
    uint64_t range_lo, range_hi;    /* stepping goes on while pc is in there */
    uint32_t entered;           /* a handler has just been entered */
    uint32_t shares_files;      /* its process has the descriptors of the one that made it */
    /* What it stopped for and has not been reported yet, or was reported last (stub.h). */
    uint32_t stop, stop_signo, stop_aux;
    uint64_t stop_addr;
    siginfo_t info;             /* of the signal it stopped for */
};

/* Nonzero: there is a stub. Read by rt_syscall, too. */
extern uint32_t rt_gdb;
/* Breakpoints that are set; whether one is at pc. With the cache's lock, or while all tasks stand still. */
extern uint32_t gdb_breaks_set;
bool gdb_break_at(uint64_t pc);
/* The helper that watched code asks (ir_func.watch). */
enum { GDB_WATCH_HELPER = 63 };
uint64_t gdb_watch_helper(void *cpu, uint64_t addr, uint64_t size, uint64_t access, uint64_t pc);

/* ---- start ---- */

/* Is it a value for the option -g: [HOST:]PORT or a path, then perhaps ",on=crash"? */
bool gdb_option_valid(const char *value);
/* Before the first instruction of a program. option: -g's value, or NULL. `fd`: gdb_hand_on()'s of the program before, or -1.
 * Waits for the debugger if the option says so. argv, envp: the program's, for a restart. Libc is still at hand. */
void gdb_start(struct task *t, const char *option, int fd, const char *const *argv, char **envp, const char *path);

/* ---- what happens to tasks (each on the task's own C stack, with its registers in memory) ---- */

/* Whenever a task that has been told to leave its code is outside. */
void gdb_boundary(struct task *t);
/* Trap DEBUG at pc: a breakpoint or a watched access. */
void gdb_trapped(struct task *t);
/* rt_stepped()'s. */
void gdb_stepped(struct task *t);
/* A signal is about to be delivered or to end the process; true if it still is. It may have become another one (info). */
bool gdb_signal(struct task *t, siginfo_t *info);
/* Signals have been dealt with: a step ends at a handler's first instruction. */
void gdb_delivered(struct task *t);
/* Should the host tell us of this signal although the guest has no handler? */
bool gdb_wants_signal(int signo);
/* The process is about to end by a signal; by exit. They return. */
void gdb_killed(struct task *t, int signo);
void gdb_exiting(struct task *t, int code);
/* A crash, where the option waits for one: before gdb_killed(). */
void gdb_crashed(struct task *t, siginfo_t *info);

/* System calls: before one is made (false: it is not to be made), and after its result is in the registers. */
bool gdb_syscall_entry(struct task *t);
void gdb_syscall_return(struct task *t);
/* After a call gave RT_RESTART: is the debugger's idea of the registers to stand? */
bool gdb_syscall_abandoned(struct task *t);
/* rt_syscall where there is a stub. */
int64_t gdb_rt_syscall(struct task *t, long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f);

/* ---- processes (clone.c, reexec.c) ---- */

/* Around a fork: before, and after in the parent (result as of clone) and in the child, whose registers are complete. */
void gdb_fork_prepare(struct task *t);
void gdb_fork_parent(struct task *t, int64_t result);
void gdb_fork_child(struct task *t);
/* A vfork: in the parent before and after, and in the child when it starts. */
void gdb_vfork_prepare(struct task *t);
void gdb_vfork_done(struct task *t, int64_t result);
void gdb_vfork_child(struct task *t);
/* Before an execve that will probably succeed: a descriptor for gdb_start() of the next program, -1 if there is none. */
int gdb_hand_on(struct task *t);
/* It failed, or replaced the process by a host program. */
void gdb_hand_back(struct task *t, int fd);

/* ---- in the host's signal handler ---- */

/* Is this SIGTRAP ours? The task then leaves its code. */
bool gdb_kick(struct task *t, const siginfo_t *info);

#endif
