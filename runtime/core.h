/* A guest's memory and registers as an ELF core file of its own machine. */
#ifndef RUNTIME_CORE_H
#define RUNTIME_CORE_H

#include "runtime/task.h"

/*
 * Writes the core of the dying process where core_pattern says, if that names a file, the signal is one that leaves a core,
 * and RLIMIT_CORE and the dumpable flag allow it. All signals blocked. Other tasks of the process run on until the file is written
 * (one that calls exit_group cuts it short): they show the registers they had at their last call or poll, and memory as they
 * left it when it was its turn. The wait status does not carry the core flag: only the kernel can set it.
 */
void core_write(struct task *t, int signo, const siginfo_t *info);

#endif
