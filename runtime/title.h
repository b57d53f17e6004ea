/* What other processes see of us. */
#ifndef RUNTIME_TITLE_H
#define RUNTIME_TITLE_H

#include <stdbool.h>

/* Tells the kernel where the guest has its code, stack, arguments, environment and auxiliary vector, so that /proc/PID shows those to
 * everybody. After ld_load. False: it refuses (a kernel without checkpointing), and others see the translator's. */
bool title_set(void);

#endif
