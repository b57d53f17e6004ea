/* Sets of named values (values.tbl): enumerations and flags as strace prints them. */
#ifndef SYSCALL_STRACE_VALUES_H
#define SYSCALL_STRACE_VALUES_H

#include <stdint.h>

struct sys_value { uint64_t value; const char *name; };
struct sys_set { const struct sys_value *v; unsigned n; const char *unknown; };

#endif
