/*
 * Where lines go. All processes of one trace share a page (a memfd that is handed on through fork and execve): its
 * lock lets one write at a time, and it says whose unfinished line is last in the output. Each line is written by one
 * writev. Only a call that may wait is written in two parts; if another task writes in between, the first part ends in
 * "<unfinished ...>" and the second begins with "<... name resumed>".
 */
#ifndef SYSCALL_STRACE_OUTPUT_H
#define SYSCALL_STRACE_OUTPUT_H

#include "syscall/row.h"
#include "syscall/strace/strace.h"

bool strace_shows(uint64_t nr, const struct sys_row *row);
int64_t strace_clock(void);
/* The whole of a line: what has been put, then `end`, "= " and the result. */
void strace_line(struct strace_call *c, const char *end, const char *result);
/* The beginning of a line, of a call that may wait. */
void strace_open(struct strace_call *c);
/* The rest of a line: text[0..end) completes the arguments, what follows is the result; nanoseconds the call took. */
void strace_close(struct strace_call *c, size_t end, int64_t spent);
/* A line that is no call. */
void strace_event(struct strace_call *c);
/* "+++ ... +++" */
void strace_ended(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Has the trace begun with this program? */
bool strace_begins(void);
/* For the summary. */
void strace_count(uint64_t nr, int64_t spent, bool failed);
/* The process ends: the trace's first one prints the summary. */
void strace_finish(void);

#endif
