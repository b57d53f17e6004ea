/* -strace as the runtime sees it: start, tasks, signals. Of calls, syscall/table.c. */
#ifndef SYSCALL_STRACE_START_H
#define SYSCALL_STRACE_START_H

#include <signal.h>
#include <stdbool.h>

/* Reads the options and opens the output, before the guest runs. The descriptors are those a parent hands over, or -1;
 * handed_down: there is a parent. NULL, or the name of the file that cannot be opened. */
const char *strace_start(int trace_fd, int state_fd, bool handed_down);
/* The program about to run, its arguments and environment as it will see them: shown if the trace begins with it. */
void strace_program(const char *path, const char *const *argv, const char *const *envp);
/* Takes the list of -strace-trace. NULL, or the word that names nothing. */
const char *strace_filter(const char *list);
/* Another task is about to be made: lines say from now on whose they are. */
void strace_second_task(void);
/* In a fork child: its own file, if each process has one. */
void strace_fork_child(void);
/* A signal is about to be delivered; the process is about to end by one. If log_on(LOG_syscall). */
void strace_signal(const siginfo_t *info);
void strace_killed(int signo, bool core);

#endif
