/* A row of the system-call table as the dispatcher, strace and the printed table see it. */
#ifndef SYSCALL_ROW_H
#define SYSCALL_ROW_H

#include "syscall/sys.h"

enum sys_kind { SYS_NONE, SYS_PASS, SYS_WAIT, SYS_CALL, SYS_FAIL };

struct sys_row {
    const char *name, *args, *reason;
    sys_handler *handler;
    int16_t host, error;
    uint8_t kind;       /* enum sys_kind */
};

/* Prints "pid name(args" before the call, and the rest of the line after it. */
void strace_enter(const struct sys_row *row, uint64_t nr, const uint64_t a[6]);
void strace_leave(const struct sys_row *row, const uint64_t a[6], int64_t result);

#endif
