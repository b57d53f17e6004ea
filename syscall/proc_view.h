/* An emulated file of procfs or sysfs on its way to the guest: what is known of it, and where its text goes. */
#ifndef SYSCALL_PROC_VIEW_H
#define SYSCALL_PROC_VIEW_H

#include "runtime/log.h"
#include "syscall/handlers.h"

/* Text on its way into the file that the guest will read. */
struct out { int fd; size_t n; int64_t error; char buf[2048]; };
void out_bytes(struct out *o, const char *s, size_t n);
void out_text(struct out *o, const char *s);
/* out_format(o, format, ...): a line of at most 400 bytes, as log_format. */
#define out_format(o, ...) do { char line_[400]; out_bytes((o), line_, log_format(line_, sizeof line_, __VA_ARGS__)); } while (0)

struct proc_view {
    struct task *t;             /* who reads */
    int host;                   /* the host's file, opened for this; -1 for files the host has not */
    char path[SYS_PATH_MAX];    /* of the file, by the kernel's telling */
    char base[SYS_PATH_MAX];    /* of the process's or thread's directory; or of procfs itself, where the file is no process's */
    bool self;                  /* the process is ours */
    bool thread;                /* path names a thread, not a process */
    int32_t id;                 /* of the thread or the leader, as this procfs counts; 0 for ourselves by name */
    const struct limits_room *room; /* borrowed while the text is made */
    struct out *out;
};

/* A file beside the view's: its descriptor, or -errno. */
int64_t proc_beside(const struct proc_view *v, const char *name, int flags);
/* Up to size - 1 bytes of one, and a NUL. Number of bytes, or -errno. */
int64_t proc_read_beside(const struct proc_view *v, const char *name, char *buf, size_t size);
/* The same of the view's own file, from its beginning. */
int64_t proc_read_host(const struct proc_view *v, char *buf, size_t size);

/* Calls f for the areas of the view's process (runtime/space.h); list: its maps or smaps, opened for this. */
void proc_each_area(const struct proc_view *v, int list, bool (*f)(void *ctx, const struct mm_area *), void *ctx);

/* The process's memory without the translator's. KiB. */
struct proc_memory { uint64_t size, data, stack, code, own_size, own_anon, own_file; };
void proc_memory(const struct proc_view *v, struct proc_memory *m);

/* What the guest's thread has where the host's shows the translator's. False: not to be had. */
struct proc_thread {
    uint64_t blocked, ignored, caught, queued;
    uint64_t sys_nr, sys_args[6], sp, pc;
};
bool proc_thread(const struct proc_view *v, struct proc_thread *th);

#define MADE(pattern, function) void proc_write_##function(struct proc_view *v);
#define LINK(pattern)
#define MEMORY(pattern)
#define HIDDEN(pattern, reason)
#define ADDED(pattern)
#define HOST(pattern, reason)
#include "syscall/proc.def"
void proc_write_cpu_file(struct proc_view *v);

#endif
