/*
 * Re-entering dragoman by execve: our own executable stays open at a descriptor the guest cannot
 * close, replace or see, and what the new process must know travels in front of its arguments, so
 * that neither an environment variable nor /proc nor a path has to survive.
 *
 * argv of the new process: "dragoman" "--exec-internal" <descriptors, flags> <options> <path>
 * <execfn> <arguments as the guest shall see them...>; the environment is the guest's, unchanged.
 */
#ifndef RUNTIME_REEXEC_H
#define RUNTIME_REEXEC_H

#include <stdbool.h>
#include <stdint.h>

struct task;

#define REEXEC_WORD "--exec-internal"

/* Files of ours that stay open, where the guest cannot see, close or replace them. The next program gets those before REEXEC_HANDED_ON. */
enum reexec_kept {
    REEXEC_SELF, REEXEC_TRACE, REEXEC_TRACE_STATE, REEXEC_GDB_LISTEN, REEXEC_GDB, REEXEC_HANDED_ON,
    REEXEC_PROGRAM = REEXEC_HANDED_ON, REEXEC_LOG, REEXEC_PERF_MAP, REEXEC_PERF_DUMP, REEXEC_KEPT
};

struct reexec {
    int prog_fd;                /* the program, open for reading; the new process owns it */
    int seccomp_fd;             /* seccomp_hand_on()'s, -1 for none; the new process owns it */
    int gdb_fd;                 /* gdb_hand_on()'s, likewise */
    bool secure;                /* AT_SECURE */
    int trace_fd, trace_state_fd;   /* decoded: of -strace, -1 for none; the new process owns them */
    const char *options;        /* main.c's text: options that children inherit */
    const char *path;           /* of the program file */
    const char *execfn;         /* AT_EXECFN */
    const char *const *argv;    /* decoded: the guest's arguments, NULL-terminated */
};

/* Keeps our own executable open. Once, at start; fd is one that was handed over, or -1. binfmt: binfmt_misc started us. */
void reexec_init(int fd, bool binfmt);
/* True where our executable cannot be found but the kernel will find it: guest programs are then left to plain execve. */
bool reexec_by_kernel(void);
/* Is fd one of ours? close, dup2, fcntl, ... then behave as if it were not open. Any task, lock-free. */
bool reexec_owns_fd(int fd);
/* Is it our own executable? */
struct stat;
/* The guest has no descriptor left: moves ours out of its way, or does without. False: none was in the way. */
bool reexec_yield_fds(void);
bool reexec_is_own(const struct stat *);
/* Is it one of the files that we keep open, opened by us or not? */
bool reexec_is_kept(const struct stat *);
/* The lowest of ours within [from, to], or -1. */
int reexec_first_fd(unsigned from, unsigned to);
/* Its number in this process, or -1. Any task. */
int reexec_own_fd(enum reexec_kept);
/* Keeps fd open from now on as that file of ours, at another number, in the place of the one before. False if it is not open. */
bool reexec_keep_fd(enum reexec_kept, int fd);
/* Closes it, if it is there. */
void reexec_drop_fd(enum reexec_kept);
/* Moves our descriptor away from fd, because the guest asks for that number (dup2, dup3). 0 or -errno. */
int reexec_vacate_fd(int fd);

/* Around a vfork: the child has our memory and may move them, but in descriptors of its own. */
struct reexec_numbers { int fd[REEXEC_KEPT]; };
void reexec_vfork_prepare(struct reexec_numbers *);
void reexec_vfork_parent(const struct reexec_numbers *);

/* Set once by main.c: the text handed on as `options`. */
extern const char *reexec_options;

/*
 * Replaces the process. argv and envp are guest arrays of guest strings; extra (n of them) stand
 * before argv with argv[0] replaced by script when n is not 0. Returns -errno if the kernel
 * refuses, RT_RESTART if a signal has to be delivered first. r->argv is not used.
 */
int64_t reexec_exec(struct task *t, const struct reexec *r, const char *const *extra, unsigned n, const char *script,
                    uint64_t argv, uint64_t envp);
/* The same for a host program: nothing of ours is added. */
int64_t reexec_exec_host(struct task *t, const char *path, uint64_t argv, uint64_t envp);
/* Gives back the arguments of a successful execve of a task that shared our memory, or of a failed one of our own. */
void reexec_vector_free(struct task *t);
/* In a fork child: no other task is left, and the one that forked is in no execve. */
void reexec_fork_child(void);

/* Runs a program of ours from its beginning in this process, as the host's arrays say. -errno if it cannot be done. */
int64_t reexec_restart(const char *path, const char *const *argv, char *const *envp, int gdb_fd);

/* Takes argv of a new process apart; false if it is not ours. Keeps own_fd for reexec_init in *own_fd. */
bool reexec_decode(int argc, char **argv, struct reexec *r, int *own_fd);

#endif
