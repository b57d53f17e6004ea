/* The guests' numbers of system calls, from the table. */
#ifndef SYSCALL_NUMBERS_H
#define SYSCALL_NUMBERS_H

enum {
#define PASS(nr, name, ...) GUEST_##name = nr,
#define WAIT(nr, name, ...) GUEST_##name = nr,
#define CALL(nr, name, ...) GUEST_##name = nr,
#define FAIL(nr, name, err, why, ...) GUEST_##name = nr,
#include "syscall/generic64.def"
#undef PASS
#undef WAIT
#undef CALL
#undef FAIL
};

#endif
