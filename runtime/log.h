/*
 * Logs, and the end of everything. No stdio, no allocation: usable on guest tasks and in signal
 * handlers. Formats: %d %u %x %lx %ld %lu %s %c %p %%, %ll as %l, widths and zero padding.
 */
#ifndef RUNTIME_LOG_H
#define RUNTIME_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_switch {
#define LOG(name, text) LOG_##name,
#include "runtime/log.def"
#undef LOG
    LOG_COUNT
};

/* One bit per switch that is on. Set by options before the guest starts. */
extern uint32_t log_mask;
static inline bool log_on(enum log_switch s) { return log_mask >> s & 1; }

/* snprintf's subset. Returns the length the whole text has; always terminates if size > 0. */
size_t log_format(char *buf, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
size_t log_vformat(char *buf, size_t size, const char *fmt, va_list ap);
/* Writes a line (as given, no newline added) to the log's descriptor in one write. */
void log_write(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_raw(const char *s, size_t n);
/*
 * writev of what is written beside the program: that files may be no larger (RLIMIT_FSIZE), or, if it may be a pipe, that nobody reads any more,
 * is no signal to the guest.
 */
struct iovec;
long log_writev(int fd, const struct iovec *v, int n, bool pipe);
/* Where logs go instead, if not NULL. Set while all tasks stand still. */
extern void (*log_sink)(const char *s, size_t n);
/* Opens a log file (-D); %p in the name is the process id. Its descriptor or -errno. */
int log_open(const char *path);
/* Logs go to the descriptor that `where` says, asked each time, and no longer to stderr. */
void log_to(int (*where)(void));
/* Where logs go. */
int log_descriptor(void);

/* A plain message of ours to stderr, "dragoman: ..." with newline. */
void log_message(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Our own bug: says so, with what is known of the current task, and ends the process with status 125. */
_Noreturn void die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
