/* A row of the system-call table as the dispatcher, strace and the printed table see it. */
#ifndef SYSCALL_ROW_H
#define SYSCALL_ROW_H

#include "syscall/strace/types.h"
#include "syscall/sys.h"

enum sys_kind { SYS_NONE, SYS_PASS, SYS_WAIT, SYS_CALL, SYS_FAIL };

struct sys_row {
    const char *name, *reason;
    sys_handler *handler;
    int16_t host, error;
    uint8_t kind;       /* enum sys_kind */
    uint16_t types[SYS_ROW_TYPES];  /* of the arguments, then marks (enum sys_type_id) */
};

/* The row of a number, or NULL. */
const struct sys_row *sys_row(uint64_t nr);

/* Show a call before and after it is made (syscall/strace/call.c). c needs no initialisation, a must stay. */
struct strace_call;
void strace_enter(struct strace_call *c, const struct sys_row *row, uint64_t nr, const uint64_t a[6]);
void strace_leave(struct strace_call *c, int64_t result);

#endif
