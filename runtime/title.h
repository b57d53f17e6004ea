/* What other processes see of us. */
#ifndef RUNTIME_TITLE_H
#define RUNTIME_TITLE_H

/* Makes /proc/PID/cmdline show the guest's arguments instead of ours; argv stands in the stack the kernel gave us. */
void title_set(const char *const *argv, char *const *envp);

#endif
