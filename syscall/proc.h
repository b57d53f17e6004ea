/* Files of procfs and sysfs that must show the guest's process and machine (proc.def lists them). */
#ifndef SYSCALL_PROC_H
#define SYSCALL_PROC_H

#include <sys/stat.h>

#include "runtime/task.h"

struct ld_file;

/* Remembers what the program is: after ld_load, before the guest runs. Sets the thread's name as execve would. */
void proc_init(const struct ld_file *f);
/* A path by which the program's file can be opened as long as that is possible: as the kernel names it, or through a descriptor. */
const char *proc_exe(char buf[4096]);
/* Does the path name the link /proc/<this process>/exe? By its text alone. */
bool proc_is_exe(const char *path);

/*
 * The host has answered `result` to open(at dir, path, host's flags): an emulated file takes the place of its own, under the same
 * number, or its descriptor is closed and an error returned. What nobody emulates stays as it is.
 */
int64_t proc_opened(struct task *t, int64_t result, int dir, const char *path, uint64_t flags);
/* Does looking up path lead to a link to the program's file, of any process that this translator runs? Then a path that leads to
 * that file, in buf: its length; else -ENOENT. */
int64_t proc_find_exe(struct task *t, int dir, const char *path, char buf[4096]);
/* readlink(at dir, path): the length of what is in buf, or -ENOENT where the host's answer stands. */
int64_t proc_readlink(struct task *t, int dir, const char *path, char buf[4096]);
/* Mends the host's answer to readlink where it is the name of a file of ours. New length, or -errno. */
int64_t proc_mend_link(char *text, int64_t n);
/* Mends what the host says of an open file, which may be an emulated one. */
void proc_mend_stat(int fd, struct stat *st);
/* stat, access and the like of path gave `result`: the guest's, where files are hidden or added. */
int64_t proc_looked_up(struct task *t, int64_t result, int dir, const char *path);
/* The same for the structure of a file that is added. 0 or -errno. */
int64_t proc_stat_added(struct task *t, int dir, const char *path, struct stat *st);
/* The directory of procfs that a path's last part is in: a descriptor (O_PATH) to be closed; -errno, also where it is none. */
int64_t proc_directory_of(int dir, const char *path);
/* Must an entry of a directory of procfs or sysfs be left out of its listing? dir_path: its own name, or NULL. */
bool proc_hides_entry(int dir, const char *dir_path, const char *name);
/* Is it a file of procfs or sysfs? */
bool proc_is_proc(int fd);
bool proc_is_sys(int fd);
/* The kernel's name of an open file: its length, or -errno. */
int64_t proc_name_of(int fd, char buf[4096]);

/* ---- memory as a file (proc_mem.c) ---- */

/* A process's memory was opened for writing: from now on, writes are looked at. */
void proc_memory_opened(void);
/* Something was written to [offset, offset + n) of descriptor fd: if that is memory, its code is another. n may be an error. */
void proc_written(struct task *t, uint64_t fd, uint64_t offset, int64_t n);

#endif
