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
/* Opens an emulated file for reading. Its descriptor, -errno, or -ENOENT where the path is none of them. */
int64_t proc_open(struct task *t, const char *path, uint64_t flags);

#endif
