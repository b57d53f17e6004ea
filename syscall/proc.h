/* Files under /proc that must show the guest's process instead of the translator's. */
#ifndef SYSCALL_PROC_H
#define SYSCALL_PROC_H

#include "runtime/task.h"

struct ld_file;

/* Remembers what the program is: after ld_load, before the guest runs. Sets the thread's name as execve would. */
void proc_init(const struct ld_file *f, const char *const *argv);
/* Absolute path of the program's file as the kernel would show it. */
const char *proc_exe(void);
/* Does the path name the link /proc/<this process>/exe? */
bool proc_is_exe(const char *path);
/* The same for any process that this translator runs: its program into buf; the length, or -errno where path is no such link. */
int64_t proc_exe_of(const char *path, char buf[4096]);
/* Opens an emulated file for reading. Its descriptor, -errno, or -ENOENT where the path is none of them. */
int64_t proc_open(struct task *t, const char *path, uint64_t flags);

#endif
